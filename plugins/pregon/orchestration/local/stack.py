"""The processes of a local Airflow: their settings, their start, and the stop of exactly what was started."""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psutil  # type: ignore[import-untyped]  # Airflow brings it; its stubs are a package of their own

from pregon.errors import PregonError

REPOSITORY = Path(__file__).resolve().parents[4]
AIRFLOW_PORT = 8080
PUBLICATION_PORT = 8000

_GRACE = 15.0
"""Seconds that a process has to end by itself; an idle Airflow component needs one or two."""


class AlreadyRunning(PregonError):
    """Processes of another `bin/run` still use the same Airflow folder; `groups` are their leaders."""

    def __init__(self, home: Path, groups: list[int]) -> None:
        listed = ", ".join(map(str, groups)) or "unknown"
        super().__init__(
            f"another bin/run uses {home} (processes {listed})",
            hint="stop it with Ctrl-C in its terminal" + (f", or: kill {' '.join(map(str, groups))}" if groups else ""),
        )
        self.groups = groups


class ComponentEnded(PregonError):
    """A process ended that should have gone on; `log` is its log file."""

    def __init__(self, name: str, status: int, log: Path) -> None:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        super().__init__(f"{name} ended with status {status}; the end of {log}:\n{tail}")
        self.name = name
        self.log = log


def free_port(preferred: int) -> int:
    """Give `preferred` if nobody listens there on localhost, else any free port."""
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise PregonError("no port is free on localhost")


def airflow_environment(airflow_home: Path, home: Path, port: int) -> dict[str, str]:
    """Give the settings that make Airflow small, local and its own: they win over whatever the shell has set."""
    url = f"http://localhost:{port}"
    auth = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
    return {
        "PREGON_HOME": str(home),
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__AUTH_MANAGER": auth,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(airflow_home)),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{airflow_home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(airflow_home / "logs"),
        # These three belong together: a task reports to the API server at the second and third.
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__WORKERS": "1",
        # A run may have 200 buckets in three stages; the watcher reads all task instances at once.
        "AIRFLOW__API__MAXIMUM_PAGE_LIMIT": "1000",
        # How long the end of a task may go unseen, and how often the scheduler looks: the defaults are 5 s and 1 s.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        # All components are started here with the same environment, so the secrets need not outlive it.
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
    }


def passwords_file(airflow_home: Path) -> Path:
    """Name the file in which Airflow keeps the passwords that it made up for the local users."""
    return airflow_home / "simple_auth_manager_passwords.json.generated"


@dataclass
class Component:
    """A running process, leader of a session of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


@dataclass
class Stack:
    """The processes started here; leaving the context stops them, and whatever they started, and nothing else."""

    airflow_home: Path
    environment: Mapping[str, str]
    components: list[Component] = field(default_factory=list)
    _lock: IO[str] | None = None

    def __enter__(self) -> Self:
        """Take the Airflow folder for this process and its children. Raises AlreadyRunning."""
        self.airflow_home.mkdir(parents=True, exist_ok=True)
        file = self.airflow_home / "run.lock"
        lock = file.open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            written = lock.read()
            lock.close()
            raise AlreadyRunning(self.airflow_home, json.loads(written or "[]")) from error
        self._lock = lock
        self._note()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all."""
        with _undisturbed():
            self.stop()
        if self._lock:
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def run(self, name: str, *command: str) -> None:
        """Run a command to its end. Raises ComponentEnded if it fails."""
        component = self.start(name, *command)
        status = component.process.wait()
        self.components.remove(component)
        if status:
            raise ComponentEnded(name, status, component.log)

    def start(self, name: str, *command: str) -> Component:
        """Start a Python module as a process; its output goes to a log file."""
        if self._lock is None:
            raise RuntimeError("a stack starts processes only inside its context")
        log = self.airflow_home / "logs" / "run" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            # A session of its own: Ctrl-C in the terminal does not reach it, and all that it starts can be found again.
            # It keeps the lock open, so that the folder counts as taken for as long as one process lives.
            process = subprocess.Popen(  # noqa: S603 our own commands
                [sys.executable, "-m", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
                pass_fds=(self._lock.fileno(),),
            )
        component = Component(name, process, log)
        self.components.append(component)
        self._note()
        return component

    def check(self) -> None:
        """Raise ComponentEnded if a process is no more."""
        for component in self.components:
            status = component.process.poll()
            if status is not None:
                raise ComponentEnded(component.name, status, component.log)

    def stop(self) -> None:
        """End every process of the sessions started here: asked first, forced after a while."""
        sessions = {component.process.pid for component in self.components}
        # The leaders first: a scheduler ends its own workers in order.
        for component in self.components:
            _signal(component.process.pid, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        while any(component.process.poll() is None for component in self.components) and time.monotonic() < deadline:
            time.sleep(0.1)
        # Tasks are leaders of process groups of their own, and outlive a scheduler that is stopped: sessions find them.
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + _GRACE / 3
            left = list(_members(sessions))
            for pid in left:
                _signal(pid, number)
            while left and time.monotonic() < deadline:
                time.sleep(0.1)
                for component in self.components:
                    component.process.poll()
                left = list(_members(sessions))
        for component in self.components:
            component.process.wait()
        self.components.clear()

    def _note(self) -> None:
        """Keep the leaders' numbers in the lock file, for the message of whoever finds it taken."""
        if self._lock:
            self._lock.truncate(0)
            self._lock.write(json.dumps([os.getpid(), *(component.process.pid for component in self.components)]))
            self._lock.flush()


def _members(sessions: set[int]) -> Iterator[int]:
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                yield process.pid


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let a second Ctrl-C not interrupt the stopping."""
    numbers: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before: dict[signal.Signals, Any] = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
