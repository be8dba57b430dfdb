"""The ledger knows each snapshot that readers saw, and what was in it."""

import datetime as dt
from pathlib import Path

import pytest
from city_copies import edit
from command_line import pregon
from made_up_city import Hamlet, write_hamlet

from pregon import pipeline
from pregon.home import Home
from pregon.ledger import Ledger, Publication
from pregon.pipeline import Run

pytestmark = pytest.mark.integration


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """The city after its first run."""
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    _run(hamlet, 1)
    return hamlet


def _moment(day: int) -> dt.datetime:
    return dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC)


def _run(hamlet: Hamlet, day: int) -> str:
    """Run the city; give the snapshot that readers see then."""
    done = pregon(*hamlet.arguments(_moment(day).isoformat()))
    assert done.code == 0, done.err
    return (hamlet.public / "hamlet" / "current").readlink().name


def _ledger(hamlet: Hamlet) -> Ledger:
    return Ledger.open(Home(hamlet.home).ledger("hamlet"), "hamlet")


def test_each_snapshot_is_on_record_with_its_newest_run_and_release(hamlet: Hamlet) -> None:
    first = _run(hamlet, 1)
    assert _run(hamlet, 2) == first
    edit(hamlet.sources / "tenders.csv", "Lamps", "Street lamps")
    second = _run(hamlet, 3)
    assert _ledger(hamlet).publications() == [
        Publication(first, _moment(1), "20260301T120000Z", 3),
        Publication(second, _moment(3), "20260303T120000Z", 4),
    ]


def test_a_snapshot_of_another_layout_is_on_record_with_the_run_whose_releases_it_holds(hamlet: Hamlet) -> None:
    edit(hamlet.folder / "city.yaml", "name: {en: Hamlet,", "name: {en: The Hamlet,")
    second = _run(hamlet, 2)
    assert _ledger(hamlet).publications()[1:] == [Publication(second, _moment(2), "20260301T120000Z", 3)]


def test_a_promotion_that_was_killed_is_put_on_record_when_it_is_repeated(
    hamlet: Hamlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    edit(hamlet.sources / "tenders.csv", "Lamps", "Street lamps")
    run = Run.start("hamlet", home=hamlet.home, as_of=_moment(2), from_dir=hamlet.sources)
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "record_publication", killed)
        with pytest.raises(KilledError):
            _run(hamlet, 2)
    snapshot = (hamlet.public / "hamlet" / "current").readlink().name
    assert snapshot.startswith("20260302T120000Z")
    assert len(_ledger(hamlet).publications()) == 1
    for _ in range(2):
        pipeline.promote(run, pipeline.build(run))
    assert _ledger(hamlet).publications()[1:] == [Publication(snapshot, _moment(2), "20260302T120000Z", 4)]


def test_nothing_is_on_record_before_the_first_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    run = Run.start("hamlet", home=hamlet.home, as_of=_moment(1), from_dir=hamlet.sources)
    pipeline.promote(run, pipeline.build(run))
    assert _ledger(hamlet).publications() == []
