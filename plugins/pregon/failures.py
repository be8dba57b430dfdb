"""What an exception says to the person at the terminal: what is wrong, and what to do about it."""

import errno
import os
import sys
import traceback
from types import TracebackType

from pregon.errors import PregonError
from transforms.errors import TransformError

_ELSEWHERE = "name another folder: --home or PREGON_HOME, for the files of bin/run's Airflow PREGON_AIRFLOW_HOME"
_NO_ROOM = "make room on the disk, then run the same command again: it goes on from what is complete"
_HINTS = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EROFS: f"nothing can be written here; {_ELSEWHERE}",
    errno.EACCES: f"mend the permissions, or {_ELSEWHERE}",
    errno.EPERM: f"mend the permissions, or {_ELSEWHERE}",
    errno.ENOTDIR: f"a file stands where a folder is needed; {_ELSEWHERE}",
    errno.EEXIST: f"a file stands where a folder is needed; {_ELSEWHERE}",
}


def explain(error: BaseException) -> tuple[str, str | None] | None:
    """Give message and hint of an error that a person can act on; None for any other, which is a defect."""
    if isinstance(error, PregonError | TransformError):
        return str(error), getattr(error, "hint", None)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}", _HINTS.get(error.errno or 0)
    # Asked only of what is loaded: these packages are heavy, and most commands need neither.
    if (sqlalchemy := sys.modules.get("sqlalchemy.exc")) and isinstance(error, sqlalchemy.DBAPIError):
        return f"the database of the ledger refuses: {error.orig}", "look at its permissions and the free room"
    if (duckdb := sys.modules.get("duckdb")) and isinstance(error, duckdb.Error):
        return str(error).partition("\n")[0], "run again; if it fails again, run with --full"
    return None


def show_defects() -> None:
    """Let an error that nobody foresaw be told in two lines from now on; `PREGON_TRACEBACK` shows all of it."""
    if not os.environ.get("PREGON_TRACEBACK"):
        sys.excepthook = _tell


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    frames = traceback.extract_tb(trace)
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    sys.stderr.write(f"error: nobody foresaw this, {kind.__name__}: {error}{where}\n")
    sys.stderr.write("hint: please report it, with what PREGON_TRACEBACK=1 and the same command print\n")
