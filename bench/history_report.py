"""The promises about histories with their verdicts, the tables, and the bars of the chart, from history.json."""

from collections.abc import Iterator
from typing import Any

from bars import Bar, Group
from report import VERDICTS, about
from targets import CHANGED_SECONDS, CHANGED_SHARE, FLAT, Target

TIMES = {"compile": 10, "versioned": 20}
TIMES_BARE = 3
_WORDS = {"compile": "ocdskit compile", "versioned": "ocdskit compile --package --versioned"}


def targets(results: dict[str, Any]) -> list[Target]:
    """Judge a run."""
    return [*_records(results), *_day(results), *_commits(results)]


def _records(results: dict[str, Any]) -> Iterator[Target]:
    for pair in results.get("records", {}).get("pairs", ()):
        times, words = TIMES[pair["name"]], _WORDS[pair["name"]]
        promise = f"records: at least {times} × {words}, same results"
        same, ours, theirs = pair["same"], pair["pregon"]["cost"]["cpu"], pair["ocdskit"]["cost"]["cpu"]
        if not same:
            yield Target(promise, None, "ocdskit was not measured")
            continue
        equal = same["ours"] == same["theirs"] == same["equal"]
        after = theirs / (ours - pair["pregon"]["start"])
        yield Target(
            promise,
            equal and theirs >= times * ours,
            f"{theirs / ours:,.1f} × ({ours:,.1f} s of CPU against {theirs:,.1f} s; {after:,.1f} × once Python has"
            f" started); {same['equal']:,} of {same['theirs']:,} are the same",
        )


def _day(results: dict[str, Any]) -> Iterator[Target]:
    one = results.get("day")
    if not one:
        return
    full, part = one["costs"]["extract to commit"], one["costs"]["changed, extract to commit"]
    allowed = CHANGED_SHARE * full["wall"] + CHANGED_SECONDS
    share = one["changed_processes"] / one["processes"]
    yield Target(
        f"after a day, with {share:.1%} of {one['processes']:,} processes changed: extract to"
        f" commit at most {CHANGED_SHARE:.0%} of the first run + {CHANGED_SECONDS} s",
        part["wall"] <= allowed,
        f"{part['wall']:,.1f} s of {allowed:,.1f} s allowed (first: {full['wall']:,.1f} s)",
    )


def _commits(results: dict[str, Any]) -> Iterator[Target]:
    sizes = results.get("commit", ())
    for database in ("sqlite", "postgresql"):
        found = [size[database] for size in sizes if database in size]
        if not found:
            continue
        last = found[-1]
        ours, theirs = last["commit"]["cost"], last["bare"]["cost"]
        yield Target(
            f"commit of {last['commit']['count']:,} releases to {database}: at most {TIMES_BARE} × a bare insert of"
            " the same rows",
            ours["wall"] <= TIMES_BARE * theirs["wall"],
            f"{ours['wall'] / theirs['wall']:,.1f} × ({ours['wall']:,.1f} s against {theirs['wall']:,.1f} s; CPU of"
            f" the client {ours['cpu']:,.1f} s against {theirs['cpu']:,.1f} s)",
        )
        peaks = [size["commit"]["cost"]["memory"] for size in found]
        yield Target(
            f"memory of a commit to {database} is flat: at most {FLAT - 1:.0%} more at the largest size",
            peaks[-1] <= FLAT * peaks[0] if len(peaks) > 1 else None,
            ", ".join(
                f"{one['commit']['cost']['memory'] / 1e6:,.0f} MB at {one['commit']['count']:,}" for one in found
            ),
        )


def markdown(results: dict[str, Any], *, chart: str) -> str:
    """Write the whole report; `chart` is the name of the picture beside it."""
    return "\n".join(_lines(results, chart)) + "\n"


def _lines(results: dict[str, Any], chart: str) -> Iterator[str]:
    load = ", ".join(f"{value} {when}" for when, value in results["load"].items())
    yield "# Histories: records, commits, the day after\n"
    yield f"Measured on {results['measured']} by `{results['command']}`. [How](../README.md#histories).\n"
    yield f"{about(results)}. Load average of the last minute: {load}.\n"
    yield "## Targets\n"
    yield "| target | verdict | measured |\n|---|---|---|"
    for target in results["targets"]:
        yield f"| {target['promise']} | {VERDICTS[target['met']]} | {target['measured']} |"
    yield f"\n![Rates]({chart})"
    if found := results.get("records"):
        yield (
            f"\n## Records\n\n{found['processes']:,} processes with {found['releases']:,} releases"
            f" ({results['rounds']} rounds of five days).\n"
        )
        yield _HEADER
        for pair in found["pairs"]:
            yield from (_row(pair[tool]) for tool in ("ocdskit", "pregon"))
    if found := results.get("commit"):
        yield f"\n## Commits\n\n{_HEADER}"
        for size in found:
            for database in (name for name in ("sqlite", "postgresql") if name in size):
                yield from (_row(size[database][step]) for step in ("bare", "commit"))
    if found := results.get("day"):
        yield f"\n## The day after\n\n{found['processes']:,} processes, then {found['changed_processes']:,} changed.\n"
        yield "| stage | first: wall s | CPU s | peak MB | after: wall s | CPU s | peak MB |\n|---|" + "---:|" * 6
        for first, later in zip(found["stages"], found["changed"], strict=True):
            yield f"| {first['name']} | {_figures(first)} | {_figures(later)} |"


_HEADER = "|  | done | wall s | CPU s | peak MB | of the CPU, start |\n|---|" + "---:|" * 5


def _row(one: dict[str, Any]) -> str:
    if one["missing"]:
        return f"| {one['name']} | not measured: {' '.join(one['missing'].split())[:200]} | | | | |"
    return f"| {one['name']} | {one['count']:,} {one['unit']} | {_figures(one)} | {one['start']:.2f} |"


def _figures(one: dict[str, Any]) -> str:
    cost = one["cost"]
    return f"{cost['wall']:,.2f} | {cost['cpu']:,.2f} | {cost['memory'] / 1e6:,.0f}"


def groups(results: dict[str, Any]) -> list[Group]:
    """Give the bars of the chart: processes by CPU second, and releases by second of commits."""
    found = []
    for pair in results.get("records", {}).get("pairs", ()):
        if pair["ocdskit"]["missing"]:
            continue
        theirs, ours = pair["ocdskit"]["rate"], pair["pregon"]["rate"]
        bars = (Bar("ocdskit", theirs, "tool"), Bar("Pregón", ours, "sum", TIMES[pair["name"]] * theirs))
        found.append(Group(f"{_WORDS[pair['name']]}: processes by second and core", bars))
    for size in results.get("commit", ())[-1:]:
        for database in (name for name in ("sqlite", "postgresql") if name in size):
            bare, commit = (_by_wall(size[database][step]) for step in ("bare", "commit"))
            bars = (Bar("bare insert", bare, "floor"), Bar("commit", commit, "sum", bare / TIMES_BARE))
            found.append(Group(f"Commit of {size['releases']:,} releases to {database}: releases by second", bars))
    return found


def _by_wall(one: dict[str, Any]) -> float:
    rate: float = one["count"] / one["cost"]["wall"]
    return rate
