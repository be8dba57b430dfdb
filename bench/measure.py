"""Running a command and measuring it: wall time, CPU seconds and peak memory of the process and its children."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KIB = 1024 if sys.platform != "darwin" else 1
"""`ru_maxrss` counts KiB on Linux and bytes on macOS."""


class CommandFailed(Exception):
    """A measured command ended with an error; `tail` are the last lines it printed."""

    def __init__(self, command: str, status: int, tail: str) -> None:
        super().__init__(f"{command} ended with {status}:\n{tail}")
        self.command = command
        self.status = status
        self.tail = tail


@dataclass(frozen=True)
class Cost:
    """What a command took. `cpu` is user and system time in seconds, `memory` the peak resident bytes of one process.

    Both cover the process and every child it waited for.
    """

    wall: float
    cpu: float
    memory: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.memory, other.memory))


NOTHING = Cost(0.0, 0.0, 0)


def measured(
    command: Sequence[str | Path],
    *,
    log: Path,
    stdin: Path | None = None,
    stdout: Path | None = None,
    environment: Mapping[str, str] | None = None,
    accepted: Sequence[int] = (0,),
) -> Cost:
    """Run a command to its end and give its cost; what it says goes to `log`.

    The kernel counts the memory of the caller towards the child until the child has started its program: whoever
    calls this must stay small, and leaves large documents to children of their own.

    Raises CommandFailed.
    """
    with (
        log.open("wb") as said,
        (stdin or Path(os.devnull)).open("rb") as given,
        (stdout or log).open("ab" if stdout is None else "wb") as taken,
    ):
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=given,
            stdout=taken,
            stderr=said,
            env={**os.environ, **(environment or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accepted:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
        raise CommandFailed(" ".join(Path(str(word)).name for word in command[:4]), process.returncode, tail)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * KIB)


def machine() -> dict[str, str | int | float]:
    """Facts of the machine that matter, without names of hosts or users."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count() or 1,
        "processor": _processor(),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def load() -> float:
    """Give the load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def wait_until_quiet(limit: float, patience: float) -> float:
    """Wait at most `patience` seconds for a load below `limit`; give the load that was reached."""
    end = time.monotonic() + patience
    while (now := load()) >= limit and time.monotonic() < end:
        time.sleep(min(15.0, max(0.0, end - time.monotonic())))
    return now


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or "unknown"
