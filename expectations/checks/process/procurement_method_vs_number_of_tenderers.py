"""A direct purchase has one tenderer at most."""

from expectations.checks.compiled import CompiledRelease, number_of
from expectations.checks.model import Outcome, ProcessCheck, Texts, failure


def _run(compiled: CompiledRelease) -> Outcome | None:
    number = number_of(compiled.tender.get("numberOfTenderers"))
    if number is None or compiled.tender.get("procurementMethod") != "direct":
        return None
    if number in (0, 1):
        return Outcome(1)
    return Outcome(1, [failure(("tender", "numberOfTenderers"), number, "direct")])


CHECK = ProcessCheck(
    id="coherent.procurement_method_vs_number_of_tenderers",
    version="1",
    severity="warning",
    paths=("tender/procurementMethod", "tender/numberOfTenderers"),
    source="Pelican, coherent.procurement_method_vs_number_of_tenderers; OCDS 1.1, codelist method",
    title=Texts("Direct purchases have one tenderer at most", "Las compras directas tienen a lo sumo un oferente"),
    message=Texts(
        "the method is {other}, but there were {value} tenderers",
        "el método es {other}, pero hubo {value} oferentes",
    ),
    cost=Texts(
        "The share of purchases without competition, which readers ask for first, comes out too high.",
        "La proporción de compras sin competencia, lo primero que se pregunta, resulta demasiado alta.",
    ),
    run=_run,
)
