"""How much memory is used: the limit of queries, holding back the garbage collector, keeping memory, giving it back."""

import ctypes
import gc
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from pregon.errors import PregonError

MEMORY_LIMIT = "512MB"
"""Memory of one query where `PREGON_MEMORY` does not say otherwise."""


class InvalidMemory(PregonError):
    """`PREGON_MEMORY` is not a size."""

    def __init__(self, given: str) -> None:
        super().__init__(f"PREGON_MEMORY={given!r} is not a size", hint="write it as 512MB or 2GB, or unset it")


def memory_limit() -> str:
    """Give the memory that a query may use before it goes to disk: `PREGON_MEMORY`, else 512 MB.

    Raises InvalidMemory.
    """
    given = os.environ.get("PREGON_MEMORY", "").strip()
    if given and not re.fullmatch(r"[1-9]\d*\s*[KMGT]i?B", given, re.IGNORECASE):
        raise InvalidMemory(given)
    return given or MEMORY_LIMIT


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


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of parameters of glibc's `mallopt` (malloc.h)."""


@cache
def keep_freed() -> None:
    """Let the C library keep up to 32 MB that were freed, for whoever works through many pieces of some megabytes.

    By default it returns the memory of each piece to the system at once, and asks for it again for the next one:
    getting fresh pages took a tenth of the time of an extract. `give_back` returns them all the same. Where the library
    has no such setting (only glibc has it), nothing happens.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_TRIM_THRESHOLD, 32 << 20)
        set_option(_MMAP_THRESHOLD, 8 << 20)


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
