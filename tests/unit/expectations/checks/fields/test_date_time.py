import pytest
from field_checks import asked, passes

from expectations.checks.fields.date_time import CHECK

END = "tender/tenderPeriod/endDate"


def test_it_is_asked_of_date_times_only() -> None:
    assert len(asked(CHECK)) == 58
    assert "tender/title" not in asked(CHECK)


@pytest.mark.parametrize("value", ["1990-01-01T00:00:00Z", "2049-12-31T23:59:59-05:00"])
def test_the_ends_of_the_range_pass(value: str) -> None:
    assert passes(CHECK, value, END)


@pytest.mark.parametrize(
    "value",
    [
        "1989-12-31T00:00:00Z",
        "2050-01-01T00:00:00Z",
        "0201-05-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "soon",
        7,
        ["2026"],
    ],
)
def test_other_days_and_other_values_fail(value: object) -> None:
    assert not passes(CHECK, value, END)


def test_what_has_happened_is_not_later_than_the_release() -> None:
    assert passes(CHECK, "2026-11-22T23:00:00Z", "awards/date", day="2026-11-22")
    assert not passes(CHECK, "2026-11-23T00:00:00Z", "awards/date", day="2026-11-22")
    assert passes(CHECK, "2026-11-23T00:00:00Z", END, day="2026-11-22")


def test_many_days_are_judged_together() -> None:
    from field_checks import FIELDS

    test = CHECK.test_of(FIELDS["awards/date"])
    assert test is not None
    assert test.all_pass is not None

    assert test.all_pass(["2026-11-22T00:00:00Z", "2020-01-01T00:00:00Z"], "2026-11-22")
    assert not test.all_pass(["2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z"], "2026-11-22")
    assert not test.all_pass(["2026-11-22T00:00:00Z", "1889-01-01T00:00:00Z"], "2026-11-22")
    assert not test.all_pass(["2026-11-22T00:00:00Z", "2026-02-30T00:00:00Z"], "2026-11-22")
