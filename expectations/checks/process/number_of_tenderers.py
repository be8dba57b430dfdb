"""The number of tenderers is that of the tenderers that are named."""

from expectations.checks.compiled import CompiledRelease, is_withdrawn, number_of
from expectations.checks.model import Outcome, ProcessCheck, Texts, failure


def _run(compiled: CompiledRelease) -> Outcome | None:
    number, tenderers = number_of(compiled.tender.get("numberOfTenderers")), compiled.tender.get("tenderers")
    if number is None or not isinstance(tenderers, list):
        return None
    named = len(tenderers)
    if number != named:
        # Ids are all that is left of tenderers that were withdrawn, here and among the parties.
        named -= sum(
            is_withdrawn(reference) and is_withdrawn(party) for _, reference, _, party in compiled.referents["tenderer"]
        )
    if number == named:
        return Outcome(1)
    return Outcome(1, [failure(("tender", "numberOfTenderers"), number, named)])


CHECK = ProcessCheck(
    id="consistent.number_of_tenderers",
    version="1",
    severity="warning",
    paths=("tender/numberOfTenderers", "tender/tenderers"),
    source="Pelican, consistent.number_of_tenderers; OCDS 1.1, tender/numberOfTenderers",
    title=Texts(
        "The number of tenderers is that of the tenderers named",
        "El número de oferentes es el de los oferentes nombrados",
    ),
    message=Texts(
        "numberOfTenderers is {value}, but {other} are named", "numberOfTenderers es {value}, pero se nombran {other}"
    ),
    cost=Texts(
        "Competition is measured by this number: it comes out too high or too low.",
        "La competencia se mide por este número: resulta demasiado alta o demasiado baja.",
    ),
    run=_run,
)
