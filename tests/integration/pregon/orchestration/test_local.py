"""`bin/run` for real: Airflow's processes started, the demo city run and served, everything stopped."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

pytestmark = pytest.mark.integration

COMMAND = [sys.executable, "-m", "pregon.orchestration.local"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One Airflow and one HOME for all tests here, because the second run has to find what the first left."""
    return tmp_path_factory.mktemp("local")


@pytest.fixture
def environment(place: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return {**own, "PREGON_HOME": str(place / "home"), "PREGON_AIRFLOW_HOME": str(place / "airflow"), "TERM": "dumb"}


class Terminal:
    """A process that believes to be used by a person."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._controller, terminal = pty.openpty()
        self.process = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment, start_new_session=True
        )
        os.close(terminal)
        self.text = ""

    def read_until(self, pattern: str, *, seconds: float) -> re.Match[str]:
        os.set_blocking(self._controller, False)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self.text += os.read(self._controller, 65536).decode("utf-8", errors="replace")
            except BlockingIOError:
                time.sleep(0.1)
            except OSError:  # the other end is closed
                break
            if found := re.search(pattern, self.text):
                return found
        pytest.fail(f"{pattern!r} was not printed in {seconds} s:\n{self.text}")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)
        os.close(self._controller)


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    # In a container whose first process does not collect orphans, a dead one stays listed as a zombie.
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def served(environment: dict[str, str]) -> Iterator[Terminal]:
    terminal = Terminal(COMMAND, environment)
    yield terminal
    terminal.close()


def test_a_person_gets_the_run_both_addresses_and_a_clean_stop(served: Terminal, place: Path) -> None:
    publication = served.read_until(r"Publication +(http://\S+)", seconds=400)[1]
    airflow = served.read_until(r"Airflow +(http://\S+)", seconds=10)[1]
    user, password = served.read_until(r"Log in as +(\S+) / (\S+)", seconds=10).groups()
    for stage in ("extract", "prepare", "map", "release", "check", "gate", "commit", "build", "promote", "push"):
        assert re.search(rf"^\s*{stage} +(done|nothing to do)", served.text, re.MULTILINE), served.text
    assert "riverbend_publish starts by itself" in served.text
    assert httpx.get(publication, follow_redirects=True).status_code == 200
    assert httpx.get(airflow).status_code == 200
    token = httpx.post(f"{airflow}/auth/token", json={"username": user, "password": password})
    assert token.status_code == 201
    assert (place / "home/public/riverbend/current/manifest.json").is_file()
    processes = psutil.Process(served.process.pid).children(recursive=True)
    assert len(processes) >= 5

    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(timeout=60) == 0
    assert living(processes) == []


def test_the_second_run_makes_no_new_snapshot_and_ends_by_itself(environment: dict[str, str], place: Path) -> None:
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
    first = process.stdout.readline().decode()
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    process.stdout.close()
    assert first.startswith("riverbend_collect")
    assert len(children) >= 3
    assert living(children) == []
