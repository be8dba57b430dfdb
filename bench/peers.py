"""Measure Pregón beside the chain a publisher has today, in one run, on one machine. See README.md in this folder."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from measure import NOTHING, load, machine, wait_until_quiet
from report import markdown
from runs import COLLECT, HERE, ROOT, STAGES, Bench, tell, total
from targets import targets

GIB = 1 << 30


def main() -> None:
    """Run everything and write the results."""
    options = _options()
    work = (options.work or ROOT / ".pregon" / "bench").absolute()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    reference = Path(os.environ.get("PREGON_REFERENCE", ROOT.parent / "shared")).absolute()
    bench = Bench(Path(sys.executable), work, ROOT / ".venv-bench", reference, options.seed)
    as_of = datetime.combine(options.date, datetime.min.time(), UTC) + timedelta(hours=12)
    why_not = bench.make_peers()
    results: dict[str, Any] = {
        "date": options.date.isoformat(),
        "command": _command(options),
        "machine": machine(),
        "versions": {"pregon": version("pregon"), "commit": _commit(), **bench.versions()},
        "processes": options.processes,
        "nightingale_processes": options.nightingale,
        "load": {},
    }
    bench.city(tables=False)
    bench.warm(as_of)
    results["load"]["before"] = wait_until_quiet(options.quiet, options.patience * 60)

    _say(f"Pregón, {options.processes:,} processes")
    home = work / "home"
    results["main"] = _database(bench, home, options.processes, as_of)
    results["load"]["after the stages"] = load()
    results["floor"] = bench.ask("floor.py", home / "public" / "riverbend" / "current")[0]

    _say("today's tools on Pregón's packages")
    unpacked, _ = bench.ask("content.py", "unpack", home / "public" / "riverbend" / "current", work / "unpacked")
    packages = [Path(file) for file in unpacked["packages"]]
    if not why_not:
        releases = bench.ask("content.py", "count", *packages)[0]["releases"]
        behind = bench.behind(packages, Path(unpacked["records"]), releases)
        results["behind_pregon"] = [one.to_json() for one in behind]
    shutil.rmtree(work / "unpacked")
    shutil.rmtree(home)

    _say(f"Nightingale and what stands behind it, {options.nightingale:,} processes")
    results["chain"] = {"missing": why_not} if why_not else _chain(bench, options.nightingale, as_of)
    results["load"]["after the peers"] = load()

    results["memory"] = {}
    for processes in options.memory:
        _say(f"memory, {processes:,} processes")
        results["memory"][str(processes)] = _database(bench, work / "large", processes, as_of)
        shutil.rmtree(work / "large")
    results["load"]["at the end"] = load()

    results["targets"] = [asdict(target) for target in targets(results)]
    options.out.mkdir(parents=True, exist_ok=True)
    data = options.out / "peers.json"
    data.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (options.out / "peers.md").write_text(markdown(results), encoding="utf-8")
    if not why_not:
        bench.run(bench.tool("python"), HERE / "chart.py", data, options.out / "peers.svg")
    shutil.rmtree(work)
    print(markdown(results))


def _database(bench: Bench, home: Path, processes: int, as_of: datetime) -> dict[str, Any]:
    """Make a database, publish it whole without tables, then with tables, then publish what a day has changed."""
    shutil.rmtree(home, ignore_errors=True)
    synth = bench.synth(home, processes, as_of)
    tell(synth)
    bench.city(tables=False)
    stages = bench.stages(home, as_of, ("start", *STAGES))
    bench.city(tables=True)
    tables = bench.stage(home, as_of, "build")
    tables = replace(tables, name="build tables", what="adds CSV tables to the snapshot")
    tell(tables)
    bench.city(tables=False)
    later = as_of + timedelta(days=1)
    tell(bench.advance(home, later))
    changed = bench.stages(home, later, COLLECT)
    released = next(one for one in stages if one.name == "commit").facts["processes"]
    return {
        "requested": processes,
        "processes": released,
        "synth": synth.to_json(),
        "stages": [one.to_json() for one in stages],
        "tables": tables.to_json(),
        "changed": [one.to_json() for one in changed],
        "changed_processes": next(one for one in changed if one.name == "commit").facts["processes"],
        "costs": {
            "map+release+check": asdict(total(stages, ("map", "release", "check"))),
            "extract to promote": asdict(total(stages, STAGES[:-1])),
            "extract to commit": asdict(total(stages, COLLECT)),
            "changed, extract to commit": asdict(total(changed, COLLECT)),
        },
    }


def _chain(bench: Bench, processes: int, as_of: datetime) -> dict[str, Any]:
    """Publish one small database with Pregón and with Nightingale, and run today's tools on Nightingale's package."""
    home = bench.work / "small"
    tell(bench.synth(home, processes, as_of))
    bench.city(tables=False)
    stages = bench.stages(home, as_of, STAGES)
    snapshot = home / "public" / "riverbend" / "current"
    unpacked, _ = bench.ask("content.py", "unpack", snapshot, bench.work / "unpacked")
    ours, _ = bench.ask("content.py", "count", *unpacked["packages"])
    database = home / "sources" / "riverbend.sqlite"
    full, _ = bench.nightingale(database, ours["releases"], "full")
    tell(full)
    mapped, package = bench.nightingale(database, ours["releases"], "mapped")
    tell(mapped)
    found: dict[str, Any] = {
        "requested": processes,
        "processes": ours["releases"],
        "pregon": {
            "content": ours,
            "cost": asdict(total(stages, STAGES[:-1])),
            "start": sum(one.start for one in stages if one.name != "push"),
        },
        "nightingale": [mapped.to_json(), full.to_json()],
        "behind": [],
    }
    if package is not None:
        theirs, _ = bench.ask("content.py", "count", package)
        found["content"] = theirs
        behind = bench.behind([package], None, theirs["releases"])
        found["behind"] = [one.to_json() for one in behind]
        chain = sum((one.cost for one in (mapped, *behind)), NOTHING)
        found["cost"] = asdict(chain)
    shutil.rmtree(home)
    shutil.rmtree(bench.work / "unpacked")
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--date", required=True, type=date.fromisoformat, help="day of the run, YYYY-MM-DD: the clock of everything")
    add("--processes", type=int, default=20_000, help="processes of the main database (default %(default)s)")
    add("--nightingale", type=int, default=1_000, help="processes of the one for Nightingale (default %(default)s)")
    add(
        "--memory",
        type=int,
        nargs="*",
        default=[],
        help="measure these numbers of processes too, such as 200000 400000",
    )
    add("--seed", type=int, default=1, help="seed of the generator (default %(default)s)")
    add("--quiet", type=float, default=1.5, help="wait for a load average below this (default %(default)s)")
    add("--patience", type=float, default=30, help="but at most this many minutes (default %(default)s)")
    add("--out", type=Path, default=HERE / "results", help="folder of the results (default bench/results)")
    add("--work", type=Path, help="folder for databases and lakes, emptied before and after (default .pregon/bench)")
    return parser.parse_args()


def _command(options: argparse.Namespace) -> str:
    words = [f"--date {options.date}", f"--processes {options.processes}", f"--nightingale {options.nightingale}"]
    if options.memory:
        words.append(f"--memory {' '.join(str(number) for number in options.memory)}")
    if options.seed != 1:
        words.append(f"--seed {options.seed}")
    return f"python bench/peers.py {' '.join(words)}"


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


def _say(what: str) -> None:
    print(f"\n{what}", flush=True)


if __name__ == "__main__":
    main()
