"""What a command took is what the kernel counted of it and its children; failures are told, never numbers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from measure import CommandFailed, Cost, measured, median
from measurement import Measurement, repeated, together, totals

BUSY = (
    "import time; held = bytearray(60_000_000); end = time.process_time() + 0.2\nwhile time.process_time() < end: pass"
)
IN_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}], check=True)"


# The kernel counts the memory of the one that starts a program as the program's, and a long run of tests grows large.
MEASURED_APART = """
import dataclasses, json, sys
from pathlib import Path
from measure import measured
print(json.dumps(dataclasses.asdict(measured([sys.executable, "-c", sys.argv[1]], log=Path(sys.argv[2])))))
"""


@pytest.mark.parametrize("code", [BUSY, IN_A_CHILD])
def test_cpu_time_and_memory_are_those_of_the_process_and_its_children(tmp_path: Path, code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED_APART, code, str(tmp_path / "log")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    cost = Cost(**json.loads(done.stdout))
    assert 0.2 <= cost.cpu < 20
    assert 60_000_000 <= cost.memory < 600_000_000
    assert cost.wall > 0.1


def test_a_failing_command_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="ended with 3: no such column") as failed:
        measured([sys.executable, "-c", "print('no such column'); raise SystemExit(3)"], log=tmp_path / "log")
    assert failed.value.status == 3
    measured([sys.executable, "-c", "raise SystemExit(1)"], log=tmp_path / "log", accepted=(0, 1))


def test_a_command_is_ended_at_its_limit(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="was ended after"):
        measured([sys.executable, "-c", "import time; time.sleep(60)"], log=tmp_path / "log", limit=0.3)


def test_output_and_input_are_files(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("records")
    code = "import sys; print(sys.stdin.read().upper()); print('aside', file=sys.stderr)"
    measured([sys.executable, "-c", code], log=tmp_path / "log", stdin=tmp_path / "in", stdout=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "RECORDS\n"
    assert (tmp_path / "log").read_text() == "aside\n"


def test_the_median_is_of_each_figure() -> None:
    assert median([Cost(3, 1, 10), Cost(1, 2, 30), Cost(2, 9, 20)]) == Cost(2, 2, 20)


def test_sums_are_made_within_a_run_before_the_median() -> None:
    runs = [
        [Measurement("map", "", runs=(Cost(1, first, 10),)), Measurement("check", "", runs=(Cost(1, second, 20),))]
        for first, second in ((1, 9), (2, 2), (9, 1))
    ]
    found = totals(runs, ("map", "check"))
    assert (found["cpu"], found["cpu_range"], found["wall"], found["memory"]) == (10, [4, 10], 2, 20)


def test_runs_that_count_differently_are_called_wrong() -> None:
    one, two = (Measurement("map", "", count, (Cost(1, 1, 1),)) for count in (500, 499))
    assert together([one, two]).wrong
    assert not together([one, one]).wrong


@pytest.mark.parametrize(("wall", "missing", "runs"), [(1.0, "", 3), (3_600.0, "", 1), (1.0, "it failed", 1)])
def test_what_is_long_or_fails_is_run_once(wall: float, missing: str, runs: int) -> None:
    calls = []

    def measure() -> Measurement:
        calls.append(1)
        return Measurement("flatterer", "", 1, () if missing else (Cost(wall, 1, 1),), missing=missing)

    assert repeated(measure, 3).missing == missing
    assert len(calls) == runs


def test_a_measurement_survives_json() -> None:
    one = Measurement("map", "rows to states", 7, (Cost(1, 2, 3), Cost(3, 4, 5)), facts={"releases": 7})
    assert Measurement.from_json(one.to_json()) == one
