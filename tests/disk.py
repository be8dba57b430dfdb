"""What tests need not wait for: that the disk has what the system has.

Tests kill processes and never the machine: what was written, renamed or removed is seen by whoever comes next, synced
or not. Waiting for the disk took a tenth of the time of all tests.
"""

import os

import pytest

sync = os.fsync
"""What waits for the disk indeed."""


def trust_the_system(patch: pytest.MonkeyPatch) -> None:
    """Let `os.fsync` do no more than refuse what is not an open file."""
    patch.setattr(os, "fsync", os.fstat)
