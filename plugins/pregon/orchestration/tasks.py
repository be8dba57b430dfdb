"""The tasks of a city's DAGs: each calls one stage of `pregon.pipeline` and hands on its small result as XCom.

Every task may be run again at any time: a stage repeated with the same `as_of` writes the same bytes, and `as_of`
belongs to the DAG run, not to the try. The pipeline is imported inside the tasks, because it is heavy.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from airflow.sdk import Asset, AssetAlias, get_current_context, task

from pregon.demo import DEMO_CITY, ensure_demo_source
from pregon.errors import PregonError
from pregon.home import default_home
from pregon.orchestration.retries import EFFORT
from pregon.run import Built, Checked, Extracted, Mapped, Prepared, Promoted, Read, Released, Run, Verdict
from transforms.counting import counted

log = logging.getLogger(__name__)

Json = dict[str, Any]

PLAN = "prepared"
"""XCom key of what `prepare` found, for the stages after it."""


class InvalidParameter(PregonError):
    """A parameter of the DAG run can't be used; `name` and `value` say which."""

    def __init__(self, name: str, value: object, problem: str) -> None:
        super().__init__(f"parameter {name}={value!r}: {problem}")
        self.name = name
        self.value = value


class BrokenCity(PregonError):
    """The city's configuration can't be used; the message is what its reading said."""


def run_clock(run_after: datetime, override: str | None) -> datetime:
    """Give the one clock of a run: its `run_after`, or the parameter `as_of`.

    Raises InvalidParameter if the parameter is not a date-time with a zone.
    """
    if not override:
        return run_after
    try:
        moment = datetime.fromisoformat(override)
    except ValueError as error:
        raise InvalidParameter("as_of", override, "is not an ISO 8601 date-time") from error
    if moment.tzinfo is None:
        raise InvalidParameter("as_of", override, "has no zone: add Z or an offset such as -05:00")
    return moment


def current_run(slug: str) -> Run:
    """Start the pipeline's run that belongs to the running task's DAG run."""
    context = get_current_context()
    params: Mapping[str, Any] = context["params"]
    from_dir = params.get("from_dir")
    return Run.start(
        slug,
        home=default_home(),
        as_of=run_clock(context["dag_run"].run_after, params.get("as_of")),
        from_dir=Path(from_dir) if from_dir else None,
        full=bool(params.get("full")),
        accept=params.get("accept") or (),
        by=getattr(context["dag_run"], "triggering_user_name", None) if params.get("accept") else None,
    )


def _name(text: str) -> None:
    """Name the running mapped task in the UI (see `map_index_template`)."""
    get_current_context()["label"] = text  # type: ignore[typeddict-unknown-key]


def _name_bucket(bucket: int, processes: int | None = None) -> None:
    _name(f"bucket {bucket}" + (f": {counted(processes, 'process', 'processes')}" if processes is not None else ""))


@task(task_id="plan", **EFFORT["plan"].arguments())
def plan(slug: str, source: str) -> list[Json]:
    """Decide what is to be read of a source, in portions; the demonstration city's source is made on first use."""
    from pregon import pipeline

    run = current_run(slug)
    if slug == DEMO_CITY and run.from_dir is None:
        ensure_demo_source(Path(run.home), run.clock)
    return [{"portion": one.number, "label": one.label} for one in pipeline.plan_extract(run, source)]


@task(task_id="read", map_index_template="{{ label }}", **EFFORT["read"].arguments())
def read(slug: str, source: str, portion: Json) -> Json:
    """Read one portion of a source into the lake, and show what it was."""
    from pregon import pipeline

    _name(portion["label"])
    found = pipeline.read_portion(current_run(slug), source, portion["portion"])
    _name(read_label(found))
    return found.to_json()


@task(task_id="extract", trigger_rule="none_failed", **EFFORT["extract"].arguments())
def extract(slug: str) -> Json:
    """Look at what was read, and fold it into the images."""
    from pregon import pipeline

    return pipeline.finish_extract(current_run(slug)).to_json()


def read_label(found: Read) -> str:
    """Say in one line what a task has read: rows, bytes and the range of the cursor."""
    size = f"{found.size / 1e6:,.1f} MB" if found.size >= 100_000 else f"{found.size / 1e3:,.1f} kB"
    times = f", {found.first} to {found.last}" if found.first else ""
    return f"{found.label}: {counted(found.rows, 'row', 'rows')}, {size}{times}"


@task(task_id="prepare", **EFFORT["prepare"].arguments())
def prepare(slug: str, extracted: Json) -> list[int]:
    """Clean the tables and share the affected processes out into buckets.

    Gives the buckets, because tasks can be mapped over a return value only; the stage's result is under PLAN.
    """
    from pregon import pipeline

    prepared = pipeline.prepare(current_run(slug), Extracted.from_json(extracted))
    get_current_context()["ti"].xcom_push(key=PLAN, value=prepared.to_json())
    return list(prepared.buckets)


@task(task_id="map", map_index_template="{{ label }}", **EFFORT["map"].arguments())
def map_states(slug: str, prepared: Json, bucket: int) -> Json:
    """Assemble the state of each process of a bucket."""
    from pregon import pipeline

    _name_bucket(bucket)
    mapped = pipeline.map_states(current_run(slug), Prepared.from_json(prepared), bucket)
    _name_bucket(bucket, mapped.processes)
    return mapped.to_json()


@task(task_id="release", map_index_template="{{ label }}", **EFFORT["release"].arguments())
def release(slug: str, mapped: Json) -> Json:
    """Make one release of each process that differs from what was last published."""
    from pregon import pipeline

    stage = Mapped.from_json(mapped)
    _name_bucket(stage.bucket, stage.processes)
    return pipeline.release(current_run(slug), stage).to_json()


@task(task_id="check", map_index_template="{{ label }}", **EFFORT["check"].arguments())
def check(slug: str, released: Json) -> Json:
    """Check the releases of a bucket; bad ones go to quarantine."""
    from pregon import pipeline

    stage = Released.from_json(released)
    _name_bucket(stage.bucket, stage.processes)
    return pipeline.check(current_run(slug), stage).to_json()


# Nothing changed → no buckets → the mapped stages are skipped; what follows, and the commit of nothing, still run.
@task(task_id="expectations", trigger_rule="none_failed", **EFFORT["expectations"].arguments())
def expectations(slug: str, prepared: Json, checked: Json | list[Json] | None) -> Json:
    """Hold the source tables and the flattened releases against the city's suites of expectations."""
    from pregon import pipeline

    found = pipeline.judge_expectations(current_run(slug), Prepared.from_json(prepared), _checked(checked))
    (log.warning if found.critical else log.info)(
        "expectations: %d met, %d not met (%d critical)", found.passed, found.failed + found.error, found.critical
    )
    return found.to_json()


@task(task_id="gate", trigger_rule="none_failed", **EFFORT["gate"].arguments())
def gate(slug: str, prepared: Json, checked: Json | list[Json] | None) -> Json:
    """Decide over the whole run: publish, or publish with a flag; fails where it asks a person, or stops."""
    from pregon import pipeline

    verdict = pipeline.decide(current_run(slug), Prepared.from_json(prepared), _checked(checked))
    log.info("gate: %s", verdict.outcome)
    for reason in verdict.reasons:
        log.warning("gate: %s", reason)
    return verdict.to_json()


@task(task_id="commit", trigger_rule="none_failed", **EFFORT["commit"].arguments())
def commit(slug: str, prepared: Json, verdict: Json, checked: Json | list[Json] | None) -> Json:
    """Append the releases to the ledger; tell the ledger's asset only if there were any."""
    from pregon import pipeline

    decision = Verdict.from_json(verdict)
    committed = pipeline.commit(current_run(slug), Prepared.from_json(prepared), decision, _checked(checked))
    if committed.releases:
        extra = {**committed.to_json(), "quarantined": decision.quarantined, "outcome": decision.outcome}
        get_current_context()["outlet_events"][ledger_changes(slug)].add(ledger_asset(slug), extra=extra)
    return committed.to_json()


@task(task_id="build", **EFFORT["build"].arguments())
def build(slug: str) -> Json:
    """Build a snapshot from the ledger."""
    from pregon import pipeline

    return pipeline.build(current_run(slug)).to_json()


@task(task_id="promote", **EFFORT["promote"].arguments())
def promote(slug: str, built: Json) -> Json:
    """Verify the snapshot and make it the current one."""
    from pregon import pipeline

    return pipeline.promote(current_run(slug), Built.from_json(built)).to_json()


@task(task_id="push", map_index_template="{{ label }}", **EFFORT["push"].arguments())
def push(slug: str, promoted: Json, target: str) -> Json:
    """Push the promoted snapshot to one target."""
    from pregon import pipeline

    _name(target)
    return pipeline.push(current_run(slug), Promoted.from_json(promoted), target).to_json()


@task(task_id="announce", **EFFORT["announce"].arguments())
def announce(slug: str) -> Json:
    """Tell the city's WebSub hub and webhooks what readers see; nothing waits for it."""
    from pregon import pipeline

    return pipeline.announce(current_run(slug)).to_json()


@task(task_id="configuration", retries=0)
def configuration(problem: str) -> NoReturn:
    """Fail with what is wrong with the city's configuration."""
    raise BrokenCity(problem)


def ledger_asset(slug: str) -> Asset:
    """Name the city's ledger, as others may be scheduled on it."""
    return Asset(name=f"{slug}_ledger", uri=f"pregon://{slug}/ledger", group="pregon")


def ledger_changes(slug: str) -> AssetAlias:
    """Name the outlet of `commit`.

    A plain outlet sends an event each time its task succeeds; an alias sends one only when asked, and a commit of
    nothing must wake nobody.
    """
    return AssetAlias(name=f"{slug}_ledger_changes", group="pregon")


def _checked(checked: Json | list[Json] | None) -> list[Checked]:
    """Read what the buckets handed on.

    Airflow 3.3 gives the results of a mapped task group as a list, but that of a single one bare and none as None.
    """
    parts = [checked] if isinstance(checked, dict) else checked or []
    return [Checked.from_json(part) for part in parts]
