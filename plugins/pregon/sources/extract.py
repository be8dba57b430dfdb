"""The extract stage: every table of every source into raw parts and images, and the manifest last.

Killing it at any moment and running it again with the same clock gives the same bytes: until the manifest exists,
whatever lies under its number is thrown away and made anew; when it exists, it is the answer.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from pregon.duck import session
from pregon.images import fold, live_rows_sql
from pregon.lake import Lake, Ref
from pregon.manifest import (
    Manifest,
    ManifestError,
    Mark,
    Mode,
    Rejects,
    TableManifest,
    Watermark,
    check_as_of,
    latest,
    run_id,
    write,
)
from pregon.rejects import carry
from pregon.sources.base import (
    EmptyKeyError,
    EmptySourceError,
    NothingUsableError,
    SourceConfigurationError,
    SourceSpec,
    TableSpec,
    nearest,
)
from pregon.sources.batches import CAST_FAILURE, Connector, OpenSource, Place, TableRead
from pregon.sources.files.connector import open_files
from pregon.sources.sql.connector import open_sql
from pregon.sources.staging import Stage, Staged

CONNECTORS: dict[str, OpenSource] = {"files": open_files, "sql": open_sql}
"""Kind of source → what opens it."""

Progress = Callable[[str, int], None]
"""Called with a table's name and the rows read so far."""

_FARTHEST_ZONE = timedelta(hours=14)


def extract(
    lake: Lake,
    city: str,
    sources: Sequence[SourceSpec],
    as_of: datetime,
    *,
    home: Path,
    from_dir: Path | None = None,
    full: bool = False,
    used: Mark | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Read what changed in all sources of a city since its last manifest, and write the next one.

    Args:
        lake: where parts, images and manifests lie.
        city: slug of the city, the first part of every key.
        sources: the sources with their tables; names of tables are unique in the city.
        as_of: the run's clock (with zone, whole seconds).
        home: folder that `{home}` in addresses and paths stands for.
        from_dir: folder of local files (`--from`).
        full: read every table whole, whatever the watermarks say.
        used: where the ledger stands: numbers go on after it even if the lake has lost its manifests.
        progress: told of the rows as they come.

    Returns:
        The new manifest; the one that is there already when the same run is repeated.

    Raises:
        SourceError: a source is missing, unreadable, empty, or not what its configuration says. No manifest is written.
        ManifestError: the clock is before that of the last manifest, in the lake or used.
    """
    as_of = check_as_of(as_of)
    config = _check(sources)
    previous = latest(lake, city)
    if previous is not None and previous.as_of == as_of:
        if previous.config != config:
            raise ManifestError(
                city,
                previous.number,
                "this run has extracted already, under another configuration",
                hint="run again with a later --as-of",
            )
        return previous
    for last in (previous, used):
        if last is not None and last.as_of > as_of:
            raise ManifestError(
                city,
                last.number,
                f"was made as of {last.as_of.isoformat()}, which is later than {as_of.isoformat()}",
                hint="run with a later --as-of",
            )
    number = max(previous.number if previous else 0, used.number if used else 0) + 1
    tables: dict[str, TableManifest] = {}
    with lake.scratch(f"{city}/runs/{run_id(as_of)}/extract") as scratch:
        for source in sources:
            run = _SourceRun(lake, city, number, as_of, source, previous, full=full, progress=progress)
            place = Place(home=Path(home).absolute(), scratch=scratch, from_dir=from_dir)
            with CONNECTORS[source.kind](source, place) as connector:
                found = {table.name: run.table(connector, table, scratch / table.name) for table in source.tables}
            if not any(entry.image.rows or entry.rows_read for entry in found.values()):
                raise EmptySourceError(
                    "all its tables are empty", source=source.name, hint="check the connection, and fill the database"
                )
            tables.update(found)
    before = previous.number if previous else None
    return write(lake, Manifest(number, city, as_of, before, config, dict(sorted(tables.items()))))


class _SourceRun:
    """One source in one run of the stage."""

    def __init__(
        self,
        lake: Lake,
        city: str,
        number: int,
        as_of: datetime,
        source: SourceSpec,
        previous: Manifest | None,
        *,
        full: bool,
        progress: Progress | None,
    ) -> None:
        self._lake = lake
        self._city = city
        self._number = number
        self._as_of = as_of
        self._source = source
        self._previous = previous.tables if previous else {}
        self._full = full
        self._progress = progress

    def table(self, connector: Connector, table: TableSpec, scratch: Path) -> TableManifest:
        """Extract one table, and give its entry in the manifest."""
        scratch.mkdir()
        self._clear(table)
        before = self._previous.get(table.name)
        fingerprint = table.fingerprint(self._source.kind)
        same = before if before and before.fingerprint == fingerprint and not self._full else None
        reading = connector.read(table, same.watermark if same else None)
        if same and reading.signature is not None and reading.signature == same.signature:
            return _unchanged(same)
        staged = self._stage(table, reading, scratch)
        mode: Mode = "full" if reading.since is None else "incremental"
        if mode == "full":
            self._check_content(table, staged, before)
        folder = f"{self._city}/raw/{self._source.name}/{table.name}/{self._number:06d}"
        parts = tuple(
            self._publish(f"{folder}/part-{index:05d}.parquet", path, rows)
            for index, (path, rows) in enumerate(staged.parts)
        )
        rejects = self._publish(f"{folder}/rejects.parquet", *staged.rejects) if staged.rejects else None
        image = f"{self._city}/image/{table.name}"
        folded = fold(
            self._lake,
            image,
            self._number,
            table.types,
            parts,
            previous=before,
            # Under another key every row has another name: those of before are gone.
            mark_deleted=mode == "full"
            and (table.deletions == "mark" or (before is not None and before.key != table.key)),
            scratch=scratch,
        )
        # A full read tells of every row there is; one by cursor says nothing of the rows that it did not see.
        standing = before.unusable if before and mode == "incremental" else Rejects()
        unfit = before is not None and staged.rejected[CAST_FAILURE]
        unusable = carry(
            self._lake,
            image,
            self._number,
            standing,
            parts=parts,
            found=rejects,
            live=live_rows_sql(self._lake, folded.image) if unfit else None,
            scratch=scratch,
        )
        return TableManifest(
            name=table.name,
            source=self._source.name,
            mode=mode,
            rows_read=staged.rows_read,
            parts=parts,
            rejects=rejects,
            rejected=dict(sorted(staged.rejected.items())),
            watermark=self._watermark(table, staged, reading, same),
            key=table.key,
            columns=table.types,
            fingerprint=fingerprint,
            signature=reading.signature,
            image=folded.image,
            unusable=unusable,
            changed=folded.changed,
            notes=reading.notes,
        )

    def _stage(self, table: TableSpec, reading: TableRead, scratch: Path) -> Staged:
        words = list(table.option("null_values") or ())
        if self._source.kind == "files":
            words.append("")
        # Reading is Python's work, hashing and writing is not: one batch is written while the next is read.
        about = f"{self._source.name}.{table.name}"
        with session(scratch, about=about) as connection, ThreadPoolExecutor(1) as writer:
            stage = Stage(
                table,
                self._number,
                scratch,
                connection,
                null_values=words,
                files=reading.files,
                increment=reading.since is not None,
            )
            writing: Future[None] | None = None
            rows = 0
            for batch in reading.batches:
                if writing:
                    writing.result()
                writing = writer.submit(stage.add, batch)
                rows += batch.data.num_rows + len(batch.rejects)
                if self._progress:
                    self._progress(table.name, rows)
            if writing:
                writing.result()
            return stage.finish()

    def _publish(self, key: str, path: Path, rows: int) -> Ref:
        self._lake.put_file(key, path)
        return self._lake.ref(key, rows)

    def _clear(self, table: TableSpec) -> None:
        """Remove what a run that was killed left under this number."""
        self._lake.remove_prefix(f"{self._city}/raw/{self._source.name}/{table.name}/{self._number:06d}")
        made = tuple(f"{kind}-{self._number:06d}-" for kind in ("base", "delta", "rejects"))
        for key in self._lake.list(f"{self._city}/image/{table.name}"):
            if key.rpartition("/")[2].startswith(made):
                self._lake.remove(key)

    def _check_content(self, table: TableSpec, staged: Staged, before: TableManifest | None) -> None:
        """Refuse a whole table that is empty or of no use: it would look as if everything had vanished."""
        place = {"source": self._source.name, "table": table.name}
        if not staged.rows_read and before and before.image.rows:
            raise EmptySourceError(
                f"gives no rows, where {before.image.rows:,} are known",
                **place,
                hint="check the source; what was published before stays",
            )
        if staged.rows_read and not staged.rows:
            for name in table.key:
                if staged.empty_keys[name] == staged.rows_read:
                    raise EmptyKeyError(name, staged.rows_read, **place)
            raise NothingUsableError(staged.rejected, staged.example, **place)

    def _watermark(
        self, table: TableSpec, staged: Staged, reading: TableRead, same: TableManifest | None
    ) -> Watermark | None:
        if not table.cursor:
            return None
        value: Any = _capped(staged.cursor, self._as_of)
        if same and same.watermark and same.watermark.value is not None and reading.since is not None:
            before = _parsed(same.watermark.value, table.types[table.cursor])
            value = before if value is None else max(before, value)
        text = None if value is None else value.isoformat() if isinstance(value, date) else str(value)
        return Watermark(cursor=table.cursor, value=text, since=reading.since)


def _unchanged(before: TableManifest) -> TableManifest:
    """Give the entry of a table whose source has the same bytes as before."""
    return TableManifest(
        name=before.name,
        source=before.source,
        mode="unchanged",
        rows_read=before.rows_read,
        parts=before.parts,
        rejects=before.rejects,
        rejected=before.rejected,
        watermark=before.watermark,
        key=before.key,
        columns=before.columns,
        fingerprint=before.fingerprint,
        signature=before.signature,
        image=before.image,
        unusable=before.unusable,
        changed={},
        notes=before.notes,
    )


def _capped(value: date | int | None, as_of: datetime) -> date | int | None:
    """Give the cursor value, but none from the future: one row of the year 2999 would hide all changes until then."""
    if isinstance(value, datetime):
        return min(value, as_of) if value.tzinfo else min(value, (as_of + _FARTHEST_ZONE).replace(tzinfo=None))
    if isinstance(value, date):
        return min(value, (as_of + _FARTHEST_ZONE).date())
    return value


def _parsed(text: str, declared: str) -> date | int:
    if declared == "integer":
        return int(text)
    return date.fromisoformat(text) if declared == "date" else datetime.fromisoformat(text)


def _check(sources: Sequence[SourceSpec]) -> str:
    """Check what no single source can know, and give the fingerprint of the whole configuration."""
    owners: dict[str, str] = {}
    described: dict[str, object] = {}
    for source in sources:
        if source.kind not in CONNECTORS:
            near = nearest(source.kind, CONNECTORS)
            raise SourceConfigurationError(
                f"there is no kind of source {source.kind!r}",
                source=source.name,
                hint=(f"did you mean {near!r}? " if near else "") + f"there are: {', '.join(sorted(CONNECTORS))}",
            )
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
