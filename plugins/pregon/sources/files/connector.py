"""The connector for files: local ones (`--from`), and files behind HTTP addresses."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from pregon.sources.base import (
    SourceConfigurationError,
    SourceSpec,
    SourceUnavailableError,
    TableSpec,
    nearest,
)
from pregon.sources.batches import Batch
from pregon.sources.connector import MAX_CHUNKS, Chunk, ChunkRead, Completion, Known, Place, TablePlan
from pregon.sources.files.containers import SourceFile, digest
from pregon.sources.files.download import download, is_address, public_name
from pregon.sources.files.formats import SPREADSHEETS, format_of, look_at, read_file
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

    def plan(self, table: TableSpec, known: Known | None) -> TablePlan:  # noqa: ARG002 - the signature tells enough
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
        files = []
        for path, name, kept in self._locate(table):
            look_at(table, path, name, self._source.name)
            sha256, size = digest(path), path.stat().st_size
            files.append({"name": name, "sha256": sha256, "bytes": size, **self._where(path, name, kept)})
        identity = [(file["name"], file["sha256"]) for file in files]
        signature = hashlib.sha256(f"{READER} {identity}".encode()).hexdigest()
        groups = (
            [files] if table.row_number else [files[part::MAX_CHUNKS] for part in range(min(len(files), MAX_CHUNKS))]
        )
        chunks = tuple(
            Chunk(", ".join(str(file["name"]) for file in group), {"files": group, "several": True})
            if len(files) > 1 else Chunk("", {"files": group}) for group in groups
        )  # fmt: skip
        told = [{key: file[key] for key in ("name", "sha256", "bytes")} for file in files]
        return TablePlan(chunks, signature=signature, notes={"files": told})

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

    def _where(self, path: Path, name: str, kept: str | None) -> dict[str, str]:
        """Say where the tasks that read find a file: in the lake, below the folder of `--from`, or at its own place."""
        if kept:
            return {"kept": kept}
        folder = self._place.from_dir
        return {"below": name} if folder and path == folder / name else {"path": str(path)}

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

    def _locate(self, table: TableSpec) -> list[tuple[Path, str, str | None]]:
        """Give (local path, name for people, key if it was kept) of each file of a table, in the order of names."""
        configured = str(table.option("file") or "")
        if not configured:
            raise SourceConfigurationError(
                "has no file", source=self._source.name, table=table.name, hint="set `file:` of the table"
            )
        if is_address(configured):
            name = unquote(PurePosixPath(public_name(configured)).name) or table.name
            target = self._place.scratch / f"{table.name}.download"
            download(configured, target, source=self._source.name, table=table.name)
            kept = self._place.keep(target, f"{table.name}.download")
            return [(self._place.kept(kept), name, kept)]
        text = configured.replace("{home}", str(self._place.home))
        path = Path(text).expanduser()
        folder = Path(path.anchor) if path.is_absolute() else self._place.from_dir
        if folder is None:
            raise SourceUnavailableError(
                "is a local file, and no folder is given",
                source=self._source.name,
                table=table.name,
                file=configured,
                hint="run with --from DIR, or set `file:` to an address",
            )
        pattern = str(path.relative_to(path.anchor)) if path.is_absolute() else text
        exact = folder / pattern
        found = [exact] if exact.is_file() else sorted(item for item in folder.glob(pattern) if item.is_file())
        if not found:
            raise _missing(table, exact.parent, exact.name, configured, self._source.name)
        below = not path.is_absolute()
        return [(item, item.relative_to(folder).as_posix() if below else item.name, None) for item in found]


def _missing(table: TableSpec, folder: Path, name: str, configured: str, source: str) -> SourceUnavailableError:
    """Say in which folder a file is missing, and which files there have a name like it."""
    place = {"source": source, "table": table.name, "file": configured}
    if not folder.is_dir():
        hint = "check `file:` of the table, and the folder after --from"
        return SourceUnavailableError(f"is not there: there is no folder {folder}", **place, hint=hint)
    names = sorted(item.name for item in folder.iterdir() if item.is_file())
    # Their endings are alike anyway.
    stems = {PurePosixPath(one).stem: one for one in names}
    near = stems.get(nearest(PurePosixPath(name).stem, stems) or "")
    alike = [near, *(one for one in names if one != near)][:_NAMES] if near else names[:_NAMES]
    listed = ", ".join(map(repr, alike)) + (" …" if len(names) > _NAMES else "")
    return SourceUnavailableError(
        f"is not in the folder {folder}",
        **place,
        hint=(f"did you mean {near!r}? " if near else "check `file:` of the table, and the folder after --from; ")
        + (f"it holds: {listed}" if names else "it holds no files"),
    )


_NAMES = 5
"""File names shown of a folder in which another one is missing."""
