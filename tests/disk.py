"""What tests need not wait for: that the disk has what the system has.

Tests kill processes and never the machine: what was written, renamed or removed is seen by whoever comes next, synced
or not. Waiting for the disk took a tenth of the time of all tests.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Pool, event

sync = os.fsync
"""What waits for the disk indeed."""


@contextmanager
def trusting_the_system() -> Iterator[None]:
    """Let `os.fsync` do no more than refuse what is not an open file, and let SQLite behind SQLAlchemy not sync."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)
        # After whatever a ledger's own listener asked for, which is to sync each commit.
        event.listen(Pool, "checkout", _unsynced)
        try:
            yield
        finally:
            event.remove(Pool, "checkout", _unsynced)


def _unsynced(connection: Any, *_rest: Any) -> None:
    if isinstance(connection, sqlite3.Connection) and not connection.in_transaction:
        connection.execute("PRAGMA synchronous = OFF")
