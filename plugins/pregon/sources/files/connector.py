"""The connector for files: local ones, and those that a server has."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pregon.sources.base import (
    SourceConfigurationError,
    SourceSpec,
    SourceUnavailableError,
    TableSpec,
)
from pregon.sources.batches import Batch
from pregon.sources.connector import MAX_CHUNKS, Chunk, ChunkRead, Completion, Known, Place, TablePlan
from pregon.sources.files.containers import SourceFile, digest
from pregon.sources.files.formats import SPREADSHEETS, format_of, look_at, read_file
from pregon.sources.files.locating import Locator
from pregon.sources.files.rows import Rows, TableReport, check_keys, count_rounded, to_batch

READER = 2
"""Part of each table's signature: raised when the same bytes are read differently than before."""


@contextmanager
def open_files(source: SourceSpec, place: Place) -> Iterator["FilesConnector"]:
    """Open a source of kind `files`."""
    yield FilesConnector(source, place)


class FilesConnector:
    """Reads tables from files of the formats that `formats` knows. All values are text, whatever the file says."""

    def __init__(self, source: SourceSpec, place: Place) -> None:
        self._source = source
        self._place = place
        self._locator = Locator(source, place)

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:
        """Plan to read all files of a table, each by a task; by one where rows are numbered through all of them.

        Raises:
            SourceConfigurationError: `file:` is missing, or a column has a type.
            SourceUnavailableError: there is no such file, or a server does not give it.
            EmptySourceError: a file has no bytes.
        """
        for name, column in table.columns.items():
            if column.type != "text":
                raise SourceConfigurationError(
                    f"column {name!r} is declared as {column.type}, but values of files arrive as text",
                    source=self._source.name,
                    table=table.name,
                    hint="remove the type, and parse the text in prepare.sql",
                )
        before = self._before(known)
        located = self._locator.locate(table, before)
        if located is None:
            notes = {"files": [dict(note) for note in before]}
            return TablePlan((), signature=_signature(before), notes=notes)
        for file in located:
            look_at(table, file.path, file.name, self._source.name)
        told = [file.note() for file in located]
        files = [file.entry() for file in located]
        groups = (
            [files] if table.row_number else [files[part::MAX_CHUNKS] for part in range(min(len(files), MAX_CHUNKS))]
        )
        chunks = tuple(
            Chunk(", ".join(str(file["name"]) for file in group), {"files": group, "several": True})
            if len(files) > 1 else Chunk("", {"files": group}) for group in groups
        )  # fmt: skip
        return TablePlan(chunks, signature=_signature(told), notes={"files": told})

    def read(self, table: TableSpec, chunk: Chunk, after: Mapping[str, Any] | None = None) -> ChunkRead:
        """Begin to read files from their start.

        Raises:
            SourceUnavailableError: a file is not there any more.
            SourceUnreadableError: it is not the one that was planned on.
        """
        del after
        files = []
        for entry in chunk.bounds["files"]:
            path = self._found(entry)
            if not path.is_file():
                raise SourceUnavailableError(
                    "is gone", source=self._source.name, table=table.name, file=entry["name"], hint="run again"
                )
            file = replace(
                look_at(table, path, entry["name"], self._source.name), several=bool(chunk.bounds.get("several"))
            )
            if digest(path) != entry["sha256"]:
                raise file.unreadable("changed while it was read", "run again when it is complete")
            files.append(file)
        reading = ChunkRead(iter(()))
        reading.batches = self._batches(table, files, reading)
        return reading

    def complete(self, table: TableSpec, plan: TablePlan) -> Completion:
        """Nothing is left to do: a file that changed meanwhile would have been noticed."""
        del table, plan
        return Completion()

    def _before(self, known: Known | None) -> list[Mapping[str, Any]]:
        """Give the files of the last extract, if they would be read as they were then."""
        files = list(known.notes.get("files", ())) if known else []
        return files if known and files and _signature(files) == known.signature else []

    def _found(self, entry: Mapping[str, Any]) -> Path:
        if "kept" in entry:
            return self._place.kept(entry["kept"])
        if "below" in entry and self._place.from_dir:
            return self._place.from_dir / str(entry["below"])
        return Path(str(entry["path"]))

    def _batches(self, table: TableSpec, files: list[SourceFile], reading: ChunkRead) -> Iterator[Batch]:
        report = TableReport()
        try:
            yield from self._of_files(table, files, report, reading)
        finally:
            # Who stops after a few rows may want to know the columns.
            reading.notes.update(report.notes())
        if report.seen and (missing := check_keys(table, files[0], report)):
            reading.notes["never_present"] = missing

    def _of_files(
        self, table: TableSpec, files: list[SourceFile], report: TableReport, reading: ChunkRead
    ) -> Iterator[Batch]:
        offset = 0
        for file in files:
            before = file.path.stat()
            reading.files.append((file.name, offset + 1))
            count = 0
            for rows in self._rows(table, file, report):
                batch = to_batch(table, rows, offset)
                if format_of(table, file) in SPREADSHEETS:
                    count_rounded(batch, report)
                count += batch.data.num_rows + len(batch.rejects)
                yield batch
            offset += count
            after = file.path.stat()
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise file.unreadable("changed while it was read", "run again when it is complete")

    def _rows(self, table: TableSpec, file: SourceFile, report: TableReport) -> Iterator[Rows]:
        """Give the rows of a file; kinds of source that find files in the same way read them in their own."""
        return read_file(file, table, report, self._place.scratch)


def _signature(files: Sequence[Mapping[str, Any]]) -> str:
    identity = [(file["name"], file["sha256"]) for file in files]
    return hashlib.sha256(f"{READER} {identity}".encode()).hexdigest()
