"""What the readers of all file formats share: rows as text by column, headers, and what is noted of a table."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pregon.sources.base import EmptySourceError, MissingColumnError, TableSpec, same_letters
from pregon.sources.batches import RAGGED_ROW, Reject, raw_text
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.text import TextReport

if TYPE_CHECKING:
    import pyarrow as pa

_WEB_PAGE = re.compile(r"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a file: text (or None) by our column name, the record number of each, and rejected rows."""

    columns: Mapping[str, "Sequence[str | None] | pa.Array[Any]"]
    records: "Sequence[int] | pa.Array[Any]"
    rejects: tuple[Reject, ...] = ()


@dataclass(slots=True)
class TableReport:
    """What a person may want to know of how a table was read."""

    text: TextReport = field(default_factory=TextReport)
    added: dict[str, None] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    encodings: dict[str, str] = field(default_factory=dict)

    def add(self, other: "TableReport") -> None:
        """Take what another report tells of some more of the table."""
        self.text.counts.update(other.text.counts)
        self.added.update(other.added)
        self.seen.update(other.seen)
        self.counts.update(other.counts)
        self.encodings.update(other.encodings)

    def notes(self) -> dict[str, object]:
        """Give what there is to tell, as JSON values."""
        found: dict[str, object] = dict(sorted((self.text.counts + self.counts).items()))
        if self.encodings:
            found["encoding"] = ", ".join(self.encodings)
            found["encoding_origin"] = ", ".join(dict.fromkeys(self.encodings.values()))
        if self.added:
            found["added_columns"] = list(self.added)
        return found


def header_names(cells: Iterable[str | None]) -> list[str]:
    """Name every column: trimmed; an empty name becomes `column_<n>`, a repeated one gets `_2`, `_3` …."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, 1):
        name = plain = (cell or "").strip() or f"column_{number}"
        repeat = 1
        while name in taken:
            repeat += 1
            name = f"{plain}_{repeat}"
        taken.add(name)
        names.append(name)
    return names


def match_header(
    table: TableSpec, names: Sequence[str], file: SourceFile, report: TableReport
) -> list[tuple[str, int]]:
    """Give (our name, index) of each column to read; columns that nobody declared are noted.

    Raises:
        MissingColumnError: a declared column is not there.
    """
    index = {name: number for number, name in enumerate(names)}
    wanted = table.read_columns
    for ours, theirs in wanted.items():
        if theirs not in index:
            if len(names) == 1 and (found := next((mark for mark in ";\t|," if mark in names[0]), None)):
                raise file.unreadable(
                    f"its header is a single column that contains {found!r}", f"set `delimiter: {found!r}` of the table"
                )
            raise MissingColumnError(ours, theirs, names, source=file.source, table=file.table, file=file.name)
    known = {column.source_name for column in table.columns.values()}
    report.added.update(dict.fromkeys(name for name in names if name not in known))
    return [(ours, index[theirs]) for ours, theirs in wanted.items()]


def check_keys(table: TableSpec, file: SourceFile, report: TableReport) -> list[str]:
    """Give the declared names that occurred in no record of a format without header.

    A name that never occurs is fine (a value may be absent from all rows), unless another spelling of it does.

    Raises:
        MissingColumnError: another spelling of a declared name occurs.
    """
    missing = []
    for ours, theirs in table.read_columns.items():
        if not report.seen[theirs]:
            if any(same_letters(theirs, name) for name in report.added):
                raise MissingColumnError(
                    ours, theirs, list(report.added), source=file.source, table=file.table, file=file.name
                )
            missing.append(ours)
    return missing


def split_ragged(
    rows: list[list[str]], width: int, first: int, counts: Counter[str]
) -> tuple[list[list[str]], Sequence[int], tuple[Reject, ...]]:
    """Part the rows of the header's width from the others; blank records are counted, but are not records.

    Args:
        rows: parsed rows.
        width: number of columns of the header.
        first: record number of the first row.
        counts: where blank records are counted.
    """
    if all(len(row) == width for row in rows):
        return rows, range(first, first + len(rows)), ()
    kept: list[list[str]] = []
    records: list[int] = []
    rejects: list[Reject] = []
    record = first
    for row in rows:
        if not row:
            counts["blank_records"] += 1
            continue
        if len(row) == width:
            kept.append(row)
            records.append(record)
        else:
            rejects.append(Reject(RAGGED_ROW, record, raw_text(row), ragged_detail(len(row), width)))
        record += 1
    return kept, records, tuple(rejects)


def ragged_detail(cells: int, width: int) -> str:
    """Say what is wrong with a row of other length than the header."""
    return f"{cells} cells, the header has {width}"


def refuse_web_page(pieces: Iterator[str], file: SourceFile) -> Iterator[str]:
    """Pass text on, unless it begins like a web page: portals answer with one, and status 200, when they are down."""
    for number, piece in enumerate(pieces):
        if number == 0 and _WEB_PAGE.match(piece):
            raise file.unreadable("is a web page, not data", "open the address in a browser to see what it says")
        yield piece


def empty(file: SourceFile, problem: str) -> EmptySourceError:
    """Give the error about a file without any row."""
    return EmptySourceError(
        problem,
        source=file.source,
        table=file.table,
        file=file.name,
        hint="provide the complete file; what was published before stays",
    )
