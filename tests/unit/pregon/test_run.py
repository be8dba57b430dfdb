"""A run has one clock and gives the same name whoever starts it; its parts survive the way through XCom."""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from pregon import run as runs
from pregon.run import Built, InvalidClock, Prepared, Reference, Run, Verdict

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 999_999, tzinfo=UTC)


def test_the_clock_is_utc_in_whole_seconds(tmp_path: Path) -> None:
    run = Run.start("lampton", home=tmp_path, as_of=MOMENT.astimezone(timezone(timedelta(hours=-6))))
    assert run.as_of == "2026-03-01T12:30:15Z"
    assert run.clock == datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
    assert run.run_id == "20260301T123015Z"


def test_a_clock_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Run.start("lampton", home=tmp_path, as_of=datetime(2026, 3, 1))  # noqa: DTZ001 - the point of the test


def test_folders_are_absolute_wherever_the_command_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = Run.start("lampton", home=Path("here"), as_of=MOMENT, from_dir=Path("there"))
    assert (run.home, run.from_dir) == (str(tmp_path / "here"), str(tmp_path / "there"))
    assert run.place.root == tmp_path / "here"
    assert run.work == "lampton/runs/20260301T123015Z"


@pytest.mark.parametrize(
    "reference",
    [
        Run("lampton", "/home", "2026-03-01T12:30:15Z", None, full=True),
        Prepared("key", 3, (0, 5), 10, everything=False),
        Verdict("flag", ("one", "two"), 10, 9, 1),
        Built("snapshot", changed=True, files=3, size=99),
    ],
)
def test_a_reference_comes_back_from_json(reference: Reference) -> None:
    assert type(reference).from_json(json.loads(json.dumps(reference.to_json()))) == reference


def test_every_result_of_a_stage_can_pass_as_json() -> None:
    made: dict[str, Any] = {"str": "x", "int": 1, "bool": True, "tuple[int, ...]": (1,), "tuple[str, ...]": ("x",)}
    kinds = [kind for kind in vars(runs).values() if isinstance(kind, type) and issubclass(kind, Reference)]
    kinds.remove(Reference)
    assert len(kinds) >= 9
    for kind in kinds:
        values = {field.name: made.get(str(getattr(field.type, "__name__", field.type)), "x") for field in fields(kind)}
        reference = kind(**values)
        assert kind.from_json(json.loads(json.dumps(reference.to_json()))) == reference


@pytest.mark.parametrize("year", [1, 1900, 1980, 2100, 9999])
def test_a_clock_that_no_archive_can_carry_is_refused(year: int) -> None:
    with pytest.raises(InvalidClock, match="a run can't be as of") as refused:
        Run.start("lampton", home=Path("here"), as_of=MOMENT.replace(year=year))
    assert refused.value.hint is not None
    assert "1981 to 2099" in refused.value.hint
