"""The demonstration city's source: made on first use, so that `pregon run riverbend` needs nothing prepared."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pregon.home import Home

DEMO_CITY = "riverbend"
DEMO_PROCESSES = 2_000


def ensure_demo_source(home: Path, as_of: datetime, progress: Callable[[str, int], None] | None = None) -> Path:
    """Give the path of Riverbend's e-procurement database, and make it if it is not there yet.

    It is made under another name and renamed, so that a killed first run leaves nothing half.
    """
    target = Home(home).sources / f"{DEMO_CITY}.sqlite"
    if not target.is_file():
        from pregon.synth import generate

        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        generate(f"sqlite:///{unfinished}", processes=DEMO_PROCESSES, as_of=as_of, progress=progress)
        unfinished.rename(target)
    return target
