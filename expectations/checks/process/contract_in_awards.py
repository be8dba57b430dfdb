"""Every contract belongs to an award of its process."""

from expectations.checks.compiled import CompiledRelease, count_ids, typed_id
from expectations.checks.model import Outcome, ProcessCheck, Texts, failure


def _run(compiled: CompiledRelease) -> Outcome | None:
    if not compiled.contracts:
        return None
    # With their type: readers that join 1 and "1" are the exception.
    awards = count_ids(compiled.awards)
    return Outcome(
        len(compiled.contracts),
        [
            failure((*steps, "awardID"), contract.get("awardID", ""))
            for steps, contract in compiled.contracts
            if (identifier := typed_id(contract.get("awardID"))) is None or awards.get(identifier) != 1
        ],
    )


CHECK = ProcessCheck(
    id="reference.contract_in_awards",
    version="1",
    severity="critical",
    paths=("contracts/awardID", "awards/id"),
    source="Pelican, reference.contract_in_awards; OCDS 1.1, contracts/awardID",
    title=Texts("Contracts belong to an award", "Los contratos corresponden a una adjudicación"),
    message=Texts(
        "awardID {value} is not the id of exactly one award of this process",
        "el awardID {value} no es el id de exactamente una adjudicación de este proceso",
    ),
    cost=Texts(
        "Nobody can tell which decision a contract carries out, or compare what was awarded with what was signed.",
        "No se puede saber qué decisión ejecuta un contrato, ni comparar lo adjudicado con lo firmado.",
    ),
    run=_run,
)
