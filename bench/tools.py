"""Today's tools: Nightingale on the source database, and what a publisher runs on release packages behind it."""

import dataclasses
import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import CommandFailed
from measurement import Measurement, repeated, tell
from runs import Bench

HEAD = ("--uri", "https://data.riverbend.example/records.json", "--published-date", "2026-01-01T00:00:00Z")


@dataclass(frozen=True)
class Given:
    """Release packages for the tools, records one a line (None: those that ocdskit makes), and what must come out.

    `compiled` are Pregón's compiled releases, gzipped lines: the tools must give the same processes. With `alike` the
    releases are Pregón's too, and compiled releases are compared value by value.
    """

    packages: Sequence[Path]
    records: Path | None
    compiled: Path
    releases: int
    alike: bool


class Tools:
    """The tools behind a publisher's release packages, each measured and what it wrote looked at."""

    def __init__(self, bench: Bench, times: int, keep: Callable[[str, Callable[[], Any]], Any]) -> None:
        """Work in a benchmark; `keep` is asked for a measurement by its name, and how to make it."""
        self.bench, self.times, self._keep = bench, times, keep
        self.folder = bench.work / "behind"

    def behind(self, given: Given) -> list[Measurement]:
        """Run every tool on release packages."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        schema = self.bench.work / "release-schema.json"
        self.bench.ask("content.py", "schema", schema)
        compiling: list[str | Path] = ["compile", "--schema", schema]
        packaging: list[str | Path] = [*compiling, "--package", *HEAD, "--publisher-name", "Riverbend"]
        package = self.folder / "package.json"
        found = [
            self._kept("libcoveocds", lambda: self._judged(given)),
            self._kept("ocdskit compile", lambda: self._kit("ocdskit compile", compiling, given, "compiled.jsonl")),
            self._kept(
                "ocdskit compile --package",
                lambda: self._kit("ocdskit compile --package", packaging, given, package.name),
            ),
            self._kept("ocdskit package-records", lambda: self._packaged(given, packaging, package)),
            self._kept("flatterer", lambda: self._flattened(given)),
        ]
        shutil.rmtree(self.folder, ignore_errors=True)
        return found

    def _kept(self, name: str, measure: Callable[[], Measurement]) -> Measurement:
        def make() -> dict[str, Any]:
            measurement = repeated(measure, self.times)
            tell(measurement)
            return measurement.to_json()

        return Measurement.from_json(self._keep(name, make))

    def _judged(self, given: Given) -> Measurement:
        # libcoveocds fetches extensions from the network; this script of the reference material answers from files.
        name, script = "libcoveocds", self.bench.reference / "tools" / "cove_offline.py"
        if not script.is_file():
            return Measurement(name, _WORDS[name], missing="the reference material is absent (PREGON_REFERENCE)")
        verdicts = self.folder / "verdicts.jsonl"
        words = [self.bench.tool("python"), script, *given.packages]
        measurement = self._run(name, given.releases, *words, stdout=verdicts, accepted=(0, 1))
        if measurement.missing:
            return measurement
        findings: Counter[str] = Counter()
        releases = processes = 0
        for line in verdicts.read_text(encoding="utf-8").splitlines():
            verdict = json.loads(line)
            findings.update(counted(verdict["findings"]))
            releases += verdict["report"]["count"]
            processes += verdict["report"]["unique_ocids_count"]
        return dataclasses.replace(
            measurement,
            facts={"findings": dict(findings)},
            wrong=""
            if releases == processes == given.releases
            else f"it saw {releases:,} releases of {processes:,} processes, not {given.releases:,}",
        )

    def _kit(self, name: str, words: Sequence[str | Path], given: Given, output: str) -> Measurement:
        stdin = self.folder / "releases.json"
        if not stdin.is_file():
            with stdin.open("wb") as target:
                for package in given.packages:
                    with package.open("rb") as source:
                        shutil.copyfileobj(source, target)
                    target.write(b"\n")
        return self._compared(name, words, given, stdin, self.folder / output)

    def _packaged(self, given: Given, packaging: Sequence[str | Path], package: Path) -> Measurement:
        name, records = "ocdskit package-records", given.records
        if records is None:
            records = self.folder / "records.jsonl"
            if not records.is_file():
                if not package.is_file():  # measured before an interruption
                    made = self._kit("ocdskit compile --package", packaging, given, package.name)
                    if made.missing:
                        return Measurement(name, _WORDS[name], missing="there are no records for it")
                self.bench.ask("content.py", "lines", package, records)
        return self._compared(name, ["package-records", *HEAD], given, records, self.folder / "records.json")

    def _compared(self, name: str, words: Sequence[str | Path], given: Given, stdin: Path, stdout: Path) -> Measurement:
        command = [self.bench.tool("ocdskit"), *words]
        measurement = self._run(name, given.releases, *command, stdin=stdin, stdout=stdout)
        if measurement.missing:
            return measurement
        same, _ = self.bench.ask("content.py", "compare", given.compiled, stdout)
        facts = {"equal": same["equal"]} if given.alike else {}
        return dataclasses.replace(measurement, wrong=unlike(same), facts=facts)

    def _flattened(self, given: Given) -> Measurement:
        tables = self.folder / "tables"
        words: list[str | Path] = ["--force", "-m", "releases", "-p", "releases", *given.packages, tables]
        measurement = self._run("flatterer", given.releases, self.bench.tool("flatterer"), *words)
        if measurement.missing:
            return measurement
        counts, _ = self.bench.ask("content.py", "tables", tables / "csv")
        rows = counts["rows"].get("releases", 0)
        return dataclasses.replace(
            measurement,
            facts={"tables": len(counts["rows"]), "rows": sum(counts["rows"].values())},
            wrong="" if rows == given.releases else f"its table of releases has {rows:,} rows, not {given.releases:,}",
        )

    def _run(self, name: str, count: int, *command: str | Path, **options: Any) -> Measurement:
        return attempt(self.bench, Measurement(name, _WORDS[name], count), *command, **options)


@dataclass(frozen=True)
class Nightingale:
    """Nightingale on a source database, for which `compiled` are Pregón's compiled releases, gzipped lines."""

    bench: Bench
    database: Path
    compiled: Path
    processes: int

    def folder(self, schema: str) -> Path:
        """Give the folder of its configuration and output."""
        return self.bench.work / f"nightingale-{schema}"

    def package(self, schema: str) -> Path | None:
        """Give the package it wrote, if it did."""
        return next((self.folder(schema) / "out").glob("*.json"), None)

    def publish(self, schema: str) -> Measurement:
        """Publish the database; `schema` says how much of the standard the workbook holds (see workbook.py)."""
        folder = self.folder(schema)
        shutil.rmtree(folder, ignore_errors=True)
        made, _ = self.bench.ask("workbook.py", self.database, folder, schema)
        (folder / "out").mkdir()
        asked, _ = self.bench.ask("content.py", "query", folder / "config.toml")
        facts = {"mapped_paths": made["paths"], "rows": asked["rows"], "query_cpu": asked["cpu"]}
        measurement = Measurement("ocdsnightingale", _WORDS[schema], self.processes, facts=facts)
        words: list[str | Path] = ["--config", folder / "config.toml", "--package", "--loglevel", "WARNING"]
        measurement = attempt(self.bench, measurement, self.bench.tool("ocdsnightingale"), *words)
        package = self.package(schema)
        if measurement.missing or package is None:
            return dataclasses.replace(measurement, missing=measurement.missing or "it wrote no package")
        same, _ = self.bench.ask("content.py", "compare", self.compiled, package)
        return dataclasses.replace(measurement, wrong=unlike(same))


def attempt(bench: Bench, measurement: Measurement, *command: str | Path, **options: Any) -> Measurement:
    """Measure a command of somebody else's; what goes wrong becomes part of the measurement."""
    try:
        cost = bench.run(measurement.name, *command, limit=bench.limit, **options)
    except (CommandFailed, FileNotFoundError) as error:
        return dataclasses.replace(measurement, missing=str(error))
    return dataclasses.replace(measurement, runs=(cost,))


def unlike(same: dict[str, Any]) -> str:
    """Say what a tool's output lacks, or has too much; nothing where it has every process once."""
    told = []
    if same["missing"]:
        told.append(f"{same['missing']:,} processes are missing")
    if same["extra"]:
        told.append(f"{same['extra']:,} processes are not among Pregón's")
    if same["entries"] != same["ocids"]:
        told.append(f"{same['entries']:,} entries for {same['ocids']:,} processes")
    return "; ".join(told)


def counted(findings: dict[str, Any]) -> dict[str, int]:
    """Count the findings of libcoveocds by kind: they are lists, or lists by the name of a check."""
    found: dict[str, int] = {}
    for key, value in findings.items():
        if isinstance(value, dict):
            for name, members in value.items():
                found[f"{key}: {name}"] = len(members) if isinstance(members, list | dict) else 1
        else:
            found[key] = len(value) if isinstance(value, list) else 1
    return found


_WORDS = {
    "mapped": "schema sheets cut to what is mapped",
    "full": "schema sheets as in the template",
    "libcoveocds": "validates",
    "ocdskit compile": "compiled releases",
    "ocdskit compile --package": "record package from releases",
    "ocdskit package-records": "record package from records",
    "flatterer": "tables as CSV",
}
