"""The formats that a file can have, how each is told, and which reader reads it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pregon.sources.base import SourceConfigurationError, TableSpec
from pregon.sources.files.containers import SourceFile, chunks, digest, inspect, without_container
from pregon.sources.files.delimited import read_delimited
from pregon.sources.files.jsonrows import read_json, read_json_lines
from pregon.sources.files.parquetrows import read_parquet
from pregon.sources.files.rows import Rows, TableReport, empty
from pregon.sources.files.text import Encoding, find_encoding
from pregon.sources.files.workbook import read_workbook
from pregon.sources.files.xmlrows import find_xml_encoding, read_xml


@dataclass(frozen=True, slots=True)
class _Text:
    """A format of text: how its encoding is found, and its reader."""

    read: Callable[[SourceFile, TableSpec, Encoding, TableReport], Iterator[Rows]]
    encoding: Callable[[SourceFile, str | None], Encoding | None] = find_encoding


@dataclass(frozen=True, slots=True)
class _Binary:
    """A format that is read in any order, so that it is unpacked first."""

    read: Callable[[SourceFile, TableSpec, TableReport], Iterator[Rows]]


_READERS: dict[str, _Text | _Binary] = {
    "csv": _Text(read_delimited),
    "tsv": _Text(read_delimited),
    "json": _Text(read_json),
    "jsonl": _Text(read_json_lines),
    "xml": _Text(read_xml, find_xml_encoding),
    "xlsx": _Binary(read_workbook),
    "parquet": _Binary(read_parquet),
}
SPREADSHEETS = frozenset({"csv", "tsv", "xlsx"})
"""Formats whose files may have passed through a spreadsheet."""
_ENDINGS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".txt": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xml": "xml",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
    ".pq": "parquet",
}


def look_at(table: TableSpec, path: Path, name: str, source: str) -> SourceFile:
    """Look at a file before it is read: not empty, its container sound, its format known.

    Raises:
        EmptySourceError: it has no bytes.
        SourceUnreadableError: its container is damaged, or holds several files of which none is named.
        SourceConfigurationError: nothing tells its format.
    """
    if path.stat().st_size == 0:
        raise empty(SourceFile(path, name, source, table.name), "has no bytes")
    workbook = (table.option("format") or _by_name(name)) == "xlsx"
    file = inspect(path, name, source, table.name, table.option("member"), workbook=workbook)
    format_of(table, file)
    return file


def format_of(table: TableSpec, file: SourceFile) -> str:
    """Give the format of a file: the one that is set, else the one of its name.

    Raises SourceConfigurationError.
    """
    kind = table.option("format") or _by_name(file.inner_name)
    if kind not in _READERS:
        *others, last = _READERS
        raise SourceConfigurationError(
            "its format can't be told from its name",
            source=file.source,
            table=file.table,
            file=file.name,
            hint=f"set `format:` of the table to {', '.join(others)} or {last}",
        )
    return str(kind)


def read_file(file: SourceFile, table: TableSpec, report: TableReport, scratch: Path) -> Iterator[Rows]:
    """Give the rows of a file.

    Args:
        file: the file, as `look_at` gave it.
        table: what is read, and the options of its format.
        report: takes what a person may want to know.
        scratch: a folder for what must be unpacked first.

    Raises:
        SourceError: it is not what the configuration says; which one, the readers tell.
    """
    reader = _READERS[format_of(table, file)]
    if isinstance(reader, _Binary):
        return reader.read(_unpacked(file, scratch), table, report)
    encoding = reader.encoding(file, table.option("encoding"))
    if encoding is None:
        raise empty(file, "is empty")
    report.encodings[encoding.name] = encoding.origin
    return reader.read(file, table, encoding, report)


def _by_name(name: str) -> str | None:
    return _ENDINGS.get(PurePosixPath(without_container(name).lower()).suffix)


def _unpacked(file: SourceFile, scratch: Path) -> SourceFile:
    if not file.container:
        return file
    target = scratch / f"{digest(file.path)[:16]}.unpacked"
    with target.open("wb") as stream:
        for chunk in chunks(file):
            stream.write(chunk)
    return inspect(target, file.name, file.source, file.table, None, workbook=True)
