"""The promises of the design, each with the number that was measured. None is ever redefined."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

RATE = 4_000
TIMES_NIGHTINGALE = 100
TIMES_FLOOR = 25
MEMORY = 1_000_000_000
FLAT = 1.10
CHANGED_SHARE, CHANGED_SECONDS = 0.05, 10


@dataclass(frozen=True)
class Target:
    """A promise, its verdict (None: not measured in this run), and what was measured."""

    promise: str
    met: bool | None
    measured: str


def targets(results: dict[str, Any]) -> list[Target]:
    """Judge a run."""
    return [*_rate(results), *_nightingale(results), _floor(results), *_memory(results), *_changed(results)]


def _databases(results: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield results["main"]
    yield from results["memory"].values()


def _rate(results: dict[str, Any]) -> Iterator[Target]:
    for one in _databases(results):
        cpu = one["costs"]["map+release+check"]["cpu"]
        start = sum(stage["start"] for stage in one["stages"] if stage["name"] in ("map", "release", "check"))
        rate, working = one["processes"] / cpu, one["processes"] / (cpu - start)
        yield Target(
            f"map + release + check: at least {RATE:,} processes/s per core ({one['requested']:,} processes)",
            rate >= RATE,
            f"{rate:,.0f}/s, all CPU time of the three processes; {working:,.0f}/s without their start",
        )


def _nightingale(results: dict[str, Any]) -> Iterator[Target]:
    chain = results["chain"]
    measured = [one for one in chain.get("nightingale", ()) if not one["missing"]]
    words = f"at least {TIMES_NIGHTINGALE} × Nightingale"
    if not measured:
        yield Target(words, None, "Nightingale was not measured")
        return
    best = max(measured, key=lambda one: one["rate"])
    for one in _databases(results):
        ours = one["processes"] / one["costs"]["map+release+check"]["cpu"]
        theirs = best["count"] / (best["cost"]["cpu"] - best["facts"]["query_cpu"])
        yield Target(
            f"{words}: rows at hand to releases, that is map + release + check ({one['requested']:,} processes)"
            f" against Nightingale without its SQL query ({chain['requested']:,})",
            ours >= TIMES_NIGHTINGALE * theirs,
            f"{ours / theirs:,.0f} × ({ours:,.0f}/s against {theirs:,.1f}/s per core)",
        )
    for one in _databases(results):
        ours = one["processes"] / one["costs"]["extract to promote"]["cpu"]
        theirs = best["count"] / best["cost"]["cpu"]
        yield Target(
            f"{words}: database to published files, that is extract to promote with ledger, records and compiled"
            f" releases ({one['requested']:,} processes) against Nightingale whole, which writes one package of"
            f" releases ({chain['requested']:,})",
            ours >= TIMES_NIGHTINGALE * theirs,
            f"{ours / theirs:,.0f} × ({ours:,.0f}/s against {theirs:,.1f}/s per core)",
        )


def _floor(results: dict[str, Any]) -> Target:
    floor = sum(part["cpu"] for part in results["floor"].values())
    cost = results["main"]["costs"]["extract to promote"]
    return Target(
        f"extract to promote, JSON Lines and packages only: at most {TIMES_FLOOR} × the floor of those bytes",
        cost["cpu"] <= TIMES_FLOOR * floor,
        f"{cost['cpu'] / floor:,.1f} × ({cost['cpu']:,.1f} s CPU against {floor:,.1f} s for every entry once)",
    )


def _memory(results: dict[str, Any]) -> Iterator[Target]:
    peaks = {
        int(processes): max((stage["cost"]["memory"], stage["name"]) for stage in one["stages"] + one["changed"])
        for processes, one in results["memory"].items()
    }
    if 200_000 not in peaks:
        yield Target("peak memory at 200,000 processes: at most 1 GB", None, "not in this run (--memory 200000)")
        return
    peak, stage = peaks[200_000]
    yield Target("peak memory at 200,000 processes: at most 1 GB", peak <= MEMORY, f"{peak / 1e6:,.0f} MB, in {stage}")
    more = {processes: peak for processes, peak in peaks.items() if processes > 200_000}
    if not more:
        yield Target("memory flat from there", None, "not in this run (--memory 200000 400000)")
        return
    words = ", ".join(f"{peak[0] / 1e6:,.0f} MB in {peak[1]} at {processes:,}" for processes, peak in more.items())
    yield Target(
        f"memory flat from there: the peak grows by at most {FLAT - 1:.0%}",
        all(found[0] <= FLAT * peak for found in more.values()),
        words,
    )


def _changed(results: dict[str, Any]) -> Iterator[Target]:
    for one in _databases(results):
        full, part = one["costs"]["extract to commit"], one["costs"]["changed, extract to commit"]
        allowed = CHANGED_SHARE * full["wall"] + CHANGED_SECONDS
        share = one["changed_processes"] / one["processes"]
        yield Target(
            f"{share:.1%} of {one['requested']:,} processes changed: extract to commit at most"
            f" {CHANGED_SHARE:.0%} of the full run + {CHANGED_SECONDS} s",
            part["wall"] <= allowed,
            f"{part['wall']:,.1f} s of {allowed:,.1f} s allowed"
            f" (full: {full['wall']:,.1f} s; CPU {part['cpu']:,.1f} s, full {full['cpu']:,.1f} s)",
        )
