"""The demo city through its DAGs, with the real pipeline: the same publication as by the command line."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pregon import demo

pytestmark = [
    pytest.mark.integration,
    pytest.mark.usefixtures("airflow_database"),
    pytest.mark.filterwarnings("ignore"),  # those of Airflow and what it uses would fail its tasks
]

PROCESSES = 60
DUE = datetime(2026, 3, 2, 11, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small e-procurement database of Riverbend."""
    from pregon.synth import generate

    file = tmp_path_factory.mktemp("source") / "riverbend.sqlite"
    generate(f"sqlite:///{file}", processes=PROCESSES, as_of=DUE)
    return file


def _home(folder: Path, database: Path) -> Path:
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "riverbend.sqlite").write_bytes(database.read_bytes())
    return folder


def _published(home: Path) -> dict[str, bytes]:
    current = (home / "public/riverbend/current").resolve()
    return {str(file.relative_to(current)): file.read_bytes() for file in current.rglob("*") if file.is_file()}


@pytest.fixture
def run_dag(
    tmp_path: Path, database: Path, parse_dags: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    monkeypatch.setenv("PREGON_HOME", str(_home(tmp_path / "dags", database)))

    def run(dag_id: str, due: datetime) -> dict[str, str]:
        dag_run = parse_dags().dags[dag_id].test(run_after=due, logical_date=None)
        assert str(dag_run.state) == "success"
        return {instance.task_id: str(instance.state) for instance in dag_run.get_task_instances()}

    return run


def test_dags_and_command_line_publish_the_same_bytes(
    tmp_path: Path, database: Path, run_dag: Callable[..., Any]
) -> None:
    run_dag("riverbend_collect", DUE)
    run_dag("riverbend_publish", DUE)
    by_dags = _published(tmp_path / "dags")

    from pregon import pipeline

    run = pipeline.Run.start("riverbend", home=_home(tmp_path / "cli", database), as_of=DUE)
    prepared = pipeline.prepare(run, pipeline.extract(run))
    mapped = [pipeline.map_states(run, prepared, bucket) for bucket in prepared.buckets]
    checked = [pipeline.check(run, pipeline.release(run, part)) for part in mapped]
    pipeline.commit(run, prepared, pipeline.decide(run, prepared, checked), checked)
    pipeline.promote(run, pipeline.build(run))

    assert "manifest.json" in by_dags
    assert by_dags == _published(tmp_path / "cli")


def test_a_run_without_changes_skips_the_buckets_and_keeps_the_snapshot(
    tmp_path: Path, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where there is none the demo city's database is made.
    (tmp_path / "dags/sources/riverbend.sqlite").unlink()
    monkeypatch.setattr(demo, "DEMO_PROCESSES", PROCESSES)
    for due in (DUE, LATER):
        collected = run_dag("riverbend_collect", due)
        run_dag("riverbend_publish", due)
    assert [collected[stage] for stage in ("map", "release", "check")] == ["skipped"] * 3
    assert collected["commit"] == "success"
    assert len(list((tmp_path / "dags/public/riverbend/snapshots").iterdir())) == 1
