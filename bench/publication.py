"""Measure the tables of a publication beside flatterer's, and what a day costs. See README.md in this folder.

Pregón's tables are made of the ledger by its stage `build`; flatterer is given the compiled releases of the same
publication, unpacked. Both write CSV, XLSX, Parquet and SQLite; Pregón also the same for each year.
"""

import argparse
import gzip
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from carried import carry_out
from kept import Kept
from measure import Cost, load, machine, median, wait_until_quiet
from peers import code_named
from runs import CITY, COLLECT, HERE, Bench, code_fingerprint

FORMATS = ("csv", "xlsx", "parquet", "sqlite")
PARTS = {
    "tables": "each format of tables alone, and all of them",
    "flatterer": "flatterer, format by format, and all of them",
    "day": "all that a build makes, whole and after a day that changed one process in a hundred",
}
AS_OF = datetime(2026, 11, 22, 12, tzinfo=UTC)
TIMES, MEMORY, SHARE = 3, 1_000_000_000, 0.15
"""What is promised: times flatterer's time, bytes of memory, share of a full build."""


def main() -> int:
    """Measure, or go on with it, and write the results."""
    options = _options()
    return carry_out(options, _identity(options), _measure, markdown)


def _measure(bench: Bench, kept: Kept, options: argparse.Namespace) -> dict[str, Any]:
    began = kept.part("began", lambda: {"date": f"{datetime.now(UTC):%Y-%m-%d}", "code": code_named()})
    bench.copy_code()
    why_not = bench.make_peers() if "flatterer" in options.parts else ""
    home = bench.work / "home"
    committed = kept.part("committed", lambda: _committed(bench, home, options.processes))
    kept.part("load", lambda: wait_until_quiet(options.quiet, options.patience * 60))
    found: dict[str, Any] = {}
    if "tables" in options.parts:
        for formats in (*((one,) for one in FORMATS), FORMATS):
            name = "+".join(formats)
            found[name] = kept.part(name, lambda f=formats: _tables(bench, home, f, options.repeat))
    if "flatterer" in options.parts and not why_not:
        lines = bench.work / "compiled.jsonl"
        _unpack(home, lines)
        for formats in (*((one,) for one in FORMATS), FORMATS):
            name = "flatterer " + "+".join(formats)
            found[name] = kept.part(name, lambda f=formats: _flattened(bench, lines, f, options.repeat))
        lines.unlink()
    if "day" in options.parts:
        found["day"] = kept.part("day", lambda: _day(bench, home))
    return {
        "measured": began["date"],
        "machine": machine(),
        "versions": {"pregon": version("pregon"), **began["code"], **bench.versions()},
        "load": {"before": kept.parts["load"], "after": load()},
        "processes": committed["processes"],
        "found": found,
        "missing": why_not,
    }


def _committed(bench: Bench, home: Path, processes: int) -> dict[str, Any]:
    """Bring a synthetic city into a ledger, and publish its compiled releases."""
    shutil.rmtree(home, ignore_errors=True)
    bench.city()
    bench.synth(home / "sources" / f"{CITY}.sqlite", processes, AS_OF)
    stages = bench.stages(home, AS_OF, ("start", *COLLECT, "build", "promote"))
    return {"processes": next(one.count for one in stages if one.name == "commit")}


def _built(bench: Bench, home: Path, formats: Sequence[str], as_of: datetime = AS_OF) -> Cost:
    """Build with tables in these formats, beside files that are there already."""
    bench.city(formats)
    return bench.stage(home, as_of, "build").cost


def _tables(bench: Bench, home: Path, formats: Sequence[str], times: int) -> dict[str, Any]:
    costs = []
    for _ in range(times):
        costs.append(_built(bench, home, formats))
        newest = _newest(home)
        files = {
            file.relative_to(newest).as_posix(): file.stat().st_size for file in newest.rglob("*") if file.is_file()
        }
        shutil.rmtree(newest)
    tables = [size for path, size in files.items() if path.startswith("bulk/tables/")]
    return {**_cost(median(costs)), "files": len(tables), "bytes": sum(tables)}


def _newest(home: Path) -> Path:
    """Give the snapshot that was built last, which nobody sees yet."""
    root = home / "public" / CITY
    current = (root / "current").resolve()
    (other,) = [folder for folder in (root / "snapshots").iterdir() if folder != current]
    return other


def _unpack(home: Path, lines: Path) -> None:
    with gzip.open(home / "public" / CITY / "current/bulk/compiled/full.jsonl.gz") as packed, lines.open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)


def _flattened(bench: Bench, lines: Path, formats: Sequence[str], times: int) -> dict[str, Any]:
    out = bench.work / "flattened"
    words: list[str | Path] = ["--force", "--ndjson", "-m", "processes", "--threads", "0"]
    words += [f"--{'' if one in formats else 'no'}{one}" for one in FORMATS]
    costs = [bench.run("flatterer", bench.tool("flatterer"), *words, lines, out) for _ in range(times)]
    files = [file.stat().st_size for file in out.rglob("*") if file.is_file()]
    shutil.rmtree(out)
    return {**_cost(median(costs)), "files": len(files), "bytes": sum(files)}


def _day(bench: Bench, home: Path) -> dict[str, Any]:
    """Build everything, let a day pass, and build again: with full workbooks and without any workbook."""
    found: dict[str, Any] = {}
    later = AS_OF + timedelta(days=1)
    public = home / "public" / CITY
    kept = bench.work / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(home, kept, symlinks=True)
    for name, formats in (("all", FORMATS), ("without workbooks", ("csv", "parquet", "sqlite"))):
        shutil.rmtree(home)
        shutil.copytree(kept, home, symlinks=True)
        shutil.rmtree(public)
        full = _built(bench, home, formats)
        bench.stages(home, AS_OF, ("promote",))
        bench.advance(home / "sources" / f"{CITY}.sqlite", later)
        stages = bench.stages(home, later, COLLECT)
        part = _built(bench, home, formats, later)
        changed = next(one.count for one in stages if one.name == "commit")
        found[name] = {"full": _cost(full), "changed": _cost(part), "processes": changed}
    shutil.rmtree(home)
    kept.rename(home)
    return found


def _cost(cost: Cost) -> dict[str, Any]:
    return {"cpu": round(cost.cpu, 2), "wall": round(cost.wall, 2), "memory": cost.memory}


def markdown(results: dict[str, Any]) -> str:
    """Give the results as tables, and the promises with their verdicts."""
    found = results["found"]
    text = [
        f"# Tables, {results['measured']}",
        "",
        f"{results['processes']:,} processes. {results['machine']['cores']} cores ({results['machine']['processor']}),"
        f" {results['machine']['memory_gib']} GiB, Python {results['machine']['python']}; load before"
        f" {results['load']['before']}.",
        "",
        "| | wall s | CPU s | peak MB | files | MB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, one in found.items():
        if name == "day":
            continue
        whose = name if name.startswith("flatterer") else f"Pregón {name}"
        text.append(
            f"| {whose} | {one['wall']:,.1f} | {one['cpu']:,.1f} | {one['memory'] / 1e6:,.0f} | {one['files']}"
            f" | {one['bytes'] / 1e6:,.1f} |"
        )
    every = "+".join(FORMATS)
    text += ["", "| promise | verdict | measured |", "|---|---|---|"]
    ours, theirs = found.get(every), found.get(f"flatterer {every}")
    if ours and theirs:
        times = ours["wall"] / theirs["wall"]
        text.append(
            f"| all formats, for every year too: at most {TIMES} × flatterer's time | {_verdict(times <= TIMES)}"
            f" | {times:,.2f} × of wall time, {ours['cpu'] / theirs['cpu']:,.2f} × of CPU time |"
        )
    if ours:
        text.append(
            f"| less than {MEMORY / 1e9:.0f} GB | {_verdict(ours['memory'] < MEMORY)}"
            f" | {ours['memory'] / 1e6:,.0f} MB |"
        )
    for name, one in found.get("day", {}).items():
        share = one["changed"]["wall"] / one["full"]["wall"]
        text.append(
            f"| a day later, {one['processes']:,} processes changed ({name}): at most {SHARE:.0%} of a full build"
            f" | {_verdict(share <= SHARE)}"
            f" | {share:.1%}: {one['changed']['wall']:,.1f} s of {one['full']['wall']:,.1f} s |"
        )
    return "\n".join(text) + "\n"


def _verdict(kept: bool) -> str:  # noqa: FBT001 - a word for it
    return "kept" if kept else "**missed**"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="parts: " + "; ".join(f"{name}: {what}" for name, what in PARTS.items()) + ".",
    )
    add = parser.add_argument
    add("--processes", type=int, default=20_000, metavar="N", help="size of the city (default %(default)s)")
    add("--repeat", type=int, default=1, metavar="N", help="times that each build is run (default %(default)s)")
    add("--only", nargs="+", choices=list(PARTS), metavar="PART", help=f"only these parts: {', '.join(PARTS)}")
    add("--seed", type=int, default=1, metavar="S", help="seed of the generator (default %(default)s)")
    add("--quiet", type=float, default=1.0, metavar="LOAD", help="wait for a load below this (default %(default)s)")
    add("--patience", type=float, default=30, metavar="MIN", help="but no longer than this (default %(default)s min)")
    add("--name", default="publication", help="name of the results (default %(default)s)")
    add("--out", type=Path, default=HERE / "results", metavar="DIR", help="where they go (default bench/results)")
    add("--work", type=Path, metavar="DIR", help="folder of what is built (default .pregon/bench/NAME)")
    add("--fresh", action="store_true", help="drop what an interrupted run has measured (default: go on with it)")
    add("--keep", action="store_true", help="keep the work folder, to measure other parts later")
    options = parser.parse_args()
    options.parts = set(options.only or PARTS)
    return options


def _identity(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "code": code_fingerprint(),
        "machine": machine(),
        **{f"--{name}": getattr(options, name) for name in ("processes", "repeat", "seed")},
    }


if __name__ == "__main__":
    sys.exit(main())
