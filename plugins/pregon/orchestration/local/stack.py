"""The processes of a local Airflow: their settings, their start, and the stop of exactly what was started."""

import contextlib
import errno
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil  # type: ignore[import-untyped]  # Airflow brings it; its stubs are a package of their own

from pregon.errors import PregonError
from pregon.orchestration.local.interruption import Interruption

REPOSITORY = Path(__file__).resolve().parents[4]
AIRFLOW_PORT = 8080
PUBLICATION_PORT = 8000

_GRACE = 2.0
"""Seconds in which what the components started may end by itself, once the components were asked to."""
_LEADERS_GRACE = 8.0
"""Seconds for the components themselves; idle ones need one or two."""
_KILL_LIMIT = 5.0
"""Seconds for killed processes to be gone."""


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


class StillRunning(PregonError):
    """Processes that even a kill did not end; `pids` are their numbers."""

    def __init__(self, pids: Sequence[int]) -> None:
        super().__init__(
            f"could not be stopped: process {', '.join(map(str, pids))}",
            hint="the system keeps a process that waits for a disk or a network folder; look with: ps -fp "
            + ",".join(map(str, pids)),
        )
        self.pids = tuple(pids)


def free_port(preferred: int) -> int:
    """Give `preferred` if nobody listens there on localhost, else any free port."""
    if not _taken("::1", preferred, socket.AF_INET6) and not _taken("127.0.0.1", preferred, socket.AF_INET):
        return preferred
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        chosen: int = probe.getsockname()[1]
        return chosen


def _taken(address: str, port: int, family: socket.AddressFamily) -> bool:
    """Tell whether a browser that asks localhost could reach another program here: it tries IPv6 first."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        # A machine without IPv6 has nobody there.
        return family == socket.AF_INET or error.errno == errno.EADDRINUSE
    return False


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
        # How often it looks for tasks that a killed scheduler left: the default is 300 s, in which nothing would start.
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
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
    interruption: Interruption = field(default_factory=Interruption)
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
        """Stop all. Raises StillRunning."""
        try:
            self.stop()
        finally:
            if self._lock:
                self._lock.truncate(0)
                self._lock.close()
                self._lock = None

    def run(self, name: str, *command: str) -> None:
        """Run a command to its end. Raises ComponentEnded if it fails."""
        component = self.start(name, *command)
        while (status := component.process.poll()) is None:
            self.interruption.check()
            time.sleep(0.1)
        self.components.remove(component)
        if status:
            raise ComponentEnded(name, status, component.log)

    def start(self, name: str, *command: str) -> Component:
        """Start a Python module as a process; its output goes to a log file."""
        if self._lock is None:
            raise RuntimeError("a stack starts processes only inside its context")
        log = self.airflow_home / "logs" / "run" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        # A process that is not noted could not be stopped.
        with log.open("wb") as output, self.interruption.deferred():
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
        """Raise ComponentEnded if a process is no more, Stopped if somebody wants an end."""
        self.interruption.check()
        for component in self.components:
            status = component.process.poll()
            if status is not None:
                raise ComponentEnded(component.name, status, component.log)

    def stop(self) -> None:
        """End every process of the sessions started here: asked first, killed after a while, or at a second Ctrl-C.

        Raises StillRunning.
        """
        sessions = {component.process.pid for component in self.components}
        for component in self.components:
            if component.process.poll() is None:
                _signal(component.process.pid, signal.SIGTERM)
        started = time.monotonic()
        while self._leads() and time.monotonic() < started + _LEADERS_GRACE and not self.interruption.hurry:
            if time.monotonic() > started + _GRACE:
                # A scheduler waits for its tasks, which may take hours; every stage may be killed at any moment. The
                # scheduler itself ends in order, so that the next one takes the run up at once.
                for pid in set(self._members(sessions)) - sessions:
                    _signal(pid, signal.SIGKILL)
            time.sleep(0.1)
        # Tasks are leaders of process groups of their own, and outlive a scheduler that is killed: sessions find them.
        deadline = time.monotonic() + _KILL_LIMIT
        while (left := self._members(sessions)) and time.monotonic() < deadline:
            # Again each time: one that was just being born has to go, too.
            for pid in left:
                _signal(pid, signal.SIGKILL)
            time.sleep(0.1)
        self.components.clear()
        if left:
            raise StillRunning(left)

    def _leads(self) -> bool:
        return any(component.process.poll() is None for component in self.components)

    def _members(self, sessions: set[int]) -> list[int]:
        """Give the living processes of these sessions."""
        self._leads()  # a process that has ended stays listed until it is asked for its status
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
                if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process.pid)
        return found

    def _note(self) -> None:
        """Keep the leaders' numbers in the lock file, for the message of whoever finds it taken."""
        if self._lock:
            self._lock.truncate(0)
            self._lock.write(json.dumps([os.getpid(), *(component.process.pid for component in self.components)]))
            self._lock.flush()


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
