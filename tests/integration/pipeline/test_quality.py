"""What the checks found is carried from run to run, and is what they find when they look at everything."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from expectations.checks import datasets
from expectations.checks.registry import checks_by_id
from pregon import pipeline
from pregon.home import Home
from pregon.pipeline import Run
from pregon.stages import assessing, quality
from pregon.stages.context import CityContext
from pregon.stages.since import kept_key
from pregon.synth import advance, generate
from transforms.quoting import literal

pytestmark = pytest.mark.integration

FIRST = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    database = tmp_path / "home" / "sources" / "riverbend.sqlite"
    database.parent.mkdir(parents=True)
    generate(f"sqlite:///{database}", processes=80, seed=5, as_of=FIRST)
    return tmp_path / "home"


def test_what_is_carried_forward_is_what_all_processes_give(home: Path, tmp_path: Path) -> None:
    for day in range(4):
        run = _committed(home, day)
        context = CityContext(run.city, Home(home), run.clock)
        folder = tmp_path / f"anew-{day}"
        folder.mkdir()
        assessing.assess_ledger(context.ledger, assessing.assessor(context), folder)
        kept = _kept(run).parent
        for name in (assessing.FACTS, assessing.FAILURES):
            assert _rows(kept / name) == _rows(folder / name), (day, name)
        assert len(_rows(kept / assessing.FACTS)) == len(list(context.ledger.processes(with_releases=False)))
        advance(f"sqlite:///{home / 'sources' / 'riverbend.sqlite'}", days=4)


def test_a_run_that_finds_nothing_kept_judges_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _committed(home, 0)
    advance(f"sqlite:///{home / 'sources' / 'riverbend.sqlite'}", days=4)
    run = _run(home, 1)
    prepared = pipeline.prepare(run, pipeline.extract(run))
    checked = [
        pipeline.check(run, pipeline.release(run, pipeline.map_states(run, prepared, bucket)))
        for bucket in prepared.buckets
    ]
    pipeline.decide(run, prepared, checked)
    carried = run.lake.read_json(f"{run.work}/quality/quality.json")
    run.lake.remove_prefix(f"{kept_key('riverbend', 1)}/quality")
    looked = []
    monkeypatch.setattr(quality, "assess_ledger", _noting(assessing.assess_ledger, looked))
    pipeline.decide(run, prepared, checked)

    assert looked
    assert first.lake.read_json(f"{run.work}/quality/quality.json") == carried


def test_what_another_version_of_a_check_of_the_whole_said_is_not_believed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _committed(home, 0)
    context = CityContext(run.city, Home(home), run.clock)
    first = datasets.CHECKS[0]
    with quality.standing(run.lake, context, purpose="test") as kept:
        assert kept is not None
        assert kept.summary.results[first.id].version == first.version
    monkeypatch.setattr(datasets, "CHECKS", (replace(first, version="next"), *datasets.CHECKS[1:]))
    checks_by_id.cache_clear()
    try:
        with quality.standing(run.lake, context, purpose="test") as anew:
            assert anew is not None
            assert anew.summary.results[first.id].version == "next"
    finally:
        monkeypatch.undo()
        checks_by_id.cache_clear()


def test_a_decision_repeated_after_the_commit_is_the_same(home: Path) -> None:
    run = _committed(home, 0)
    before = run.lake.read_bytes(f"{run.work}/quality/quality.json")
    prepared = pipeline.prepare(run, pipeline.extract(run))
    checked = [
        pipeline.check(run, pipeline.release(run, pipeline.map_states(run, prepared, bucket)))
        for bucket in prepared.buckets
    ]
    pipeline.decide(run, prepared, checked)

    assert run.lake.read_bytes(f"{run.work}/quality/quality.json") == before


def test_a_publication_is_compared_with_the_one_that_readers_see(home: Path) -> None:
    run = _committed(home, 0)
    built = pipeline.build(run)
    pipeline.promote(run, built)
    published = run.lake.local(quality.published_key("riverbend", built.snapshot))
    for day in (1, 2):
        # Committed, but never published: the last publication stays what they are compared with.
        advance(f"sqlite:///{home / 'sources' / 'riverbend.sqlite'}", days=4)
        later = _committed(home, day)
    summary = later.lake.read_json(f"{kept_key('riverbend', 3)}/quality/quality.json")["summary"]
    lost = next(check for check in summary["checks"] if check["id"] == "time.ocid")

    assert lost["figures"]["before"] == len(_rows(published))
    assert len(_rows(_kept(later))) > lost["figures"]["before"]


def test_facts_of_snapshots_that_are_gone_go_too(home: Path) -> None:
    run = _committed(home, 0)
    built = pipeline.build(run)
    pipeline.promote(run, built)
    run.lake.put_bytes(quality.published_key("riverbend", "20200101T000000Z-00000000"), b"")
    pipeline.build(run)

    assert run.lake.folders("riverbend/published") == [built.snapshot]


def _run(home: Path, day: int) -> Run:
    return Run.start("riverbend", home=home, as_of=FIRST + dt.timedelta(days=4 * day))


def _committed(home: Path, day: int) -> Run:
    run = _run(home, day)
    prepared = pipeline.prepare(run, pipeline.extract(run))
    checked = [
        pipeline.check(run, pipeline.release(run, pipeline.map_states(run, prepared, bucket)))
        for bucket in prepared.buckets
    ]
    pipeline.commit(run, prepared, pipeline.decide(run, prepared, checked), checked)
    return run


def _kept(run: Run) -> Path:
    (number,) = run.lake.folders("riverbend/committed")
    return run.lake.local(f"riverbend/committed/{number}/quality/{assessing.FACTS}")


def _rows(path: Path) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(f"FROM {literal(str(path))} ORDER BY ALL").fetchall()


def _noting(function, looked: list[bool]):  # type: ignore[no-untyped-def]
    def noting(*args: object) -> None:
        looked.append(True)
        function(*args)

    return noting
