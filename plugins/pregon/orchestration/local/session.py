"""A local Airflow at work: started, asked for a city's two DAG runs, and watched until both are over."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn, Self

from rich.console import Console
from rich.markup import escape

from pregon.city import read_city
from pregon.errors import PregonError
from pregon.orchestration.identifiers import dag_ids
from pregon.orchestration.local.api import Airflow, DagRun, Json, Login, answers
from pregon.orchestration.local.interruption import Interruption
from pregon.orchestration.local.stack import (
    AIRFLOW_PORT,
    PUBLICATION_PORT,
    Stack,
    airflow_environment,
    free_port,
    passwords_file,
)
from pregon.orchestration.local.watch import COLLECT, PUBLISH, Progress, failed, left_waiting, progress
from pregon.run import Built, Committed, Promoted

_WORDS = {"success": "done", "skipped": "nothing to do", "upstream_failed": "not run", "up_for_retry": "will try again"}
_START_LIMIT = 180.0
"""Seconds for Airflow to be at work; 15 are usual on two cores."""
_EVENT_LIMIT = 60.0
"""Seconds for the scheduler to answer an asset's event with a run; a few are usual."""


POOL_SLOTS = 2
"""Tasks that read a source at once here, where its pool is made for it."""


class NotReady(PregonError):
    """Airflow did not do in time what it should."""

    def __init__(self, what: str, limit: float, logs: Path, errors: Sequence[str]) -> None:
        details = "".join(f"\n{error}" for error in errors)
        super().__init__(f"Airflow was waited for {limit:.0f} s: {what}{details}", hint=f"see {logs}")


@dataclass(frozen=True)
class Request:
    """What `bin/run` was asked for; the paths are absolute."""

    slug: str
    home: Path
    airflow_home: Path
    from_dir: Path | None
    full: bool
    accept: tuple[str, ...] = ()

    @property
    def conf(self) -> Json:
        """Parameters of the collecting DAG run."""
        return {
            "from_dir": str(self.from_dir) if self.from_dir else None,
            "full": self.full,
            "accept": list(self.accept),
        }


@dataclass(frozen=True)
class Outcome:
    """What came of the two DAG runs; None for a stage that was not reached. `as_of` is the collecting run's clock."""

    as_of: datetime
    succeeded: bool
    committed: Committed | None = None
    built: Built | None = None
    promoted: Promoted | None = None


class Session:
    """A started Airflow. Leaving the context stops all that was started."""

    def __init__(self, request: Request, console: Console, interruption: Interruption, *, interactive: bool) -> None:
        self._request = request
        self._console = console
        self._interactive = interactive
        port = free_port(AIRFLOW_PORT)
        self.url = f"http://localhost:{port}"
        self._stack = Stack(
            request.airflow_home, airflow_environment(request.airflow_home, request.home, port), interruption
        )
        self._started = datetime.now(UTC)
        self._airflow: Airflow | None = None
        self.login: Login | None = None

    def __enter__(self) -> Self:
        """Start Airflow's components; they are not ready yet."""
        self._stack.__enter__()
        try:
            self._migrate()
            # The triggerer serves approvals and deadlines; a single run of this machine has none.
            names = ("api-server", "scheduler", "dag-processor", *(("triggerer",) if self._interactive else ()))
            for name in names:
                # Logs are read from the common folder: nobody needs to serve them.
                quiet = ("--skip-serve-logs",) if name in ("scheduler", "triggerer") else ()
                self._stack.start(name, "airflow", name, *quiet)
        except BaseException:
            self._stack.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *error: object) -> None:
        """Stop all. Raises StillRunning."""
        with contextlib.ExitStack() as said:
            # On a terminal that was closed nothing can be said any more, but all has to be stopped.
            with contextlib.suppress(OSError):
                said.enter_context(self._saying("stopping … (Ctrl-C again: at once)"))
            self._stack.__exit__(None, None, None)

    def run_city(self) -> Outcome:
        """Run and watch the collecting and, where that succeeds, the publishing DAG."""
        airflow = self._ready()
        collect_id, publish_id = dag_ids(self._request.slug)
        for source in read_city(self._request.slug).sources.values():
            if source.pool:
                airflow.ensure_pool(source.pool, POOL_SLOTS)
        airflow.only_run(collect_id, publish_id)
        for dag_id, stages in ((collect_id, COLLECT), (publish_id, PUBLISH)):
            for run in airflow.unfinished(dag_id):
                self._console.print("a run that was interrupted goes on first:")
                self._watch(run, stages, interrupted=True)
        collected = self._watch(airflow.trigger(collect_id, self._request.conf), COLLECT)
        if collected.state != "success":
            return Outcome(collected.run_after, succeeded=False)
        committed = Committed.from_json(airflow.result(collected, "commit"))
        if committed.releases:
            self._console.print(f"[bold]{publish_id}[/] starts by itself, because the ledger changed")
            published = self._caused(collected, publish_id)
        else:
            self._console.print(f"[bold]{publish_id}[/] is started by hand, because the ledger did not change")
            published = airflow.trigger(publish_id, {})
        published = self._watch(published, PUBLISH)
        if published.state != "success":
            return Outcome(collected.run_after, succeeded=False, committed=committed)
        return Outcome(
            collected.run_after,
            succeeded=True,
            committed=committed,
            built=Built.from_json(airflow.result(published, "build")),
            promoted=Promoted.from_json(airflow.result(published, "promote")),
        )

    def serve_publication(self) -> str:
        """Start the publication's server; gives its URL."""
        port = free_port(PUBLICATION_PORT)
        self._stack.start(
            "publication", "pregon.cli", "serve", "--home", str(self._request.home), "--port", str(port)
        )  # fmt: skip
        url = f"http://localhost:{port}"
        self._wait(lambda: answers(url), f"the publication's server at {url}")
        return f"{url}/{self._request.slug}/"

    def stay(self) -> NoReturn:
        """Stay until a process ends; raises ComponentEnded then."""
        while True:
            self._stack.check()
            time.sleep(1)

    def _migrate(self) -> None:
        done = self._request.airflow_home / f"migrated-{version('apache-airflow-core')}"
        if done.exists():
            return
        with self._saying("making Airflow's metadata database …"):
            self._stack.run("db-migrate", "airflow", "db", "migrate")
        done.touch()

    def _ready(self) -> Airflow:
        with self._saying("waiting for Airflow …"):
            self._wait(lambda: answers(f"{self.url}/api/v2/monitor/health"), "the API server does not answer")
            file = passwords_file(self._request.airflow_home)
            self._wait(lambda: Login.read(file) is not None, f"{file} was not written")
            self.login = Login.read(file)
            if self.login is None:
                raise NotReady(f"{file} was not written", _START_LIMIT, self._stack.airflow_home / "logs", [])
            airflow = self._airflow = Airflow(self.url, self.login)
            self._wait(airflow.ready, "the scheduler or the DAG processor is not healthy")
            for dag_id in dag_ids(self._request.slug):
                self._wait(lambda dag_id=dag_id: airflow.has_dag(dag_id), f"there is no DAG {dag_id}")  # type: ignore[misc]
        return airflow

    def _saying(self, text: str) -> contextlib.AbstractContextManager[object]:
        """Show what is going on: for as long as it does on a terminal, as a line elsewhere."""
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            return self._console.status(text)
        self._console.print(text)
        return contextlib.nullcontext()

    def _wait(self, condition: Callable[[], bool], what: str, *, limit: float = _START_LIMIT) -> None:
        deadline = time.monotonic() + limit
        while not condition():
            self._stack.check()
            if time.monotonic() > deadline:
                errors = self._airflow.import_errors() if self._airflow else []
                raise NotReady(what, limit, self._stack.airflow_home / "logs", errors)
            time.sleep(0.3)

    def _caused(self, collected: DagRun, dag_id: str) -> DagRun:
        """Wait for the run that the commit's event starts."""
        airflow = self._client
        # Of an earlier run's event the time is earlier, because a city's collecting runs follow each other.
        since = next(
            task.start for task in airflow.task_instances(collected) if task.task_id == "commit" and task.start
        )
        found: list[DagRun] = []

        def started() -> bool:
            found.extend(airflow.asset_runs(dag_id, since))
            return bool(found)

        self._wait(started, f"the ledger's event started no run of {dag_id}", limit=_EVENT_LIMIT)
        return found[0]

    def _watch(self, run: DagRun, stages: Sequence[str], *, interrupted: bool = False) -> DagRun:
        """Follow a run to its end, with a line for each stage.

        What was stopped together with an earlier Airflow is tried again at once: there is nothing to wait for. Only
        once, because who is asked to try again forgets the tries before.
        """
        hastened: set[tuple[str, int]] = set()
        airflow = self._client
        self._console.print(f"[bold]{run.dag_id}[/] {run.run_after:%Y-%m-%d %H:%M:%S} UTC")
        waiting = list(stages)
        with self._console.status("queued …") as status:
            while True:
                self._stack.check()
                # The run first: what is read of its tasks afterwards is then not older than its end.
                run = airflow.dag_run(run.dag_id, run.run_id)
                instances = airflow.task_instances(run)
                lines = {line.stage: line for line in progress(instances, stages, datetime.now(UTC))}
                while waiting and lines[waiting[0]].finished:
                    self._console.print(_line(lines[waiting.pop(0)]))
                if run.state in ("success", "failed"):
                    break
                if interrupted:
                    left = left_waiting(instances, self._started)
                    if waiting_still := [one for one in left if (one.task_id, one.map_index) not in hastened]:
                        airflow.try_at_once(run, waiting_still)
                        hastened |= {(one.task_id, one.map_index) for one in waiting_still}
                if waiting:
                    status.update(_line(lines[waiting[0]]).strip())
                time.sleep(1)
        for instance in failed(instances)[:5]:
            name = f"{instance.task_id} {instance.label}".strip()
            reason = airflow.error_of(run, instance) or "see its log"
            self._console.print(f"[bold red]{escape(name)} failed[/] {escape(reason)}")
        return run

    @property
    def _client(self) -> Airflow:
        if self._airflow is None:
            raise RuntimeError("Airflow is asked only once it is ready")
        return self._airflow


def _line(stage: Progress) -> str:
    count = f"{stage.done}/{stage.total}" if stage.total > 1 else ""
    word = _WORDS.get(stage.state, stage.state)
    return f"  {stage.stage:<8} {word:<14} {count:>9} {stage.seconds:8.1f} s"
