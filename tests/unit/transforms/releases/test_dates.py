from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms.releases.dates import release_date, rule_of

AS_OF = datetime(2025, 3, 1, 6, 30, 15, tzinfo=UTC)
NOW = "2025-03-01T06:30:15Z"


@pytest.mark.parametrize(
    ("modified", "previous", "expected"),
    [
        pytest.param("2024-05-01T12:00:00Z", None, ("2024-05-01T12:00:00Z", "modified"), id="the source knows"),
        pytest.param("2024-05-01T12:00:00.9Z", None, ("2024-05-01T12:00:00Z", "modified"), id="whole seconds"),
        pytest.param("2024-05-01T20:00:00-05:00", None, ("2024-05-02T01:00:00Z", "modified"), id="in UTC"),
        pytest.param(None, None, (NOW, "first_seen"), id="the source does not know"),
        pytest.param("9999-12-31T00:00:00Z", None, (NOW, "implausible"), id="in the future"),
        pytest.param("0201-01-01T00:00:00Z", None, (NOW, "implausible"), id="a typing error"),
        pytest.param("1900-01-01T00:00:00Z", None, (NOW, "implausible"), id="a placeholder"),
        pytest.param("2024-05-01T12:00:00Z", "2024-04-01T00:00:00Z", ("2024-05-01T12:00:00Z", "modified"), id="later"),
        pytest.param(
            "2024-05-01T12:00:00Z", "2024-05-01T12:00:00Z", (NOW, "first_seen"), id="that time explains the one before"
        ),
        pytest.param(None, NOW, ("2025-03-01T06:30:16Z", "after_previous"), id="twice in one run"),
        pytest.param(None, "2025-12-31T23:59:59Z", ("2026-01-01T00:00:00Z", "after_previous"), id="over the year"),
    ],
)
def test_the_date_is_when_the_information_was_first_recorded(
    modified: str | None, previous: str | None, expected: tuple[str, str]
) -> None:
    assert release_date(modified, AS_OF, previous) == expected


def test_the_zone_of_the_clock_does_not_matter() -> None:
    assert release_date(None, AS_OF.astimezone(timezone(timedelta(hours=-6))), None).text == NOW


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        release_date("2024-05-01T12:00:00", AS_OF, None)


moments = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)).map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}")  # noqa: DTZ001


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no fault
@given(st.lists(st.none() | moments, max_size=8))
def test_dates_of_a_process_increase(changes: list[str | None]) -> None:
    previous: str | None = None
    for modified in changes:
        date = release_date(modified, AS_OF, previous)
        assert len(date.text) == 20
        assert previous is None or date.text > previous
        previous = date.text


@given(
    st.none() | st.integers(-20_000, 2_000).map(lambda days: (AS_OF + timedelta(days=days)).isoformat()),
    st.none() | st.integers(-400, 400).map(lambda days: f"{AS_OF + timedelta(days=days):%Y-%m-%dT%H:%M:%S}Z"),
)
def test_the_rule_of_a_date_is_known_again(modified: str | None, previous: str | None) -> None:
    made = release_date(modified, AS_OF, previous)
    known = "first_seen" if made.rule == "implausible" or made.text == NOW else made.rule
    assert rule_of(made.text, NOW, previous) == known
