"""Measure `pregon check` beside libcoveocds, on the same package, in one run. See README.md in this folder."""

import argparse
import json
import os
import shutil
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from carried import carry_out
from kept import Kept
from measure import Cost, load, machine, median, wait_until_quiet
from peers import code_named
from runs import HERE, ROOT, STAGES, Bench, code_fingerprint

PARTS = {
    "validate": "validation of parsed releases",
    "check": "pregon check of a package, from file to report",
    "libcoveocds": "the same package, from file to report",
    "parts": "what each part of a check takes",
    "memory": "pregon check of a large JSON Lines file",
}
AS_OF = datetime(2026, 11, 22, 12, tzinfo=UTC)
TIMES_STRUCTURE, TIMES_CHECK, MEMORY = 50, 5, 1_000_000_000
"""What is promised: times the releases per CPU second of libcoveocds, and bytes for a file of 1 GB."""


def main() -> int:
    """Measure, or go on with it, and write the results."""
    options = _options()
    return carry_out(options, _identity(options), _measure, markdown)


def _measure(bench: Bench, kept: Kept, options: argparse.Namespace) -> dict[str, Any]:
    began = kept.part("began", lambda: {"date": f"{datetime.now(UTC):%Y-%m-%d}", "code": code_named()})
    bench.copy_code()
    package = bench.work / "package.json"
    made = kept.part("package", lambda: _package(bench, package, options.processes))
    kept.part("load", lambda: wait_until_quiet(options.quiet, options.patience * 60))
    found: dict[str, Any] = {}
    if "validate" in options.parts:
        found["validate"] = kept.part(
            "validate", lambda: bench.ask("quality_part.py", "validate", package, str(options.seconds))[0]
        )
    if "check" in options.parts:
        for name, words in (("check", ()), ("structure", ("--structure-only",))):
            found[name] = kept.part(name, lambda n=name, w=words: _checked(bench, n, package, w, options.repeat))
    if "libcoveocds" in options.parts:
        found["libcoveocds"] = kept.part("libcoveocds", lambda: _judged(bench, package, made["releases"]))
    if "parts" in options.parts:
        found["parts"] = kept.part("parts", lambda: bench.ask("quality_part.py", "parts", package)[0])
    if "memory" in options.parts:
        found["memory"] = kept.part("memory", lambda: _large(bench, package, options.bytes))
    return {
        "measured": began["date"],
        "machine": machine(),
        "versions": {"pregon": version("pregon"), **began["code"], **bench.versions()},
        "load": {"before": kept.parts["load"], "after": load()},
        "package": made,
        **found,
    }


def _package(bench: Bench, package: Path, processes: int) -> dict[str, Any]:
    """Publish a synthetic city, and take its one package of releases."""
    home = bench.work / "home"
    shutil.rmtree(home, ignore_errors=True)
    bench.city()
    database = home / "sources" / "riverbend.sqlite"
    database.parent.mkdir(parents=True)
    bench.synth(database, processes, AS_OF)
    bench.stages(home, AS_OF, ("start", *STAGES[:-1]))
    folder = bench.work / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    unpacked, _ = bench.ask("content.py", "unpack", home / "public" / "riverbend" / "current", folder)
    Path(unpacked["packages"][0]).rename(package)
    shutil.rmtree(folder)
    shutil.rmtree(home)
    counts, _ = bench.ask("content.py", "count", package)
    return {"processes": processes, "releases": counts["releases"], "bytes": package.stat().st_size}


def _checked(bench: Bench, name: str, file: Path, words: tuple[str, ...], times: int) -> dict[str, Any]:
    """Check a file from the command line, as anybody does: start of Python and imports are in it."""
    command = ["-m", "pregon.cli", "check", "--json", *words, file]
    costs = [
        bench.pregon(f"check ({name})", *command, stdout=bench.work / f"{name}.jsonl", accepted=(0, 1))
        for _ in range(times)
    ]
    first = json.loads((bench.work / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()[0])
    return {**_cost(median(costs)), "releases": first["documents"], "findings": first["findings"]}


def _judged(bench: Bench, package: Path, releases: int) -> dict[str, Any]:
    """Let libcoveocds check the same package; it answers for extensions from files instead of the network."""
    script = bench.reference / "tools" / "cove_offline.py"
    python = Path(os.environ.get("PREGON_JUDGES") or ROOT / ".venv-judges" / "bin" / "python")
    if not script.is_file() or not python.is_file():
        return {"missing": "the reference material (PREGON_REFERENCE) or .venv-judges (bin/test) is absent"}
    verdicts = bench.work / "verdicts.jsonl"
    cost = bench.run("libcoveocds", python, script, package, stdout=verdicts, accepted=(0, 1))
    seen = json.loads(verdicts.read_text(encoding="utf-8"))["report"]["count"]
    if seen != releases:
        return {"missing": f"it saw {seen:,} of {releases:,} releases"}
    return {**_cost(cost), "releases": releases}


def _large(bench: Bench, package: Path, size: int) -> dict[str, Any]:
    file = bench.work / "large.jsonl"
    made, _ = bench.ask("quality_part.py", "lines", package, file, str(size))
    found = _checked(bench, "memory", file, ("--extension", "all"), 1)
    file.unlink()
    return {**made, **found}


def _cost(cost: Cost) -> dict[str, Any]:
    return {"cpu": round(cost.cpu, 2), "wall": round(cost.wall, 2), "memory": cost.memory}


def markdown(results: dict[str, Any]) -> str:
    """Give the results as a table, targets with verdicts, and the parts of a check."""
    package = results["package"]
    judged = results.get("libcoveocds", {})
    theirs = judged["releases"] / judged["cpu"] if "cpu" in judged else 0.0
    rows: list[tuple[str, float, str]] = []
    if validated := results.get("validate"):
        rows.append(("schema, parsed releases", validated["schema"], _times(validated["schema"], theirs)))
        bar = _verdict(validated["structure"], theirs, TIMES_STRUCTURE)
        rows.append(("schema and other rules of structure, parsed releases", validated["structure"], bar))
    for name, what, times in (
        ("structure", "`pregon check --structure-only`, file to report", 0),
        ("check", "`pregon check`, file to report", TIMES_CHECK),
    ):
        if one := results.get(name):
            rate = one["releases"] / one["cpu"]
            rows.append((what, rate, _verdict(rate, theirs, times) if times else _times(rate, theirs)))
    rows.append(("libcoveocds, file to report", theirs, judged.get("missing", "") or "1"))
    text = [
        f"# Checking, {results['measured']}",
        "",
        f"One package of {package['releases']:,} releases, {package['bytes']:,} bytes."
        f" {results['machine']}; load before {results['load']['before']}.",
        "",
        "| | releases per CPU second | times libcoveocds |",
        "|---|---:|---|",
        *(f"| {what} | {rate:,.0f} | {times} |" for what, rate, times in rows),
    ]
    if memory := results.get("memory"):
        kept = "kept" if memory["memory"] < MEMORY else "MISSED"
        text += ["", f"JSON Lines of {memory['bytes']:,} bytes, {memory['releases']:,} processes:"
                 f" {memory['memory'] / 1e6:,.0f} MB of memory, {memory['cpu']:,.0f} s of CPU"
                 f" (promised: less than 1 GB for 1 GB; {kept})."]  # fmt: skip
    if parts := results.get("parts"):
        whole = parts["seconds"]["everything"]
        text += ["", "| part of a check | CPU seconds | share |", "|---|---:|---:|"]
        text += [f"| {name} | {taken:.2f} | {taken / whole:.0%} |" for name, taken in parts["seconds"].items()]
    return "\n".join(text) + "\n"


def _times(ours: float, theirs: float) -> str:
    return f"{ours / theirs:,.1f}" if theirs else "not measured"


def _verdict(ours: float, theirs: float, times: int) -> str:
    if not theirs:
        return "not measured"
    return f"{ours / theirs:,.1f} (promised: {times}; {'kept' if ours >= times * theirs else 'MISSED'})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="parts: " + "; ".join(f"{name}: {what}" for name, what in PARTS.items()) + ".",
    )
    add = parser.add_argument
    add("--processes", type=int, default=5_000, metavar="N", help="size of the package (default %(default)s)")
    add("--bytes", type=int, default=1_000_000_000, metavar="N", help="size of the JSON Lines file (default 1 GB)")
    add("--seconds", type=float, default=20, metavar="S", help="CPU time of each validation (default %(default)s)")
    add("--repeat", type=int, default=3, metavar="N", help="times that pregon check is run (default %(default)s)")
    add("--only", nargs="+", choices=list(PARTS), metavar="PART", help=f"only these parts: {', '.join(PARTS)}")
    add("--seed", type=int, default=1, metavar="S", help="seed of the generator (default %(default)s)")
    add("--quiet", type=float, default=1.0, metavar="LOAD", help="wait for a load below this (default %(default)s)")
    add("--patience", type=float, default=30, metavar="MIN", help="but no longer than this (default %(default)s min)")
    add("--name", default="quality", help="name of the results (default %(default)s)")
    add("--out", type=Path, default=HERE / "results", metavar="DIR", help="where they go (default bench/results)")
    add("--work", type=Path, metavar="DIR", help="folder of what is checked (default .pregon/bench/NAME)")
    add("--fresh", action="store_true", help="drop what an interrupted run has measured (default: go on with it)")
    add("--keep", action="store_true", help="keep the work folder, to measure other parts later")
    options = parser.parse_args()
    options.parts = set(options.only or PARTS)
    return options


def _identity(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "code": code_fingerprint(),
        "machine": machine(),
        **{f"--{name}": getattr(options, name) for name in ("processes", "bytes", "seconds", "repeat", "seed")},
    }


if __name__ == "__main__":
    sys.exit(main())
