import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.milestone_status import CHECK


def test_of_milestones_that_are_met_it_is_not_asked() -> None:
    assert outcome(CHECK, tender={"milestones": [{"status": "met", "dateMet": "2026-01-01"}, {"id": "1"}]}) is None


@pytest.mark.parametrize("status", ["scheduled", "notMet"])
def test_an_unmet_milestone_passes_without_a_date_and_fails_with_one(status: str) -> None:
    planning = {"milestones": [{"status": status}, {"status": status, "dateMet": ""}]}
    assert applied(outcome(CHECK, planning=planning)) == 2
    contracts = [{"implementation": {"milestones": [{"status": status, "dateMet": "2026-01-01"}]}}]
    place = "/contracts/0/implementation/milestones/0/dateMet"
    assert failed(outcome(CHECK, contracts=contracts)) == [(place, "2026-01-01", status)]
