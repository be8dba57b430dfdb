import pytest

from expectations.checks.fields.date_time import CHECK
from expectations.checks.model import FieldContext
from transforms.ocds import field_table

FIELDS = field_table()


def passes(value: object, path: str = "tender/tenderPeriod/endDate") -> bool:
    return CHECK.passes(value, FieldContext(FIELDS[path], "2026-11-22"))


def test_it_is_asked_of_date_times_only() -> None:
    assert CHECK.chosen(FIELDS["awards/date"])
    assert not CHECK.chosen(FIELDS["tender/title"])
    assert sum(CHECK.chosen(field) for field in FIELDS.values()) == 58


@pytest.mark.parametrize("value", ["1990-01-01T00:00:00Z", "2049-12-31T23:59:59-05:00"])
def test_the_ends_of_the_range_pass(value: str) -> None:
    assert passes(value)


@pytest.mark.parametrize("value", ["1989-12-31T00:00:00Z", "2050-01-01T00:00:00Z", "0201-05-01T00:00:00Z", "soon", 7])
def test_other_days_and_other_values_fail(value: object) -> None:
    assert not passes(value)


def test_what_has_happened_is_not_later_than_the_release() -> None:
    assert passes("2026-11-22T23:00:00Z", "awards/date")
    assert not passes("2026-11-23T00:00:00Z", "awards/date")
