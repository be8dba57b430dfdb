"""A ledger that is lost: restored from what was published it holds the same, and the city goes on as if nothing was."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from city_copies import edit
from command_line import Outcome, pregon
from made_up_city import Hamlet, write_hamlet

from pregon.home import Home
from pregon.ledger import Ledger, StoredRelease

from .conftest import Published

pytestmark = pytest.mark.integration

THREADS = 2


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """The city after three runs: with a change, a removed value, and what a portal got as a copy."""
    hamlet = write_hamlet(tmp_path)
    portal = f"targets: {{portal: {{kind: filesystem, path: {tmp_path}/portal}}}}\n"
    edit(hamlet.folder / "city.yaml", "disclosure:", f"{portal}disclosure:")
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    _run(hamlet, 1)
    edit(hamlet.sources / "awards.csv", "1150", "1175")
    edit(hamlet.sources / "tenders.csv", "Lamps", "Street lamps")
    _run(hamlet, 2)
    edit(hamlet.sources / "tenders.csv", "Street lamps,O,800", "Street lamps,O,")
    _run(hamlet, 3)
    return hamlet


def _run(hamlet: Hamlet, day: int) -> str:
    done = pregon(*hamlet.arguments(f"2026-03-{day:02d}T12:00:00Z"))
    assert done.code == 0, done.err
    return done.out


def _rebuild(hamlet: Hamlet, place: object, *options: object) -> Outcome:
    return pregon("ledger", "rebuild", "hamlet", "--from-publication", place, "--home", hamlet.home, *options)


def _releases(hamlet: Hamlet) -> list[StoredRelease]:
    return list(Ledger.open(Home(hamlet.home).ledger("hamlet"), "hamlet").releases())


def _lose(hamlet: Hamlet) -> None:
    for file in hamlet.home.glob("internal/hamlet/ledger.sqlite*"):
        file.unlink()


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("place", ["current", "portal", "snapshot", "a few files"])
def test_the_publication_and_every_copy_of_it_restores_the_ledger(hamlet: Hamlet, place: str) -> None:
    before = _releases(hamlet)
    current = (hamlet.public / "hamlet" / "current").resolve()
    given: dict[str, object] = {"current": "current", "portal": hamlet.root / "portal", "snapshot": current}
    if place == "a few files":
        given[place] = copy = hamlet.root / "copy"
        for path in ("manifest.json", "bulk/releases/full.jsonl.gz", "bulk/compiled/full.jsonl.gz",
                     "commits.csv.gz"):  # fmt: skip
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(current / path, copy / path)
    _lose(hamlet)
    done = _rebuild(hamlet, given[place], "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["releases"], told["processes"], told["order_of_commit"]) == (len(before), 3, True)
    assert told["runs"] == [f"2026-03-0{day}T12:00:00Z" for day in (1, 2, 3)]
    assert (told["rewritten"], told["merged_otherwise"]) == (0, 0)
    assert _releases(hamlet) == before
    assert pregon("ledger", "verify", "hamlet", "--home", hamlet.home).code == 0


def test_the_city_goes_on_as_if_nothing_was_lost(hamlet: Hamlet, tmp_path: Path) -> None:
    other = Hamlet(tmp_path / "other")
    shutil.copytree(hamlet.sources, other.sources)
    shutil.copytree(hamlet.home, other.home, symlinks=True)
    _lose(other)
    assert _rebuild(other, "current").code == 0
    before, current = _releases(hamlet), (other.public / "hamlet" / "current").readlink()
    assert "0 new releases" in _run(other, 4)
    assert (other.public / "hamlet" / "current").readlink() == current
    _run(hamlet, 4)
    for one in (hamlet, other):
        edit(one.sources / "tenders.csv", "Paint", "White paint")
        edit(one.sources / "awards.csv", "1175", "1180")
        # Everything is built from the ledger alone.
        shutil.rmtree(one.public)
        assert "2 new releases" in _run(one, 5)
    assert _releases(other) == _releases(hamlet)
    assert len(_releases(other)) == len(before) + 2
    assert _files(other.public) == _files(hamlet.public)
    summary = "internal/hamlet/runs/20260305T120000Z/summary.json"
    one, two = (json.loads((town.home / summary).read_bytes()) for town in (hamlet, other))
    assert one["tables"] == two["tables"], "the run after the restoration has found out where every source row is"
    ledgers = [Ledger.open(Home(town.home).ledger("hamlet"), "hamlet") for town in (hamlet, other)]
    assert ledgers[0].accounting() == ledgers[1].accounting()


def test_a_run_is_stopped_as_long_as_the_ledger_is_lost(hamlet: Hamlet) -> None:
    _lose(hamlet)
    done = pregon(*hamlet.arguments("2026-03-04T12:00:00Z"))
    assert done.code == 1
    assert "the ledger is empty, but" in done.err
    assert "pregon ledger rebuild" in done.err
    assert _rebuild(hamlet, "current").code == 0
    assert "0 new releases" in _run(hamlet, 5)


def test_who_wants_to_begin_anew_may(hamlet: Hamlet) -> None:
    _lose(hamlet)
    done = pregon(*hamlet.arguments("2026-03-04T12:00:00Z"), "--accept", "empty_ledger")
    assert done.code == 0, done.err
    assert "3 new releases" in done.out


def test_a_ledger_that_holds_anything_is_not_touched(hamlet: Hamlet) -> None:
    before = _releases(hamlet)
    done = _rebuild(hamlet, "current")
    assert done.code == 1
    assert "is not empty" in done.err
    assert _releases(hamlet) == before


def _spoil_bytes(folder: Path) -> None:
    file = folder / "bulk/releases/full.jsonl.gz"
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(data[:-1] + b"x")


def _spoil_count(folder: Path) -> None:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    manifest["counts"]["releases"] += 1
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_spoil_bytes, "bulk/releases/full.jsonl.gz has other bytes"),
        (lambda folder: (folder / "commits.csv.gz").unlink(), "commits.csv.gz is missing"),
        (_spoil_count, "where the manifest counts"),
        (lambda folder: (folder / "manifest.json").unlink(), "there is no publication at"),
    ],
)
def test_a_damaged_publication_restores_nothing(hamlet: Hamlet, spoil: Any, words: str) -> None:
    copy = hamlet.root / "copy"
    shutil.copytree((hamlet.public / "hamlet" / "current").resolve(), copy)
    spoil(copy)
    _lose(hamlet)
    done = _rebuild(hamlet, copy)
    assert done.code == 1
    assert words in done.err
    assert _releases(hamlet) == []


def test_the_fullest_snapshot_counts_and_not_the_one_that_was_rolled_back_to(hamlet: Hamlet) -> None:
    from pregon.publication.promote import rollback

    fullest = (hamlet.public / "hamlet" / "current").resolve()
    rollback(hamlet.public / "hamlet")
    _lose(hamlet)
    done = _rebuild(hamlet, "current")
    assert done.code == 1
    assert str(fullest) in done.err
    assert _rebuild(hamlet, fullest).code == 0


def test_a_publication_that_does_not_tell_the_order_of_commit_is_restored_all_the_same(hamlet: Hamlet) -> None:
    before = {(release.ocid, release.release_id, release.json) for release in _releases(hamlet)}
    copy = hamlet.root / "copy"
    shutil.copytree((hamlet.public / "hamlet" / "current").resolve(), copy)
    manifest: dict[str, Any] = json.loads((copy / "manifest.json").read_bytes())
    manifest["files"] = [one for one in manifest["files"] if one["content"] != "commits"]
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    _lose(hamlet)
    done = _rebuild(hamlet, copy)
    assert done.code == 0, done.err
    assert "does not tell the order of commit" in done.out
    assert {(release.ocid, release.release_id, release.json) for release in _releases(hamlet)} == before
    assert pregon("ledger", "verify", "hamlet", "--home", hamlet.home).code == 0
    assert "0 new releases" in _run(hamlet, 4)


def test_another_city_s_publication_is_refused(hamlet: Hamlet) -> None:
    copy = hamlet.root / "copy"
    shutil.copytree((hamlet.public / "hamlet" / "current").resolve(), copy)
    edit(copy / "manifest.json", '"city": "hamlet"', '"city": "village"')
    _lose(hamlet)
    done = _rebuild(hamlet, copy)
    assert done.code == 1
    assert "is a publication of village" in done.err


def test_riverbend_is_restored_on_another_machine_and_on_postgresql(
    riverbend: Published, tmp_path: Path, empty_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = riverbend.ledger()
    monkeypatch.setenv("PREGON_LEDGER", "city_books")
    monkeypatch.setenv("AIRFLOW_CONN_CITY_BOOKS", empty_postgresql_url.replace("postgresql+psycopg", "postgres"))
    place = riverbend.home / "public" / "riverbend"
    done = pregon("ledger", "rebuild", "riverbend", "--from-publication", place, "--home", tmp_path)
    assert done.code == 0, done.err
    restored = Ledger.open(empty_postgresql_url, "riverbend")
    assert list(restored.releases()) == list(lost.releases())
    assert list(restored.processes()) == list(lost.processes())
    assert restored.publications() == lost.publications()
    assert restored.contents("processes") == lost.contents("processes")
    done = pregon("ledger", "verify", "riverbend", "--home", tmp_path, "--json")
    assert (done.code, json.loads(done.out)["findings"]) == (0, [])
