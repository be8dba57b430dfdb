import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.period import CHECK


@pytest.mark.parametrize(
    "period", [{}, {"startDate": "2026-01-01T00:00:00Z"}, {"startDate": "2026-01-01", "endDate": "2026-02-30"}]
)
def test_without_two_days_it_does_not_apply(period: dict[str, str]) -> None:
    assert outcome(CHECK, tender={"tenderPeriod": period}) is None


def test_an_end_after_the_start_or_on_the_same_day_passes() -> None:
    found = outcome(
        CHECK,
        tender={"enquiryPeriod": {"startDate": "2026-01-01T12:00:00Z", "endDate": "2026-01-01T08:00:00Z"}},
        contracts=[{"period": {"startDate": "2026-01-01", "endDate": "2027-01-01"}}],
    )
    assert applied(found) == 2


def test_an_end_before_the_start_fails_at_the_end() -> None:
    period = {"startDate": "2026-01-02T00:00:00Z", "endDate": "2026-01-01T00:00:00Z"}
    found = outcome(CHECK, awards=[{"id": "A1"}, {"contractPeriod": period}])
    assert failed(found) == [("/awards/1/contractPeriod/endDate", period["endDate"], period["startDate"])]


def test_each_of_the_six_periods_fails_for_itself() -> None:
    wrong = {"startDate": "2026-01-02", "endDate": "2026-01-01"}
    found = outcome(
        CHECK,
        planning={"budget": {"period": wrong}},
        tender=dict.fromkeys(("tenderPeriod", "enquiryPeriod", "awardPeriod", "contractPeriod"), wrong),
        awards=[{"contractPeriod": wrong}],
        contracts=[{"period": wrong}],
    )
    assert len(failed(found)) == 6
