"""What takes long to make and is only read: the first worker that asks makes it, for all workers of a session."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def shared_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """Give a folder that all workers of a session have in common."""
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # each worker has a folder of its own in that of the session
    folder = base / name
    folder.mkdir(exist_ok=True)
    return folder


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Give the session's folder `name`, which `make` fills once; whoever asks meanwhile waits until it is whole.

    No test may change it. What was begun by a worker that failed or died is removed, and made by the next one.
    """
    shared = shared_folder(factory, "made-once")
    folder, whole = shared / name, shared / f"{name}.whole"
    # The system gives the lock back when its holder ends, however it ends.
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder
