import pytest

from expectations.checks.compiled import CompiledRelease
from expectations.checks.order import Order


@pytest.mark.parametrize(
    ("first", "second"),
    [(None, "2026-01-01"), ("2026-01-01", None), ("2026", "2027"), ("2026-02-30", "2026-03-01"), (20260101, 20260102)],
)
def test_a_pair_without_two_days_is_not_counted(first: object, second: object) -> None:
    order = Order()
    order.add(first, second, (), "date")
    assert order.outcome() is None


def test_days_are_compared_whatever_the_time_and_the_offset() -> None:
    order = Order()
    order.add("2026-01-01T23:59:59-11:00", "2026-01-01T00:00:00+14:00", (), "date")
    found = order.outcome()
    assert found is not None
    assert not found.failures


def test_what_is_told_is_held_against_the_release() -> None:
    document = {"date": "2026-01-01", "awards": [{"date": "2026-01-02"}, {"date": "2025-01-01"}, {"date": "x"}]}
    order = Order()
    order.add_told(CompiledRelease(document), ("awards", "signatures"))
    found = order.outcome()
    assert found is not None
    assert found.applied == 2
    assert [(one.pointer, one.value, one.other) for one in found.failures] == [
        ("/awards/0/date", "2026-01-02", "2026-01-01")
    ]
