"""What was measured of one command, over one or several runs, and sums of it."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from measure import NOTHING, Cost, load, median

BRIEF = 60.0
"""Seconds: what takes longer is run once only."""


@dataclass(frozen=True)
class Measurement:
    """One measured command. `count` are processes, or what `unit` says; `start` are CPU seconds before its work began.

    `runs` are the costs of each run. `missing` tells why there is no number, `wrong` what its output lacks: then the
    number stands, but not for the whole work.
    """

    name: str
    what: str
    count: int = 0
    runs: tuple[Cost, ...] = ()
    unit: str = "processes"
    start: float = 0.0
    missing: str = ""
    wrong: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def cost(self) -> Cost:
        """The median of the runs, figure by figure."""
        return median(self.runs)

    @property
    def rate(self) -> float:
        """How many per CPU second, which is per second and core."""
        return self.count / self.cost.cpu if self.cost.cpu else 0.0

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values, with the median cost and the rate."""
        return {**asdict(self), "cost": asdict(self.cost), "rate": round(self.rate, 1)}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Measurement":
        """Take back what `to_json` gave."""
        fields = {name: value for name, value in found.items() if name not in ("cost", "rate")}
        return cls(**{**fields, "runs": tuple(Cost(**run) for run in found["runs"])})


def together(measurements: Sequence[Measurement]) -> Measurement:
    """Make one measurement of several of the same command; the output of the last one is what is told of."""
    *_, last = measurements
    return replace(
        last,
        runs=tuple(run for one in measurements for run in one.runs),
        start=statistics.median(one.start for one in measurements),
        wrong=last.wrong
        or ("" if len({one.count for one in measurements}) == 1 else "the runs did not do the same work"),
    )


def repeated(measure: Callable[[], Measurement], times: int) -> Measurement:
    """Measure some times, once only what takes long or fails."""
    found = [measure()]
    while len(found) < times and not found[-1].missing and found[-1].cost.wall < BRIEF:
        found.append(measure())
    for one in found:
        if one.missing:
            return one
    return together(found)


def total(measurements: Iterable[Measurement], names: Sequence[str]) -> Cost:
    """Add up the costs of some stages of one run."""
    return sum((one.cost for one in measurements if one.name in names), NOTHING)


def totals(runs: Sequence[Sequence[Measurement]], names: Sequence[str]) -> dict[str, Any]:
    """Add up the costs of some stages of each run; give the medians, and the least and the most CPU time."""
    costs = [total(run, names) for run in runs]
    cpu = [cost.cpu for cost in costs]
    return {**asdict(median(costs)), "cpu_range": [min(cpu), max(cpu)]}


def say(text: str) -> None:
    """Print one line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def tell(measurement: Measurement) -> None:
    """Print one line while the benchmark goes on."""
    if measurement.missing:
        say(f"{measurement.name:<26} NOT MEASURED: {' '.join(measurement.missing.split())[:300]}")
        return
    cost = measurement.cost
    rate = f"{measurement.rate:10,.0f} {measurement.unit}/s" if measurement.count else ""
    say(
        f"{measurement.name:<26}{cost.wall:9.2f} s wall {cost.cpu:9.2f} s CPU {cost.memory / 1e6:7.0f} MB"
        f"  load {load():4.1f} {rate:<24} {measurement.what}"
    )
    if measurement.wrong:
        say(f"{measurement.name:<26} WRONG: {measurement.wrong}")


def pulse(name: str) -> Callable[[float], None]:
    """Give a sign of life for a command of this name."""
    return lambda passed: say(f"{name:<26}… {passed / 60:.0f} min")
