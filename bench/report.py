"""The results as Markdown."""

from collections.abc import Iterator
from typing import Any

VERDICTS = {True: "met", False: "**not met**", None: "not measured"}


def markdown(results: dict[str, Any]) -> str:
    """Write the whole report."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: dict[str, Any]) -> Iterator[str]:
    facts, versions, main = results["machine"], results["versions"], results["main"]
    yield "# Pregón and its peers"
    yield ""
    yield f"Measured on {results['date']} by `{results['command']}`. `bench/README.md` tells how to read it."
    yield ""
    yield (
        f"Machine: {facts['cores']} cores ({facts['processor']}), {facts['memory_gib']} GiB, {facts['system']},"
        f" Python {facts['python']}. Load average of the last minute: "
        + ", ".join(f"{when} {value}" for when, value in results["load"].items())
        + "."
    )
    yield ""
    yield "Versions: " + ", ".join(f"{name} {value}" for name, value in versions.items()) + "."
    yield ""
    yield "## Targets"
    yield ""
    yield "| promise | verdict | measured |"
    yield "|---|---|---|"
    for target in results["targets"]:
        yield f"| {target['promise']} | {VERDICTS[target['met']]} | {target['measured']} |"
    yield ""
    yield "![Processes per second and core](peers.svg)"
    yield ""
    yield f"## Pregón, {main['requested']:,} processes"
    yield ""
    yield from _stages(main)
    yield ""
    yield "## The floor of these bytes"
    yield ""
    yield "| entries | number | MB | MB compressed | CPU s |"
    yield "|---|---:|---:|---:|---:|"
    for name, part in results["floor"].items():
        yield (
            f"| {name} | {part['entries']:,} | {part['bytes'] / 1e6:,.1f} | {part['compressed'] / 1e6:,.1f}"
            f" | {part['cpu']:,.2f} |"
        )
    yield ""
    yield from _chain(results)
    if results.get("behind_pregon"):
        yield "## The same tools on Pregón's packages"
        yield ""
        yield f"Of {main['requested']:,} processes, for those who want to compare stage by stage."
        yield ""
        yield from _table(results["behind_pregon"])
        yield ""
    for processes, one in results["memory"].items():
        yield f"## Pregón, {int(processes):,} processes"
        yield ""
        yield from _stages(one)
        yield ""


def _stages(one: dict[str, Any]) -> Iterator[str]:
    yield "Every stage is a process of its own. `start` is Python, imports and compiling the city's mapping alone."
    yield ""
    yield "| stage | | wall s | CPU s | of it start | done | processes/s per core | peak MB |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for stage in [*one["stages"], one["tables"]]:
        cost = stage["cost"]
        done = f"{stage['count']:,} {stage['unit']}" if stage["count"] else ""
        rate = "" if stage["name"] == "start" else f"{one['processes'] / cost['cpu']:,.0f}"
        yield (
            f"| {stage['name']} | {stage['what']} | {cost['wall']:,.2f} | {cost['cpu']:,.2f} | {stage['start']:,.2f}"
            f" | {done} | {rate} | {cost['memory'] / 1e6:,.0f} |"
        )
    for name in ("map+release+check", "extract to commit", "extract to promote"):
        cost = one["costs"][name]
        yield (
            f"| *{name}* | | {cost['wall']:,.2f} | {cost['cpu']:,.2f} | | {one['processes']:,} processes"
            f" | {one['processes'] / cost['cpu']:,.0f} | {cost['memory'] / 1e6:,.0f} |"
        )
    yield ""
    yield f"After a day (`pregon synth --advance 1`), {one['changed_processes']:,} processes have changed:"
    yield ""
    yield "| stage | wall s | CPU s | looked at | peak MB |"
    yield "|---|---:|---:|---:|---:|"
    for stage in one["changed"]:
        cost = stage["cost"]
        yield (
            f"| {stage['name']} | {cost['wall']:,.2f} | {cost['cpu']:,.2f} | {stage['count']:,} {stage['unit']}"
            f" | {cost['memory'] / 1e6:,.0f} |"
        )
    cost = one["costs"]["changed, extract to commit"]
    yield f"| *extract to commit* | {cost['wall']:,.2f} | {cost['cpu']:,.2f} | | {cost['memory'] / 1e6:,.0f} |"


def _chain(results: dict[str, Any]) -> Iterator[str]:
    chain = results["chain"]
    yield "## The chain a publisher has today"
    yield ""
    if "nightingale" not in chain:
        yield f"Not measured: {chain['missing']}."
        yield ""
        return
    yield (
        f"Nightingale is slow, so this is a smaller database of the same generator: {chain['requested']:,} processes."
        " The tools behind it run on the package that it wrote."
    )
    yield ""
    yield from _table([*chain["nightingale"], *chain["behind"]])
    yield ""
    ours, theirs = chain["pregon"], chain.get("content")
    if not theirs:
        return
    cost = chain["cost"]
    yield (
        f"From this database Nightingale's package holds {theirs['releases']:,} releases with {theirs['values']:,}"
        f" values at {theirs['paths']} paths, Pregón's {ours['content']['releases']:,} with"
        f" {ours['content']['values']:,} at {ours['content']['paths']}. The whole chain (with the cut workbook) takes"
        f" {cost['cpu']:,.1f} s CPU and {cost['wall']:,.1f} s; Pregón, from extract to promote,"
        f" {ours['cost']['cpu']:,.1f} s CPU and {ours['cost']['wall']:,.1f} s, of it {ours['start']:,.1f} s CPU for"
        " starting Python eight times."
    )
    yield ""


def _table(measurements: list[dict[str, Any]]) -> Iterator[str]:
    yield "| tool | | wall s | CPU s | processes | /s per core | peak MB | |"
    yield "|---|---|---:|---:|---:|---:|---:|---|"
    for one in measurements:
        if one["missing"]:
            reason = " ".join(one["missing"].split())[:200]
            yield f"| {one['name']} | {one['what']} | | | | | | not measured: {reason} |"
            continue
        cost = one["cost"]
        yield (
            f"| {one['name']} | {one['what']} | {cost['wall']:,.2f} | {cost['cpu']:,.2f} | {one['count']:,}"
            f" | {one['rate']:,.0f} | {cost['memory'] / 1e6:,.0f} | {_remark(one['facts'])} |"
        )


def _remark(facts: dict[str, Any]) -> str:
    if "findings" in facts:
        found = ", ".join(f"{key} {number:,}" for key, number in facts["findings"].items())
        return f"findings: {found or 'none'}"
    if "query_cpu" in facts:
        return f"{facts['mapped_paths']} paths, {facts['rows']:,} rows, the SQL query alone {facts['query_cpu']:.2f} s"
    return ""
