from typing import Any

import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.xref import CHECK

LOTS = {"lots": [{"id": "L1"}, {"id": 2}]}


def test_without_links_it_does_not_apply() -> None:
    found = outcome(
        CHECK,
        buyer={"id": "nowhere"},
        tender={**LOTS, "procuringEntity": {"id": "nowhere"}, "tenderers": [{"id": "nowhere"}], "relatedLot": None},
        awards=[{"suppliers": [{"id": "nowhere"}], "relatedLots": []}],
        contracts=[{"implementation": {"transactions": [{"payer": {"id": "1"}, "payee": {"id": "2"}}]}}],
    )
    assert found is None


def test_links_that_lead_somewhere_pass_and_ids_are_compared_as_text() -> None:
    found = outcome(
        CHECK,
        parties=[{"id": "P1"}, {"id": 2}],
        planning={"budget": {"budgetBreakdown": [{"sourceParty": {"id": "P1"}}]}},
        tender={
            **LOTS,
            "items": [{"id": 7, "relatedLot": "L1"}],
            "documents": [{"relatedLots": ["L1", "2"]}],
            "enquiries": [{"relatedItem": "7", "relatedLot": "2", "author": {"id": "2"}}],
        },
        bids={"details": [{"id": "B1", "tenderers": [{"id": "P1"}, {"id": "2"}], "relatedLots": ["L1"]}]},
        awards=[{"relatedBid": "B1", "relatedLots": ["L1"]}],
        contracts=[{"signatories": [{"id": "P1"}], "items": [{"relatedLot": 2}]}],
    )
    assert applied(found) == 14


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"awards": [{"relatedLots": ["L1"]}]}, ("/awards/0/relatedLots/0", "L1", "tender/lots")),
        ({"tender": {**LOTS, "items": [{"relatedLot": "L9"}]}}, ("/tender/items/0/relatedLot", "L9", "tender/lots")),
        ({"tender": {"enquiries": [{"relatedItem": "1"}]}}, ("/tender/enquiries/0/relatedItem", "1", "tender/items")),
        ({"awards": [{"relatedBid": "B1"}]}, ("/awards/0/relatedBid", "B1", "bids/details")),
        ({"bids": {"details": [{"tenderers": [{"id": "P1"}]}]}}, ("/bids/details/0/tenderers/0/id", "P1", "parties")),
        ({"planning": {"budget": {"budgetBreakdown": [{"sourceParty": {"name": "Mint"}}]}}},
         ("/planning/budget/budgetBreakdown/0/sourceParty/id", "", "parties")),
        ({"contracts": [{"suppliers": [{"id": "P1"}]}]}, ("/contracts/0/suppliers/0/id", "P1", "parties")),
        ({"awards": [{"subcontracting": {"subcontracts": [{"subcontractor": {"id": "P1"}}]}}]},
         ("/awards/0/subcontracting/subcontracts/0/subcontractor/id", "P1", "parties")),
        ({"contracts": [{"milestones": [{"documents": [{"relatedLots": [["L1"]]}]}]}]},
         ("/contracts/0/milestones/0/documents/0/relatedLots/0", "['L1']", "tender/lots")),
    ],
)  # fmt: skip
def test_a_link_that_leads_nowhere_fails_with_its_place(
    document: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert failed(outcome(CHECK, **document)) == [expected]
