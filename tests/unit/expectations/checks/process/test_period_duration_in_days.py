from typing import Any

import pytest
from checked_process import applied, failed, outcome

from expectations.checks.model import Outcome
from expectations.checks.process.period_duration_in_days import CHECK

MONTH = {"startDate": "2026-01-01T00:00:00Z", "endDate": "2026-01-31T23:59:59Z"}


def period(**fields: Any) -> Outcome | None:
    return outcome(CHECK, tender={"tenderPeriod": fields})


@pytest.mark.parametrize(
    "fields",
    [MONTH, {**MONTH, "durationInDays": "31"}, {"startDate": MONTH["startDate"], "durationInDays": 31},
     {"endDate": MONTH["endDate"], "durationInDays": 31}, {**MONTH, "startDate": "soon", "durationInDays": 31},
     {**MONTH, "startDate": "2026-01-01", "durationInDays": 31}],
)  # fmt: skip
def test_without_duration_and_two_comparable_moments_it_does_not_apply(fields: dict[str, Any]) -> None:
    assert period(**fields) is None


@pytest.mark.parametrize("duration", [30, 31, 30.5])
def test_a_duration_may_be_rounded_either_way(duration: float) -> None:
    assert applied(period(**MONTH, durationInDays=duration)) == 1


def test_a_duration_of_another_length_fails_with_the_one_it_should_be() -> None:
    assert failed(period(**MONTH, durationInDays=90)) == [("/tender/tenderPeriod/durationInDays", "90", "31")]
    days = {"startDate": "2026-01-01T00:00:00Z", "endDate": "2026-01-11T12:00:00Z"}
    assert failed(period(**days, durationInDays=9)) == [("/tender/tenderPeriod/durationInDays", "9", "10.50")]


def test_without_an_end_the_greatest_extent_counts() -> None:
    extent = {"startDate": "2026-01-01T00:00:00Z", "endDate": None, "maxExtentDate": "2026-01-03T00:00:00Z"}
    assert applied(period(**extent, durationInDays=2)) == 1
    assert failed(period(**extent, durationInDays=3))


def test_offsets_count() -> None:
    eastward = {"startDate": "2026-01-01T00:00:00-05:00", "endDate": "2026-01-02T00:00:00+14:00"}
    assert applied(period(**eastward, durationInDays=0)) == 1


def test_six_periods_are_asked_of() -> None:
    wrong = {**MONTH, "durationInDays": 1}
    found = outcome(
        CHECK,
        tender=dict.fromkeys(("tenderPeriod", "enquiryPeriod", "awardPeriod", "contractPeriod", "period"), wrong),
        awards=[{"contractPeriod": wrong}],
        contracts=[{"period": wrong}],
    )
    assert [pointer for pointer, _, _ in failed(found)] == [
        "/tender/tenderPeriod/durationInDays", "/tender/enquiryPeriod/durationInDays",
        "/tender/awardPeriod/durationInDays", "/tender/contractPeriod/durationInDays",
        "/awards/0/contractPeriod/durationInDays", "/contracts/0/period/durationInDays",
    ]  # fmt: skip
