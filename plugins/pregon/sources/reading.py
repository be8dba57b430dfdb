"""Reading one portion into pages that lie in the lake. Killed and repeated, it goes on after the last page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from pregon.duck import session
from pregon.lake import Lake
from pregon.manifest import Manifest, run_id
from pregon.memory import keep_freed
from pregon.sources.base import SourceError, SourceMovedError, SourceSpec, TableSpec
from pregon.sources.batches import numbered
from pregon.sources.connector import Chunk, Connector, Place, TablePlan
from pregon.sources.kinds import kind_of
from pregon.sources.masking import MaskedRows
from pregon.sources.notes import joined
from pregon.sources.planning import Portion, SourcePlan, plan_table, table_key, table_plan, table_plan_json, work_key
from pregon.sources.settling import ReadChunk
from pregon.sources.staging import Page, PageWriter

if TYPE_CHECKING:
    import duckdb

Progress = Callable[[str, int], None]
"""Called with a table's name and the rows of it that this task has read so far."""


@dataclass(frozen=True, slots=True)
class PortionRead:
    """What a task has read: records, bytes of their pages, and the range of the cursor as text (None without one)."""

    portion: Portion
    rows: int
    bytes: int
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads portions of one extract; the same arguments for every task of a run."""

    lake: Lake
    city: str
    plans: Mapping[str, SourcePlan]
    sources: Sequence[SourceSpec]
    home: Path
    from_dir: Path | None = None
    previous: Manifest | None = None
    progress: Progress | None = None
    masked: Mapping[str, MaskedRows] = field(default_factory=dict)

    @property
    def plan(self) -> SourcePlan:
        """The plan of any source: number, clock and configuration are those of the extract."""
        return next(iter(self.plans.values()))

    def key(self, table: TableSpec) -> str:
        """Key of the folder with what was read of a table."""
        return table_key(self.city, self.plan.as_of, table.name)

    def read(self, portion: Portion) -> PortionRead:
        """Read a portion into its pages; what of it is there already is not read again.

        Raises:
            SourceError: the source does not answer, or is not what its configuration says.
        """
        source = next(one for one in self.sources if one.name == portion.source)
        tables = [table for table in source.tables if portion.table in (None, table.name)]
        left = portion.table is not None and self._has_moved(tables[0])
        if not left and not all(self._is_read(source, table, portion.chunk) for table in tables):
            self._read(source, tables, portion)
            left = portion.table is not None and self._has_moved(tables[0])
        if left:
            return PortionRead(portion, 0, 0, None, None)
        chunks = [
            self.chunk_read(table, index)
            for table in tables
            for index in ([portion.chunk] if portion.table else range(len(self.planned(source, table).chunks)))
        ]
        pages = [page for chunk in chunks for page in chunk.pages]
        earliest = [page.earliest for page in pages if page.earliest]
        latest = [page.cursor for page in pages if page.cursor]
        size = sum(part.bytes for page in pages for part in page.parts)
        one = len(tables) == 1  # cursors of several tables may be of different types
        return PortionRead(
            portion,
            sum(page.rows_read for page in pages),
            size,
            min(earliest, default=None) if one else None,
            max(latest, default=None) if one else None,
        )

    def _read(self, source: SourceSpec, tables: Sequence[TableSpec], portion: Portion) -> None:
        with self.opened(source, f"read-{portion.number:04d}") as (connector, scratch):
            for table in tables:
                if portion.table is None:
                    # Of one moment: what an earlier try read of these tables is of another one.
                    self.lake.remove_prefix(self.key(table))
                    plan = plan_table(connector, source, table, self.previous, full=self.plan.full)
                    for index, chunk in enumerate(plan.chunks):
                        self.read_chunk(connector, source, table, plan, chunk, index, scratch)
                    plan.expected = connector.complete(table, plan).expected if plan.chunks else None
                    self.lake.put_json(f"{self.key(table)}/plan.json", table_plan_json(plan))
                else:
                    plan = self.planned(source, table)
                    self.read_chunk(connector, source, table, plan, plan.chunks[portion.chunk], portion.chunk, scratch)

    @contextmanager
    def opened(self, source: SourceSpec, name: str) -> Iterator[tuple[Connector, Path]]:
        """Open a source; give its connector, and a scratch folder that is gone afterwards."""
        with self.lake.scratch(f"{self.city}/runs/{run_id(self.plan.as_of)}/scratch/{name}") as scratch:
            work = f"{work_key(self.city, self.plan.as_of)}/kept/{source.name}"
            place = Place(self.home, scratch, self.from_dir, self.lake, work)
            with kind_of(source).open(source, place) as connector:
                yield connector, scratch

    def forget(self, portion: Portion) -> bool:
        """Drop the pages of a portion that was read to its end, so that it is read afresh; say whether it was."""
        source = next(one for one in self.sources if one.name == portion.source)
        tables = [table for table in source.tables if portion.table in (None, table.name)]
        if not all(self._is_read(source, table, portion.chunk) for table in tables):
            return False
        for table in tables:
            key = self.key(table)
            self.lake.remove_prefix(key if portion.table is None else f"{key}/{portion.chunk:04d}")
        return True

    def planned(self, source: SourceSpec, table: TableSpec) -> TablePlan:
        """Give the plan of a table: also where it was made while its source was held open, or anew."""
        if kind_of(source).whole(source) or self.lake.exists(f"{self.key(table)}/plan.json"):
            return table_plan(self.lake.read_json(f"{self.key(table)}/plan.json"))
        return self.plans[source.name].tables[table.name]

    def moved(self, source: SourceSpec, table: TableSpec) -> SourceMovedError | None:
        """Give the error of a table that changed while it was read, None where none was noted."""
        key = f"{self.key(table)}/moved.json"
        if not self.lake.exists(key):
            return None
        noted = self.lake.read_json(key)
        return SourceMovedError(noted["problem"], source=source.name, table=table.name, hint=noted["hint"])

    def note_moved(self, table: TableSpec, error: SourceError) -> None:
        """Note that what was read of a table is of no one state: it is read afresh when the extract is finished."""
        self.lake.put_json(f"{self.key(table)}/moved.json", {"problem": error.problem, "hint": error.hint})

    def read_afresh(self, connector: Connector, source: SourceSpec, table: TableSpec, scratch: Path) -> TablePlan:
        """Drop what was read of a table, plan it anew, and read it; give the plan.

        Raises:
            SourceMovedError: it changed again.
        """
        self.lake.remove_prefix(self.key(table))
        plan = plan_table(connector, source, table, self.previous, full=self.plan.full)
        self.lake.put_json(f"{self.key(table)}/plan.json", table_plan_json(plan))
        self.read_rest(connector, source, table, plan, scratch)
        return plan

    def read_rest(
        self, connector: Connector, source: SourceSpec, table: TableSpec, plan: TablePlan, scratch: Path
    ) -> None:
        """Read the chunks of a table that are not read yet.

        Raises:
            SourceMovedError: it changed while it was read, now or before.
        """
        for index, chunk in enumerate(plan.chunks):
            self.read_chunk(connector, source, table, plan, chunk, index, scratch)
        if error := self.moved(source, table):
            raise error

    def chunk_read(self, table: TableSpec, index: int) -> ReadChunk:
        """Give what was read of a chunk."""
        key = f"{self.key(table)}/{index:04d}"
        done = self.lake.read_json(f"{key}/done.json")
        pages = tuple(
            Page.from_json(self.lake.read_json(f"{key}/{number:06d}.json")) for number in range(done["pages"])
        )
        return ReadChunk(done["label"], pages, tuple((name, first) for name, first in done["files"]), done["notes"])

    def read_chunk(
        self,
        connector: Connector,
        source: SourceSpec,
        table: TableSpec,
        plan: TablePlan,
        chunk: Chunk,
        index: int,
        scratch: Path,
    ) -> None:
        """Read one chunk, from its start or after the pages that are there; none of a table that has moved."""
        key = self.key(table)
        if self.lake.exists(f"{key}/{index:04d}/done.json") or self.lake.exists(f"{key}/moved.json"):
            return
        folder = Path(mkdtemp(prefix=f"{table.name}-{index:04d}-", dir=scratch))
        about = f"{source.name}.{table.name}"
        keep_freed()
        try:
            # One batch is read, one hashed, one written at any time. DuckDB's threads would only wait for each other.
            with (
                session(folder, about=about, threads=1) as connection,
                ThreadPoolExecutor(1) as disk,
                ThreadPoolExecutor(1) as writer,
            ):
                _ChunkReading(self, source, table, plan, chunk, index, folder, connection, disk).run(connector, writer)
        except SourceMovedError as error:
            if kind_of(source).whole(source):
                raise
            # The plan is of a state that is gone: no other chunk can be read by it, and this one not by trying again.
            self.note_moved(table, error)

    def _is_read(self, source: SourceSpec, table: TableSpec, chunk: int) -> bool:
        if kind_of(source).whole(source):
            return self.lake.exists(f"{self.key(table)}/plan.json")
        return self.lake.exists(f"{self.key(table)}/{chunk:04d}/done.json")

    def _has_moved(self, table: TableSpec) -> bool:
        """Whether a table is left to be read afresh when the extract is finished, or was already."""
        return any(self.lake.exists(f"{self.key(table)}/{name}.json") for name in ("moved", "plan"))


class _ChunkReading:
    """One chunk of a table while it is read."""

    def __init__(
        self,
        reader: Reader,
        source: SourceSpec,
        table: TableSpec,
        plan: TablePlan,
        chunk: Chunk,
        index: int,
        folder: Path,
        connection: "duckdb.DuckDBPyConnection",
        disk: ThreadPoolExecutor,
    ) -> None:
        self._reader = reader
        self._lake = reader.lake
        self._table = table
        self._plan = plan
        self._chunk = chunk
        self._index = index
        self._folder = folder
        self._connection = connection
        self._disk = disk
        self._key = f"{reader.key(table)}/{index:04d}"
        words = list(table.option("null_values") or ())
        self._null_values = words if source.kind == "sql" else [*words, ""]

    def run(self, connector: Connector, writer: ThreadPoolExecutor) -> None:
        """Read it, and say when it is done."""
        number, rows, noted, after = self._standing()
        reading = connector.read(self._table, self._chunk, after)
        page: PageWriter | None = None
        writing: Future[None] | None = None
        for batch in reading.batches:
            if writing:
                writing.result()
            if page is None:
                page = self._page(number, reading.files)
            writing = writer.submit(page.add, numbered(batch, rows + 1))
            rows += batch.data.num_rows + len(batch.rejects)
            if self._reader.progress:
                self._reader.progress(self._table.name, rows)
            if batch.after is not None:
                writing.result()
                page.close(self._lake, f"{self._key}/{number:06d}", batch.after, joined(noted, reading.notes))
                number, page, writing = number + 1, None, None
        if writing:
            writing.result()
        if page is not None:
            page.close(self._lake, f"{self._key}/{number:06d}", None, {})
            number += 1
        notes = joined(noted, reading.notes)
        done = {"label": self._chunk.label, "pages": number, "files": reading.files, "notes": notes}
        self._lake.put_json(f"{self._key}/done.json", done)

    def _standing(self) -> tuple[int, int, Mapping[str, Any], Mapping[str, Any] | None]:
        """Give pages, their records, what was noted, and where reading goes on, of what an earlier try left."""
        number = records = 0
        notes: Mapping[str, Any] = {}
        after: Mapping[str, Any] | None = None
        while self._lake.exists(key := f"{self._key}/{number:06d}.json"):
            page = Page.from_json(self._lake.read_json(key))
            if page.after is None:  # of a chunk that was read to its end, but for the last word
                break
            number, records, after, notes = number + 1, records + page.rows_read, page.after, page.notes
        if not number:
            self._lake.remove_prefix(self._key)
        return number, records, notes, after

    def _page(self, number: int, files: list[tuple[str, int]]) -> PageWriter:
        folder = self._folder / f"{number:06d}"
        folder.mkdir()
        return PageWriter(
            self._table,
            self._reader.plan.number,
            self._connection,
            folder,
            null_values=self._null_values,
            chunk=self._index,
            label=self._chunk.label if len(self._plan.chunks) > 1 else "",
            files=files,
            increment=self._plan.since is not None,
            disk=self._disk,
            masked=self._reader.masked.get(self._table.name),
        )
