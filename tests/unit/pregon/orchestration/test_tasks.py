from datetime import UTC, datetime, timedelta, timezone

import pytest

from pregon.orchestration.identifiers import dag_ids
from pregon.orchestration.tasks import InvalidParameter, run_clock

DUE = datetime(2026, 3, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize("override", [None, ""])
def test_the_clock_is_when_the_run_was_due(override: str | None) -> None:
    assert run_clock(DUE, override) == DUE


def test_the_clock_can_be_set_in_any_zone() -> None:
    zone = timezone(timedelta(hours=-5))
    assert run_clock(DUE, "2026-02-01T07:00:00-05:00") == datetime(2026, 2, 1, 7, tzinfo=zone)


@pytest.mark.parametrize("override", ["yesterday", "2026-02-01T07:00:00"])
def test_a_clock_that_is_no_moment_is_refused(override: str) -> None:
    with pytest.raises(InvalidParameter, match="as_of"):
        run_clock(DUE, override)


def test_ids_hold_only_what_airflow_takes() -> None:
    assert dag_ids("riverbend") == ("riverbend_collect", "riverbend_publish")
    assert dag_ids("São Tomé") == ("S_o_Tom__collect", "S_o_Tom__publish")
