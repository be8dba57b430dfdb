"""The few questions `bin/run` asks Airflow's REST API (v2)."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx

from pregon.errors import PregonError

Json = dict[str, Any]


class UnexpectedAnswer(PregonError):
    """Airflow's API refused or failed; `status` is the HTTP status."""

    def __init__(self, request: str, status: int, text: str) -> None:
        super().__init__(f"Airflow answered {status} to {request}: {text[:500]}")
        self.status = status


@dataclass(frozen=True)
class Login:
    """The local user of the Airflow UI."""

    name: str
    password: str

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """Read the login that Airflow generated; None while it has not."""
        try:
            passwords = json.loads(file.read_text(encoding="utf-8") or "{}")
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return cls("admin", passwords["admin"]) if "admin" in passwords else None


@dataclass(frozen=True)
class DagRun:
    """A run of a DAG."""

    dag_id: str
    run_id: str
    state: str
    run_after: datetime

    @property
    def path(self) -> str:
        """Path of the run below the API."""
        return f"/dags/{self.dag_id}/dagRuns/{self.run_id}"

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read an answer of the API."""
        run_after = datetime.fromisoformat(values["run_after"])
        return cls(values["dag_id"], values["dag_run_id"], values["state"], run_after)


@dataclass(frozen=True)
class TaskInstance:
    """One task of a run, or one entry of a mapped task (`map_index` ≥ 0)."""

    task_id: str
    map_index: int
    state: str
    label: str
    try_number: int
    start: datetime | None
    end: datetime | None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read an answer of the API."""
        start, end = values.get("start_date"), values.get("end_date")
        return cls(
            task_id=values["task_id"],
            map_index=values["map_index"],
            state=values["state"] or "none",
            label=values.get("rendered_map_index") or "",
            try_number=values["try_number"],
            start=datetime.fromisoformat(start) if start else None,
            end=datetime.fromisoformat(end) if end else None,
        )


class Airflow:
    """A client for one API server, signed in as the local user."""

    def __init__(self, url: str, login: Login) -> None:
        self._url = url
        self._login = login
        self._http = httpx.Client(base_url=url, timeout=30)
        self._sign_in()

    def ready(self) -> bool:
        """Tell whether scheduler and DAG processor are at work."""
        health = self._ask("GET", "/monitor/health")
        return all(health[part]["status"] == "healthy" for part in ("scheduler", "dag_processor"))

    def has_dag(self, dag_id: str) -> bool:
        """Tell whether the DAG processor has read this DAG."""
        try:
            self._ask("GET", f"/dags/{dag_id}")
        except UnexpectedAnswer as error:
            if error.status == httpx.codes.NOT_FOUND:
                return False
            raise
        return True

    def import_errors(self) -> list[str]:
        """Give the errors of DAG files that could not be imported."""
        return [entry["stack_trace"] for entry in self._ask("GET", "/importErrors")["import_errors"]]

    def ensure_pool(self, name: str, slots: int) -> None:
        """Make a pool that there is not yet: a task in a pool that does not exist never starts."""
        try:
            self._ask("GET", f"/pools/{quote(name, safe='')}")
        except UnexpectedAnswer as error:
            if error.status != httpx.codes.NOT_FOUND:
                raise
            self._ask("POST", "/pools", json={"name": name, "slots": slots, "description": "reading a source"})

    def only_run(self, *dag_ids: str) -> None:
        """Switch these DAGs on and all others off, so that no other city's schedule starts by itself."""
        self._ask("PATCH", "/dags", params={"dag_id_pattern": "~"}, json={"is_paused": True})
        for dag_id in dag_ids:
            self._ask("PATCH", f"/dags/{dag_id}", json={"is_paused": False})

    def trigger(self, dag_id: str, conf: Json) -> DagRun:
        """Start a run."""
        body = {"logical_date": None, "conf": conf}
        return DagRun.from_json(self._ask("POST", f"/dags/{dag_id}/dagRuns", json=body))

    def dag_run(self, dag_id: str, run_id: str) -> DagRun:
        """Read a run."""
        return DagRun.from_json(self._ask("GET", f"/dags/{dag_id}/dagRuns/{run_id}"))

    def unfinished(self, dag_id: str) -> list[DagRun]:
        """Give the runs of a DAG that are not over, the oldest first."""
        params = {"state": ["queued", "running"], "order_by": "run_after"}
        answer = self._ask("GET", f"/dags/{dag_id}/dagRuns", params=params)
        return [DagRun.from_json(entry) for entry in answer["dag_runs"]]

    def try_at_once(self, run: DagRun, instances: Sequence[TaskInstance]) -> None:
        """Let tasks that wait for their next try start it now."""
        body = {
            "dry_run": False,
            "dag_run_id": run.run_id,
            "task_ids": [one.task_id if one.map_index < 0 else [one.task_id, one.map_index] for one in instances],
            "only_failed": False,
            "reset_dag_runs": False,
        }
        self._ask("POST", f"/dags/{run.dag_id}/clearTaskInstances", json=body)

    def task_instances(self, run: DagRun) -> list[TaskInstance]:
        """Read all task instances of a run."""
        return [TaskInstance.from_json(entry) for entry in self._pages(f"{run.path}/taskInstances", "task_instances")]

    def result(self, run: DagRun, task_id: str) -> Any:
        """Read what an unmapped task handed on."""
        answer = self._ask(
            "GET", f"{run.path}/taskInstances/{task_id}/xcomEntries/return_value", params={"deserialize": True}
        )
        value = answer["value"]
        return json.loads(value) if isinstance(value, str) else value

    def asset_runs(self, dag_id: str, since: datetime) -> list[DagRun]:
        """Give the runs of a DAG that asset events started, of events since a moment; oldest first.

        Not read from the events themselves: while such a run is queued, Airflow 3.3 answers 500 to /assets/events,
        because there a run must have a start.
        """
        params = {"run_after_gte": since.isoformat(), "run_type": "asset_triggered", "order_by": "run_after"}
        return [
            DagRun.from_json(entry) for entry in self._ask("GET", f"/dags/{dag_id}/dagRuns", params=params)["dag_runs"]
        ]

    def error_of(self, run: DagRun, instance: TaskInstance) -> str:
        """Read from a failed task's log what it failed with; empty if the log does not say."""
        answer = self._ask(
            "GET",
            f"{run.path}/taskInstances/{instance.task_id}/logs/{instance.try_number}",
            params={"map_index": instance.map_index},
            headers={"Accept": "application/json"},
        )
        content = answer["content"]
        for line in reversed(content if isinstance(content, list) else []):
            for detail in reversed(line.get("error_detail") or []):
                return "\n".join([f"{detail['exc_type']}: {detail['exc_value']}", *detail.get("exc_notes", ())])
        return ""

    def _pages(self, path: str, key: str) -> Iterator[Json]:
        offset = 0
        while True:
            answer = self._ask("GET", path, params={"limit": 1000, "offset": offset})
            yield from answer[key]
            offset += len(answer[key])
            if not answer[key] or offset >= answer["total_entries"]:
                return

    def _sign_in(self) -> None:
        body = {"username": self._login.name, "password": self._login.password}
        answer = self._http.post("/auth/token", json=body)
        if answer.is_error:
            raise UnexpectedAnswer("POST /auth/token", answer.status_code, answer.text)
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        url = f"/api/v2{path}"
        answer = self._send(method, url, **arguments)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # A token lasts a day; a watched run may last longer.
            self._sign_in()
            answer = self._send(method, url, **arguments)
        for pause in (1.0, 3.0, 6.0):
            # SQLite lets one process write at a time, and what was refused has changed nothing.
            if not (answer.is_server_error and "Database error" in answer.text):
                break
            time.sleep(pause)
            answer = self._send(method, url, **arguments)
        if answer.is_error:
            raise UnexpectedAnswer(f"{method} {path}", answer.status_code, answer.text)
        return answer.json()

    def _send(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        for pause in (0.5, 2.0):
            try:
                return self._http.request(method, url, **arguments)
            except httpx.TransportError:
                # A server at full load may drop a connection; whether it is still there is the stack's question.
                time.sleep(pause)
        return self._http.request(method, url, **arguments)


def answers(url: str) -> bool:
    """Tell whether something answers at this address."""
    try:
        return httpx.get(url, timeout=5).status_code < httpx.codes.INTERNAL_SERVER_ERROR
    except httpx.TransportError:
        return False
