"""What is measured: Pregón's stages, Nightingale, and the tools behind it, each as processes of their own."""

import dataclasses
import json
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from measure import NOTHING, CommandFailed, Cost, load, measured

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
CITY = "riverbend"
TIME_ZONE = "America/Chicago"
COLLECT = ("extract", "prepare", "map", "release", "check", "commit")
STAGES = (*COLLECT, "build", "promote", "push")
TOOLS = ("ocdsnightingale", "libcoveocds", "ocdskit", "flatterer")


@dataclass(frozen=True)
class Measurement:
    """One measured command. `count` are processes, or what `unit` says; `start` are CPU seconds before its work began.

    `missing` tells why there is no number.
    """

    name: str
    what: str
    count: int = 0
    cost: Cost = NOTHING
    unit: str = "processes"
    start: float = 0.0
    missing: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """How many per CPU second, which is per second and core."""
        return self.count / self.cost.cpu if self.cost.cpu else 0.0

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values, and the rate."""
        return {**dataclasses.asdict(self), "rate": round(self.rate, 1)}


@dataclass(frozen=True)
class Bench:
    """Where a benchmark works: `python` has Pregón, `peers` is the environment of the other tools."""

    python: Path
    work: Path
    peers: Path
    reference: Path
    seed: int

    @property
    def environment(self) -> dict[str, str]:
        """Variables of every child: byte code is cached, as in any installation, but not in the repository."""
        return {
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self.work / "bytecode"),
            "PREGON_CITIES": str(self.work / "cities"),
            "TZ": TIME_ZONE,
        }

    def run(self, *command: str | Path, **options: Any) -> Cost:
        """Measure a command."""
        options.setdefault("log", self.work / "log.txt")
        options["environment"] = {**self.environment, **options.get("environment", {})}
        return measured([str(word) for word in command], **options)

    def ask(self, script: str, *arguments: str | Path, **options: Any) -> tuple[dict[str, Any], Cost]:
        """Run a script of this folder with the environment of Pregón; give what it printed, and its cost."""
        answer = self.work / "answer.json"
        cost = self.run(self.python, HERE / script, *arguments, stdout=answer, **options)
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found, cost

    def tool(self, name: str) -> Path:
        """Give the command of a peer."""
        return self.peers / "bin" / name

    # Preparation ------------------------------------------------------------------------------------------------------

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

    def city(self, *, tables: bool) -> None:
        """Set Riverbend's configuration: with tables or without, and a folder to push to."""
        folder = self.work / "cities" / CITY
        if not folder.is_dir():
            shutil.copytree(ROOT / "cities" / CITY, folder)
        document = yaml.safe_load((ROOT / "cities" / CITY / "city.yaml").read_text(encoding="utf-8"))
        document["build"] = {**document.get("build", {}), "tables": tables}
        document["targets"] = {"folder": {"kind": "filesystem", "path": str(self.work / "pushed")}}
        (folder / "city.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")

    def warm(self, as_of: datetime) -> None:
        """Let every program start once: byte code is written once, as by any installation, and not measured."""
        self.stage(self.work / "warm", as_of, "start")
        for name in TOOLS:
            if self.tool(name).is_file():
                self.run(self.tool(name), "--help")

    # Pregón -----------------------------------------------------------------------------------------------------------

    def synth(self, home: Path, processes: int, as_of: datetime) -> Measurement:
        """Make the synthetic database of a home."""
        database = home / "sources" / f"{CITY}.sqlite"
        database.parent.mkdir(parents=True, exist_ok=True)
        words = ["--processes", str(processes), "--seed", str(self.seed), "--replace"]
        cost = self._synth(database, as_of, *words)
        return Measurement("synth", "writes the source database", processes, cost)

    def advance(self, home: Path, as_of: datetime) -> Measurement:
        """Let a day pass in the database of a home."""
        cost = self._synth(home / "sources" / f"{CITY}.sqlite", as_of, "--advance", "1", "--seed", str(self.seed))
        return Measurement("synth --advance 1", "one day passes", cost=cost)

    def _synth(self, database: Path, as_of: datetime, *words: str) -> Cost:
        command = [self.python, "-m", "pregon.cli", "synth", "--out", database, "--as-of", as_of.isoformat(), *words]
        return self.run(*command)

    def stage(self, home: Path, as_of: datetime, stage: str) -> Measurement:
        """Run one stage."""
        found, cost = self.ask("stage.py", stage, home, as_of.isoformat())
        start = found.pop("start")
        unit = next((unit for unit in ("processes", "rows", "files") if unit in found), "")
        return Measurement(stage, _WORDS[stage], found.get(unit, 0), cost, unit, start, facts=found)

    def stages(self, home: Path, as_of: datetime, stages: Iterable[str]) -> list[Measurement]:
        """Run stages in order, and say on the way how it goes."""
        found = []
        for stage in stages:
            measurement = self.stage(home, as_of, stage)
            tell(measurement)
            found.append(measurement)
        return found

    # Today's chain ----------------------------------------------------------------------------------------------------

    def nightingale(self, database: Path, processes: int, schema: str) -> tuple[Measurement, Path | None]:
        """Publish a database with Nightingale; give its package too."""
        folder = self.work / f"nightingale-{schema}"
        shutil.rmtree(folder, ignore_errors=True)
        made, _ = self.ask("workbook.py", database, folder, schema)
        (folder / "out").mkdir()
        asked, _ = self.ask("content.py", "query", folder / "config.toml")
        words = ["--config", folder / "config.toml", "--package", "--loglevel", "WARNING"]
        try:
            cost = self.run(self.tool("ocdsnightingale"), *words)
        except CommandFailed as error:
            return Measurement("ocdsnightingale", _WORDS[schema], missing=str(error)), None
        (package,) = (folder / "out").glob("*.json")
        facts = {"mapped_paths": made["paths"], "rows": asked["rows"], "query_cpu": asked["cpu"]}
        return Measurement("ocdsnightingale", _WORDS[schema], processes, cost, facts=facts), package

    def behind(self, packages: Sequence[Path], records: Path | None, releases: int) -> list[Measurement]:
        """Run on release packages what a publisher runs on them today.

        `records` are records one a line for `package-records`; without them those that ocdskit makes are taken.
        """
        folder = self.work / "behind"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        together = folder / "releases.json"
        with together.open("wb") as target:
            for package in packages:
                with package.open("rb") as source:
                    shutil.copyfileobj(source, target)
                target.write(b"\n")
        schema = self.work / "release-schema.json"
        self.ask("content.py", "schema", schema)
        found = [self._judged(packages, releases)]
        compiling = ["compile", "--schema", schema]
        found.append(self._kit("ocdskit compile", compiling, together, folder / "compiled.jsonl", releases))
        head = ["--uri", "https://data.riverbend.example/records.json", "--published-date", "2026-01-01T00:00:00Z"]
        packaging = [*compiling, "--package", *head, "--publisher-name", "Riverbend"]
        found.append(self._kit("ocdskit compile --package", packaging, together, folder / "package.json", releases))
        if records is None and not found[-1].missing:
            records = folder / "records.jsonl"
            self.ask("content.py", "lines", folder / "package.json", records)
        if records is not None:
            words = ["package-records", *head]
            found.append(self._kit("ocdskit package-records", words, records, folder / "records.json", releases))
        words = ["--force", "-p", "releases", *packages, folder / "tables"]
        found.append(self._measurement("flatterer", "tables as CSV", releases, self.tool("flatterer"), *words))
        shutil.rmtree(folder, ignore_errors=True)
        return found

    def _judged(self, packages: Sequence[Path], releases: int) -> Measurement:
        # libcoveocds fetches extensions from the network; this script of the reference material answers from files.
        script = self.reference / "tools" / "cove_offline.py"
        if not script.is_file():
            return Measurement(
                "libcoveocds", "validates", missing="the reference material is absent (PREGON_REFERENCE)"
            )
        verdicts = self.work / "verdicts.jsonl"
        measurement = self._measurement(
            "libcoveocds",
            "validates",
            releases,
            self.tool("python"),
            script,
            *packages,
            stdout=verdicts,
            accepted=(0, 1),
        )
        if measurement.missing:
            return measurement
        findings: dict[str, int] = {}
        for line in verdicts.read_text(encoding="utf-8").splitlines():
            for key, value in json.loads(line)["findings"].items():
                findings[key] = findings.get(key, 0) + (len(value) if isinstance(value, list | dict) else 1)
        return dataclasses.replace(measurement, facts={"findings": findings})

    def _kit(self, name: str, words: Sequence[str | Path], given: Path, taken: Path, releases: int) -> Measurement:
        return self._measurement(name, _WORDS[name], releases, self.tool("ocdskit"), *words, stdin=given, stdout=taken)

    def _measurement(self, name: str, what: str, count: int, *command: str | Path, **options: Any) -> Measurement:
        try:
            measurement = Measurement(name, what, count, self.run(*command, **options))
        except (CommandFailed, FileNotFoundError) as error:
            measurement = Measurement(name, what, missing=str(error))
        tell(measurement)
        return measurement


_WORDS = {
    "start": "Python, imports, compiled city",
    "extract": "database to Parquet",
    "prepare": "the city's SQL, in DuckDB",
    "map": "rows to states",
    "release": "states to releases",
    "check": "schema, gate",
    "commit": "ledger, accounting",
    "build": "JSON Lines and packages",
    "build tables": "adds CSV tables to the snapshot",
    "promote": "checksums, pointer",
    "push": "copy to a folder, verified",
    "mapped": "schema sheets cut to what is mapped",
    "full": "schema sheets as in the template",
    "ocdskit compile": "compiled releases",
    "ocdskit compile --package": "record package from releases",
    "ocdskit package-records": "record package from records",
}


def total(measurements: Iterable[Measurement], names: Sequence[str]) -> Cost:
    """Add up the costs of some stages."""
    return sum((one.cost for one in measurements if one.name in names), NOTHING)


def tell(measurement: Measurement) -> None:
    """Print one line while the benchmark goes on."""
    clock = time.strftime("%H:%M:%S")
    if measurement.missing:
        print(f"{clock}  {measurement.name:<28} not measured: {measurement.missing.splitlines()[0]}", flush=True)
        return
    cost = measurement.cost
    print(
        f"{clock}  {measurement.name:<28} {cost.wall:8.2f} s wall {cost.cpu:8.2f} s CPU"
        f" {cost.memory / 1e6:6.0f} MB {measurement.rate:10,.0f} /s  load {load()}",
        flush=True,
    )
