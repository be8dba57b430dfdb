"""The words Riverbend is made of: people, firms, streets, departments, sentences. All of them are invented."""

from typing import Final

GIVEN_NAMES: Final = (
    "Ada", "Benicio", "Calista", "Dorotea", "Ezequiel", "Fern", "Guadalupe", "Hollis", "Inés", "Jorah", "Keziah",
    "Leocadia", "Marisol", "Nevin", "Ofelia", "Perpetua", "Quentin", "Rosalía", "Sabine", "Tomás", "Ulises", "Verena",
    "Wendell", "Ximena", "Yolanda", "Zebulon", "Anselmo", "Briony", "Casimir", "Delphine", "Evaristo", "Íñigo",
)  # fmt: skip
SURNAMES: Final = (
    "Abernethy-Luz", "Bracamontes", "Castellwood", "Delgadillo", "Ellisande", "Fuentesilla", "Garrowby", "Hinojales",
    "Ibarrondo", "Juniperson", "Kestrelman", "Larrañeta", "Muñizaga", "Nightwater", "Olivarría", "Pennyfeather",
    "Quiñonero", "Rivasplata", "Saltmarsh", "Tamarindo", "Underbrook", "Valdecañas", "Wintergate", "Yarrowfield",
    "Zubizuri", "Peñaclara", "Thistlecombe", "Oakenshade", "Mirasierra", "Altozano", "Bellweather", "Cordonblanco",
)  # fmt: skip
FIRM_ROOTS: Final = (
    "Alder & Vane", "Bluestem Hollow", "Cobalt Heron", "Dovecote Lane", "Eastbank Trine", "Foxglove Ridge", "Gravelbar",
    "Hazelmoor", "Ironquill", "Juniper Tarn", "Kettlestone", "Lindenfall", "Marrowgate", "Nettlebrook", "Otterslip",
    "Piedra Clara", "Quailsong", "Río Manso", "Saltbush Nine", "Tres Alondras", "Umberline", "Vado Hondo",
    "Willowmere Point", "Yucca & Thorn", "Zarzamora", "Arroyo Quieto", "Brindlewick", "Cumbre Nublada", "Dunmarrow",
    "El Sauzalito", "Farrowdene", "Granada Loop", "Heathersedge", "Isla Larga", "Jacaranda Row", "Knollwater",
    "Loma Tendida", "Mistlethwaite", "Ojo de Liebre", "Puente Nuevo",
)  # fmt: skip
FIRM_TRADES: Final = (
    "Paving", "Builders", "Facility Services", "Fleet & Motors", "Systems", "Computing", "Office Supply", "Advisors",
    "Engineers", "Grounds", "Water Works", "Safety Equipment", "Community Care", "Print & Events", "Recovery",
    "Energy",
)  # fmt: skip
"""One for each category of the catalogue, in its order."""
FIRM_FORMS: Final = ("LLC", "Inc.", "Co.", "Group LLC", "Partners LLP", "Corp.", "y Asociados LLC", "e Hijos Inc.")
STREETS: Final = (
    "Calle Olmo", "Heron Street", "Mill Race Avenue", "Camino del Vado", "Lantern Road", "Quarry Lane",
    "Avenida Ribera", "Sycamore Bend", "Ferry Landing", "Third Levee Street", "Paseo Garza", "Cooper's Row",
)  # fmt: skip
TOWNS: Final = (
    ("Riverbend", "RB", "00601"), ("Riverbend", "RB", "00602"), ("Riverbend", "RB", "00603"),
    ("Riverbend", "RB", "00604"), ("Riverbend", "RB", "00605"), ("RIVERBEND ", "RB", "00601"),
    ("Eastbank", "RB", "00620"), ("Puente Viejo", "RB", "00631"), ("Sawyer Falls", "NL", "00710"),
    ("Loma Alta", "NL", "00722"),
)  # fmt: skip
"""Town, state code and ZIP code; neither the state codes nor the ZIP codes are in use. One spelling is untidy."""
PLACES: Final = (
    "Ward 1", "Ward 2", "Ward 3", "Ward 4", "Ward 5", "Eastbank Water Plant", "Harbor Street Library",
    "Lantern Road Fire Station", "Parque Las Garzas", "Old Mill Community Center", "Riverbend Municipal Airport",
    "City Hall Annex", "Levee Trail", "Puente Viejo Depot", "Northside Clinic", "Ribera Market Hall", "Sycamore Garage",
    "citywide", "various departments", "Quarry Lane Yard",
)  # fmt: skip
MEETING_PLACES: Final = (
    "City Hall Annex, Room 204", "Video call (link on the notice)", "Quarry Lane Yard, gate 2", "On site",
    "Old Mill Community Center, Sala B", "Procurement Office, 3rd floor",
)  # fmt: skip

DEPARTMENTS: Final = (
    ("PROC", "Procurement Office", "Oficina de Contrataciones"),
    ("FIN", "Department of Finance", "Departamento de Finanzas"),
    ("PW", "Public Works", "Obras Públicas"),
    ("WTR", "Water and Sewer Utility", "Servicio de Agua y Drenaje"),
    ("PRK", "Parks and Recreation", "Parques y Recreación"),
    ("POL", "Police Department", "Departamento de Policía"),
    ("FIR", "Fire and Rescue", "Bomberos y Rescate"),
    ("LIB", "Public Library", "Biblioteca Pública"),
    ("IT", "Information Technology", "Tecnologías de la Información"),
    ("HLT", "Public Health", "Salud Pública"),
    ("HSG", "Housing and Neighborhoods", "Vivienda y Barrios"),
    ("TRN", "Transit", "Transporte Público"),
    ("AIR", "Municipal Airport", "Aeropuerto Municipal"),
    ("FLT", "Fleet Management", "Gestión de Flota"),
    ("PLN", "Planning and Building", "Planeación y Edificación"),
    ("HR", "Human Resources", "Recursos Humanos"),
    ("LAW", "City Attorney", "Asesoría Jurídica"),
    ("CLK", "City Clerk", "Secretaría Municipal"),
    ("EMG", "Emergency Management", "Gestión de Emergencias"),
    ("ENV", "Environment and Waste", "Medio Ambiente y Residuos"),
    ("ART", "Culture and Events", "Cultura y Eventos"),
    ("CRT", "Municipal Court", "Tribunal Municipal"),
)
"""Code, name, name in Spanish. The first runs every procurement, the second pays."""

SCOPE_SENTENCES: Final = (
    "The City of Riverbend seeks a qualified firm for the work described in the attached scope.",
    "Quantities are estimates; the City will order as needed.",
    "Work must be coordinated with the department's project manager and finished within the term.",
    "Prices must include delivery, labor and all incidental costs.",
    "The award may be split between two or more firms if that serves the City best.",
    "Bilingual (English and Spanish) staff must be available during working hours.",
    "See section 3 for deliverables and section 5 for insurance limits.",
    "Substitutions of equal quality will be considered if submitted before the question deadline.",
    "This solicitation replaces an earlier agreement that ends this fiscal year.",
    "Site visits are by appointment through the Procurement Office.",
)
SCOPE_SENTENCES_ES: Final = (
    "La Ciudad de Riverbend invita a empresas calificadas a ofertar según el alcance adjunto.",
    "Las cantidades son estimadas; la Ciudad ordenará según necesidad.",
    "Los precios deben incluir entrega, mano de obra y todo costo accesorio.",
    "La adjudicación podrá dividirse entre dos o más empresas.",
    "Consulte la sección 3 para entregables y la sección 5 para seguros.",
    "El trabajo se coordinará con la dependencia solicitante.",
)
QUESTIONS: Final = (
    ("Will the deadline be extended?", "No. The deadline stands as published."),
    ("Is a bid bond required from small firms?", "Yes, unless the notice says otherwise."),
    ("Can you share the list of firms at the pre-bid meeting?", "The sign-in sheet is posted with addendum 1."),
    ("Are equivalent products acceptable?", "Yes, with data sheets submitted with the offer."),
    ("Please clarify the quantity of line 3.", "Line 3 is per year; see the revised schedule."),
    ("What was the price of the previous contract?", "Past contracts are on the open contracting page."),
    ("Is electronic submission accepted?", "Yes, only through the supplier portal."),
    ("Does prevailing wage apply?", "Yes, to all labor performed on site."),
    ("¿Se aceptan ofertas en español?", "Sí. Las ofertas pueden presentarse en inglés o en español."),
    ("¿Habrá visita al sitio?", "Sí, por cita con la Oficina de Contrataciones."),
    ("¿El pago es mensual?", "Sí, a 30 días de la factura aprobada."),
    ("How many awards do you expect?", "One, but the City may make more than one award."),
)
DISQUALIFICATIONS: Final = (
    "Bid bond missing", "Offer not signed", "Late submission", "Did not attend mandatory meeting",
    "Pricing schedule incomplete", "Sin garantía de seriedad", "Insurance certificate expired",
)  # fmt: skip
AMENDMENT_REASONS: Final = (
    ("SCOPE", "Additional work requested by the department"),
    ("TIME", "Extension of the term, no change in price"),
    ("QTY", "Quantities adjusted to actual use"),
    ("RENEW", "Exercise of renewal option"),
    ("PRICE", "Price adjustment by index"),
    ("CREDIT", "Deduction for work not performed"),
)
CANCEL_REASONS: Final = ("Budget withdrawn", "Scope under review", "No longer needed", "Error in the specification")
CERTIFICATIONS: Final = (
    ("SBE", "Small business enterprise"),
    ("LOCAL", "Local business"),
    ("WBE", "Women-owned business enterprise"),
    ("MBE", "Minority-owned business enterprise"),
    ("VBE", "Veteran-owned business enterprise"),
)
