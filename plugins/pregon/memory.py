"""Holding back the garbage collector where documents are trees by construction, and giving memory back."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache


@contextmanager
def paused_collection() -> Iterator[None]:
    """Pause the search for reference cycles.

    Stages make millions of small dictionaries without a single cycle; reference counting frees them, and looking for
    cycles among them took more than half of a stage's time. What was freed goes back to the system at the end.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
        give_back()


def give_back() -> None:
    """Return freed memory to the operating system.

    The C library keeps the holes that results of queries leave: a process that works through many buckets grew by some
    megabytes with each. Where the library has no such function (only glibc has it), nothing happens.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> "ctypes._NamedFuncPointer | None":
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
