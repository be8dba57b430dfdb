"""The two DAGs of a city, from its city.yaml alone.

`<city>_collect` runs on the city's schedule and ends in the ledger; `<city>_publish` runs once a day, because deadlines
pass without any change, and whenever the ledger changed.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, Param, TaskGroup, task_group
from airflow.sdk.exceptions import AirflowTimetableInvalid

from expectations.gate import GATE_GUARDS
from pregon.city import City, InvalidCity, read_city
from pregon.errors import PregonError
from pregon.orchestration import tasks
from pregon.orchestration.documentation import broken_doc, collect_doc, publish_doc
from pregon.orchestration.identifiers import dag_ids
from pregon.sources.base import GUARDS

PUBLISH_DAILY = "10 0 * * *"
"""Shortly after local midnight: what is open, and what is past, depends on the city's date."""

DEFAULT_POOL = "default_pool"
"""Airflow's own pool, for sources that name none."""

AS_OF = Param(
    None,
    type=["null", "string"],
    format="date-time",
    title="As of",
    description="The run's one clock. Empty: when the run was due.",
)
FULL = Param(
    default=False,
    type="boolean",
    title="Full",
    description="Read the sources whole and look at every process, changed or not.",
)
FROM_DIR = Param(
    None,
    type=["null", "string"],
    title="From folder",
    description="Read the city's files from this folder on the worker instead of its portal.",
)

ACCEPT = Param(
    None,
    type=["null", "array"],
    # Checks are named by their ids, such as time.ocid; that there is such a check is seen when the run starts.
    items={"type": "string", "anyOf": [{"enum": [*GUARDS, *GATE_GUARDS]}, {"pattern": r"^[a-z_0-9]+(\.[a-z_0-9]+)+$"}]},
    title="Accept",
    description="Guards of the sources and of the gate that somebody has looked at and lets pass in this run, one a"
    " line: " + ", ".join((*GUARDS, *GATE_GUARDS)) + "; or the ids of checks that the gate asked about.",
)

# One run at a time is what keeps a city to one writer: a later run waits for the earlier one.
_ALWAYS: dict[str, Any] = {"catchup": False, "max_active_runs": 1, "dagrun_timeout": timedelta(hours=24)}


def city_dags(slug: str, *, only: str | None = None) -> Iterator[DAG]:
    """Build the DAGs of a city; with `only`, just the one with this id.

    A city that can't be read still gives both: one task that fails with the error, which the documentation shows too.
    """
    collect_id, publish_id = dag_ids(slug)
    builders: dict[str, Callable[[City], DAG]] = {collect_id: collect_dag, publish_id: publish_dag}
    if only is not None:
        builders = {dag_id: build for dag_id, build in builders.items() if dag_id == only}
    if not builders:
        return
    try:
        city = read_city(slug)
        # Airflow would look at it only after this file, and then drop the DAG.
        _schedule(city).validate()
        dags = [build(city) for build in builders.values()]
    except AirflowTimetableInvalid as error:
        problem = InvalidCity(slug, [f"cities/{slug}/city.yaml: schedule: {error}"])
        dags = [broken_dag(dag_id, slug, problem) for dag_id in builders]
    except (PregonError, OSError) as error:
        dags = [broken_dag(dag_id, slug, error) for dag_id in builders]
    yield from dags


def collect_dag(city: City) -> DAG:
    """Source to ledger: extract, prepare, then map, release and check per bucket, expectations, gate, commit."""
    slug = city.slug

    @task_group(group_id="bucket", prefix_group_id=False)
    def per_bucket(prepared: Any, bucket: Any) -> Any:
        mapped: Any = tasks.map_states(slug, prepared, bucket)
        released: Any = tasks.release(slug, mapped)
        return tasks.check(slug, released)

    with DAG(
        dag_id=dag_ids(slug)[0],
        description=f"{city.name.en}: from the source systems into the ledger",
        schedule=_schedule(city),
        params={"full": FULL, "from_dir": FROM_DIR, "as_of": AS_OF, "accept": ACCEPT},
        doc_md=collect_doc(city),
        tags=_tags(city, "collect"),
        default_args={"owner": city.contacts.owner},
        **_ALWAYS,
    ) as dag:
        # Any: a call here gives the promise of a result, which the types of the tasks' own arguments do not know.
        extracted = _extract(city)
        buckets: Any = tasks.prepare(slug, extracted)
        prepared: Any = buckets[tasks.PLAN]
        checked: Any = per_bucket.partial(prepared=prepared).expand(bucket=buckets)
        expected: Any = tasks.expectations(slug, prepared, checked)
        verdict: Any = tasks.gate(slug, prepared, checked)
        expected >> verdict
        tasks.commit.override(outlets=[tasks.ledger_changes(slug)])(slug, prepared, verdict, checked)
    return dag


def _extract(city: City) -> Any:
    """Add the first stage: plan each source, read its portions within the pool of the source, finish."""
    with TaskGroup("sources", prefix_group_id=False, tooltip="what changed at the sources, into the lake"):
        extracted: Any = tasks.extract(city.slug)
        for name, source in city.sources.items():
            pool = source.pool or DEFAULT_POOL
            portions: Any = tasks.plan.override(task_id=f"plan_{name}", pool=pool)(city.slug, name)
            reading = tasks.read.override(task_id=f"read_{name}", pool=pool).partial(slug=city.slug, source=name)
            reading.expand(portion=portions) >> extracted
    return extracted


def publish_dag(city: City) -> DAG:
    """Ledger to public: build, promote, push to each target, then announce where the city wants it."""
    slug = city.slug
    with DAG(
        dag_id=dag_ids(slug)[1],
        description=f"{city.name.en}: from the ledger to the publication",
        schedule=AssetOrTimeSchedule(
            timetable=_clock(PUBLISH_DAILY, city.time_zone), assets=[tasks.ledger_asset(slug)]
        ),
        params={"as_of": AS_OF},
        doc_md=publish_doc(city),
        tags=_tags(city, "publish"),
        default_args={"owner": city.contacts.owner},
        **_ALWAYS,
    ) as dag:
        built: Any = tasks.build(slug)
        promoted: Any = tasks.promote(slug, built)
        pushed = tasks.push.partial(slug=slug, promoted=promoted).expand(target=sorted(city.targets))
        if city.announce.recipients:
            # A teardown runs when all before it is over, whatever came of it, and its own end does not count for the
            # run's: a target that is down keeps nobody from being told, and a hub that is down fails no publication.
            told: Any = tasks.announce(slug)
            [promoted, pushed] >> told.as_teardown()
    return dag


def broken_dag(dag_id: str, slug: str, error: Exception) -> DAG:
    """Build a DAG in place of one that could not be built: its only task fails with the reason."""
    with DAG(
        dag_id=dag_id,
        description=f"cities/{slug} can't be used: see the documentation",
        # Fails once a day rather than waiting to be noticed.
        schedule=_clock("0 6 * * *", "UTC"),
        doc_md=broken_doc(slug, error),
        tags=["broken", "pregon"],
        default_args={"owner": "pregon"},
        **_ALWAYS,
    ) as dag:
        tasks.configuration(str(error))
    return dag


def _schedule(city: City) -> CronTriggerTimetable:
    return _clock(city.schedule, city.time_zone)


def _clock(cron: str, time_zone: str) -> CronTriggerTimetable:
    # Not even a run that was due a moment ago is caught up with when a DAG is switched on: the first run of a city is
    # the one that somebody asks for. Airflow takes False for "within a tenth of the interval".
    return CronTriggerTimetable(cron, timezone=time_zone, run_immediately=timedelta(0))


def _tags(city: City, job: str) -> list[str]:
    return [city.slug, city.country, job, "pregon", *(["synthetic"] if city.synthetic else [])]
