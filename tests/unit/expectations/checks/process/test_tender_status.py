import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.tender_status import CHECK

AWARD = {"id": "A1", "status": "active"}


@pytest.mark.parametrize("status", ["complete", "unknown", "", None, ["active"]])
def test_of_other_statuses_it_is_not_asked(status: object) -> None:
    assert outcome(CHECK, tender={"status": status}, awards=[AWARD]) is None


@pytest.mark.parametrize("status", ["planning", "planned", "active", "cancelled", "unsuccessful", "withdrawn"])
def test_an_unfinished_tender_passes_alone_and_fails_with_an_award(status: str) -> None:
    assert applied(outcome(CHECK, tender={"status": status}, awards=[])) == 1
    found = outcome(CHECK, tender={"status": status}, awards=[AWARD])
    assert failed(found) == [("/tender/status", status, "awards: 1")]


def test_awards_and_contracts_are_counted() -> None:
    found = outcome(CHECK, tender={"status": "active"}, awards=[AWARD], contracts=[{"title": "A"}, {"title": "B"}])
    assert failed(found) == [("/tender/status", "active", "awards: 1, contracts: 2")]


def test_what_was_withdrawn_is_not_there() -> None:
    contracts = [{"id": "C1", "awardID": "A1", "items": [{"id": "1", "unit": {"value": {}}}]}]
    assert applied(outcome(CHECK, tender={"status": "active"}, awards=[{"id": "A1"}], contracts=contracts)) == 1
