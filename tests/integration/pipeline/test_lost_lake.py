"""A lake that is lost, or older than the ledger: the city goes on, and publishes what is new and nothing else."""

import shutil
from pathlib import Path

import pytest
from city_copies import edit
from command_line import pregon
from made_up_city import Hamlet, write_hamlet

from pregon.home import Home
from pregon.ledger import Ledger, StoredRelease
from pregon.manifest import latest, numbers

pytestmark = pytest.mark.integration


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """The city after two runs."""
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    _run(hamlet, 1)
    shutil.copytree(hamlet.home / "lake", tmp_path / "backup")
    edit(hamlet.sources / "awards.csv", "1150", "1175")
    _run(hamlet, 2)
    return hamlet


def _run(hamlet: Hamlet, day: int) -> str:
    done = pregon(*hamlet.arguments(f"2026-03-{day:02d}T12:00:00Z"))
    assert done.code == 0, done.err
    return done.out


def _releases(hamlet: Hamlet) -> list[StoredRelease]:
    return list(Ledger.open(Home(hamlet.home).ledger("hamlet"), "hamlet").releases())


def _lose(hamlet: Hamlet, *, backup: bool) -> None:
    shutil.rmtree(hamlet.home / "lake")
    if backup:
        shutil.copytree(hamlet.root / "backup", hamlet.home / "lake")


@pytest.mark.parametrize("backup", [False, True], ids=["lost", "older"])
def test_only_what_changed_is_released(hamlet: Hamlet, *, backup: bool) -> None:
    before = _releases(hamlet)
    _lose(hamlet, backup=backup)
    edit(hamlet.sources / "tenders.csv", "Lamps", "Street lamps")
    edit(hamlet.sources / "tenders.csv", "Paint", "Paint, red".replace(",", ""))
    _run(hamlet, 3)
    after = _releases(hamlet)
    assert after[: len(before)] == before
    assert [release.ocid for release in after[len(before) :]] == ["ocds-213czf-T2", "ocds-213czf-T3"]
    found = latest(Home(hamlet.home).lake, "hamlet")
    assert found is not None
    assert found.number == 3


def test_nothing_changed_is_nothing_released(hamlet: Hamlet) -> None:
    before, current = _releases(hamlet), (hamlet.public / "hamlet" / "current").readlink()
    _lose(hamlet, backup=False)
    assert "0 new releases" in _run(hamlet, 3)
    assert _releases(hamlet) == before
    assert (hamlet.public / "hamlet" / "current").readlink() == current
    edit(hamlet.sources / "tenders.csv", "Lamps", "Street lamps")
    assert "1 new release" in _run(hamlet, 4)
    assert numbers(Home(hamlet.home).lake, "hamlet") == [3, 4]


def test_the_last_run_can_be_repeated_without_its_lake(hamlet: Hamlet) -> None:
    before = _releases(hamlet)
    _lose(hamlet, backup=False)
    for _ in range(2):
        _run(hamlet, 2)
    assert _releases(hamlet) == before
    edit(hamlet.sources / "tenders.csv", "Lamps", "Street lamps")
    assert "1 new release" in _run(hamlet, 3)


def test_the_clock_does_not_go_back_behind_the_ledger(hamlet: Hamlet) -> None:
    _lose(hamlet, backup=False)
    done = pregon(*hamlet.arguments("2026-03-01T18:00:00Z"))
    assert done.code == 1
    assert "2026-03-02T12:00:00" in done.err
    assert "later --as-of" in done.err
