"""A tender that is not complete has neither awards nor contracts."""

from expectations.checks.compiled import CompiledRelease, standing
from expectations.checks.model import Outcome, ProcessCheck, Texts, failure

_UNFINISHED = frozenset({"planning", "planned", "active", "cancelled", "unsuccessful", "withdrawn"})


def _run(compiled: CompiledRelease) -> Outcome | None:
    status = compiled.tender.get("status")
    if not isinstance(status, str) or status not in _UNFINISHED:
        return None
    if not compiled.awards and not compiled.contracts:
        return Outcome(1)
    counts = {"awards": len(standing(compiled.awards)), "contracts": len(standing(compiled.contracts))}
    there = ", ".join(f"{section}: {count}" for section, count in counts.items() if count)
    return Outcome(1, [failure(("tender", "status"), status, there)] if there else ())


CHECK = ProcessCheck(
    id="coherent.tender_status",
    version="1",
    severity="warning",
    paths=("tender/status", "awards", "contracts"),
    source="Pelican, coherent.tender_status; OCDS 1.1, codelist tenderStatus",
    title=Texts(
        "Only complete tenders have awards and contracts",
        "Solo las licitaciones completas tienen adjudicaciones y contratos",
    ),
    message=Texts(
        "the status of the tender is {value}, but there are {other}",
        "el estado de la licitación es {value}, pero hay {other}",
    ),
    cost=Texts(
        "Vendors find opportunities that are over, or purchases are counted that never took place.",
        "Los proveedores encuentran oportunidades ya cerradas, o se cuentan compras que no ocurrieron.",
    ),
    run=_run,
)
