"""The results as Markdown, and in a few lines for a terminal."""

from collections.abc import Iterator
from typing import Any

VERDICTS = {True: "met", False: "**missed**", None: "not measured"}
_RIGHT = "---:"


def markdown(results: dict[str, Any], *, chart: str) -> str:
    """Write the whole report; `chart` is the name of the picture beside it."""
    return "\n".join(_lines(results, chart)) + "\n"


def summary_lines(results: dict[str, Any]) -> Iterator[str]:
    """Give each target with its verdict, one a line."""
    for target in results["targets"]:
        yield f"{VERDICTS[target['met']].strip('*'):<13} {target['promise']}: {target['measured']}"


def about(results: dict[str, Any]) -> str:
    """Name the machine and the versions in one line."""
    facts, versions = results["machine"], results["versions"]
    return (
        f"{facts['cores']} cores ({facts['processor']}), {facts['memory_gib']} GiB, {facts['system']}, Python"
        f" {facts['python']}; " + ", ".join(f"{name} {value}" for name, value in versions.items())
    )


def _lines(results: dict[str, Any], chart: str) -> Iterator[str]:
    yield "# Pregón and its peers"
    yield ""
    yield (
        f"Measured on {results['measured']} by `{results['command']}`. [How it is measured, and what each tool does and"
        " does not do](../README.md)."
    )
    yield ""
    yield f"{about(results)}."
    yield ""
    yield (
        "Load average of the last minute: "
        + ", ".join(f"{value} {when}" for when, value in results["load"].items())
        + ". CPU seconds are user and system time of a program and its children, its start included; processes/s per"
        " core are processes by CPU second. Cores: CPU time by wall time. Peak MB: the most resident memory of any one"
        " program."
    )
    yield ""
    yield "## Targets"
    yield ""
    yield from _table(("target", "verdict", "measured"), "", _targets(results))
    yield f"![Processes per second and core, and peak memory]({chart})"
    yield ""
    main = results.get("main")
    if main:
        yield from _database(main)
    if main and results.get("floor"):
        yield from _floor(results["floor"])
    if main and results.get("behind_pregon"):
        yield "## Today's tools on Pregón's packages"
        yield ""
        yield f"The release packages that Pregón wrote of the {main['requested']:,} processes above."
        yield ""
        yield from _tools(results["behind_pregon"])
    if "chain" in results:
        yield from _chain(results)
    for one in results["memory"].values():
        yield from _database(one)


def _targets(results: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for target in results["targets"]:
        yield target["promise"], VERDICTS[target["met"]], target["measured"]


def _table(head: tuple[str, ...], right: str, rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """Give a table; `right` are letters, one a column: `r` where numbers stand."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "|".join(_RIGHT if right[number : number + 1] == "r" else "---" for number in range(len(head))) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _database(one: dict[str, Any]) -> Iterator[str]:
    yield f"## Pregón, {one['requested']:,} processes"
    yield ""
    how = f"the medians of {one['runs']} runs from an empty home, and" if one["runs"] > 1 else "one run;"
    yield (
        f"Of {one['requested']:,} processes in the database {one['processes']:,} are public. Each stage is a program of"
        f" its own; the figures are {how} `start` is what Python and its imports take of them."
    )
    yield ""
    head = ("stage", "", "wall s", "CPU s", "of it start", "cores", "peak MB", "done", "processes/s per core")
    yield from _table(head, "  rrrrrrr", _stages(one))
    yield (
        f"A day later (`pregon synth --advance 1`) {one['changed_processes']:,} processes have changed,"
        f" {one['changed_processes'] / one['processes']:.1%}:"
    )
    yield ""
    yield from _table(("stage", "wall s", "CPU s", "cores", "peak MB", "looked at"), " rrrrr", _changed(one))


def _stages(one: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for stage in [*one["stages"], one["tables"]]:
        cost = stage["cost"]
        wall, cpu, cores, memory = _cost(cost)
        done = f"{stage['count']:,} {stage['unit']}" if stage["count"] else ""
        rate = "" if stage["name"] == "start" else f"{one['processes'] / cost['cpu']:,.0f}"
        yield stage["name"], stage["what"], wall, cpu, f"{stage['start']:,.2f}", cores, memory, done, rate
    for name in ("map+release+schema", "map+release+check", "extract to commit", "extract to promote"):
        cost = one["costs"].get(name)
        if cost is None:  # results of a time before it was measured
            continue
        wall, cpu, cores, memory = _cost(cost)
        least, most = cost["cpu_range"]
        spread = f"CPU {least:,.2f} to {most:,.2f} s" if one["runs"] > 1 else ""
        yield f"*{name}*", spread, wall, cpu, "", cores, memory, "", f"{one['processes'] / cost['cpu']:,.0f}"


def _changed(one: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for stage in one["changed"]:
        yield stage["name"], *_cost(stage["cost"]), f"{stage['count']:,} {stage['unit']}"
    yield "*extract to commit*", *_cost(one["costs"]["changed, extract to commit"]), ""


def _cost(cost: dict[str, Any]) -> tuple[str, str, str, str]:
    cores = cost["cpu"] / cost["wall"] if cost["wall"] else 0.0
    return f"{cost['wall']:,.2f}", f"{cost['cpu']:,.2f}", f"{cores:.1f}", f"{cost['memory'] / 1e6:,.0f}"


def _floor(floor: dict[str, Any]) -> Iterator[str]:
    yield "## The floor of these bytes"
    yield ""
    yield (
        "Every entry serialised with orjson and compressed with gzip at Pregón's level, once, in one stream; reading it"
        " is not counted. The last row is the same for every file and package one by one: a build compresses an entry"
        " once per format and uses that in the file of all years and in its year's."
    )
    yield ""

    def rows() -> Iterator[tuple[str, ...]]:
        for name, part in floor["series"].items():
            yield name, f"{part['entries']:,}", *_bytes(part)
        least, most = floor["cpu_range"]
        spread = "" if least == most else f" ({least:,.2f} to {most:,.2f})"
        yield "**the floor**", "", "", "", f"{floor['cpu']:,.2f}{spread}"
        files = floor["files"]
        yield f"{files['number']} files and packages", f"{files['entries']:,}", *_bytes(files)

    yield from _table(("", "entries", "MB", "MB compressed", "CPU s"), " rrrr", rows())


def _bytes(part: dict[str, Any]) -> tuple[str, str, str]:
    return f"{part['bytes'] / 1e6:,.1f}", f"{part['compressed'] / 1e6:,.1f}", f"{part['cpu']:,.2f}"


def _chain(results: dict[str, Any]) -> Iterator[str]:
    chain = results["chain"]
    yield "## The chain a publisher has today"
    yield ""
    if "nightingale" not in chain:
        yield f"Not measured: {chain['missing']}."
        yield ""
        return
    smaller = chain["requested"] != (results.get("main") or chain)["requested"]
    database = f"a smaller database, {chain['requested']:,} processes" if smaller else "the same source database"
    yield f"Nightingale on {database}; the tools behind it on the package that it wrote with the cut workbook."
    yield ""
    yield from _tools([*chain["nightingale"], *chain["behind"]])
    if "content" not in chain:
        return
    ours, theirs = chain["content"]["pregon"], chain["content"]["nightingale"]
    yield (
        f"Nightingale's package holds {theirs['releases']:,} releases with {theirs['values']:,} values at"
        f" {theirs['paths']} paths, Pregón's {ours['releases']:,} with {ours['values']:,} at {ours['paths']}."
        f" {_only('Pregón', ours)} {_only('Nightingale', theirs)}"
    )
    yield ""
    cost, own = chain["cost"], chain["pregon"]["cost"]
    without = f", without {', '.join(chain['incomplete'])}, which failed" if chain["incomplete"] else ""
    yield (
        f"The whole chain with the cut workbook takes {cost['cpu']:,.1f} s CPU and {cost['wall']:,.1f} s{without};"
        f" Pregón from extract to promote {own['cpu']:,.1f} s CPU and {own['wall']:,.1f} s, of it"
        f" {chain['pregon']['start']:,.1f} s CPU for starting Python for each stage. Pregón writes no tables in this;"
        " what they add is a row of its own above."
    )
    yield ""


def _only(name: str, content: dict[str, Any]) -> str:
    paths = content["only"]
    return f"Only {name} fills {', '.join(f'`{path}`' for path in paths)}." if paths else f"{name} fills no path alone."


def _tools(measurements: list[dict[str, Any]]) -> Iterator[str]:
    head = ("tool", "", "wall s", "CPU s", "cores", "peak MB", "runs", "processes", "/s per core", "its output")
    yield from _table(head, "  rrrrrrr", map(_tool, measurements))


def _tool(one: dict[str, Any]) -> tuple[str, ...]:
    if one["missing"]:
        reason = " ".join(one["missing"].split()).replace("|", "\\|")[:300]
        return one["name"], one["what"], "", "", "", "", "", "", "", f"**failed**: {reason}"
    figures = (*_cost(one["cost"]), str(len(one["runs"])), f"{one['count']:,}", f"{one['rate']:,.0f}")
    return one["name"], one["what"], *figures, _remark(one)


def _remark(one: dict[str, Any]) -> str:
    facts, told = one["facts"], []
    if one["wrong"]:
        told.append(f"**wrong**: {one['wrong']}")
    else:
        told.append("every process")
    if "findings" in facts:
        found = ", ".join(f"{key} {number:,}" for key, number in facts["findings"].items())
        told.append(f"findings: {found or 'none'}")
    if "equal" in facts:
        told.append(f"{facts['equal']:,} compiled releases equal to Pregón's")
    if "tables" in facts:
        told.append(f"{facts['tables']} tables, {facts['rows']:,} rows")
    if "query_cpu" in facts:
        told.append(f"{facts['mapped_paths']} paths, {facts['rows']:,} rows; the SQL query alone")
        told[-1] += f" {facts['query_cpu']:.2f} s"
    return "; ".join(told)
