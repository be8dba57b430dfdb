"""What refers to a lot, an item, a bid or an organization leads to one in the same process.

Of organizations, those are asked of that no check of a role is for: tenderers of bids, sources of a budget,
subcontractors, signatories and so on. Ids are compared as text.
"""

from expectations.checks.anywhere import LINKS, steps_to
from expectations.checks.compiled import CompiledRelease, entries_of, object_of, text_of
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure

_BY_ROLE = frozenset({
    ("buyer", "buyer"), ("tender", "procuringEntity"), ("tender", "tenderers"), ("awards", "suppliers"),
    ("contracts", "payer"), ("contracts", "payee"),
})  # fmt: skip
"""Section and field of the references that `reference.*_in_parties` are about."""


def _run(compiled: CompiledRelease) -> Outcome | None:
    found = compiled.anywhere
    applied = 0
    failures: list[Failure] = []
    for section, field, place in found.organizations:
        if (section, field) in _BY_ROLE:
            continue
        applied += 1
        identifier = text_of(place[0].get("id"))
        if identifier is None or identifier not in compiled.parties_by_id:
            failures.append(failure((*steps_to(place), "id"), place[0].get("id", ""), "parties"))
    if found.links:
        targets = _targets(compiled)
        for field, place in found.links:
            if place[0] is None:
                continue
            applied += 1
            target = LINKS[field]
            if text_of(place[0]) not in targets[target]:
                failures.append(failure(steps_to(place), place[0], target))
    return Outcome(applied, failures) if applied else None


def _targets(compiled: CompiledRelease) -> dict[str, set[str]]:
    """Give the ids, as text, that links may lead to, by the path of what has them."""
    return {
        path: {
            identifier
            for _, entry in entries_of(holder, path.rpartition("/")[2])
            if (identifier := text_of(entry.get("id"))) is not None
        }
        for path, holder in (
            ("tender/lots", compiled.tender),
            ("tender/items", compiled.tender),
            ("bids/details", object_of(compiled.document, "bids")),
        )
    }


CHECK = ProcessCheck(
    id="x.xref",
    version="1",
    severity="critical",
    paths=(
        "tender/items/relatedLot", "tender/documents/relatedLots", "tender/milestones/relatedLots",
        "tender/enquiries/relatedItem", "tender/enquiries/author", "awards/relatedLots", "awards/relatedBid",
        "awards/items/relatedLot", "contracts/items/relatedLot", "bids/details/relatedLots", "bids/details/tenderers",
        "planning/budget/budgetBreakdown/sourceParty",
    ),
    source="OCDS 1.1, building blocks; extensions bids, lots, enquiries, budget, subcontracting",
    title=Texts("References within a process lead somewhere", "Las referencias dentro de un proceso llevan a algo"),
    message=Texts('there is no "{value}" in {other} of this process', "no hay «{value}» en {other} de este proceso"),
    cost=Texts(
        "Readers can't join what belongs together: which lot was awarded, whose bid it was, who paid.",
        "No se puede unir lo que va junto: qué lote se adjudicó, de quién era la oferta, quién pagó.",
    ),
    run=_run,
)  # fmt: skip
