from checked_process import applied, failed, outcome

from expectations.checks.process.milestones_dates import CHECK


def test_without_milestones_or_days_it_does_not_apply() -> None:
    assert outcome(CHECK, date="2026-01-01", tender={"id": "1"}) is None
    assert outcome(CHECK, date="2026-01-01", tender={"milestones": [{"dueDate": "2027-01-01"}]}) is None
    assert outcome(CHECK, tender={"milestones": [{"dateMet": "2026-01-01"}]}) is None


def test_milestones_up_to_the_release_pass() -> None:
    milestone = {"dateMet": "2026-01-01", "dateModified": "2026-01-01"}
    found = outcome(
        CHECK,
        date="2026-01-01T00:00:00Z",
        planning={"milestones": [milestone]},
        tender={"milestones": [milestone]},
        awards=[{"milestones": [milestone]}],
        contracts=[{"milestones": [milestone], "implementation": {"milestones": [milestone]}}],
    )
    assert applied(found) == 8, "awards have no milestones in OCDS"


def test_a_milestone_met_after_the_release_fails() -> None:
    milestones = [{"dateMet": "2026-01-01"}, {"dateMet": "2026-01-02", "dateModified": "2026-01-01"}]
    found = outcome(CHECK, date="2026-01-01", contracts=[{"implementation": {"milestones": milestones}}])
    assert failed(found) == [("/contracts/0/implementation/milestones/1/dateMet", "2026-01-02", "2026-01-01")]
