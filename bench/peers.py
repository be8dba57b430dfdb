"""Measure Pregón beside the chain a publisher has today, in one run, on one machine. See README.md in this folder."""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kept import AnotherRun, Kept
from measure import NOTHING, CommandFailed, load, machine, wait_until_quiet
from measurement import Measurement, repeated, say, tell
from report import markdown, summary_lines
from runs import CITY, CODE, HERE, ROOT, STAGES, Bench, Databases, code_fingerprint
from targets import targets
from tools import Given, Nightingale, Tools

PARTS = {
    "pregon": "Pregón's stages on the main database",
    "floor": "serialising and compressing what they wrote, once",
    "tools": "libcoveocds, ocdskit and flatterer on Pregón's packages",
    "nightingale": "Nightingale on the source database, and the same tools on its package",
    "memory": "Pregón's stages on the databases of --memory-runs",
}
MEMORY_RUNS = (200_000, 400_000)


def main() -> int:
    """Run everything, or go on with it, and write the results; 1 where a tool failed or did not do its work."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be ended is to be interrupted
    if options.render:
        results = json.loads((options.out / f"{options.name}.json").read_text(encoding="utf-8"))
        bench = _bench(options, options.out)
        return _write(bench, results, options)
    work = (options.work or ROOT / ".pregon" / "bench" / options.name).absolute()
    if options.fresh:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    bench = _bench(options, work)
    try:
        kept = Kept(work / "measured.json", _identity(options))
    except AnotherRun as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        results = _measure(bench, kept, options)
    except CommandFailed as error:  # one of Pregón's own: there is nothing to compare then
        print(f"error: {error}\nWhat was measured before is kept in {kept.file}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted; the same command goes on with what is measured in {kept.file}.", file=sys.stderr)
        return 130
    status = _write(bench, results, options)
    if not options.keep:
        shutil.rmtree(work)
    return status


def _measure(bench: Bench, kept: Kept, options: argparse.Namespace) -> dict[str, Any]:
    as_of = datetime.combine(options.as_of, datetime.min.time(), UTC) + timedelta(hours=12)
    main, small = options.processes, options.nightingale or options.processes
    parts = options.parts

    def note_load(when: str) -> None:
        kept.part(f"load/{when}", load)

    began = kept.part("began", lambda: {"date": f"{datetime.now(UTC):%Y-%m-%d}", "code": code_named()})
    if len(kept.parts) > 1:
        say(f"going on with what was measured: {len(kept.parts)} parts")
    bench.copy_code()
    wanted = bool({"tools", "nightingale"} & parts) and not options.skip_peers
    why_not = bench.make_peers() if wanted else ""
    if why_not:
        say(f"today's tools are NOT MEASURED: {why_not}")
    peers = wanted and not why_not
    say("warming up")
    bench.warm(as_of)
    kept.part("load/before", lambda: wait_until_quiet(options.quiet, options.patience * 60))
    results: dict[str, Any] = {
        "measured": began["date"],
        "command": _command(options),
        "machine": machine(),
        "versions": {"pregon": version("pregon"), **began["code"], **bench.versions()},
        "as_of": options.as_of.isoformat(),
        "seed": options.seed,
        "repeat": options.repeat,
    }
    databases = Databases(bench, kept, as_of)
    snapshot = databases.home(main) / "public" / CITY / "current"
    if {"pregon", "floor", "tools", "nightingale"} & parts:
        unfinished = options.keep or _needs_home(kept, parts, options)
        _heading(f"Pregón, {main:,} processes")
        results["main"] = databases.published(main, options.repeat, stays=unfinished)
        note_load("after the stages")
    if "floor" in parts:
        _heading("the floor")
        results["floor"] = _floor(bench, kept, snapshot, options.repeat)
    if "tools" in parts and peers:
        _heading(f"today's tools on Pregón's packages, {main:,} processes")
        results["behind_pregon"] = kept.part("tools", lambda: _behind_pregon(bench, kept, snapshot, options.repeat))
        note_load("after the tools")
    if "nightingale" in parts and peers:
        _heading(f"Nightingale and what stands behind it, {small:,} processes")
        results["chain"] = kept.part("chain", lambda: _chain(bench, kept, databases, small, options))
        note_load("after Nightingale")
    elif "nightingale" in parts:
        results["chain"] = {"missing": why_not or "left out (--skip-peers)"}
    if not options.keep:
        databases.forget(main)
    results["memory"] = {}
    for processes in options.memory if "memory" in parts else ():
        _heading(f"memory, {processes:,} processes")
        results["memory"][str(processes)] = databases.published(processes, 1, stays=False)
    note_load("at the end")
    results["load"] = {name[5:]: value for name, value in kept.parts.items() if name.startswith("load/")}
    results["targets"] = [asdict(target) for target in targets(results)]
    return results


def _needs_home(kept: Kept, parts: set[str], options: argparse.Namespace) -> bool:
    """Say whether anything is still to be measured on what Pregón's last run of the main database leaves."""
    wanted = set()
    if "floor" in parts:
        wanted |= {f"floor/{number}" for number in range(1, options.repeat + 1)}
    if "tools" in parts and not options.skip_peers:
        wanted.add("tools")
    if "nightingale" in parts and not options.skip_peers:
        wanted.add("chain")
    return not wanted <= kept.parts.keys()


def _floor(bench: Bench, kept: Kept, snapshot: Path, times: int) -> dict[str, Any]:
    """Measure the floor some times; give the medians of CPU time."""
    runs = []
    for number in range(1, times + 1):
        runs.append(kept.part(f"floor/{number}", lambda: bench.ask("floor.py", snapshot)[0]))
        once = sum(part["cpu"] for name, part in runs[-1].items() if name != "files")
        say(f"{'floor':<26}{once:9.2f} s CPU; {runs[-1]['files']['cpu']:.2f} s file by file")
    found = {
        name: {**part, "cpu": statistics.median(run[name]["cpu"] for run in runs)} for name, part in runs[-1].items()
    }
    files = found.pop("files")
    sums = [sum(part["cpu"] for name, part in run.items() if name != "files") for run in runs]
    return {"series": found, "files": files, "cpu": statistics.median(sums), "cpu_range": [min(sums), max(sums)]}


def _behind_pregon(bench: Bench, kept: Kept, snapshot: Path, times: int) -> list[dict[str, Any]]:
    folder = bench.work / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    unpacked, _ = bench.ask("content.py", "unpack", snapshot, folder)
    packages = [Path(file) for file in unpacked["packages"]]
    releases = bench.ask("content.py", "count", *packages)[0]["releases"]
    given = Given(packages, Path(unpacked["records"]), _compiled(snapshot), releases, alike=True)
    tools = Tools(bench, times, lambda name, make: kept.part(f"tools/{name}", make))
    found = [one.to_json() for one in tools.behind(given)]
    shutil.rmtree(folder)
    return found


def _chain(bench: Bench, kept: Kept, databases: Databases, processes: int, options: argparse.Namespace) -> Any:
    """Publish one database with Nightingale, run today's tools on its package, and tell what Pregón made of it."""
    if processes == options.processes:
        published = databases.published(processes, options.repeat, stays=True)
    else:
        say("Pregón on the smaller database")
        published = databases.published(processes, 1, stays=True)
    snapshot = databases.home(processes) / "public" / CITY / "current"
    folder = bench.work / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    unpacked, _ = bench.ask("content.py", "unpack", snapshot, folder)
    ours, _ = bench.ask("content.py", "count", *unpacked["packages"])
    shutil.rmtree(folder)
    nightingale = Nightingale(bench, databases.source(processes), _compiled(snapshot), ours["releases"])
    full = _publishing(kept, nightingale, "full", options.repeat)
    shutil.rmtree(nightingale.folder("full"), ignore_errors=True)
    package = nightingale.package("mapped")
    if package is None:
        kept.drop("nightingale/mapped")
    mapped = _publishing(kept, nightingale, "mapped", options.repeat)
    package = nightingale.package("mapped")
    starts = sum(one["start"] for one in published["stages"] if one["name"] in STAGES[:-1])
    found: dict[str, Any] = {
        "requested": processes,
        "processes": ours["releases"],
        "pregon": {"cost": published["costs"]["extract to promote"], "start": starts},
        "nightingale": [mapped.to_json(), full.to_json()],
        "behind": [],
    }
    if package is not None and not mapped.missing:
        theirs, _ = bench.ask("content.py", "count", package)
        mine, other = set(ours["paths"]), set(theirs["paths"])
        found["content"] = {
            "pregon": {**ours, "paths": len(mine), "only": sorted(mine - other)},
            "nightingale": {**theirs, "paths": len(other), "only": sorted(other - mine)},
        }
        tools = Tools(bench, options.repeat, lambda name, make: kept.part(f"chain/{name}", make))
        given = Given([package], None, _compiled(snapshot), theirs["releases"], alike=False)
        behind = tools.behind(given)
        found["behind"] = [one.to_json() for one in behind]
        found["cost"] = asdict(sum((one.cost for one in (mapped, *behind)), NOTHING))
        found["incomplete"] = [one.name for one in behind if one.missing]
    shutil.rmtree(nightingale.folder("mapped"), ignore_errors=True)
    if processes != options.processes:
        databases.forget(processes)
    return found


def _publishing(kept: Kept, nightingale: Nightingale, schema: str, times: int) -> Measurement:
    def make() -> dict[str, Any]:
        measurement = repeated(lambda: nightingale.publish(schema), times)
        tell(measurement)
        return measurement.to_json()

    return Measurement.from_json(kept.part(f"nightingale/{schema}", make))


def _compiled(snapshot: Path) -> Path:
    return snapshot / "bulk" / "compiled" / "full.jsonl.gz"


def _write(bench: Bench, results: dict[str, Any], options: argparse.Namespace) -> int:
    """Write the raw numbers, the table and the chart; say what failed."""
    options.out.mkdir(parents=True, exist_ok=True)
    data = options.out / f"{options.name}.json"
    data.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    data.with_suffix(".md").write_text(markdown(results, chart=f"{options.name}.svg"), encoding="utf-8")
    written = [data.name, f"{options.name}.md"]
    if bench.tool("python").is_file():
        command = [bench.tool("python"), HERE / "chart.py", data, data.with_suffix(".svg")]
        subprocess.run([str(word) for word in command], check=True)
        written.append(f"{options.name}.svg")
    print()
    for line in summary_lines(results):
        print(line)
    print(f"Written to {os.path.relpath(options.out)}: {', '.join(written)}")
    tools = [*results.get("behind_pregon", ()), *results.get("chain", {}).get("nightingale", ())]
    tools += results.get("chain", {}).get("behind", ())
    bad = sorted({one["name"] for one in tools if one["missing"] or one["wrong"]})
    if bad:
        print(f"error: failed, or did not do its work: {', '.join(bad)}", file=sys.stderr)
    return 1 if bad else 0


def _bench(options: argparse.Namespace, work: Path) -> Bench:
    reference = Path(os.environ.get("PREGON_REFERENCE", ROOT.parent / "shared")).absolute()
    return Bench(Path(sys.executable), work, ROOT / ".venv-bench", reference, options.seed, options.limit * 60)


def _options(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="parts: " + "; ".join(f"{name}: {what}" for name, what in PARTS.items()) + ".",
    )
    add = parser.add_argument
    add("--processes", type=_positive, default=20_000, metavar="N", help="size of the database (default %(default)s)")
    add(
        "--nightingale",
        type=_positive,
        metavar="N",
        help="size of a smaller one for Nightingale, which is slow (default: the same database)",
    )
    add(
        "--memory-runs",
        type=_positive,
        nargs="*",
        metavar="N",
        dest="memory",
        help=f"publish databases of these sizes too (without a number: {' '.join(map(str, MEMORY_RUNS))})",
    )
    add("--only", nargs="+", choices=list(PARTS), metavar="PART", help=f"only these parts: {', '.join(PARTS)}")
    add("--skip-peers", action="store_true", help="leave today's tools out: no tools, no Nightingale")
    add("--repeat", type=_positive, default=3, metavar="N", help="runs of what takes under a minute, and of Pregón")
    add("--seed", type=int, default=1, metavar="S", help="seed of the generator (default %(default)s)")
    add(
        "--as-of",
        type=date.fromisoformat,
        default=date(2026, 11, 22),
        metavar="DAY",
        help="day the database stands for, the clock of every stage (default %(default)s)",
    )
    add("--quiet", type=float, default=1.0, metavar="LOAD", help="wait for a load below this (default %(default)s)")
    add("--patience", type=float, default=30, metavar="MIN", help="but no longer than this (default %(default)s min)")
    add("--limit", type=float, default=240, metavar="MIN", help="end a tool that runs longer (default %(default)s min)")
    add("--name", default="peers", help="name of the results (default %(default)s)")
    add("--out", type=Path, default=HERE / "results", metavar="DIR", help="where they go (default bench/results)")
    add("--work", type=Path, metavar="DIR", help="folder of databases and lakes (default .pregon/bench/NAME)")
    add("--fresh", action="store_true", help="drop what an interrupted run has measured (default: go on with it)")
    add("--keep", action="store_true", help="keep the work folder, to measure other parts later")
    add("--render", action="store_true", help="measure nothing: write table and chart of NAME.json again")
    options = parser.parse_args(words)
    if options.memory is not None and not options.memory:
        options.memory = list(MEMORY_RUNS)
    options.memory = sorted(set(options.memory or ()))
    options.parts = set(options.only or PARTS)
    if options.only and "memory" in options.only and not options.memory:
        parser.error("the part memory needs --memory-runs")
    return options


def _positive(word: str) -> int:
    number = int(word)
    if number < 1:
        raise ValueError(word)
    return number


def _identity(options: argparse.Namespace) -> dict[str, Any]:
    """Give what must be the same for numbers to stand side by side; which parts are measured may differ."""
    return {
        "code": code_fingerprint(),
        "machine": machine(),
        "--processes": options.processes,
        "--nightingale": options.nightingale or options.processes,
        "--repeat": options.repeat,
        "--seed": options.seed,
        "--as-of": options.as_of.isoformat(),
    }


def _command(options: argparse.Namespace) -> str:
    words = ["python bench/peers.py", f"--processes {options.processes}"]
    if options.nightingale:
        words.append(f"--nightingale {options.nightingale}")
    if options.memory:
        words.append(f"--memory-runs {' '.join(str(number) for number in options.memory)}")
    if options.only:
        words.append(f"--only {' '.join(options.only)}")
    if options.skip_peers:
        words.append("--skip-peers")
    if options.repeat != 3:
        words.append(f"--repeat {options.repeat}")
    if options.seed != 1:
        words.append(f"--seed {options.seed}")
    if options.as_of != date(2026, 11, 22):
        words.append(f"--as-of {options.as_of}")
    return " ".join(words)


def code_named() -> dict[str, str]:
    """Name the code: the commit, and a hash of what was there, which may be more."""
    commit = _git("rev-parse", "--short", "HEAD") or "unknown"
    changed = " with uncommitted changes" if _git("status", "--porcelain", "--", *CODE) else ""
    return {"commit": commit + changed, "code": code_fingerprint()}


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, check=False, capture_output=True, text=True)
    return done.stdout.strip()


def _heading(what: str) -> None:
    print(f"\n{what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
