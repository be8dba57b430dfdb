"""Before any row is read: what is to be read, in which portions, and from where the rows go on.

A portion is what one task reads: a chunk of a table, or all tables of a source that gives one consistent state.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import orjson

from pregon.lake import Lake
from pregon.manifest import Manifest, ManifestError, Mark, TableManifest, run_id
from pregon.sources.base import SourceConfigurationError, SourceSpec, TableSpec, nearest
from pregon.sources.connector import MAX_CHUNKS, Chunk, Connector, Known, Place, TablePlan
from pregon.sources.kinds import kind_of


@dataclass(frozen=True, slots=True)
class Portion:
    """What one task reads of a source.

    `number` counts the portions of a source, `chunk` those of the table, both from 0. `table` None: all tables of the
    source. `label` is for people.
    """

    number: int
    source: str
    table: str | None
    chunk: int
    label: str

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {name: getattr(self, name) for name in ("number", "source", "table", "chunk", "label")}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**value)


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """How one source is read in one extract: the manifest that this will make, what each task reads, and how.

    `folder` is a hash of the folder of local files. `tables` has no entry for tables of a source that is read as a
    whole: they are planned while it is held open.
    """

    source: str
    number: int
    as_of: datetime
    previous: int | None
    config: str
    full: bool
    folder: str | None
    portions: tuple[Portion, ...]
    tables: Mapping[str, TablePlan]

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {
            "source": self.source,
            "number": self.number,
            "as_of": self.as_of.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "previous": self.previous,
            "config": self.config,
            "full": self.full,
            "folder": self.folder,
            "portions": [portion.to_json() for portion in self.portions],
            "tables": {name: table_plan_json(plan) for name, plan in self.tables.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(
            source=value["source"],
            number=value["number"],
            as_of=datetime.strptime(value["as_of"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            previous=value["previous"],
            config=value["config"],
            full=value["full"],
            folder=value["folder"],
            portions=tuple(Portion.from_json(portion) for portion in value["portions"]),
            tables={name: table_plan(plan) for name, plan in value["tables"].items()},
        )


def table_plan_json(plan: TablePlan) -> dict[str, Any]:
    """Give a table's plan as JSON values; columns stay in the source's order."""
    return {
        "chunks": [{"label": chunk.label, "bounds": dict(chunk.bounds)} for chunk in plan.chunks],
        "since": plan.since,
        "signature": plan.signature,
        "expected": plan.expected,
        "observed": [[name, type_] for name, type_ in plan.observed.items()],
        "moving": plan.moving,
        "notes": plan.notes,
    }


def table_plan(value: Mapping[str, Any]) -> TablePlan:
    """Read what `table_plan_json` gave."""
    chunks = tuple(Chunk(chunk["label"], chunk["bounds"]) for chunk in value["chunks"])
    return TablePlan(**{**value, "chunks": chunks, "observed": dict(value["observed"])})


def work_key(city: str, as_of: datetime) -> str:
    """Give the key of the folder with an extract's work: plan and pages."""
    return f"{city}/runs/{run_id(as_of)}/extract"


def table_key(city: str, as_of: datetime, table: str) -> str:
    """Give the key of the folder with what was read of a table."""
    return f"{work_key(city, as_of)}/tables/{table}"


def read_plan(lake: Lake, city: str, as_of: datetime, source: str) -> SourcePlan | None:
    """Give the plan of a source in an extract that was begun."""
    key = f"{work_key(city, as_of)}/plans/{source}.json"
    return SourcePlan.from_json(lake.read_json(key)) if lake.exists(key) else None


def make_plan(
    lake: Lake,
    city: str,
    source: SourceSpec,
    as_of: datetime,
    *,
    config: str,
    previous: Manifest | None,
    used: Mark | None,
    home: Path,
    from_dir: Path | None,
    full: bool,
) -> SourcePlan:
    """Decide what an extract reads of a source, and store that; what was read of it before is dropped.

    Raises:
        SourceError: the source does not answer, or is not what its configuration says.
        ManifestError: the clock is before that of the last manifest, in the lake or used.
    """
    for last in (previous, used):
        if last is not None and last.as_of > as_of:
            raise ManifestError(
                city,
                last.number,
                f"was made as of {last.as_of.isoformat()}, which is later than {as_of.isoformat()}",
                hint="run with a later --as-of",
            )
    for table in source.tables:
        lake.remove_prefix(table_key(city, as_of, table.name))
    portions: list[Portion] = []
    tables: dict[str, TablePlan] = {}
    kind = kind_of(source)
    if kind.whole(source):
        count = len(source.tables)
        label = f"{source.name}: {count} tables at one moment" if count > 1 else source.tables[0].name
        portions.append(Portion(0, source.name, None, 0, label))
    else:
        with lake.scratch(f"{city}/runs/{run_id(as_of)}/scratch/plan-{source.name}") as scratch:
            work = f"{work_key(city, as_of)}/kept/{source.name}"
            place = Place(home=home, scratch=scratch, from_dir=from_dir, lake=lake, work=work)
            with kind.open(source, place) as connector:
                for table in source.tables:
                    plan = plan_table(connector, source, table, previous, full=full)
                    tables[table.name] = plan
                    for index, chunk in enumerate(plan.chunks):
                        label = f"{table.name}: {chunk.label}" if chunk.label else table.name
                        portions.append(Portion(len(portions), source.name, table.name, index, label))
    whole = SourcePlan(
        source=source.name,
        number=max(previous.number if previous else 0, used.number if used else 0) + 1,
        as_of=as_of,
        previous=previous.number if previous else None,
        config=config,
        full=full,
        folder=hash_of(from_dir),
        portions=tuple(portions),
        tables=tables,
    )
    lake.put_json(f"{work_key(city, as_of)}/plans/{source.name}.json", whole.to_json())
    return whole


def hash_of(folder: Path | None) -> str | None:
    """Identify a folder without naming it."""
    return hashlib.sha256(str(folder).encode()).hexdigest() if folder else None


def plan_table(
    connector: Connector, source: SourceSpec, table: TableSpec, previous: Manifest | None, *, full: bool
) -> TablePlan:
    """Plan one table; without chunks where its signature says that nothing changed.

    Raises:
        SourceError: the table is not what its configuration says.
    """
    known = known_table(source, table, previous, full=full)
    plan = connector.plan(table, known)
    if known is not None and plan.signature is not None and plan.signature == known.signature:
        plan.chunks = ()
    if len(plan.chunks) > MAX_CHUNKS:
        message = f"{source.kind} planned {len(plan.chunks)} chunks, more than {MAX_CHUNKS}"
        raise ValueError(message)
    return plan


def known_table(source: SourceSpec, table: TableSpec, previous: Manifest | None, *, full: bool) -> Known | None:
    """Give what the last extract knew of a table, if it was read under the same configuration."""
    before = standing(source, table, previous)
    if before is None or full:
        return None
    return Known(before.watermark, before.signature, before.image.rows, before.observed, before.notes)


def standing(source: SourceSpec, table: TableSpec, previous: Manifest | None) -> TableManifest | None:
    """Give the last entry of a table, if it was read under the same configuration."""
    before = previous.tables.get(table.name) if previous else None
    return before if before is not None and before.fingerprint == table.fingerprint(source.kind) else None


def configuration(sources: Sequence[SourceSpec]) -> str:
    """Check what no single source can know, and give the fingerprint of the whole configuration.

    Raises:
        SourceConfigurationError: two sources have a table of one name, or a table's names contradict each other.
    """
    owners: dict[str, str] = {}
    described: dict[str, object] = {}
    for source in sources:
        kind_of(source)
        for table in source.tables:
            if table.name in owners:
                raise SourceConfigurationError(
                    f"the source {owners[table.name]} has a table of this name, too",
                    source=source.name,
                    table=table.name,
                    hint="rename one of them",
                )
            owners[table.name] = source.name
            _check_table(source, table)
            described[table.name] = [
                source.name,
                table.fingerprint(source.kind),
                table.cursor,
                table.overlap.total_seconds(),
                table.deletions,
            ]
    return hashlib.sha256(orjson.dumps(described, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _check_table(source: SourceSpec, table: TableSpec) -> None:
    types: Mapping[str, str] = table.types
    wanted = [*table.key, *([table.cursor] if table.cursor else []), *table.absent]
    for name in wanted:
        if name not in types:
            near = nearest(name, types)
            raise SourceConfigurationError(
                f"{name!r} is not one of its columns",
                source=source.name,
                table=table.name,
                hint=f"did you mean {near!r}?" if near else f"its columns are: {', '.join(types)}",
            )
    if not table.key:
        raise SourceConfigurationError(
            "has no key", source=source.name, table=table.name, hint="set `key:` to the columns that identify a row"
        )
