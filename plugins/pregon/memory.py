"""Holding back the garbage collector where documents are trees by construction."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collection() -> Iterator[None]:
    """Pause the search for reference cycles.

    Stages make millions of small dictionaries without a single cycle; reference counting frees them, and looking for
    cycles among them took more than half of a stage's time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
