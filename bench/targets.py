"""The promises of the design, each with the number that was measured. None is ever redefined."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

RATE = 4_000
TIMES_NIGHTINGALE = 100
TIMES_FLOOR = 25
MEMORY_AT, MEMORY = 200_000, 1_000_000_000
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
    return [*_rate(results), *_nightingale(results), *_floor(results), *_memory(results), *_changed(results)]


def rate(database: dict[str, Any], stages: str) -> float:
    """Give processes per CPU second through some stages."""
    processes: int = database["processes"]
    cpu: float = database["costs"][stages]["cpu"]
    return processes / cpu


def databases(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Give what was published: the main database if there is one, then those for memory."""
    return [*([results["main"]] if results.get("main") else []), *results.get("memory", {}).values()]


def _rate(results: dict[str, Any]) -> Iterator[Target]:
    for one in databases(results):
        cost = one["costs"]["map+release+check"]
        start = sum(stage["start"] for stage in one["stages"] if stage["name"] in ("map", "release", "check"))
        found, working = rate(one, "map+release+check"), one["processes"] / (cost["cpu"] - start)
        yield Target(
            f"map + release + check: at least {RATE:,} processes/s per core ({one['requested']:,} processes)",
            found >= RATE,
            f"{found:,.0f}/s{_range(one, 'map+release+check')} of all CPU time of the three programs;"
            f" {working:,.0f}/s once Python has started{_schema(one)}",
        )


def _schema(one: dict[str, Any]) -> str:
    """Tell what it would be if `check` were no more than the schema."""
    name = "map+release+schema"
    return f"; {rate(one, name):,.0f}/s with the schema alone as check" if name in one["costs"] else ""


def _range(one: dict[str, Any], stages: str) -> str:
    least, most = one["costs"][stages]["cpu_range"]
    return f" ({one['processes'] / most:,.0f} to {one['processes'] / least:,.0f})" if one["runs"] > 1 else ""


def _nightingale(results: dict[str, Any]) -> Iterator[Target]:
    chain = results.get("chain") or {}
    measured = [one for one in chain.get("nightingale", ()) if not one["missing"] and not one["wrong"]]
    words = f"at least {TIMES_NIGHTINGALE} × Nightingale"
    main = results.get("main")
    if not measured or not main:
        yield Target(words, None, "Nightingale's whole work was not measured")
        return
    best = max(measured, key=lambda one: one["rate"])
    ours = rate(main, "map+release+check")
    theirs = best["count"] / (best["cost"]["cpu"] - best["facts"]["query_cpu"])
    its_size = "" if chain["requested"] == main["requested"] else f" on {chain['requested']:,} processes"
    yield Target(
        f"{words}, from rows at hand to releases: map + release + check ({main['requested']:,} processes) against"
        f" Nightingale without its SQL query{its_size}",
        ours >= TIMES_NIGHTINGALE * theirs,
        f"{ours / theirs:,.0f} × ({ours:,.0f}/s against {theirs:,.1f}/s per core)",
    )
    ours, theirs = rate(main, "extract to promote"), best["count"] / best["cost"]["cpu"]
    yield Target(
        f"{words}, from database to published files: extract to promote, with ledger, records, compiled releases and"
        f" files by year ({main['requested']:,} processes) against Nightingale whole{its_size}, which writes one"
        " package of releases",
        ours >= TIMES_NIGHTINGALE * theirs,
        f"{ours / theirs:,.0f} × ({ours:,.0f}/s against {theirs:,.1f}/s per core)",
    )


def _floor(results: dict[str, Any]) -> Iterator[Target]:
    words = f"extract to promote, JSON Lines and packages only: at most {TIMES_FLOOR} × the floor of those bytes"
    floor, main = results.get("floor"), results.get("main")
    if not floor or not main:
        yield Target(words, None, "the floor was not measured")
        return
    cpu, once, each = main["costs"]["extract to promote"]["cpu"], floor["cpu"], floor["files"]["cpu"]
    yield Target(
        f"{words} ({main['requested']:,} processes)",
        cpu <= TIMES_FLOOR * once,
        f"{cpu / once:,.1f} × ({cpu:,.1f} s CPU against {once:,.2f} s for every release, record and compiled release"
        f" once; {cpu / each:,.1f} × the {each:,.2f} s for every file one by one)",
    )


def _memory(results: dict[str, Any]) -> Iterator[Target]:
    peaks = {one["requested"]: peak(one) for one in databases(results)}
    words = f"peak memory at {MEMORY_AT:,} processes: at most {MEMORY / 1e9:.0f} GB"
    flat = f"memory flat from there: the peak grows by at most {FLAT - 1:.0%}"
    if MEMORY_AT not in peaks:
        yield Target(words, None, f"not in this run (--memory-runs {MEMORY_AT})")
        yield Target(flat, None, f"not in this run (--memory-runs {MEMORY_AT} {2 * MEMORY_AT})")
        return
    most, stage = peaks[MEMORY_AT]
    yield Target(words, most <= MEMORY, f"{most / 1e6:,.0f} MB, in {stage}")
    more = {processes: found for processes, found in peaks.items() if processes > MEMORY_AT}
    if not more:
        yield Target(flat, None, f"not in this run (--memory-runs {MEMORY_AT} {2 * MEMORY_AT})")
        return
    yield Target(
        flat,
        all(found <= FLAT * most for found, _ in more.values()),
        ", ".join(f"{found / 1e6:,.0f} MB, in {stage}, at {processes:,}" for processes, (found, stage) in more.items()),
    )


def peak(one: dict[str, Any]) -> tuple[int, str]:
    """Give the most resident bytes of any stage, and which: of the full run and of the one after a day."""
    return max((stage["cost"]["memory"], stage["name"]) for stage in [*one["stages"], *one["changed"]])


def _changed(results: dict[str, Any]) -> Iterator[Target]:
    for one in databases(results):
        full, part = one["costs"]["extract to commit"], one["costs"]["changed, extract to commit"]
        allowed = CHANGED_SHARE * full["wall"] + CHANGED_SECONDS
        share = one["changed_processes"] / one["processes"]
        yield Target(
            f"after a day, with {share:.1%} of {one['requested']:,} processes changed: extract to commit at most"
            f" {CHANGED_SHARE:.0%} of the full run + {CHANGED_SECONDS} s",
            part["wall"] <= allowed,
            f"{part['wall']:,.1f} s of {allowed:,.1f} s allowed (full: {full['wall']:,.1f} s; CPU {part['cpu']:,.1f} s"
            f" against {full['cpu']:,.1f} s)",
        )
