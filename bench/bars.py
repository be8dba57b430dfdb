"""What the chart shows, from the results: rates and peaks with their labels. The drawing is in chart.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from targets import RATE, peak

SHOWN = ("extract", "prepare", "map", "release", "check", "commit", "build", "promote")


@dataclass(frozen=True)
class Bar:
    """A rate in processes per CPU second; `kind` is `stage`, `sum`, `tool` or `floor`, `target` a rate to reach."""

    label: str
    rate: float
    kind: str
    target: float = 0.0


@dataclass(frozen=True)
class Group:
    """Bars under a heading."""

    title: str
    bars: tuple[Bar, ...]


def groups(results: dict[str, Any]) -> list[Group]:
    """Give the groups from top to bottom; empty ones are left out. Without a main database the first one is shown."""
    main = results.get("main") or next(iter(results["memory"].values()), None)
    found = []
    if main:
        found += [
            Group(f"Pregón, stage by stage · {main['requested']:,} processes", tuple(_stages(main))),
            Group("Pregón, stages together", tuple(_sums(main))),
        ]
    if main and results.get("floor"):
        bar = Bar("every entry once", main["processes"] / results["floor"]["cpu"], "floor")
        found.append(Group("The floor: serialise and compress, nothing else", (bar,)))
    tools = tuple(_tools(results.get("behind_pregon", ())))
    found.append(Group("Today's tools on Pregón's packages", tools))
    chain = results.get("chain") or {}
    if "nightingale" in chain:
        size = f" · {chain['requested']:,} processes" if main and chain["requested"] != main["requested"] else ""
        found.append(Group(f"Today's chain on the source database{size}", tuple(_chain(chain))))
    return [group for group in found if group.bars]


def peaks(results: dict[str, Any]) -> list[tuple[int, int, str]]:
    """Give size, peak in bytes and stage of each database that Pregón published, from the smallest."""
    main = results.get("main")
    databases = {one["requested"]: one for one in [*([main] if main else []), *results["memory"].values()]}
    return [(size, *peak(one)) for size, one in sorted(databases.items())]


def _stages(main: dict[str, Any]) -> Iterator[Bar]:
    for stage in main["stages"]:
        if stage["name"] in SHOWN:
            yield Bar(stage["name"], main["processes"] / stage["cost"]["cpu"], "stage")


def _sums(main: dict[str, Any]) -> Iterator[Bar]:
    for name, target in (("map+release+check", RATE), ("extract to promote", 0)):
        rate = main["processes"] / main["costs"][name]["cpu"]
        yield Bar(name.replace("+", " + "), rate, "sum", target)


def _tools(measurements: Any) -> Iterator[Bar]:
    for one in measurements:
        if not one["missing"]:
            yield Bar(one["name"] + (" (wrong output)" if one["wrong"] else ""), one["rate"], "tool")


def _chain(chain: dict[str, Any]) -> Iterator[Bar]:
    for one in chain["nightingale"]:
        if not one["missing"]:
            yield Bar("ocdsnightingale" + (", full template" if "template" in one["what"] else ""), one["rate"], "tool")
    if chain.get("cost") and not chain["incomplete"]:
        yield Bar("all of today's tools in a row", chain["processes"] / chain["cost"]["cpu"], "tool")
