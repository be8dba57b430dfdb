"""What may be asked is what the description says, and nothing near it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pregon.web.api.parameters import RecordFilter, ReleaseFilter, cursor_of

SINCE = {
    "2026-03-01T05:00:00Z": "2026-03-01T05:00:00Z",
    "2026-03-01t05:00:00.25z": "2026-03-01T05:00:00Z",
    "2026-03-01T05:00:00+02:00": "2026-03-01T03:00:00Z",
    "2016-12-31T23:59:60Z": "2016-12-31T23:59:59Z",
    "0000-02-29T00:00:00Z": "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+02:00": "0001-01-01T00:00:00Z",
    "9999-12-31T23:00:00-02:00": "9999-12-31T23:00:00Z",
}


@given(st.integers(0, 2**60 - 1))
def test_a_cursor_leads_back_to_its_place(sequence: int) -> None:
    assert ReleaseFilter(cursor=cursor_of(sequence)).after == sequence


@pytest.mark.parametrize("given_", SINCE)
def test_times_are_compared_in_utc(given_: str) -> None:
    assert ReleaseFilter(since=given_).since == SINCE[given_]


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-1439, 1439))  # noqa: DTZ001 - zone below
def test_any_zone_is_the_same_moment(moment: datetime, minutes: int) -> None:
    text = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes))).isoformat()
    found = ReleaseFilter(since=text).since
    assert found is not None
    assert datetime.fromisoformat(found) == datetime.fromisoformat(text)
    assert datetime.fromisoformat(found).tzinfo == UTC


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cursor", ""), ("cursor", "z"), ("cursor", "1 "), ("cursor", "1" * 13), ("cursor", "A"),
        ("limit", "0"), ("limit", "501"), ("limit", "1.0"), ("limit", " 1"), ("limit", "-1"), ("limit", "1_0"),
        ("limit", ""), ("limit", "١"),
        ("since", "2026-03-01"), ("since", "2026-03-01T00:00:00"), ("since", "2026-02-30T00:00:00Z"),
        ("since", "1772323200"), ("since", "2026-03-01T24:00:00Z"), ("since", "2026-03-01 00:00:00Z"),
        ("date_from", "2026-3-1"), ("date_from", "2026-02-29"), ("date_to", "20260301"), ("date_to", "today"),
        ("title", ""), ("title", "x" * 201), ("buyer", ""), ("status", "x" * 101), ("unknown", "1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        RecordFilter.model_validate({name: value})
