"""Runs of the DAGs through Airflow, with stages that only say what they were asked for."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pregon.errors import PregonError
from pregon.run import (
    Announced,
    Built,
    Checked,
    Committed,
    Expected,
    Extracted,
    Mapped,
    Prepared,
    Promoted,
    Pushed,
    Read,
    Released,
    Run,
    Verdict,
)
from pregon.sources.planning import Portion

from .conftest import CITY, WriteCity

pytestmark = [
    pytest.mark.integration,
    pytest.mark.usefixtures("airflow_database"),
    pytest.mark.filterwarnings("ignore"),  # those of Airflow and what it uses would fail its tasks
]

DUE = datetime(2026, 3, 1, 11, 0, 0, 500, tzinfo=UTC)


@dataclass
class Stages:
    """Records the calls and the runs they were for; `fail` maps a stage to the error that it raises."""

    portions: tuple[int, ...] = (0, 1)
    buckets: tuple[int, ...] = (0, 1, 2)
    releases: int = 5
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    fail: dict[str, Exception] = field(default_factory=dict)

    def called(self, stage: str, run: Run, *facts: Any) -> None:
        self.calls.append((stage, *facts))
        self.runs.append(run)
        if stage in self.fail:
            raise self.fail[stage]

    def plan_extract(self, run: Run, source: str) -> tuple[Portion, ...]:
        self.called("plan", run, source)
        return tuple(Portion(number, source, "tenders", number, f"tenders: {number}") for number in self.portions)

    def read_portion(self, run: Run, source: str, portion: int) -> Read:
        self.called("read", run, source, portion)
        return Read(f"tenders: {portion}", rows=1200, size=2_500_000, first="2026-02-01", last="2026-02-28")

    def finish_extract(self, run: Run) -> Extracted:
        self.called("extract", run)
        return Extracted(manifest=1, rows=30, rejected=0)

    def prepare(self, run: Run, extracted: Extracted) -> Prepared:
        self.called("prepare", run)
        return Prepared("prepared", extracted.manifest, self.buckets, 10 * len(self.buckets), everything=True)

    def map_states(self, run: Run, prepared: Prepared, bucket: int) -> Mapped:
        self.called("map", run, bucket)
        return Mapped(f"{prepared.key}/states", bucket, processes=1000 + bucket, findings=0)

    def release(self, run: Run, mapped: Mapped) -> Released:
        self.called("release", run, mapped.bucket)
        return Released("releases", mapped.bucket, mapped.processes, releases=2, quarantined=0)

    def check(self, run: Run, released: Released) -> Checked:
        self.called("check", run, released.bucket)
        return Checked("checked", released.bucket, released.processes, passed=1, quarantined=1)

    def judge_expectations(self, run: Run, prepared: Prepared, checked: list[Checked]) -> Expected:
        self.called("judge_expectations", run, prepared.manifest, [part.bucket for part in checked])
        return Expected(passed=7, failed=1)

    def decide(self, run: Run, prepared: Prepared, checked: list[Checked]) -> Verdict:
        self.called("decide", run, [part.bucket for part in checked])
        return Verdict("flag", ("3 releases in quarantine",), prepared.processes, passed=3, quarantined=3)

    def commit(self, run: Run, prepared: Prepared, verdict: Verdict, checked: list[Checked]) -> Committed:
        self.called("commit", run, verdict.outcome, [part.bucket for part in checked])
        return Committed(self.releases, processes=prepared.processes, sequence=7)

    def build(self, run: Run) -> Built:
        self.called("build", run)
        return Built("snapshot", changed=True, files=3, size=100)

    def promote(self, run: Run, built: Built) -> Promoted:
        self.called("promote", run)
        return Promoted(built.snapshot, "current")

    def push(self, run: Run, promoted: Promoted, target: str) -> Pushed:
        self.called("push", run, promoted.snapshot, target)
        return Pushed(target, files=3)

    def announce(self, run: Run) -> Announced:
        self.called("announce", run)
        return Announced("snapshot", ("websub",), messages=4)


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Stages:
    import pregon

    stages = Stages()
    # The tasks import the pipeline when they run, and dag.test() runs them in this process.
    monkeypatch.setitem(sys.modules, "pregon.pipeline", stages)
    monkeypatch.setattr(pregon, "pipeline", stages, raising=False)
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
        "plan_main": ["success"],
        "read_main": ["success"] * 2,
        "extract": ["success"],
        "prepare": ["success"],
        "map": ["success"] * 3,
        "release": ["success"] * 3,
        "check": ["success"] * 3,
        "expectations": ["success"],
        "gate": ["success"],
        "commit": ["success"],
    }
    assert sorted(call for call in stages.calls if call[0] == "map") == [("map", 0), ("map", 1), ("map", 2)]
    assert ("commit", "flag", [0, 1, 2]) in stages.calls
    assert ledger_events()[before:] == [
        {"releases": 5, "sequence": 7, "processes": 30, "quarantined": 3, "outcome": "flag"}
    ]


def test_every_stage_has_the_clock_of_the_run(stages: Stages, run_dag: RunDag) -> None:
    run_dag("alba_collect", full=True, from_dir="/srv/files", accept=["shrink"])
    assert len(stages.runs) == 17
    # Whoever accepts is whoever started the run; that is Airflow's to tell.
    assert {replace(run, by=None) for run in stages.runs} == {
        Run(
            "alba",
            home="/srv/pregon",
            as_of="2026-03-01T11:00:00Z",
            from_dir="/srv/files",
            full=True,
            accept=("shrink",),
        )
    }


def test_the_clock_can_be_set(stages: Stages, run_dag: RunDag) -> None:
    run_dag("alba_publish", as_of="2026-02-01T00:00:00-06:00")
    assert {run.as_of for run in stages.runs} == {"2026-02-01T06:00:00Z"}


def test_mapped_tasks_have_readable_names(stages: Stages, run_dag: RunDag) -> None:
    collected, published = run_dag("alba_collect"), run_dag("alba_publish")
    names = {
        task_id: sorted(ti.rendered_map_index for ti in run.get_task_instances() if ti.task_id == task_id)
        for run, task_id in (
            (collected, "read_main"),
            (collected, "map"),
            (collected, "release"),
            (collected, "check"),
            (published, "push"),
        )
    }
    counted = ["bucket 0: 1,000 processes", "bucket 1: 1,001 processes", "bucket 2: 1,002 processes"]
    assert names == {
        "read_main": [f"tenders: {part}: 1,200 rows, 2.5 MB, 2026-02-01 to 2026-02-28" for part in (0, 1)],
        "map": counted,
        "release": counted,
        "check": counted,
        "push": ["mirror", "portal"],
    }


def test_nothing_changed_skips_the_buckets_and_wakes_nobody(stages: Stages, run_dag: RunDag) -> None:
    stages.portions, stages.buckets, stages.releases = (), (), 0
    before = len(ledger_events())
    dag_run = run_dag("alba_collect")
    assert str(dag_run.state) == "success"
    assert states(dag_run) == {
        "plan_main": ["success"],
        "read_main": ["skipped"],
        "extract": ["success"],
        "prepare": ["success"],
        "map": ["skipped"],
        "release": ["skipped"],
        "check": ["skipped"],
        "expectations": ["success"],
        "gate": ["success"],
        "commit": ["success"],
    }
    assert ("commit", "flag", []) in stages.calls
    assert len(ledger_events()) == before


def test_publish_pushes_once_per_target(stages: Stages, run_dag: RunDag) -> None:
    dag_run = run_dag("alba_publish")
    assert str(dag_run.state) == "success"
    assert stages.calls[:2] == [("build",), ("promote",)]
    # Mapped tasks have no order among them.
    assert sorted(stages.calls[2:]) == [("push", "snapshot", "mirror"), ("push", "snapshot", "portal")]


ANNOUNCED = 'announce: {websub: {hub: "https://hub.example/"}, webhooks: {team: {connection: team_hook}}}\n'


def test_announcing_follows_whatever_becomes_of_the_pushes(
    stages: Stages, write_city: WriteCity, run_dag: RunDag
) -> None:
    write_city("olmo", text=CITY.format(slug="olmo", schedule="0 5 * * *") + ANNOUNCED)
    assert str(run_dag("olmo_publish").state) == "success"
    assert stages.calls[-1] == ("announce",)
    stages.calls.clear()
    stages.fail["push"] = PregonError("the portal is gone")
    pushed_in_vain = run_dag("olmo_publish")
    assert stages.calls[-1] == ("announce",)
    assert states(pushed_in_vain)["announce"] == ["success"]
    assert str(pushed_in_vain.state) == "failed"


def test_announcing_that_fails_is_seen_and_fails_no_publication(
    stages: Stages, write_city: WriteCity, run_dag: RunDag
) -> None:
    write_city("olmo", text=CITY.format(slug="olmo", schedule="0 5 * * *") + ANNOUNCED)
    stages.fail["announce"] = PregonError("the hub is gone")
    dag_run = run_dag("olmo_publish")
    assert states(dag_run)["announce"] == ["failed"]
    assert str(dag_run.state) == "success"


def test_an_error_that_time_does_not_mend_fails_at_once(stages: Stages, run_dag: RunDag) -> None:
    stages.fail["prepare"] = PregonError("cities/alba/mapping.yaml:3: there is no table tendres")
    dag_run = run_dag("alba_collect")
    assert str(dag_run.state) == "failed"
    assert [call[0] for call in stages.calls] == ["plan", "read", "read", "extract", "prepare"]
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


def test_a_single_bucket_reaches_the_gate_as_a_list_too(stages: Stages, run_dag: RunDag) -> None:
    stages.buckets = (4,)
    dag_run = run_dag("alba_collect")
    assert str(dag_run.state) == "success"
    assert ("decide", [4]) in stages.calls
    assert ("commit", "flag", [4]) in stages.calls
