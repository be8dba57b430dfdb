from typing import Any

import pytest

from expectations.assessment import Assessor

ASSESSOR = Assessor(["lots"])


def counts(document: Any, *releases: dict[str, Any], today: str | None = None) -> dict[str, tuple[int, int]]:
    assessed = ASSESSOR.assess(document, ASSESSOR.history(releases), today=today)
    return dict(assessed.fact["checks"])


@pytest.mark.parametrize(
    ("date", "awarded", "fails"),
    [
        ("2026-05-01T09:00:00Z", "2026-05-01T23:59:59-05:00", False),
        # At 10:00 in London it is already the second day in Kiritimati.
        ("2026-05-01T10:00:00Z", "2026-05-02T00:00:00+14:00", False),
        ("2026-05-01T09:00:00Z", "2026-05-02T00:00:00Z", True),
        ("2026-05-01T23:00:00-05:00", "2026-05-02T12:00:00Z", False),
        ("2026-05-01", "2030-01-01T00:00:00Z", False),
        ("soon", "2030-01-01T00:00:00Z", False),
        (None, "2030-01-01T00:00:00Z", False),
    ],
)
def test_a_release_knows_of_nothing_after_its_own_day_anywhere_on_earth(
    date: str | None, awarded: str, *, fails: bool
) -> None:
    assessed = ASSESSOR.assess({"date": date, "awards": [{"id": "1", "date": awarded}]})

    failed = [one.failure.path for one in assessed.found if one.check == "field.date_time"]
    assert ("awards/date" in failed) is fails


def test_the_day_may_be_given() -> None:
    document = {"awards": [{"id": "1", "date": "2026-05-02T00:00:00Z"}]}

    assert counts(document, today="2026-05-01")["field.date_time"] == (1, 1)
    assert counts(document, today="2026-05-02")["field.date_time"] == (1, 0)


def test_the_releases_of_a_process_are_added_up() -> None:
    one = {"ocid": "ocds-213czf-1", "id": "a", "date": "2026-01-01T00:00:00Z", "tag": ["tender"], "tender": {"id": "1"}}
    two = one | {"id": "b", "date": "2026-01-02T00:00:00Z", "tag": ["tenderUpdate"]}

    found = counts({}, one, two, one)

    assert found["x.release_id_unique"] == (3, 1)
    assert found["x.release_date_order"] == (2, 1)
    assert found["x.no_op"] == (2, 2)


def test_checks_can_be_left_out() -> None:
    assessor = Assessor(left_out=["x.placeholder", "x.no_op"])

    assert {"x.placeholder", "x.no_op"}.isdisjoint(check.id for check in assessor.checks)
    assert "field.date_time" in {check.id for check in assessor.checks}
