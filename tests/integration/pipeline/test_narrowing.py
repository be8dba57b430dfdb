"""Day after day a run that reads what changes concern leaves what a run that reads everything leaves."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pregon import pipeline
from pregon.home import Home
from pregon.pipeline import Prepared, Run
from pregon.stages import concerned, prepare
from pregon.stages.narrowing import Narrowed
from pregon.synth import advance, generate
from transforms.quoting import literal

pytestmark = pytest.mark.integration

THREADS = 2

FIRST = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


def test_riverbends_days_are_the_same_both_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`kept` is what the next run starts from: an error there would never be noticed again."""
    narrowed = _noting(monkeypatch)
    database = Home(tmp_path).sources / "riverbend.sqlite"
    database.parent.mkdir()
    generate(f"sqlite:///{database}", processes=100, seed=3, as_of=FIRST)
    _commit(_run(tmp_path, 0))
    for day in (1, 2):
        advance(f"sqlite:///{database}", days=4)
        run = _run(tmp_path, day)
        extracted = pipeline.extract(run)
        found = pipeline.prepare(run, extracted)
        some = _content(run, found)
        monkeypatch.setattr(concerned, "MOST_SHARE", -1)
        everything = _content(run, pipeline.prepare(run, extracted))
        monkeypatch.setattr(concerned, "MOST_SHARE", 1)
        assert some == everything
        _commit(run, pipeline.prepare(run, extracted))
    assert narrowed == [True, False, True] * 2


def _noting(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note for each preparation after the first whether it read less than everything."""
    found: list[bool] = []
    narrow = prepare.narrow

    def noting(*args: Any, **kwargs: Any) -> Narrowed | None:
        result = narrow(*args, **kwargs)
        found.append(result is not None)
        return result

    monkeypatch.setattr(prepare, "narrow", noting)
    monkeypatch.setattr(concerned, "MOST_SHARE", 1)
    return found


def _run(home: Path, day: int) -> Run:
    return Run.start("riverbend", home=home, as_of=FIRST + dt.timedelta(days=4 * day))


def _commit(run: Run, prepared: Prepared | None = None) -> None:
    prepared = prepared or pipeline.prepare(run, pipeline.extract(run))
    mapped = [pipeline.map_states(run, prepared, bucket) for bucket in prepared.buckets]
    checked = [pipeline.check(run, pipeline.release(run, part)) for part in mapped]
    pipeline.commit(run, prepared, pipeline.decide(run, prepared, checked), checked)


def _content(run: Run, prepared: Prepared) -> dict[str, Any]:
    """Give what a preparation keeps, and its accounts, in an order that does not depend on how it was found."""
    kept = [key for key in run.lake.list(prepared.key) if key.split("/")[-1] in (prepare.ROWS, prepare.HELD)]
    kept += [key for key in run.lake.list(prepared.key) if "/keys/" in key]
    assert len(kept) > 20
    with duckdb.connect() as connection:
        content: dict[str, Any] = {
            key: connection.execute(f"FROM {literal(str(run.lake.local(key)))} ORDER BY ALL").fetchall() for key in kept
        }
    described = run.lake.read_json(f"{prepared.key}/prepared.json")
    return content | {"rows": described["rows"], "held": described["held"]}
