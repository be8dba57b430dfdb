"""Measure records, commits and the day after on synthetic histories, in one run. See README.md in this folder."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sources_postgresql
from history_report import markdown, targets
from kept import AnotherRun, Kept
from measure import CommandFailed, load, machine, wait_until_quiet
from measurement import Measurement, repeated, say, tell, totals
from peers import code_named
from report import summary_lines
from runs import CITY, COLLECT, HERE, ROOT, Bench, code_fingerprint
from tools import HEAD, attempt

PARTS = {
    "records": "compiled releases and versioned record packages, beside ocdskit",
    "day": "extract to commit, first and after a day",
    "commit": "commits, beside bare inserts of the same rows",
}
DATABASES = ("sqlite", "postgresql")
ROUND = 5
"""Days of a round of history."""


def main() -> int:
    """Run everything, or go on with it, and write the results; 1 where a tool failed or gave other results."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be ended is to be interrupted
    if options.render:
        return _write(
            _bench(options, options.out), json.loads((options.out / f"{options.name}.json").read_text()), options
        )
    work = (options.work or ROOT / ".pregon" / "bench" / options.name).absolute()
    if options.fresh:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    bench = _bench(options, work)
    try:
        kept = Kept(work / "measured.json", _identity(options))
        results = History(bench, kept, options).measured()
    except (AnotherRun, CommandFailed) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted; the same command goes on with what is measured.", file=sys.stderr)
        return 130
    status = _write(bench, results, options)
    if not options.keep:
        shutil.rmtree(work)
    return status


class History:
    """One run of the benchmark; parts that an interrupted one has measured are taken from `kept`."""

    def __init__(self, bench: Bench, kept: Kept, options: argparse.Namespace) -> None:
        self.bench, self.kept, self.options = bench, kept, options
        self.as_of = datetime.combine(options.as_of, datetime.min.time(), UTC) + timedelta(hours=12)

    def measured(self) -> dict[str, Any]:
        """Measure what the options name."""
        bench, kept, options = self.bench, self.kept, self.options
        began = kept.part("began", lambda: {"date": f"{datetime.now(UTC):%Y-%m-%d}", "code": code_named()})
        bench.copy_code()
        why_not = bench.make_peers() if "records" in options.parts else ""
        say("warming up")
        bench.warm(self.as_of)
        before = kept.part("load", lambda: wait_until_quiet(options.quiet, options.patience * 60))
        results: dict[str, Any] = {
            "measured": began["date"],
            "command": _command(options),
            "machine": machine(),
            "versions": {"pregon": version("pregon"), **began["code"], **bench.versions()},
            "load": {"before": before},
            "rounds": options.rounds,
        }
        if "records" in options.parts:
            results["records"] = self._records(why_not)
        if {"day", "commit"} & options.parts:
            results["day"] = self._day()
        if "commit" in options.parts:
            results["commit"] = self._commits()
        shutil.rmtree(bench.work / "home", ignore_errors=True)
        results["load"]["at the end"] = load()
        results["targets"] = [asdict(target) for target in targets(results)]
        return results

    def _home(self, name: str, processes: int) -> Path:
        """Make a home with a database, in place of what an interrupted run has left of it."""
        home = self.bench.work / name
        shutil.rmtree(home, ignore_errors=True)
        self.bench.city()
        tell(self.bench.synth(home / "sources" / f"{CITY}.sqlite", processes, self.as_of))
        return home

    # Records ----------------------------------------------------------------------------------------------------------

    def _records(self, why_not: str) -> dict[str, Any]:
        bench, kept = self.bench, self.kept
        folder = bench.work / "records"
        if not (folder / "releases.jsonl").is_file():
            kept.drop("history")
        told = kept.part("history", lambda: self._released(folder))
        kit: list[str | Path] = [bench.tool("ocdskit"), "compile", "--schema", folder / "schema.json"]
        packaged: list[str | Path] = [*kit, "--package", "--versioned", *HEAD, "--publisher-name", "Riverbend"]
        found = []
        for name, command, output in (("compile", kit, "compiled.jsonl"), ("versioned", packaged, "records.json")):
            ours, theirs = folder / f"pregon-{output}", folder / f"ocdskit-{output}"
            mine = self._repeated(f"Pregón {name}", lambda n=name, o=ours: self._ours(n, folder, told["processes"], o))
            tool = "ocdskit " + ("compile" if name == "compile" else "compile --package --versioned")
            blank = Measurement(tool, "", told["processes"], missing=why_not)
            kits = self._repeated(tool, lambda b=blank, c=command, t=theirs: self._theirs(b, folder, c, t))
            same = kept.part(f"same/{name}", lambda o=ours, t=theirs, k=kits: self._same(o, t, k))
            found.append({"name": name, "pregon": mine, "ocdskit": kits, "same": same})
        shutil.rmtree(folder)
        return {**told, "pairs": found}

    def _released(self, folder: Path) -> dict[str, Any]:
        """Let a city go through its rounds, and lay out its releases: packages, lines, the schema."""
        bench = self.bench
        home = self._home("home", self.options.records)
        as_of = self.as_of
        bench.stages(home, as_of, COLLECT)
        for number in range(1, self.options.rounds + 1):
            as_of += timedelta(days=ROUND)
            say(f"round {number} of {self.options.rounds}")
            database = home / "sources" / f"{CITY}.sqlite"
            words = ["--out", database, "--advance", str(ROUND), "--as-of", as_of.isoformat()]
            bench.pregon("synth", "-m", "pregon.cli", "synth", *words, "--seed", str(bench.seed))
            bench.stages(home, as_of, COLLECT)
        bench.stages(home, as_of, ("build", "promote"))
        current = home / "public" / CITY / "current"
        shutil.rmtree(folder, ignore_errors=True)
        packages = bench.ask("content.py", "unpack", current, folder)[0]["packages"]
        with (folder / "releases.json").open("wb") as target:
            for package in packages:
                with Path(package).open("rb") as source:
                    shutil.copyfileobj(source, target)
                target.write(b"\n")
        with (folder / "releases.jsonl").open("wb") as target:
            subprocess.run(["gzip", "-cd", current / "bulk/releases/full.jsonl.gz"], check=True, stdout=target)
        bench.ask("content.py", "schema", folder / "schema.json")
        counts = json.loads((current / "manifest.json").read_bytes())["counts"]
        shutil.rmtree(home)
        return {"processes": counts["records"], "releases": counts["releases"]}

    def _ours(self, name: str, folder: Path, processes: int, output: Path) -> Measurement:
        words = (folder / "releases.jsonl", folder / "schema.json", output)
        told, cost = self.bench.ask("history_records.py", name, *words)
        wrong = "" if told["processes"] == processes else f"it wrote {told['processes']:,} of {processes:,} processes"
        return Measurement(f"Pregón {name}", "", processes, (cost,), start=told["start"], wrong=wrong)

    def _theirs(self, blank: Measurement, folder: Path, command: list[str | Path], output: Path) -> Measurement:
        if blank.missing:
            return blank
        return attempt(self.bench, blank, *command, stdin=folder / "releases.json", stdout=output)

    def _same(self, ours: Path, theirs: Path, measured: dict[str, Any]) -> dict[str, Any]:
        if measured["missing"]:
            return {}
        return self.bench.ask("history_records.py", "compare", ours, theirs)[0]

    def _repeated(self, name: str, measure: Any) -> dict[str, Any]:
        def make() -> dict[str, Any]:
            found = repeated(measure, self.options.repeat)
            tell(found)
            return found.to_json()

        done: dict[str, Any] = self.kept.part(f"measured/{name}", make)
        return done

    # The day after, and commits ---------------------------------------------------------------------------------------

    def _day(self) -> dict[str, Any]:
        wanted = [f"{size}" for size in self.options.releases if "commit" in self.options.parts]
        if any(f"commit/{size}" not in self.kept.parts and not self._rows(int(size)).is_dir() for size in wanted):
            self.kept.drop("day")  # the rows for commits are taken from its ledger
        done: dict[str, Any] = self.kept.part("day", self._one_day)
        return done

    def _one_day(self) -> dict[str, Any]:
        bench, options = self.bench, self.options
        home = self._home("home", options.processes)
        first = bench.stages(home, self.as_of, COLLECT)
        for size in options.releases if "commit" in options.parts else ():
            shutil.rmtree(self._rows(size), ignore_errors=True)
            ledger = home / "internal" / CITY / "ledger.sqlite"
            bench.ask("history_commit.py", "export", ledger, self._rows(size), str(size))
        tell(bench.advance(home / "sources" / f"{CITY}.sqlite", self.as_of + timedelta(days=1)))
        changed = bench.stages(home, self.as_of + timedelta(days=1), COLLECT)
        shutil.rmtree(home)
        return {
            "requested": options.processes,
            "processes": first[-1].count,
            "runs": 1,
            "stages": [one.to_json() for one in first],
            "changed": [one.to_json() for one in changed],
            "changed_processes": changed[-1].count,
            "costs": {
                "extract to commit": totals([first], COLLECT),
                "changed, extract to commit": totals([changed], COLLECT),
            },
        }

    def _rows(self, size: int) -> Path:
        return self.bench.work / "rows" / str(size)

    def _commits(self) -> list[dict[str, Any]]:
        found = []
        for size in self.options.releases:
            found.append(self.kept.part(f"commit/{size}", lambda size=size: self._committed(size)))
            shutil.rmtree(self._rows(size), ignore_errors=True)
        return found

    def _committed(self, size: int) -> dict[str, Any]:
        folder = self._rows(size)
        found: dict[str, Any] = {"releases": size}
        for database in self.options.databases:
            with _server(database, folder):
                found[database] = {
                    step: repeated(lambda d=database, s=step: self._step(d, s, folder), self.options.repeat).to_json()
                    for step in ("bare", "commit")
                }
            for step in found[database].values():
                tell(Measurement.from_json(step))
        return found

    def _step(self, database: str, step: str, folder: Path) -> Measurement:
        self.bench.ask("history_commit.py", "reset", database, folder)
        told, cost = self.bench.ask("history_commit.py", step, database, folder)
        self.bench.ask("history_commit.py", "reset", database, folder)
        name = f"{step}, {database}"
        return Measurement(name, "", told["releases"], (cost,), unit="releases", start=told["start"])


@contextmanager
def _server(database: str, folder: Path) -> Iterator[None]:
    if database == "sqlite":
        yield
        return
    with sources_postgresql.running(folder):
        yield


def _write(bench: Bench, results: dict[str, Any], options: argparse.Namespace) -> int:
    """Write the raw numbers, the table and the chart; say what failed."""
    options.out.mkdir(parents=True, exist_ok=True)
    data = options.out / f"{options.name}.json"
    data.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    data.with_suffix(".md").write_text(markdown(results, chart=f"{options.name}.svg"), encoding="utf-8")
    if bench.tool("python").is_file():
        command = [bench.tool("python"), HERE / "history_chart.py", data, data.with_suffix(".svg")]
        subprocess.run([str(word) for word in command], check=True)
    print()
    for line in summary_lines(results):
        print(line)
    print(f"Written to {os.path.relpath(options.out)}: {options.name}.json, .md, .svg")
    wrong = [pair["name"] for pair in results.get("records", {}).get("pairs", ()) if not _is_right(pair)]
    if wrong:
        print(f"error: failed, or gave other results: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


def _is_right(pair: dict[str, Any]) -> bool:
    same = pair["same"]
    return bool(same) and same["ours"] == same["theirs"] == same["equal"] and not pair["pregon"]["wrong"]


def _bench(options: argparse.Namespace, work: Path) -> Bench:
    return Bench(Path(sys.executable), work, ROOT / ".venv-bench", work, options.seed, options.limit * 60)


def _options() -> argparse.Namespace:
    described = "parts: " + "; ".join(f"{name}: {what}" for name, what in PARTS.items()) + "."
    parser = argparse.ArgumentParser(description=__doc__, epilog=described)
    add = parser.add_argument
    add("--records", type=int, default=20_000, metavar="N", help="processes whose records are made (%(default)s)")
    add("--rounds", type=int, default=6, metavar="N", help=f"times that {ROUND} days pass in them (%(default)s)")
    add("--processes", type=int, default=202_000, metavar="N", help="processes of the day after (%(default)s)")
    add(
        "--releases", type=int, nargs="+", default=[50_000, 200_000], metavar="N", help="sizes of commits (%(default)s)"
    )
    add("--databases", nargs="+", choices=DATABASES, default=list(DATABASES), help="databases of commits")
    add("--only", nargs="+", choices=list(PARTS), metavar="PART", help=f"only these parts: {', '.join(PARTS)}")
    add("--repeat", type=int, default=3, metavar="N", help="runs of what takes under a minute")
    add("--seed", type=int, default=1, metavar="S", help="seed of the generator (default %(default)s)")
    add("--as-of", type=date.fromisoformat, default=date(2026, 11, 22), metavar="DAY", help="first day")
    add("--quiet", type=float, default=1.0, metavar="LOAD", help="wait for a load below this (default %(default)s)")
    add("--patience", type=float, default=30, metavar="MIN", help="but no longer than this (default %(default)s min)")
    add("--limit", type=float, default=240, metavar="MIN", help="end a tool that runs longer (default %(default)s min)")
    add("--name", default="history", help="name of the results (default %(default)s)")
    add("--out", type=Path, default=HERE / "results", metavar="DIR", help="where they go (default bench/results)")
    add("--work", type=Path, metavar="DIR", help="folder of databases and lakes (default .pregon/bench/NAME)")
    add("--fresh", action="store_true", help="drop what an interrupted run has measured (default: go on with it)")
    add("--keep", action="store_true", help="keep the work folder")
    add("--render", action="store_true", help="measure nothing: write table and chart of NAME.json again")
    options = parser.parse_args()
    options.parts = set(options.only or PARTS)
    return options


def _identity(options: argparse.Namespace) -> dict[str, Any]:
    named = ("records", "rounds", "processes", "releases", "databases", "repeat", "seed")
    asked = {f"--{name}": getattr(options, name) for name in named}
    return {"code": code_fingerprint(), "machine": machine(), "--as-of": options.as_of.isoformat(), **asked}


def _command(options: argparse.Namespace) -> str:
    words = ["python bench/history.py", f"--records {options.records}", f"--rounds {options.rounds}"]
    words += [f"--processes {options.processes}", f"--releases {' '.join(map(str, options.releases))}"]
    if options.only:
        words.append(f"--only {' '.join(options.only)}")
    return " ".join(words)


if __name__ == "__main__":
    sys.exit(main())
