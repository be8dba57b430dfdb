"""Whether somebody may take part in a tender at a moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_opportunities import compiled, tender

from transforms.opportunities import (
    Contract,
    OpportunityOptions,
    contract_listed,
    contracts_of,
    tender_of,
    tender_state,
)
from transforms.opportunities.state import changed_at, may_be_listed

OPTIONS = OpportunityOptions()


def day(month: int, number: int, hour: int = 12) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (day(3, 1), "open"),
        (day(3, 20, 18), "open"),
        (day(3, 20, 19), "closed"),
        (day(4, 19, 18), "closed"),
        (day(4, 19, 19), None),
    ],
)
def test_an_active_tender_is_open_until_its_deadline_and_then_listed_for_thirty_days(
    moment: datetime, state: str | None
) -> None:
    assert tender_state(tender(), moment, OPTIONS) == state


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "planned", "tenderPeriod": {"startDate": "2026-04-01T00:00:00Z"}}, "upcoming"),
        ({"status": "active", "tenderPeriod": {"startDate": "2026-04-01T00:00:00Z"}}, "upcoming"),
        ({"status": "planned", "tenderPeriod": None}, "planned"),
        ({"status": "planning", "tenderPeriod": None}, "planned"),
        ({"status": "complete"}, "closed"),
        ({"status": "unsuccessful"}, "closed"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "withdrawn"}, "cancelled"),
        ({"status": None}, "open"),
        ({"status": None, "tenderPeriod": None}, None),
        ({"status": "active", "tenderPeriod": None}, "open"),
        ({"procurementMethod": "direct"}, None),
        ({"procurementMethod": "direct", "status": "planned"}, None),
    ],
)
def test_states(fields: dict[str, Any], state: str | None) -> None:
    assert tender_state(tender(**fields), day(3, 1), OPTIONS) == state


def test_an_award_closes_a_tender_without_status() -> None:
    release = {**compiled(status=None), "awards": [{"id": "A1", "status": "active"}]}
    found = tender_of(release, ["2026-02-20T10:00:00Z"])
    assert found is not None
    assert tender_state(found, day(3, 1), OPTIONS) == "closed"


def test_planning_alone_is_a_plan_if_it_says_when() -> None:
    release = compiled()
    del release["tender"]
    milestone = {"id": "1", "type": "preProcurement", "dueDate": "2026-06-01T00:00:00Z"}
    with_date = tender_of({**release, "planning": {"rationale": "Trees", "milestones": [milestone]}}, [release["date"]])
    without = tender_of({**release, "planning": {"rationale": "Trees"}}, [release["date"]])
    assert with_date is not None
    assert without is not None
    assert tender_state(with_date, day(3, 1), OPTIONS) == "planned"
    assert tender_state(without, day(3, 1), OPTIONS) is None


def test_a_tender_of_which_nothing_is_heard_is_not_listed_for_ever() -> None:
    silent = tender(tenderPeriod=None)
    assert tender_state(silent, day(3, 1), OPTIONS) == "open"
    assert tender_state(silent, day(3, 1) + timedelta(days=366), OPTIONS) is None


def test_what_is_listed_changes_with_a_release_or_with_the_passing_of_the_deadline() -> None:
    assert changed_at(tender(), day(3, 1)) == day(2, 20, 10)
    assert changed_at(tender(), day(3, 21)) == day(3, 20, 19)
    later = tender(dates=("2026-02-01T10:00:00Z", "2026-03-22T10:00:00Z"), status="complete")
    assert changed_at(later, day(3, 25)) == day(3, 22, 10)


def contract(end: str) -> Contract:
    release = {**compiled(), "contracts": [{"id": "C1", "status": "active", "period": {"endDate": end}}]}
    (found,) = contracts_of(release, ["2026-02-20T10:00:00Z"])
    return found


def test_contracts_are_listed_before_their_end() -> None:
    ends = contract("2026-08-28T12:00:00Z")
    assert not contract_listed(ends, day(3, 1) - timedelta(seconds=1), OPTIONS)
    assert contract_listed(ends, day(3, 1), OPTIONS)
    assert contract_listed(ends, day(8, 28, 11), OPTIONS)
    assert not contract_listed(ends, day(8, 28), OPTIONS)


moments = st.integers(0, 8 * 365 * 24).map(lambda hours: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
dates = st.none() | moments.map(lambda moment: moment.isoformat())
statuses = st.sampled_from(
    [None, "planning", "planned", "active", "complete", "unsuccessful", "cancelled", "withdrawn", "?"]
)


@settings(max_examples=500)
@given(
    status=statuses, start=dates, end=dates, expected=dates, updated=moments, awarded=st.booleans(), first=moments,
    passed=st.timedeltas(timedelta(0), timedelta(days=3000)),
)  # fmt: skip
def test_what_is_not_listed_is_not_listed_later(
    status: str | None, start: str | None, end: str | None, expected: str | None, updated: datetime, awarded: bool,
    first: datetime, passed: timedelta,
) -> None:  # fmt: skip
    milestone = {"id": "1", "type": "preProcurement", "dueDate": expected}
    release = {
        **compiled(status=status, tenderPeriod={"startDate": start, "endDate": end}),
        "planning": {"milestones": [milestone]},
        "awards": [{"id": "A", "status": "active"}] if awarded else [],
    }
    found = tender_of(release, [updated.isoformat()])
    if not may_be_listed(found, [], first, OPTIONS):
        assert not may_be_listed(found, [], first + passed, OPTIONS)
