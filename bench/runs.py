"""Where a benchmark works, and Pregón's stages in it: each a process of its own, on a copy of the code."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from kept import Kept, fingerprint
from measure import Cost, measured
from measurement import Measurement, pulse, say, tell, together, totals

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
CITY = "riverbend"
TIME_ZONE = "America/Chicago"
COLLECT = ("extract", "prepare", "map", "release", "check", "commit")
STAGES = (*COLLECT, "build", "promote", "push")
CORE = ("map", "release", "check")
SCHEMA = "schema"
"""The schema alone, which `check` holds releases against too: a program beside the others, in no sum but its own."""
TOOLS = ("ocdsnightingale", "libcoveocds", "ocdskit", "flatterer")
CODE = ("transforms", "expectations", "plugins", "cities", "bench")


@dataclass(frozen=True)
class Bench:
    """Where a benchmark works: `python` has Pregón, `peers` is the environment of the other tools."""

    python: Path
    work: Path
    peers: Path
    reference: Path
    seed: int
    limit: float

    @property
    def code(self) -> Path:
        """The copy of the code that is measured."""
        return self.work / "code"

    @property
    def environment(self) -> dict[str, str]:
        """Variables of every child: byte code is cached, as in any installation, but not in the repository."""
        return {
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self.work / "bytecode"),
            "PREGON_CITIES": str(self.work / "cities"),
            "TZ": TIME_ZONE,
        }

    def run(self, name: str, *command: str | Path, **options: Any) -> Cost:
        """Measure a command; `name` is what signs of life call it."""
        options.setdefault("log", self.work / "log.txt")
        options.setdefault("pulse", pulse(name))
        options["environment"] = {**self.environment, **options.get("environment", {})}
        return measured([str(word) for word in command], **options)

    def pregon(self, name: str, *command: str | Path, **options: Any) -> Cost:
        """Measure a command of Python with the copy of Pregón."""
        places = f"{self.code}:{self.code / 'plugins'}"
        return self.run(name, self.python, *command, environment={"PYTHONPATH": places}, **options)

    def ask(self, script: str, *arguments: str | Path) -> tuple[dict[str, Any], Cost]:
        """Run a script of this folder with the environment of Pregón; give what it printed, and its cost."""
        answer = self.work / "answer.json"
        name = " ".join([script.removesuffix(".py"), *(word for word in arguments[:1] if isinstance(word, str))])
        cost = self.pregon(name, self.code / "bench" / script, *arguments, stdout=answer)
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found, cost

    def tool(self, name: str) -> Path:
        """Give the command of a peer."""
        return self.peers / "bin" / name

    # Preparation ------------------------------------------------------------------------------------------------------

    def copy_code(self) -> None:
        """Copy the code, so that nobody's edits reach a run that has begun; an interrupted one goes on with its own."""
        if self.code.is_dir():
            return
        copy = self.work / "code.new"
        shutil.rmtree(copy, ignore_errors=True)
        for file in code_files():
            target = copy / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        copy.rename(self.code)

    def make_peers(self) -> str:
        """Make the environment of the peers from bench/uv.lock; give the reason if that fails."""
        script = 'set -e; . bin/setup; sync_environment .venv-bench "$root/bench"'
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, check=False, capture_output=True, text=True)
        if done.returncode == 0:
            return ""
        last = [line for line in done.stderr.splitlines() if line.strip()]
        return f"the environment of bench/uv.lock could not be made: {last[-1] if last else done.returncode}"

    def versions(self) -> dict[str, str]:
        """Give the versions of the peers that are installed."""
        code = (
            "import importlib.metadata as m, json, sys\n"
            "found = {}\n"
            "for name in sys.argv[1:]:\n"
            "    try: found[name] = m.version(name)\n"
            "    except m.PackageNotFoundError: pass\n"
            "print(json.dumps(found))"
        )
        python = self.tool("python")
        if not python.is_file():
            return {}
        done = subprocess.run([python, "-c", code, *TOOLS], check=True, capture_output=True, text=True)
        found: dict[str, str] = json.loads(done.stdout)
        return found

    def city(self, tables: Sequence[str] = ()) -> None:
        """Set Riverbend's configuration: with tables in these formats, and a folder to push to."""
        folder = self.work / "cities" / CITY
        if not folder.is_dir():
            shutil.copytree(self.code / "cities" / CITY, folder)
        document = yaml.safe_load((self.code / "cities" / CITY / "city.yaml").read_text(encoding="utf-8"))
        document["build"] = {**document.get("build", {}), "tables": list(tables)}
        document["targets"] = {"folder": {"kind": "filesystem", "path": str(self.work / "pushed")}}
        (folder / "city.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")

    def warm(self, as_of: datetime) -> None:
        """Publish a handful of processes, and start every tool once.

        Byte code is written and programs are read from disk once, as by any installation, and neither is measured.
        """
        home = self.work / "warm"
        shutil.rmtree(home, ignore_errors=True)
        self.city()
        database = home / "sources" / f"{CITY}.sqlite"
        database.parent.mkdir(parents=True)
        self.synth(database, 20, as_of)
        for stage in STAGES:
            self.stage(home, as_of, stage)
        shutil.rmtree(home)
        for name in TOOLS:
            if self.tool(name).is_file():
                self.run(name, self.tool(name), "--help")

    # Pregón -----------------------------------------------------------------------------------------------------------

    def synth(self, database: Path, processes: int, as_of: datetime) -> Measurement:
        """Make a synthetic database."""
        database.parent.mkdir(parents=True, exist_ok=True)
        words = ["--processes", str(processes), "--seed", str(self.seed), "--replace"]
        cost = self._synth("synth", database, as_of, *words)
        return Measurement("synth", "writes the source database", processes, (cost,))

    def advance(self, database: Path, as_of: datetime) -> Measurement:
        """Let a day pass in a database: about one in a hundred processes changes."""
        cost = self._synth("synth --advance 1", database, as_of, "--advance", "1", "--seed", str(self.seed))
        return Measurement("synth --advance 1", "one day passes", runs=(cost,))

    def _synth(self, name: str, database: Path, as_of: datetime, *words: str) -> Cost:
        command: list[str | Path] = [
            "-m",
            "pregon.cli",
            "synth",
            "--out",
            database,
            "--as-of",
            as_of.isoformat(),
            *words,
        ]
        return self.pregon(name, *command)

    def stage(self, home: Path, as_of: datetime, stage: str) -> Measurement:
        """Run one stage."""
        found, cost = self.ask("stage.py", stage, home, as_of.isoformat())
        start = found.pop("start")
        unit = next((unit for unit in ("processes", "rows", "files") if unit in found), "")
        return Measurement(stage, _WORDS[stage], found.get(unit, 0), (cost,), unit, start, facts=found)

    def stages(self, home: Path, as_of: datetime, stages: Iterable[str]) -> list[Measurement]:
        """Run stages in order, and say on the way how it goes."""
        found = []
        for stage in stages:
            measurement = self.stage(home, as_of, stage)
            tell(measurement)
            found.append(measurement)
        return found

    def publish(self, source: Path, home: Path, as_of: datetime) -> dict[str, Any]:
        """Publish a database whole without tables, then with tables, then collect what a day has changed."""
        shutil.rmtree(home, ignore_errors=True)
        database = home / "sources" / f"{CITY}.sqlite"
        database.parent.mkdir(parents=True)
        shutil.copyfile(source, database)
        self.city()
        before, after = (("start", *COLLECT[:4]), STAGES[4:])
        stages = self.stages(home, as_of, (*before, SCHEMA, *after))
        self.city(["csv"])
        tables = replace(self.stage(home, as_of, "build"), name="build tables", what=_WORDS["build tables"])
        tell(tables)
        self.city()
        later = as_of + timedelta(days=1)
        tell(self.advance(database, later))
        changed = self.stages(home, later, COLLECT)
        shutil.rmtree(self.work / "pushed", ignore_errors=True)
        return {
            "stages": [one.to_json() for one in stages],
            "tables": tables.to_json(),
            "changed": [one.to_json() for one in changed],
        }


class Databases:
    """Databases of several sizes, each published by Pregón some times, and remembered with what that took."""

    def __init__(self, bench: Bench, kept: Kept, as_of: datetime) -> None:
        self.bench, self.kept, self.as_of = bench, kept, as_of

    def source(self, processes: int) -> Path:
        """Give a synthetic database as it was made, for others to read."""
        return self.bench.work / "sources" / f"{processes}.sqlite"

    def home(self, processes: int) -> Path:
        """Give the folder that the last run of Pregón left."""
        return self.bench.work / "homes" / str(processes)

    def published(self, processes: int, times: int, *, stays: bool) -> dict[str, Any]:
        """Give what publishing this many processes took; with `stays` the home of the last run is there afterwards."""
        kept, source, home = self.kept, self.source(processes), self.home(processes)
        last = f"pregon/{processes}/{times}"
        if stays and not home.is_dir():
            kept.drop(last)
        if (stays or last not in kept.parts) and not source.is_file():
            kept.drop(f"synth/{processes}")
        made = kept.part(f"synth/{processes}", lambda: self._made(processes))
        runs = []
        for number in range(1, times + 1):

            def publish(number: int = number) -> dict[str, Any]:
                if times > 1:
                    say(f"run {number} of {times}")
                return self.bench.publish(source, home, self.as_of)

            runs.append(kept.part(f"pregon/{processes}/{number}", publish))
        if not stays:
            self.forget(processes)
        return summary(processes, made, runs)

    def forget(self, processes: int) -> None:
        """Remove the files of a database, not its numbers."""
        shutil.rmtree(self.home(processes), ignore_errors=True)
        self.source(processes).unlink(missing_ok=True)

    def _made(self, processes: int) -> dict[str, Any]:
        made = self.bench.synth(self.source(processes), processes, self.as_of)
        tell(made)
        return made.to_json()


def summary(requested: int, made: dict[str, Any], runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the runs of one database together: medians of each stage and of sums of stages."""
    stages = [[Measurement.from_json(one) for one in run["stages"]] for run in runs]
    changed = [[Measurement.from_json(one) for one in run["changed"]] for run in runs]
    tables = together([Measurement.from_json(run["tables"]) for run in runs])
    merged = [together(same) for same in zip(*stages, strict=True)]
    merged_changed = [together(same) for same in zip(*changed, strict=True)]
    return {
        "requested": requested,
        "processes": _named(merged, "commit").count,
        "runs": len(runs),
        "synth": made,
        "stages": [one.to_json() for one in merged],
        "tables": tables.to_json(),
        "changed": [one.to_json() for one in merged_changed],
        "changed_processes": _named(merged_changed, "commit").count,
        "costs": {
            "map+release+schema": totals(stages, (*CORE[:2], SCHEMA)),
            "map+release+check": totals(stages, CORE),
            "extract to promote": totals(stages, STAGES[:-1]),
            "extract to commit": totals(stages, COLLECT),
            "changed, extract to commit": totals(changed, COLLECT),
        },
    }


def _named(measurements: list[Measurement], name: str) -> Measurement:
    return next(one for one in measurements if one.name == name)


def code_files() -> Iterator[Path]:
    """Give every file that a run works with."""
    for folder in CODE:
        for file in sorted((ROOT / folder).rglob("*")):
            parts = file.relative_to(ROOT).parts
            if file.is_file() and "__pycache__" not in parts and parts[:2] != ("bench", "results"):
                yield file


def code_fingerprint() -> str:
    """Give a short hash of the code, the city and the environments."""
    return fingerprint(ROOT, [*code_files(), ROOT / "uv.lock"])


_WORDS = {
    "start": "Python, imports, compiled city",
    "extract": "database to Parquet",
    "prepare": "the city's SQL, in DuckDB",
    "map": "rows to states",
    "release": "states to releases",
    "schema": "the schema alone, in no sum",
    "check": "schema, all other checks, gate",
    "commit": "ledger, accounting",
    "build": "JSON Lines and packages",
    "build tables": "adds CSV tables to the snapshot",
    "promote": "checksums, pointer",
    "push": "copy to a folder, verified",
}
