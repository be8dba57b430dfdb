import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.awards_status import CHECK

CONTRACT = {"id": "C1", "awardID": "1", "status": "active"}


def test_without_inactive_awards_that_have_an_id_it_does_not_apply() -> None:
    awards = [{"id": "1", "status": "active"}, {"status": "cancelled"}, {"id": "2"}]
    assert outcome(CHECK, awards=awards, contracts=[CONTRACT]) is None


@pytest.mark.parametrize("status", ["pending", "cancelled", "unsuccessful"])
def test_an_inactive_award_passes_without_a_contract_and_fails_with_one(status: str) -> None:
    awards = [{"id": 1, "status": status}]
    assert applied(outcome(CHECK, awards=awards, contracts=[{**CONTRACT, "awardID": "2"}])) == 1
    assert failed(outcome(CHECK, awards=awards, contracts=[CONTRACT])) == [("/awards/0/status", status, "C1")]


def test_a_contract_that_was_withdrawn_with_its_award_is_none() -> None:
    contracts = [{"id": "C1", "awardID": "1", "value": {}, "documents": [{"id": "D1"}]}]
    assert applied(outcome(CHECK, awards=[{"id": "1", "status": "cancelled"}], contracts=contracts)) == 1
