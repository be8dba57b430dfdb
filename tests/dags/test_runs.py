"""Runs of the DAGs through Airflow, with stages that only say what they were asked for."""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest

from pregon.errors import PregonError

from .conftest import WriteCity

pytestmark = [
    pytest.mark.integration,
    pytest.mark.usefixtures("airflow_database"),
    pytest.mark.filterwarnings("ignore"),  # those of Airflow and what it uses would fail its tasks
]

DUE = datetime(2026, 3, 1, 11, 0, 0, 500, tzinfo=UTC)


@dataclass(frozen=True)
class Result:
    """Any stage's result: a stand-in with the fields of all."""

    buckets: tuple[int, ...] = ()
    bucket: int = 0
    processes: int = 0
    quarantined: int = 0
    releases: int = 0
    sequence: int = 0
    outcome: str = "publish"
    reasons: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


@dataclass
class Stages:
    """Records the calls; `fail` maps a stage to the error that it raises."""

    buckets: tuple[int, ...] = (0, 1, 2)
    releases: int = 5
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    fail: dict[str, Exception] = field(default_factory=dict)

    def called(self, stage: str, *facts: Any) -> None:
        self.calls.append((stage, *facts))
        if stage in self.fail:
            raise self.fail[stage]

    def module(self) -> ModuleType:
        def start(slug: str, **arguments: Any) -> str:
            self.runs.append({"slug": slug, **arguments})
            return slug

        def extract(run: str) -> Result:
            self.called("extract")
            return Result()

        def prepare(run: str, extracted: Result) -> Result:
            self.called("prepare")
            return Result(buckets=self.buckets, processes=10 * len(self.buckets))

        def map_states(run: str, prepared: Result, bucket: int) -> Result:
            self.called("map", bucket)
            return Result(bucket=bucket, processes=10)

        def release(run: str, mapped: Result) -> Result:
            self.called("release", mapped.bucket)
            return Result(bucket=mapped.bucket)

        def check(run: str, released: Result) -> Result:
            self.called("check", released.bucket)
            return Result(bucket=released.bucket, quarantined=1)

        def decide(run: str, prepared: Result, checked: list[Result]) -> Result:
            self.called("decide", [part.bucket for part in checked])
            return Result()

        def commit(run: str, prepared: Result, verdict: Result, checked: list[Result]) -> Result:
            self.called("commit", [part.bucket for part in checked])
            return Result(releases=self.releases, sequence=7)

        def build(run: str) -> Result:
            self.called("build")
            return Result()

        def promote(run: str, built: Result) -> Result:
            self.called("promote")
            return Result()

        def push(run: str, promoted: Result, target: str) -> Result:
            self.called("push", target)
            return Result()

        module = ModuleType("pregon.pipeline")
        stages = (extract, prepare, map_states, release, check, decide, commit, build, promote, push)
        names = ("Extracted", "Prepared", "Mapped", "Released", "Checked", "Verdict", "Committed", "Built", "Promoted")
        vars(module).update({stage.__name__: stage for stage in stages} | dict.fromkeys(names, Result))
        vars(module)["Run"] = type("Run", (), {"start": staticmethod(start)})
        return module


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Stages:
    import pregon

    stages = Stages()
    monkeypatch.setitem(sys.modules, "pregon.pipeline", stages.module())
    monkeypatch.setattr(pregon, "pipeline", sys.modules["pregon.pipeline"], raising=False)
    monkeypatch.setenv("PREGON_HOME", "/srv/pregon")
    return stages


RunDag = Callable[..., Any]


@pytest.fixture
def run_dag(write_city: WriteCity, parse_dags: Callable[[], Any]) -> RunDag:
    """Run one DAG of the city alba with dag.test(); gives the dag run."""
    write_city("alba")

    def run(dag_id: str, **conf: Any) -> Any:
        # logical_date=None: a run that an asset or the clock starts has none here either.
        return parse_dags().dags[dag_id].test(run_after=DUE, logical_date=None, run_conf=conf or None)

    return run


def states(dag_run: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for instance in sorted(dag_run.get_task_instances(), key=lambda instance: instance.map_index):
        found.setdefault(instance.task_id, []).append(str(instance.state))
    return found


def ledger_events() -> list[dict[str, Any]]:
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session

    with create_session() as session:
        events = session.query(AssetEvent).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        return [dict(event.extra) for event in events.filter(AssetModel.name == "alba_ledger").order_by(AssetEvent.id)]


def test_collect_passes_each_bucket_through_the_stages(stages: Stages, run_dag: RunDag) -> None:
    before = len(ledger_events())
    dag_run = run_dag("alba_collect")
    assert str(dag_run.state) == "success"
    assert states(dag_run) == {
        "extract": ["success"],
        "prepare": ["success"],
        "map": ["success"] * 3,
        "release": ["success"] * 3,
        "check": ["success"] * 3,
        "gate": ["success"],
        "commit": ["success"],
    }
    assert sorted(call for call in stages.calls if call[0] == "map") == [("map", 0), ("map", 1), ("map", 2)]
    assert ("commit", [0, 1, 2]) in stages.calls
    assert ledger_events()[before:] == [
        {"releases": 5, "sequence": 7, "processes": 30, "quarantined": 3, "outcome": "publish"}
    ]


def test_every_stage_has_the_clock_of_the_run(stages: Stages, run_dag: RunDag) -> None:
    run_dag("alba_collect", full=True, from_dir="/srv/files")
    assert len(stages.runs) == 13
    for run in stages.runs:
        assert run == {
            "slug": "alba",
            "home": Path("/srv/pregon"),
            "as_of": datetime(2026, 3, 1, 11, tzinfo=UTC),
            "from_dir": Path("/srv/files"),
            "full": True,
        }
        assert type(run["as_of"]) is datetime


def test_the_clock_can_be_set(stages: Stages, run_dag: RunDag) -> None:
    run_dag("alba_publish", as_of="2026-02-01T00:00:00-06:00")
    assert {run["as_of"] for run in stages.runs} == {datetime(2026, 2, 1, 6, tzinfo=UTC)}


def test_mapped_tasks_have_readable_names(stages: Stages, run_dag: RunDag) -> None:
    collected, published = run_dag("alba_collect"), run_dag("alba_publish")
    names = {
        task_id: sorted(ti.rendered_map_index for ti in run.get_task_instances() if ti.task_id == task_id)
        for run, task_id in ((collected, "map"), (collected, "release"), (collected, "check"), (published, "push"))
    }
    counted = ["bucket 0: 10 processes", "bucket 1: 10 processes", "bucket 2: 10 processes"]
    assert names == {
        "map": counted,
        "release": counted,
        "check": ["bucket 0", "bucket 1", "bucket 2"],
        "push": ["mirror", "portal"],
    }


def test_nothing_changed_skips_the_buckets_and_wakes_nobody(stages: Stages, run_dag: RunDag) -> None:
    stages.buckets, stages.releases = (), 0
    before = len(ledger_events())
    dag_run = run_dag("alba_collect")
    assert str(dag_run.state) == "success"
    assert states(dag_run) == {
        "extract": ["success"],
        "prepare": ["success"],
        "map": ["skipped"],
        "release": ["skipped"],
        "check": ["skipped"],
        "gate": ["success"],
        "commit": ["success"],
    }
    assert ("commit", []) in stages.calls
    assert len(ledger_events()) == before


def test_publish_pushes_once_per_target(stages: Stages, run_dag: RunDag) -> None:
    dag_run = run_dag("alba_publish")
    assert str(dag_run.state) == "success"
    assert stages.calls == [("build",), ("promote",), ("push", "mirror"), ("push", "portal")]


def test_an_error_that_time_does_not_mend_fails_at_once(stages: Stages, run_dag: RunDag) -> None:
    stages.fail["prepare"] = PregonError("cities/alba/mapping.yaml:3: there is no table tendres")
    dag_run = run_dag("alba_collect")
    assert str(dag_run.state) == "failed"
    assert [call[0] for call in stages.calls] == ["extract", "prepare"]
    assert states(dag_run)["commit"] == ["upstream_failed"]


def test_a_bucket_that_fails_keeps_the_ledger_closed(stages: Stages, run_dag: RunDag) -> None:
    stages.fail["check"] = PregonError("bucket can't be read")
    dag_run = run_dag("alba_collect")
    assert str(dag_run.state) == "failed"
    assert {"decide", "commit"}.isdisjoint(call[0] for call in stages.calls)


def test_a_broken_city_fails_with_its_error(write_city: WriteCity, run_dag: RunDag) -> None:
    write_city("rota", text="name: 3")
    dag_run = run_dag("rota_collect")
    assert states(dag_run) == {"configuration": ["failed"]}
