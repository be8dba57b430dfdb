"""Interrupts this process's work on a folder before a chosen act, as a kill would: an act changes the disk or a ledger.

`crash_driver.py` kills whole processes at every stage; this is its quick sibling for long random histories. Handlers of
the interrupted code run, so what is left behind is a little tidier than after a kill.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = frozenset({"os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.mkdir"})


class Interrupted(BaseException):
    """The work ended before the chosen act; nothing but the test is to catch it."""


class _Countdown:
    """Acts that are left; None: nothing is counted."""

    left: int | None = None
    folder = ""


_countdown = _Countdown()
_installed: list[bool] = []


def _act() -> None:
    if _countdown.left is not None:
        _countdown.left -= 1
        if _countdown.left < 0:
            _countdown.left = None
            raise Interrupted


def _audit(name: str, arguments: tuple[Any, ...]) -> None:
    if _countdown.left is None:
        return
    writes = name in _CHANGES or (name == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING)
    if writes and isinstance(arguments[0], str | os.PathLike) and str(arguments[0]).startswith(_countdown.folder):
        _act()


def _statement(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    if statement.split(None, 1)[0].upper() in {"INSERT", "UPDATE", "DELETE"}:
        _act()


def _commit(_connection: Any) -> None:
    _act()


@contextmanager
def interrupted_at(moment: int, folder: Path) -> Iterator[None]:
    """Let the work inside end with Interrupted before its act number `moment` on the folder, if there are as many."""
    if not _installed:
        sys.addaudithook(_audit)  # can't be removed again, so it asks whether anything is counted
        _installed.append(True)
    event.listen(Engine, "before_cursor_execute", _statement)
    event.listen(Engine, "commit", _commit)
    _countdown.left, _countdown.folder = moment, str(folder)
    try:
        yield
    finally:
        _countdown.left = None
        event.remove(Engine, "before_cursor_execute", _statement)
        event.remove(Engine, "commit", _commit)
