"""`bin/run` for real: Airflow's processes started, the demo city run and served, everything stopped."""

import contextlib
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest

from pregon.synth import generate

pytestmark = pytest.mark.integration

REPOSITORY = Path(__file__).resolve().parents[4]
PROCESSES = 60
COMMAND = [sys.executable, "-m", "pregon.orchestration.local"]

# Makes the terminal on its standard input the controlling one, so that Ctrl-C typed there is a signal.
IN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One Airflow and one HOME for all tests here, because a run has to find what an earlier one left.

    The city is there already, and small: how long Airflow takes for it is enough.
    """
    place = tmp_path_factory.mktemp("local")
    database = place / "home" / "sources" / "riverbend.sqlite"
    database.parent.mkdir(parents=True)
    generate(f"sqlite:///{database}", processes=PROCESSES, as_of=datetime.now(UTC))
    return place


@pytest.fixture
def environment(place: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return {**own, "PREGON_HOME": str(place / "home"), "PREGON_AIRFLOW_HOME": str(place / "airflow"), "TERM": "dumb"}


class Terminal:
    """`bin/run` in a terminal, used by a person."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._keyboard, terminal = pty.openpty()
        os.set_blocking(self._keyboard, False)
        self.process = subprocess.Popen(
            [sys.executable, "-c", IN_TERMINAL, str(REPOSITORY / "bin" / "run")],
            stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(terminal)
        self.text = ""

    def read_until(self, pattern: str, *, seconds: float) -> re.Match[str]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._read()
            if found := re.search(pattern, self.text, re.MULTILINE):
                return found
            time.sleep(0.05)
        pytest.fail(f"{pattern!r} was not printed in {seconds} s:\n{self.text}")

    def press_ctrl_c(self) -> None:
        os.write(self._keyboard, b"\x03")

    def wait(self, *, seconds: float) -> int:
        """Give the exit status, and read what is printed until then: a full terminal would block the writer."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            self._read()
            assert time.monotonic() < deadline, f"still there after {seconds} s:\n{self.text}"
            time.sleep(0.05)
        self._read()
        return self.process.returncode

    def close(self) -> None:
        """Close the window, as a person may do."""
        os.close(self._keyboard)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError, OSError):  # nothing yet, or the other end is closed
            while piece := os.read(self._keyboard, 65536):
                self.text += piece.decode("utf-8", errors="replace")


class Started:
    """The processes that a running `bin/run` has started, and all that joined their sessions since."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.processes = psutil.Process(process.pid).children(recursive=True)
        self._sessions = {os.getsid(started.pid) for started in self.processes} - {os.getsid(process.pid)}

    @classmethod
    def soon(cls, process: subprocess.Popen[bytes], *, seconds: float = 10) -> "Started":
        """Wait for the first of them: what is going to be started is told in a line before it is."""
        deadline = time.monotonic() + seconds
        while not (started := cls(process)).processes:
            assert time.monotonic() < deadline, f"no process was started in {seconds} s"
            time.sleep(0.02)
        return started

    def living(self) -> list[psutil.Process]:
        found = set(self.processes)
        for process in psutil.process_iter():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getsid(process.pid) in self._sessions:
                    found.add(process)
        # In a container whose first process does not collect orphans, a dead one stays listed as a zombie.
        return [one for one in found if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def is_free(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", httpx.URL(url).port or 80)) != 0


@pytest.fixture
def terminal(environment: dict[str, str]) -> Iterator[Terminal]:
    terminal = Terminal(environment)
    yield terminal
    if terminal.process.poll() is None:
        terminal.process.send_signal(signal.SIGTERM)
        terminal.process.wait(timeout=60)


@pytest.mark.parametrize(
    ("moment", "presses"),
    [("making Airflow's metadata database", 1), ("waiting for Airflow", 2)],
    ids=["first", "next"],
)
def test_ctrl_c_while_airflow_starts_leaves_no_process(terminal: Terminal, moment: str, presses: int) -> None:
    terminal.read_until(moment, seconds=60)
    started = Started.soon(terminal.process)
    for _ in range(presses):
        terminal.press_ctrl_c()
        time.sleep(0.2)
    assert terminal.wait(seconds=20) == 130
    assert "interrupted" in terminal.text
    assert "Traceback" not in terminal.text
    assert started.living() == []


def test_a_closed_terminal_in_the_middle_of_a_run_leaves_no_process(terminal: Terminal) -> None:
    terminal.read_until("^riverbend_collect", seconds=120)
    time.sleep(3)  # until a task runs
    started = Started(terminal.process)
    assert len(started.processes) >= 5
    terminal.close()
    assert terminal.process.wait(timeout=30) == 128 + signal.SIGHUP
    assert started.living() == []


def test_a_person_gets_the_run_both_addresses_and_a_clean_stop(terminal: Terminal, place: Path) -> None:
    # The run that the test before interrupted goes on first, without the pause after a try that failed by itself.
    terminal.read_until("a run that was interrupted goes on first", seconds=60)
    terminal.read_until(r"^\s*commit +done", seconds=220)
    publication = terminal.read_until(r"Publication +(http://\S+)", seconds=120)[1]
    airflow = terminal.read_until(r"Airflow +(http://\S+)", seconds=10)[1]
    user, password = terminal.read_until(r"Log in as +(\S+) / (\S+)", seconds=10).groups()
    checking = ("check", "expectations", "gate")
    for stage in ("extract", "prepare", "map", "release", *checking, "commit", "build", "promote", "push"):
        assert re.search(rf"^\s*{stage} +(done|nothing to do)", terminal.text, re.MULTILINE), terminal.text
    assert httpx.get(publication, follow_redirects=True).status_code == 200
    assert httpx.get(airflow).status_code == 200
    token = httpx.post(f"{airflow}/auth/token", json={"username": user, "password": password})
    assert token.status_code == 201
    assert (place / "home/public/riverbend/current/manifest.json").is_file()
    started = Started(terminal.process)
    assert len(started.processes) >= 5

    terminal.press_ctrl_c()
    assert terminal.wait(seconds=30) == 0
    assert "Traceback" not in terminal.text
    assert started.living() == []
    assert is_free(publication)
    assert is_free(airflow)


def test_a_run_without_changes_makes_no_new_snapshot_and_ends_by_itself(
    environment: dict[str, str], place: Path
) -> None:
    done = subprocess.run(
        COMMAND, check=False, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "riverbend_publish is started by hand" in done.stdout
    assert "0 new releases" in done.stdout
    assert len(list((place / "home/public/riverbend/snapshots").iterdir())) == 1


def test_a_stop_in_the_middle_leaves_no_process(environment: dict[str, str]) -> None:
    process = subprocess.Popen([*COMMAND, "--once"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert process.stdout is not None
    lines = iter(process.stdout.readline, b"")
    assert next(line for line in lines if line.startswith(b"riverbend_collect"))
    started = Started(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 128 + signal.SIGTERM
    process.stdout.close()
    assert len(started.processes) >= 3
    assert started.living() == []
