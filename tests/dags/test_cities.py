"""What dags/cities.py gives Airflow, and what it costs to parse."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pregon.city import slugs

from .conftest import REPOSITORY, WriteCity

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Airflow's own

HEAVY = ("pandas", "duckdb", "pyarrow", "great_expectations", "boto3", "ocdskit", "jsonschema_rs", "pregon.pipeline")

Parse = Callable[[], Any]


def test_every_city_has_its_two_dags_and_no_more(parse_dags: Parse) -> None:
    bag = parse_dags()
    assert bag.import_errors == {}
    assert set(bag.dags) == {f"{slug}_{job}" for slug in slugs() for job in ("collect", "publish")}


def test_dags_of_the_repository_are_not_broken(parse_dags: Parse) -> None:
    assert [dag.dag_id for dag in parse_dags().dags.values() if "broken" in dag.tags] == []


def test_stages_stand_in_the_order_of_the_design(write_city: WriteCity, parse_dags: Parse) -> None:
    write_city("alba")
    bag = parse_dags()
    before = {
        dag_id: {task.task_id: sorted(task.upstream_task_ids) for task in bag.dags[dag_id].tasks}
        for dag_id in ("alba_collect", "alba_publish")
    }
    assert before["alba_publish"] == {"build": [], "promote": ["build"], "push": ["promote"]}
    assert before["alba_collect"] == {
        "plan_main": [],
        "read_main": ["plan_main"],
        "extract": ["read_main"],
        "prepare": ["extract"],
        "map": ["prepare"],
        "release": ["map"],
        "check": ["release"],
        "expectations": ["check", "prepare"],
        "gate": ["check", "expectations", "prepare"],
        "commit": ["check", "gate", "prepare"],
    }


def test_policy_holds_for_every_task(write_city: WriteCity, parse_dags: Parse) -> None:
    write_city("alba")
    for dag in parse_dags().dags.values():
        assert dag.doc_md
        assert {"alba", "US", "pregon", "synthetic"} <= set(dag.tags)
        assert dag.max_active_runs == 1
        assert dag.catchup is False
        for task in dag.tasks:
            assert task.owner == "Procurement Office"
            assert task.retries >= 1
            assert task.retry_policy is not None
            assert timedelta(0) < task.execution_timeout <= timedelta(hours=6)


def test_documentation_comes_from_the_configuration(write_city: WriteCity, parse_dags: Parse) -> None:
    write_city("alba")
    text = parse_dags().dags["alba_collect"].doc_md
    for fact in ("City alba", "Synthetic data", "opendata@alba.example", "`0 5 * * *` America/Chicago", "`tenders`"):
        assert fact in text


def test_collect_runs_on_the_citys_clock_and_publish_on_the_ledger_too(
    write_city: WriteCity, parse_dags: Parse
) -> None:
    write_city("alba", schedule="30 4 * * 1-5")
    dags = parse_dags().dags
    collect, publish = dags["alba_collect"].schedule, dags["alba_publish"].schedule
    assert (collect.expression, str(collect.timezone)) == ("30 4 * * 1-5", "America/Chicago")
    assert [asset.uri for asset in publish.asset_condition.objects] == ["pregon://alba/ledger"]
    assert str(publish.timetable.timezone) == "America/Chicago"


def test_switching_a_dag_on_starts_nothing_that_was_due_before(write_city: WriteCity, parse_dags: Parse) -> None:
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    now = datetime.now(UTC)
    due = now.astimezone(ZoneInfo("America/Chicago")) - timedelta(minutes=1)
    write_city("boreal", schedule=f"{due.minute} {due.hour} * * *")
    dags = parse_dags().dags
    for dag_id in ("boreal_collect", "boreal_publish"):
        timetable = DagSerialization.from_dict(DagSerialization.to_dict(dags[dag_id])).timetable
        following = timetable.next_dagrun_info(
            last_automated_data_interval=None, restriction=TimeRestriction(earliest=None, latest=None, catchup=False)
        )
        assert following.run_after > now, dag_id


def test_parameters_are_typed(write_city: WriteCity, parse_dags: Parse) -> None:
    write_city("alba")
    params = parse_dags().dags["alba_collect"].params
    assert {name: params.get_param(name).schema["type"] for name in params} == {
        "full": "boolean",
        "from_dir": ["null", "string"],
        "as_of": ["null", "string"],
        "accept": ["null", "array"],
    }


def test_two_parses_serialize_alike(write_city: WriteCity, parse_dags: Parse) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    write_city("alba")
    write_city("boreal")
    write_city("rota", text="name: 3")
    first, second = (
        {dag_id: json.dumps(DagSerialization.to_dict(dag), sort_keys=True) for dag_id, dag in parse_dags().dags.items()}
        for _ in range(2)
    )
    assert len(first) == 6
    assert first == second


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("name: 3", "cities/rota/city.yaml:1: country: is missing"),
        ("name: [", "cities/rota/city.yaml:"),
        ("", "holds no keys"),
        (None, "city.yaml:12: schedule: '0 75 * * *' can't be used as a schedule: out of range"),
    ],
)
def test_a_broken_city_breaks_only_its_own_dags_and_shows_why(
    write_city: WriteCity, parse_dags: Parse, text: str | None, shown: str
) -> None:
    write_city("alba")
    write_city("rota", text=text, schedule="0 75 * * *")
    bag = parse_dags()
    assert bag.import_errors == {}
    assert "broken" not in bag.dags["alba_collect"].tags
    for dag_id in ("rota_collect", "rota_publish"):
        assert [task.task_id for task in bag.dags[dag_id].tasks] == ["configuration"]
        assert shown in bag.dags[dag_id].doc_md


def test_a_folder_name_that_is_no_slug_is_a_broken_city(write_city: WriteCity, parse_dags: Parse) -> None:
    write_city("São Tomé")
    bag = parse_dags()
    assert bag.import_errors == {}
    assert set(bag.dags) == {"S_o_Tom__collect", "S_o_Tom__publish"}


PROBE = """
import json, os, sys, time
start = time.perf_counter()
import airflow.sdk
airflow_seconds = time.perf_counter() - start
read = []
sys.addaudithook(lambda event, args: read.append(str(args[0])) if event == "open" else None)
if len(sys.argv) > 2:
    os.environ["_AIRFLOW_PARSING_CONTEXT_DAG_ID"] = sys.argv[2]
import runpy
start = time.perf_counter()
found = runpy.run_path(sys.argv[1])
seconds = time.perf_counter() - start
dags = sorted(name for name, value in found.items() if type(value).__name__ == "DAG")
facts = {"seconds": seconds, "airflow": airflow_seconds, "dags": dags, "modules": sorted(sys.modules), "read": read}
print(json.dumps(facts))
"""


def probe(*arguments: str) -> dict[str, Any]:
    """Run dags/cities.py in a fresh interpreter that has imported airflow.sdk and nothing else."""
    command = [sys.executable, "-c", PROBE, str(REPOSITORY / "dags" / "cities.py"), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _read_below(found: dict[str, Any], folder: str) -> set[str]:
    return {str(Path(name).relative_to(folder)) for name in found["read"] if name.startswith(folder)}


def test_parsing_ten_cities_is_cheap_and_reads_only_their_city_yaml(write_city: WriteCity) -> None:
    names = [f"city{number}" for number in range(10)]
    for name in names:
        (write_city(name).parent / "mapping.yaml").write_text("process: {}", encoding="utf-8")
    found = probe()
    assert len(found["dags"]) == 20
    assert found["seconds"] < 2, f"parsing took {found['seconds']:.2f} s, Airflow itself {found['airflow']:.2f} s"
    assert [name for name in HEAVY if name in found["modules"]] == []
    assert _read_below(found, os.environ["PREGON_CITIES"]) == {f"{name}/city.yaml" for name in names}
    in_checkout = {name for name in _read_below(found, str(REPOSITORY)) if not name.startswith(".venv")}
    assert {name for name in in_checkout if not name.endswith((".py", ".pyc"))} == set()


def test_a_worker_builds_only_the_dag_it_runs(write_city: WriteCity) -> None:
    write_city("alba")
    write_city("boreal")
    found = probe("boreal_publish")
    assert found["dags"] == ["boreal_publish"]
    assert _read_below(found, os.environ["PREGON_CITIES"]) == {"boreal/city.yaml"}


def test_the_dag_file_is_thin_and_seen_by_safe_mode() -> None:
    text = (REPOSITORY / "dags" / "cities.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert "airflow" in text
    assert "dag" in text
