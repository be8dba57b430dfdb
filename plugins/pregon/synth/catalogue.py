"""What Riverbend buys: sixteen categories with subjects in two languages and priced commodities. All invented.

NIGP class-item numbers and UNSPSC codes have the right shape; which text stands beside which number is made up.
"""

from typing import Final, NamedTuple


class Commodity(NamedTuple):
    """A thing or service with its two codes, unit of measure and a usual unit price in US dollars."""

    description: str
    nigp: str
    unspsc: str
    unit: str
    price: float


class Category(NamedTuple):
    """A kind of purchase: the city's code, its weight among processes, and how its estimates are spread."""

    code: str
    weight: int
    log_median: float
    """Natural logarithm of the median estimate in US dollars."""
    log_spread: float
    methods: tuple[str, ...]
    """The city's procurement methods, repeated by weight."""
    departments: tuple[str, ...]
    subjects: tuple[str, ...]
    subjects_es: tuple[str, ...]
    commodities: tuple[Commodity, ...]


_GOODS = ("IFB",) * 9 + ("RFQ",) * 8 + ("COOP",) * 2 + ("SS", "EM")
_WORKS = ("IFB",) * 14 + ("RFP", "RFP", "JOC", "EM")
_SERVICES = ("RFP",) * 8 + ("IFB",) * 4 + ("RFQ",) * 5 + ("SS", "SS", "EM")
_PROFESSIONAL = ("RFP",) * 8 + ("QBS",) * 4 + ("SS",) * 2 + ("RFQ",) * 2

CATEGORIES: Final = (
    Category("CON", 12, 12.9, 1.1, _WORKS, ("PW", "TRN", "AIR"),
        ("Resurfacing of arterial streets", "Sidewalk and curb ramp repair", "Bridge deck rehabilitation",
         "Traffic signal replacement", "Storm drain reconstruction", "Levee trail lighting"),
        ("Repavimentación de calles", "Reparación de banquetas y rampas", "Rehabilitación de puente peatonal"),
        (Commodity("Asphalt concrete, surface course", "745-21", "30111601", "TON", 96.0),
         Commodity("Portland cement concrete, class A", "750-70", "30111505", "CY", 182.0),
         Commodity("Curb and gutter, remove and replace", "913-47", "72141003", "LF", 48.5),
         Commodity("Traffic control, daily", "968-84", "72141103", "DAY", 1250.0),
         Commodity("Mobilization", "913-27", "72141505", "LS", 24500.0))),
    Category("BLD", 7, 12.6, 1.2, _WORKS, ("PW", "LIB", "FIR", "PRK"),
        ("Roof replacement", "Fire station renovation", "HVAC upgrade", "Accessible restroom construction",
         "Elevator modernization", "Library interior build-out"),
        ("Reemplazo de techo", "Remodelación de estación de bomberos", "Construcción de baños accesibles"),
        (Commodity("Roof membrane, installed", "914-73", "72152601", "SF", 14.2),
         Commodity("Air handling unit", "031-08", "40101701", "EA", 18900.0),
         Commodity("Interior painting", "914-61", "72151300", "SF", 2.35),
         Commodity("General conditions, monthly", "909-22", "72121400", "MO", 9800.0),
         Commodity("Door, hollow metal, with frame", "150-34", "30171504", "EA", 1140.0))),
    Category("FAC", 8, 11.2, 1.0, _SERVICES, ("PW", "LIB", "POL", "TRN"),
        ("Janitorial services", "Elevator maintenance", "Pest control", "Security guard services",
         "Window cleaning", "Fire alarm inspection"),
        ("Servicios de limpieza", "Control de plagas", "Servicio de vigilancia"),
        (Commodity("Janitorial service, per visit", "910-39", "76111500", "VIS", 145.0),
         Commodity("Guard, unarmed, hourly", "990-46", "92121504", "HR", 29.75),
         Commodity("Quarterly pest treatment", "910-59", "72102103", "EA", 210.0),
         Commodity("Floor stripping and waxing", "910-39", "76111504", "SF", 0.48))),
    Category("VEH", 6, 11.8, 1.0, _GOODS, ("FLT", "POL", "FIR", "TRN"),
        ("Purchase of pickup trucks", "Heavy truck parts", "Transit bus tires", "Fire pumper",
         "Electric vehicle chargers", "Patrol vehicle upfitting"),
        ("Compra de camionetas", "Refacciones para camiones", "Cargadores para vehículos eléctricos"),
        (Commodity("Pickup truck, half ton, crew cab", "072-03", "25101507", "EA", 46800.0),
         Commodity("Brake pad set, heavy duty", "060-12", "25171716", "SET", 138.0),
         Commodity("Tire, 11R22.5", "863-07", "25172504", "EA", 412.0),
         Commodity("Engine oil, 15W-40", "405-15", "15121501", "GAL", 14.9),
         Commodity("Level 2 charger, dual port", "285-48", "26111704", "EA", 6350.0))),
    Category("ITS", 7, 11.9, 1.1, _PROFESSIONAL, ("IT", "FIN", "HR", "CRT"),
        ("Permit system implementation", "Website accessibility audit", "Network support services",
         "Payroll system maintenance", "Records digitization", "Cybersecurity assessment"),
        ("Digitalización de archivos", "Soporte técnico de redes"),
        (Commodity("Systems analyst, hourly", "918-71", "81111500", "HR", 135.0),
         Commodity("Annual software subscription, per user", "208-54", "43232300", "USR", 310.0),
         Commodity("Data migration", "920-21", "81112010", "LS", 38500.0),
         Commodity("Penetration test", "918-28", "81111801", "EA", 17400.0))),
    Category("ITG", 6, 10.7, 1.0, _GOODS, ("IT", "LIB", "POL"),
        ("Laptop computers", "Network switches", "Body camera accessories", "Public library tablets",
         "Printers and toner", "Server storage"),
        ("Computadoras portátiles", "Impresoras y tóner", "Tabletas para bibliotecas"),
        (Commodity("Laptop, 14 inch, business class", "204-54", "43211503", "EA", 1180.0),
         Commodity("Switch, 48 port, managed", "206-64", "43222612", "EA", 4260.0),
         Commodity("Toner cartridge, black", "207-72", "44103103", "EA", 84.5),
         Commodity("Monitor, 27 inch", "204-60", "43211902", "EA", 235.0))),
    Category("OFF", 7, 9.6, 0.9, _GOODS, ("PROC", "CLK", "LIB", "HR"),
        ("Office paper", "Ergonomic chairs", "Workstations and furniture", "Mailing supplies",
         "Library shelving", "Breakroom supplies"),
        ("Papel para oficina", "Sillas ergonómicas", "Estantería para bibliotecas"),
        (Commodity("Copy paper, letter, 20 lb", "645-33", "14111507", "CTN", 41.2),
         Commodity("Task chair, adjustable", "425-06", "56112102", "EA", 318.0),
         Commodity("Desk, height adjustable", "425-21", "56101703", "EA", 742.0),
         Commodity("Envelope, No. 10", "310-14", "44121506", "BOX", 22.4),
         Commodity("Shelving unit, steel", "525-70", "56101708", "EA", 405.0))),
    Category("PRO", 7, 11.3, 1.0, _PROFESSIONAL, ("LAW", "FIN", "HR", "HSG", "CLK"),
        ("Annual financial audit", "Benefits consulting", "Translation and interpreting",
         "Executive recruitment", "Rate study", "Legal services, specialized"),
        ("Servicios de traducción e interpretación", "Estudio de tarifas"),
        (Commodity("Auditor, hourly", "946-20", "84111600", "HR", 165.0),
         Commodity("Document translation, per word", "961-75", "82111804", "WRD", 0.19),
         Commodity("Interpreter, on site, hourly", "961-46", "82112000", "HR", 78.0),
         Commodity("Study, complete", "918-75", "80101500", "LS", 56000.0))),
    Category("ENG", 6, 12.0, 0.9, _PROFESSIONAL, ("PW", "WTR", "PLN", "AIR"),
        ("On-call civil engineering", "Bridge inspection", "Geotechnical investigation",
         "Construction management", "Corridor plan", "Surveying services"),
        ("Ingeniería civil a demanda", "Levantamiento topográfico"),
        (Commodity("Professional engineer, hourly", "925-17", "81101500", "HR", 172.0),
         Commodity("Soil boring", "925-44", "81151700", "EA", 2150.0),
         Commodity("Survey crew, daily", "925-95", "81151601", "DAY", 1980.0),
         Commodity("Design development package", "906-52", "81101505", "LS", 74000.0))),
    Category("PRK", 7, 10.8, 1.0, _SERVICES, ("PRK", "PW", "ART"),
        ("Mowing of public grounds", "Tree trimming", "Playground equipment", "Irrigation repair",
         "Native planting", "Ball field maintenance"),
        ("Corte de césped en áreas públicas", "Poda de árboles", "Juegos infantiles"),
        (Commodity("Mowing, per acre", "988-36", "70111706", "AC", 62.0),
         Commodity("Tree removal, over 24 inch", "988-88", "70111503", "EA", 1450.0),
         Commodity("Play structure, ages 5-12", "650-38", "49241500", "EA", 38200.0),
         Commodity("Infield mix", "790-55", "11111501", "TON", 58.0))),
    Category("WTR", 7, 11.5, 1.0, _GOODS, ("WTR",),
        ("Water treatment chemicals", "Ductile iron pipe", "Water meters", "Pump rebuild parts",
         "Sewer camera truck", "Fire hydrants and valves"),
        ("Productos químicos para tratamiento de agua", "Medidores de agua", "Válvulas e hidrantes"),
        (Commodity("Sodium hypochlorite, 12.5 %", "885-78", "12352316", "GAL", 2.05),
         Commodity("Ductile iron pipe, 8 inch", "658-21", "40171506", "LF", 41.7),
         Commodity("Meter, 5/8 inch, radio read", "890-77", "41112501", "EA", 186.0),
         Commodity("Hydrant, 5 1/4 inch", "340-32", "46191601", "EA", 2740.0),
         Commodity("Gate valve, 8 inch", "670-67", "40141604", "EA", 1190.0))),
    Category("PSE", 5, 10.6, 0.9, _GOODS, ("POL", "FIR", "EMG"),
        ("Turnout gear", "Ballistic vests", "Radio batteries", "Medical supplies for rescue units",
         "Uniforms", "Emergency generators"),
        ("Uniformes", "Insumos médicos para unidades de rescate"),
        (Commodity("Turnout coat and pants", "345-32", "46181529", "SET", 3150.0),
         Commodity("Uniform shirt, long sleeve", "200-86", "53102710", "EA", 58.0),
         Commodity("Glove, nitrile, box of 100", "475-36", "42132203", "BX", 9.85),
         Commodity("Generator, 60 kW, trailer", "285-37", "26111604", "EA", 41800.0))),
    Category("HLT", 5, 11.6, 0.9, _SERVICES, ("HLT", "HSG", "EMG"),
        ("Youth after-school program", "Shelter operation", "Home repair for seniors", "Vaccination clinic staffing",
         "Nutrition program meals", "Substance use counseling"),
        ("Programa extraescolar juvenil", "Comidas para personas mayores", "Personal para clínica de vacunación"),
        (Commodity("Meal, prepared and delivered", "952-67", "90101600", "EA", 8.9),
         Commodity("Registered nurse, hourly", "948-64", "85101601", "HR", 71.0),
         Commodity("Counseling session", "952-21", "85121608", "EA", 96.0),
         Commodity("Shelter bed, nightly", "952-43", "93131608", "NT", 54.0))),
    Category("EVT", 4, 9.9, 0.9, _SERVICES, ("ART", "CLK", "LIB"),
        ("Printing of utility inserts", "Stage and sound for summer concerts", "Banner production",
         "Street fair tents", "Public notice advertising"),
        ("Impresión de volantes bilingües", "Sonido y escenario para conciertos de verano"),
        (Commodity("Insert, two sides, per thousand", "966-18", "82121500", "M", 62.0),
         Commodity("Stage rental, daily", "977-72", "90151802", "DAY", 2850.0),
         Commodity("Vinyl banner", "801-05", "55121706", "EA", 74.0),
         Commodity("Tent, 20 by 20, daily", "977-77", "49121503", "DAY", 420.0))),
    Category("WST", 3, 12.3, 1.0, _SERVICES, ("ENV", "PW"),
        ("Curbside recycling collection", "Dumpster service", "Household hazardous waste events",
         "Street sweeping", "Compost processing"),
        ("Recolección de reciclaje", "Barrido de calles"),
        (Commodity("Collection, per household, monthly", "910-27", "76121501", "HH", 5.6),
         Commodity("Container, 8 yard, weekly pickup", "968-71", "76121500", "EA", 132.0),
         Commodity("Sweeping, curb mile", "968-81", "76111801", "MI", 44.0),
         Commodity("Disposal", "926-45", "76121700", "TON", 67.0))),
    Category("FUE", 3, 12.1, 0.9, _GOODS, ("FLT", "TRN", "AIR"),
        ("Diesel and unleaded fuel", "Natural gas supply", "Solar panels for depots", "Lubricants", "Propane"),
        ("Diésel y gasolina", "Paneles solares para depósitos"),
        (Commodity("Diesel, ultra low sulfur", "405-12", "15101505", "GAL", 3.42),
         Commodity("Unleaded fuel, 87 octane", "405-15", "15101506", "GAL", 3.05),
         Commodity("Solar panel, 450 W", "285-78", "26111607", "EA", 268.0),
         Commodity("Propane, bulk", "405-18", "15111501", "GAL", 2.2))),
)  # fmt: skip
CATEGORY_COUNT: Final = len(CATEGORIES)
