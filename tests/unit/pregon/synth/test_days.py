"""Days and their spellings."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from pregon.synth.days import Days, as_local_date, stream_seed, vendor_ranks

DAYS = Days(dt.date(2026, 6, 1))


@given(st.integers(-4000, 3000), st.integers(0, 2**40))
def test_every_spelling_is_of_the_same_day(day: int, pick: int) -> None:
    date = dt.date(2026, 6, 1) + dt.timedelta(days=day)
    assert DAYS.iso(day) == date.isoformat()
    assert dt.datetime.strptime(DAYS.us(day), "%m/%d/%Y").date() == date  # noqa: DTZ007 - local by definition
    assert DAYS.mixed(day, pick) in {DAYS.iso(day), DAYS.us(day)}
    assert dt.datetime.fromisoformat(DAYS.at(day, pick)).date() == date


def test_the_fiscal_year_begins_in_july_and_is_named_by_its_end() -> None:
    july = (dt.date(2026, 7, 1) - dt.date(2026, 6, 1)).days
    assert (DAYS.fiscal_year(july - 1), DAYS.fiscal_year(july)) == (2026, 2027)
    assert DAYS.quarter(july - 1) == "FY26 Q4 (Apr-Jun)"
    assert DAYS.quarter(july) == "FY27 Q1 (Jul-Sep)"


def test_an_instant_belongs_to_the_local_day() -> None:
    assert as_local_date(dt.datetime(2026, 1, 1, 5, 59, tzinfo=dt.UTC)) == dt.date(2025, 12, 31)
    assert as_local_date(dt.datetime(2026, 1, 1, 6, 0, tzinfo=dt.UTC)) == dt.date(2026, 1, 1)
    assert as_local_date(dt.datetime(2026, 1, 1)) == dt.date(2026, 1, 1)  # noqa: DTZ001 - naive is local


def test_streams_of_neighbours_differ() -> None:
    seeds = {stream_seed(seed, kind, number) for seed in range(10) for kind in range(5) for number in range(100)}
    assert len(seeds) == 10 * 5 * 100


@given(st.integers(1, 10**6))
def test_the_pool_of_vendors_never_shrinks(number: int) -> None:
    assert 15 <= vendor_ranks(number) <= vendor_ranks(number + 1)
