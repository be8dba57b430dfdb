import pytest

from expectations.checks.earlier import UNKNOWN, Earlier, nothing_before
from expectations.checks.model import Outcome
from expectations.checks.releases.release_date_order import CHECK as DATE
from expectations.checks.releases.release_id_independent import CHECK as INDEPENDENT
from expectations.checks.releases.release_id_unique import CHECK as UNIQUE

OCID = "ocds-213czf-RFP-7"


def fails(found: Outcome | None) -> bool:
    assert found is not None
    return bool(found.failures)


def test_without_ids_nothing_applies() -> None:
    assert INDEPENDENT.run({"ocid": OCID}, UNKNOWN) is None
    assert INDEPENDENT.run({"id": "1"}, UNKNOWN) is None
    assert UNIQUE.run({"id": 7}, nothing_before()) is None


def test_an_id_of_its_own_passes() -> None:
    assert INDEPENDENT.run({"ocid": OCID, "id": "7d1e"}, UNKNOWN) == Outcome(1, [])
    assert INDEPENDENT.run({"ocid": OCID, "id": f"{OCID}-2026-01-01"}, UNKNOWN) == Outcome(1, [])


@pytest.mark.parametrize("identifier", [OCID, "RFP-7", "7", ""])
def test_an_id_that_the_ocid_holds_fails(identifier: str) -> None:
    assert fails(INDEPENDENT.run({"ocid": OCID, "id": identifier}, UNKNOWN))


def test_an_id_is_used_once() -> None:
    before = Earlier(ids=frozenset({"a"}))

    assert UNIQUE.run({"id": "b"}, before) == Outcome(1, [])
    assert fails(UNIQUE.run({"id": "a"}, before))
    assert UNIQUE.run({"id": "a"}, UNKNOWN) is None


def test_the_first_release_may_have_any_date() -> None:
    assert DATE.run({"date": "2026-01-01T00:00:00Z"}, nothing_before()) is None
    assert DATE.run({"date": "2026-01-01T00:00:00Z"}, UNKNOWN) is None


@pytest.mark.parametrize(
    ("date", "before", "wrong"),
    [
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", False),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("2025-12-31T00:00:00Z", "2026-01-01T00:00:00Z", True),
        # Later in time, but a merge sorts it before.
        ("2026-01-01T23:00:00-05:00", "2026-01-02T00:00:00Z", True),
        # Later as text, but not in time.
        ("2026-01-02T00:30:00+05:00", "2026-01-02T00:00:00Z", True),
        ("2026-01-02T00:30:00-05:00", "2026-01-02T00:00:00Z", False),
        ("soon", "2026-01-02T00:00:00Z", False),
    ],
)
def test_dates_increase_in_time_and_as_text(date: str, before: str, *, wrong: bool) -> None:
    assert fails(DATE.run({"date": date}, Earlier(date=before))) is wrong
