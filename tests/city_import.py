"""An import of a whole city, from its files up to the commit."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import duckdb

from pregon import pipeline
from pregon.json_lines import read_json_lines

AS_OF = datetime(2026, 9, 1, tzinfo=UTC)

State = dict[str, Any]

Files = Mapping[str, Sequence[Mapping[str, str]]]
"""File name → rows, each column name → cell."""


@dataclass(frozen=True)
class Imported:
    """What a run made of a city's files."""

    run: pipeline.Run
    prepared: pipeline.Prepared
    verdict: pipeline.Verdict

    @cached_property
    def states(self) -> dict[str, State]:
        """State by ocid, without the prefix."""
        prefix = self.run.city.ocid_prefix + "-"
        return {line["ocid"].removeprefix(prefix): line["state"] for line in self._lines("states")}

    @cached_property
    def releases(self) -> list[dict[str, Any]]:
        """Lines of the release stage."""
        return list(self._lines("releases"))

    @cached_property
    def findings(self) -> list[tuple[str, str, str, str]]:
        """(path, code, value, row) of everything that was found."""
        return [(path, code, value, row) for path, code, value, row in self._lines("findings")]

    @cached_property
    def kinds(self) -> Counter[str]:
        """How often each kind of finding was met: the code, or what the city's own words say before a colon."""
        return Counter(value.partition(":")[0] if code == "note" else code for _, code, value, _ in self.findings)

    @cached_property
    def held(self) -> Counter[tuple[str, str]]:
        """Rows that no process has, by table and reason in words."""
        path = self.run.lake.local(f"{self.prepared.key}/held.parquet")
        with duckdb.connect() as connection:
            rows = connection.execute("SELECT _table, _message FROM read_parquet(?)", [str(path)]).fetchall()
        return Counter(rows)

    @cached_property
    def tables(self) -> dict[str, dict[str, Any]]:
        """What the summary of the run says of each source table."""
        return cast("dict[str, dict[str, Any]]", pipeline.summary(self.run)["tables"])

    def entries(self, section: str) -> list[State]:
        """All entries of `awards` or `contracts`."""
        return [entry for state in self.states.values() for entry in state.get(section, [])]

    def parties(self, role: str) -> list[State]:
        """All parties with a role, once for each process."""
        return [party for state in self.states.values() for party in state.get("parties", []) if role in party["roles"]]

    def _lines(self, kind: str) -> Iterator[Any]:
        for key in self.run.lake.list(f"{self.run.work}/{kind}"):
            yield from read_json_lines(self.run.lake.local(key))


def import_city(slug: str, folder: Path | None, home: Path, as_of: datetime = AS_OF) -> Imported:
    """Run a city from extract to commit, from a folder of files or, without one, from where it says."""
    run = pipeline.Run.start(slug, home=home, as_of=as_of, from_dir=folder)
    prepared = pipeline.prepare(run, pipeline.extract(run))
    checked = [
        pipeline.check(run, pipeline.release(run, pipeline.map_states(run, prepared, bucket)))
        for bucket in prepared.buckets
    ]
    verdict = pipeline.decide(run, prepared, checked)
    pipeline.commit(run, prepared, verdict, checked)
    return Imported(run, prepared, verdict)
