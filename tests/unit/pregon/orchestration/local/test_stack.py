import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pregon.orchestration.local.interruption import Interruption, Stopped
from pregon.orchestration.local.stack import (
    AlreadyRunning,
    Component,
    ComponentEnded,
    Stack,
    StillRunning,
    airflow_environment,
    free_port,
)

# A component that starts a child in a process group of its own, as Airflow does with a task, and ignores being asked.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN) if sys.argv[1:] == ["stubborn"] else None
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)
open("ready", "w").close()
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    # In a container whose first process does not collect orphans, a dead one stays listed as a zombie.
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def started(stack: Stack, folder: Path, *arguments: str) -> tuple[Component, list[psutil.Process]]:
    component = stack.start("stubborn", "stubborn", *arguments)
    deadline = time.monotonic() + 20
    while not (folder / "ready").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    leader = psutil.Process(component.process.pid)
    return component, [leader, *leader.children(recursive=True)]


@pytest.mark.parametrize("arguments", [(), ("stubborn",)])
def test_leaving_the_stack_ends_every_process_it_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr("pregon.orchestration.local.stack._GRACE", 0.5)
    monkeypatch.setattr("pregon.orchestration.local.stack._LEADERS_GRACE", 1.0)
    with Stack(folder / "airflow", {}) as stack:
        _, processes = started(stack, folder, *arguments)
        assert len(processes) == 2
    assert living(processes) == []


def test_processes_of_others_go_on(folder: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        with Stack(folder / "airflow", {}) as stack:
            started(stack, folder)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_second_signal_does_not_wait(folder: Path) -> None:
    interruption = Interruption()
    with Stack(folder / "airflow", {}, interruption) as stack:
        _, processes = started(stack, folder, "stubborn")
        with pytest.raises(Stopped):
            interruption.receive(signal.SIGINT, None)
        interruption.receive(signal.SIGINT, None)
        stopping = time.monotonic()
    assert living(processes) == []
    assert time.monotonic() - stopping < 3


def test_what_can_not_be_stopped_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pregon.orchestration.local.stack._LEADERS_GRACE", 0.1)
    monkeypatch.setattr("pregon.orchestration.local.stack._KILL_LIMIT", 0.1)
    stack = Stack(folder / "airflow", {})
    with stack:
        component, processes = started(stack, folder)
        with monkeypatch.context() as deaf:
            deaf.setattr("pregon.orchestration.local.stack._signal", lambda *_: None)
            with pytest.raises(StillRunning, match="could not be stopped: process ") as refused:
                stack.stop()
        assert set(refused.value.pids) == {process.pid for process in processes}
        stack.components.append(component)
    assert living(processes) == []


def test_a_second_stack_on_the_same_folder_is_refused_and_names_the_first(folder: Path) -> None:
    with Stack(folder / "airflow", {}) as stack:
        component, _ = started(stack, folder)
        with pytest.raises(AlreadyRunning) as refused, Stack(folder / "airflow", {}):
            pass
        assert component.process.pid in refused.value.groups
    with Stack(folder / "airflow", {}):
        pass


def test_a_component_that_ends_is_noticed_with_its_last_words(folder: Path) -> None:
    (folder / "brief.py").write_text("import sys; sys.exit('the port is taken')")
    with Stack(folder / "airflow", {}) as stack:
        stack.start("brief", "brief").process.wait()
        with pytest.raises(ComponentEnded, match=r"(?s)brief ended with status 1.*the port is taken"):
            stack.check()


def test_a_command_run_to_its_end_must_succeed(folder: Path) -> None:
    (folder / "brief.py").write_text("import os; print(os.environ['COLOUR'])")
    (folder / "bad.py").write_text("raise SystemExit(3)")
    with Stack(folder / "airflow", {"COLOUR": "blue"}) as stack:
        stack.run("brief", "brief")
        stack.check()
        with pytest.raises(ComponentEnded, match="status 3"):
            stack.run("bad", "bad")
    assert (folder / "airflow/logs/run/brief.log").read_text() == "blue\n"


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_taken_port_is_avoided(family: socket.AddressFamily, address: str) -> None:
    with socket.socket(family) as listener:
        try:
            listener.bind((address, 0))
        except OSError:
            # Nobody can listen there, so nobody is to be avoided.
            assert family == socket.AF_INET6
            return
        listener.listen()
        taken = listener.getsockname()[1]
        assert free_port(taken) != taken
    assert free_port(taken) == taken


def test_the_addresses_of_the_api_server_agree(tmp_path: Path) -> None:
    settings = airflow_environment(tmp_path / "airflow", tmp_path, 18080)
    assert settings["AIRFLOW__API__PORT"] == "18080"
    assert settings["AIRFLOW__API__BASE_URL"] == "http://localhost:18080"
    assert settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://localhost:18080/execution/"


def test_secrets_differ_from_start_to_start(tmp_path: Path) -> None:
    first, second = (airflow_environment(tmp_path / "airflow", tmp_path, 1) for _ in range(2))
    assert first["AIRFLOW__API_AUTH__JWT_SECRET"] != second["AIRFLOW__API_AUTH__JWT_SECRET"]
