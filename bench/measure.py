"""Running a command and measuring it: wall time, CPU seconds and peak memory of the process and its children."""

import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KIB = 1024 if sys.platform != "darwin" else 1
"""`ru_maxrss` counts KiB on Linux and bytes on macOS."""

PULSE = 60.0
"""Seconds between two signs of life of a long command."""

Pulse = Callable[[float], None]
"""Told after how many seconds a command is still at work."""


class CommandFailed(Exception):
    """A measured command ended with an error, or had to be ended; `tail` are the last lines it printed."""

    def __init__(self, command: str, status: int, tail: str, limit: float = 0.0) -> None:
        ended = f"was ended after {limit:,.0f} s" if limit else f"ended with {status}"
        super().__init__(f"{command} {ended}: {tail}")
        self.command = command
        self.status = status
        self.tail = tail
        self.limit = limit


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

    @property
    def cores(self) -> float:
        """How many cores were busy on average; less than one where the machine had others to serve."""
        return self.cpu / self.wall if self.wall else 0.0


NOTHING = Cost(0.0, 0.0, 0)


def median(costs: Sequence[Cost]) -> Cost:
    """Give the median of each figure; nothing for no run."""
    if not costs:
        return NOTHING
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        round(statistics.median(cost.memory for cost in costs)),
    )


def measured(
    command: Sequence[str | Path],
    *,
    log: Path,
    stdin: Path | None = None,
    stdout: Path | None = None,
    environment: Mapping[str, str] | None = None,
    accepted: Sequence[int] = (0,),
    limit: float = 0.0,
    pulse: Pulse | None = None,
) -> Cost:
    """Run a command to its end and give its cost; what it says goes to `log`.

    It is killed after `limit` seconds (0: never). The kernel counts the memory of the caller towards the child until
    the child has started its program: whoever calls this must stay small, and leaves large documents to children of
    their own.

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
        with _Watch(process, limit, pulse) as watch:
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:  # Ctrl-C above all: nothing is left running
                process.kill()
                process.wait()
                raise
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
    if watch.ended or process.returncode not in accepted:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        told = [line for line in lines if line.strip()][-15:]
        name = " ".join(Path(str(word)).name for word in command[:3])
        raise CommandFailed(name, process.returncode, "\n".join(told), limit if watch.ended else 0.0)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * KIB)


class _Watch:
    """Gives signs of life while a process runs, and ends it at its limit; `ended` says that it did."""

    def __init__(self, process: "subprocess.Popen[bytes]", limit: float, pulse: Pulse | None) -> None:
        self._process, self._limit, self._pulse = process, limit, pulse
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._wait, daemon=True)
        self.ended = False

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _wait(self) -> None:
        started = time.monotonic()
        while True:
            passed = time.monotonic() - started
            left = self._limit - passed if self._limit else PULSE
            if left <= 0:
                self.ended = True
                self._process.kill()
                return
            if self._over.wait(min(PULSE, left)):
                return
            if self._pulse and time.monotonic() - started >= PULSE:
                self._pulse(time.monotonic() - started)


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
