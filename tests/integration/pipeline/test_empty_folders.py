"""What is removed leaves no empty folder behind, and neither does a run that fails."""

from pathlib import Path

import pytest
from city_copies import edit
from command_line import pregon
from made_up_city import Hamlet, write_hamlet

pytestmark = pytest.mark.integration


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """The city before its first run."""
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    return hamlet


def _empty(folder: Path) -> list[str]:
    """Folders of the lake in which there is nothing."""
    lake = folder / "lake"
    return sorted(str(path.relative_to(lake)) for path in lake.rglob("*") if path.is_dir() and not any(path.iterdir()))


def _run(hamlet: Hamlet, day: int) -> int:
    return pregon(*hamlet.arguments(f"2026-03-{day:02d}T12:00:00Z")).code


def test_a_commit_removes_the_folders_of_what_it_removes(hamlet: Hamlet) -> None:
    titles = ("Benches", "Chairs", "Stools", "Tables")
    for day, (before, after) in enumerate(zip(titles[:1] + titles, titles, strict=False), start=1):
        edit(hamlet.sources / "tenders.csv", before, after)
        assert _run(hamlet, day) == 0
        assert _empty(hamlet.home) == []
    lake = hamlet.home / "lake" / "hamlet"
    assert [path.name for path in (lake / "runs").iterdir()] == ["20260304T120000Z"]
    assert [path.name for path in (lake / "committed").iterdir()] == ["000004"]


def test_a_folder_that_a_killed_clean_up_left_is_removed_by_the_next_one(hamlet: Hamlet) -> None:
    assert _run(hamlet, 1) == 0
    (hamlet.home / "lake" / "hamlet" / "committed" / "000000").mkdir()
    (hamlet.home / "lake" / "hamlet" / "runs" / "20260228T120000Z" / "scratch").mkdir(parents=True)
    edit(hamlet.sources / "tenders.csv", "Benches", "Chairs")
    assert _run(hamlet, 2) == 0
    assert _empty(hamlet.home) == []


@pytest.mark.parametrize("first", [True, False])
def test_a_run_that_fails_leaves_no_empty_folder(hamlet: Hamlet, *, first: bool) -> None:
    if not first:
        assert _run(hamlet, 1) == 0
    (hamlet.sources / "tenders.csv").unlink()
    assert _run(hamlet, 2) == 1
    assert _empty(hamlet.home) == []


def test_a_run_that_fails_after_the_extract_leaves_no_empty_folder(
    hamlet: Hamlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        pass

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    monkeypatch.setattr("pregon.pipeline.prepare_tables", killed)
    with pytest.raises(KilledError):
        _run(hamlet, 1)
    assert _empty(hamlet.home) == []
    assert not (hamlet.home / "lake" / "hamlet" / "runs").exists()
