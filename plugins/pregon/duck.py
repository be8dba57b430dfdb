"""DuckDB and Parquet as every stage uses them: bounded memory, no extensions, the same bytes each time."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregon.errors import PregonError
from pregon.memory import give_back, memory_limit
from transforms.quoting import literal

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

GROUP_ROWS = 50_000
PART_ROWS = 1_000_000
GROUP_BYTES = 64 << 20
DICTIONARY_BYTES = 128 << 10
"""A column of more different values than fit is written plainly: compression takes less time then, and less room."""

DUCKDB_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(38,9)",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "boolean": "BOOLEAN",
}
"""Declared column type → DuckDB type."""


def arrow_type(declared: str) -> "pa.DataType":
    """Give the Arrow type of a declared column type."""
    import pyarrow as pa

    types: dict[str, pa.DataType] = {
        "text": pa.string(),
        "integer": pa.int64(),
        "decimal": pa.decimal128(38, 9),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
        "timestamptz": pa.timestamp("us", tz="UTC"),
        "boolean": pa.bool_(),
    }
    return types[declared]


def parquet(paths: Iterable[Path]) -> str:
    """Give the table function that reads these Parquet files, in this order."""
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}])"


class QueryFailed(PregonError):
    """DuckDB could not do what a stage asked of it; `about` says for which table or file."""

    def __init__(self, about: str, problem: str, *, hint: str | None = None, retryable: bool = False) -> None:
        super().__init__(
            f"{about}: {problem}",
            hint=hint or "run again; if it fails again, a file of the lake may be damaged: run with --full",
        )
        self.about = about
        self.retryable = retryable


class OutOfMemory(QueryFailed):
    """A query needs more memory than it may have, or more room for what does not fit than the disk has."""

    def __init__(self, about: str, limit: str, spill: Path) -> None:
        super().__init__(
            about,
            f"needs more memory than the {limit} that a query may have, or more disk than is free below {spill.parent}",
            hint="set PREGON_MEMORY to more, such as 2GB, or make room on the disk, and run again",
        )
        self.limit = limit


def query_failure(error: "duckdb.Error", about: str, *, limit: str, scratch: Path) -> QueryFailed:
    """Give DuckDB's error in the words of someone who can do something about it."""
    import duckdb

    if isinstance(error, duckdb.OutOfMemoryException):
        return OutOfMemory(about, limit, scratch / "spill")
    problem = str(error).partition("\n")[0]
    if isinstance(error, duckdb.IOException):
        hint = "make room on the disk, or mend the permissions of the place that is named, and run again"
        return QueryFailed(about, problem, hint=hint, retryable=True)
    return QueryFailed(about, problem)


THREADS = 2
"""Threads of one query where `PREGON_THREADS` does not say otherwise."""


class InvalidThreads(PregonError):
    """`PREGON_THREADS` is not a number of threads."""

    def __init__(self, given: str) -> None:
        super().__init__(f"PREGON_THREADS={given!r} is not a number of threads", hint="write it as 1 or 4, or unset it")


def query_threads() -> int:
    """Give the number of threads that a query may use: `PREGON_THREADS`, else 2.

    What a query gives does not depend on it. Raises InvalidThreads.
    """
    given = os.environ.get("PREGON_THREADS", "").strip()
    if not given:
        return THREADS
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 256:
        raise InvalidThreads(given)
    return int(given)


@contextmanager
def session(
    scratch: Path, *, about: str = "a query", limit: str | None = None, threads: int | None = None
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Give an empty in-memory DuckDB that spills to `scratch`, knows UTC only, and loads nothing from elsewhere.

    Whatever is made in it is gone after the block, but DuckDB itself is started once and used again.

    Raises QueryFailed for what DuckDB refuses inside the context; `about` says there what was worked on.
    """
    import duckdb

    limit = limit or memory_limit()
    threads = threads or query_threads()
    spill = scratch / "spill"
    database = _database()
    connection = database.cursor()
    sound = False
    try:
        connection.execute(
            f"SET GLOBAL memory_limit = {literal(limit)}; SET GLOBAL temp_directory = {literal(str(spill))};"
            f"SET GLOBAL threads = {threads}; SET TimeZone = 'UTC'; ATTACH ':memory:' AS {_SESSION}; USE {_SESSION}"
        )
        yield connection
        sound = True
    except duckdb.Error as error:
        raise query_failure(error, about, limit=limit, scratch=scratch) from error
    except RuntimeError as error:
        # What DuckDB makes of Ctrl-C in the middle of a query.
        if isinstance(error.__cause__, KeyboardInterrupt):
            # Its other threads go on with the query, and closing would wait for them, unless they are told too.
            connection.interrupt()
            raise error.__cause__ from None
        raise
    finally:
        connection.close()
        if sound and not spill.exists():
            _keep(database)
        else:
            database.close()
        give_back()


_SESSION = "session"
"""Name of the database that holds what is made in a session, temporary tables aside."""

_idle: list["duckdb.DuckDBPyConnection"] = []
"""A DuckDB that waits for the next session, at most one: to start another takes longer than most queries do."""


def _database() -> "duckdb.DuckDBPyConnection":
    """Give the DuckDB that waits, or start one. Nobody else has it until `_keep`."""
    import duckdb

    try:
        return _idle.pop()
    except IndexError:
        return duckdb.connect(
            config={
                "preserve_insertion_order": False,  # every result that is kept has an ORDER BY
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )


def _keep(database: "duckdb.DuckDBPyConnection") -> None:
    """Empty a DuckDB and let it wait for the next session.

    One that has spilled can't spill elsewhere any more, and one in which something failed may be unsound: both are to
    be closed. While it waits it has no threads, so that a process may fork: a copy of it works as well.
    """
    import duckdb

    try:
        database.execute(f"DETACH {_SESSION}; SET GLOBAL threads = 1")
    except duckdb.Error:  # a result that somebody still holds
        database.close()
        return
    if _idle:
        database.close()
    else:
        _idle.append(database)


class PartWriter:
    """Writes rows to numbered Parquet files of bounded row groups, in `folder`.

    The bytes depend on the rows only: row groups are cut at `group_rows`, and never where the batches happen to end,
    unless `group_bytes` is given for batches whose ends depend on the rows alone.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        schema: "pa.Schema",
        *,
        group_rows: int = GROUP_ROWS,
        group_bytes: int | None = None,
    ) -> None:
        self.parts: list[tuple[Path, int]] = []
        self._folder = folder
        self._name = name
        self._schema = schema
        self._group_rows = group_rows
        self._group_bytes = group_bytes
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._pending_bytes = 0
        self._writer: Any = None
        self._part_rows = 0

    def write(self, batch: "pa.RecordBatch") -> None:
        """Take rows; they are on disk after `close`."""
        while self._pending_rows + batch.num_rows >= self._group_rows:
            head = self._group_rows - self._pending_rows
            self._pending.append(batch.slice(0, head))
            self._pending_rows += head
            self._flush()
            batch = batch.slice(head)
        if batch.num_rows:
            self._pending.append(batch)
            self._pending_rows += batch.num_rows
            self._pending_bytes += batch.nbytes
        if self._group_bytes is not None and self._pending_bytes >= self._group_bytes:
            self._flush()

    def close(self) -> list[tuple[Path, int]]:
        """Finish and give (path, rows) of each part; no rows, no part."""
        self._flush()
        self._finish_part()
        return self.parts

    def _flush(self) -> None:
        import pyarrow as pa

        if self._pending_rows:
            table = pa.Table.from_batches(self._pending, schema=self._schema).combine_chunks()
            if self._writer is None:
                self._open()
            self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
            self._part_rows += table.num_rows
        self._pending, self._pending_rows, self._pending_bytes = [], 0, 0
        if self._part_rows >= PART_ROWS:
            self._finish_part()

    def _open(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self._folder / f"{self._name}-{len(self.parts):05d}.parquet"
        unique = {"_hash", "_row", "_position"} & set(self._schema.names)
        # Ranges of texts help no query, and finding them took an eighth of the time of writing.
        ranged = [field.name for field in self._schema if field.name == "_row" or not pa.types.is_string(field.type)]
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_dictionary=[  # type: ignore[arg-type] # the stubs know only a boolean
                name for name in self._schema.names if name not in unique
            ],
            column_encoding={"_position": "DELTA_BINARY_PACKED"} if "_position" in unique else None,
            write_statistics=ranged,
            dictionary_pagesize_limit=DICTIONARY_BYTES,
        )
        self._path = path

    def _finish_part(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self.parts.append((self._path, self._part_rows))
            self._writer, self._part_rows = None, 0
