"""What bin/test says at its end, and when a skipped test counts as a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiers

SKIPPING = """
import pytest

def test_done():
    pass

def test_put_off():
    pytest.skip("PostgreSQL is not here")
"""


def run(folder: Path, text: str, *, ci: str, workers: int = 0) -> tuple[int, str, str]:
    """Run pytest over one file; gives status, output and what was left for bin/test."""
    test = folder / "tests" / "unit" / "test_made_up.py"
    test.parent.mkdir(parents=True)
    test.write_text(text)
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment = {
        **own,
        "CI": ci,
        "PYTHONPATH": str(Path(tiers.__file__).parent),
        "PREGON_TEST_SUMMARY": str(folder / "summary"),
    }
    command = [sys.executable, "-m", "pytest", "-p", "tiers", "--rootdir", str(folder), "-p", "no:cacheprovider"]
    command += ["-n", str(workers)] if workers else []
    done = subprocess.run(command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, (folder / "summary").read_text()


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_a_skip_is_told_with_its_reason_and_fails_only_in_ci(
    tmp_path: Path, ci: str, status: int, workers: int
) -> None:
    code, text, summary = run(tmp_path, SKIPPING, ci=ci, workers=workers)
    assert code == status, text
    assert summary == "1 0 1\n"
    assert "unit         1 passed, 1 skipped" in text
    assert "1 skipped: PostgreSQL is not here" in text


@pytest.mark.parametrize("workers", [0, 2])
def test_what_breaks_before_it_runs_counts_as_failed(tmp_path: Path, workers: int) -> None:
    code, _, summary = run(tmp_path, "import no_such_module", ci="", workers=workers)
    assert code != 0
    assert summary == "0 1 0\n"


def test_a_program_that_is_there_needs_no_package() -> None:
    assert tiers.SystemNeed("unit", ("sh",), "dash").found()
    assert not tiers.SystemNeed("unit", ("no-such-program",), "none").found()
