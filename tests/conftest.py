"""What every tier of tests shares."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from disk import trusting_the_system
from hypothesis import HealthCheck, settings
from made_once import shared_folder

# How long an example takes says how busy the machine is.
settings.register_profile("pregon", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("pregon")

# Tests of the ledger on both databases share their assertions; registered before anything imports them.
pytest.register_assert_rewrite(
    "ledger_behaviour", "ledger_opening", "ledger_reading", "ledger_redacting", "ledger_restoring", "made_up_ledger"
)

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def _disk() -> Iterator[None]:
    """Wait for no disk."""
    with trusting_the_system():
        yield


@pytest.fixture(scope="session", autouse=True)
def _verdicts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Ask Great Expectations about the same rows once."""
    from verdicts import asked_once

    with asked_once(shared_folder(tmp_path_factory, "verdicts")):
        yield


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def reference() -> Path:
    """Folder of the reference material (official schemas, conformance fixtures, real data), read only."""
    folder = Path(os.environ.get("PREGON_REFERENCE", REPOSITORY.parent / "shared")).resolve()
    if not (folder / "ocds").is_dir():
        pytest.skip(f"reference material is not at {folder}: set PREGON_REFERENCE to its folder")
    return folder


Judge = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture(scope="session")
def judge(reference: Path) -> Judge:
    """OCP's own validator, libcoveocds, as a process of its own: `judge(FILE…)` gives the findings of each file.

    The findings of a file without fault are empty. `PREGON_JUDGES` names a Python that has libcoveocds (default: the
    one of .venv-judges, which bin/test makes).
    """
    python = Path(os.environ.get("PREGON_JUDGES") or REPOSITORY / ".venv-judges" / "bin" / "python")
    if not python.exists():
        pytest.skip(f"libcoveocds is not at {python}: bin/test makes that environment, or set PREGON_JUDGES")

    def run(*files: Path) -> dict[str, dict[str, Any]]:
        program = reference / "tools" / "cove_offline.py"
        command = [python, REPOSITORY / "tests" / "judges" / "judging.py", program, *files]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=1800)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"libcoveocds ended with {done.returncode}: {done.stderr}")
        verdicts = [json.loads(line) for line in done.stdout.splitlines()]
        if [verdict["file"] for verdict in verdicts] != [str(file) for file in files]:
            raise RuntimeError(f"libcoveocds judged {len(verdicts)} of {len(files)} files: {done.stderr}")
        return {verdict["file"]: verdict["findings"] for verdict in verdicts}

    return run
