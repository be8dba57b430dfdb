"""What the readers of all file formats share: rows as text by column, headers, and what is noted of a table."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pregon.sources.base import EmptySourceError, MissingColumnError, TableSpec, same_letters
from pregon.sources.batches import RAGGED_ROW, Batch, Reject, raw_text
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.text import TextReport

if TYPE_CHECKING:
    import pyarrow as pa

_EXPONENT = re.compile(rb"E\+")
_ROUNDED = r"^\s*-?[0-9](\.[0-9]+)?E\+[0-9]{1,3}\s*$"
"""What a spreadsheet makes of a long id: `1.23457E+11`. The digits are lost."""
_WEB_PAGE = re.compile(r"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a file: text (or None) by our column name, the record number of each, and rejected rows.

    Columns that the file does not have are left out.
    """

    columns: Mapping[str, "Sequence[str | None] | pa.Array[Any]"]
    records: "Sequence[int] | pa.Array[Any]"
    rejects: tuple[Reject, ...] = ()


@dataclass(slots=True)
class TableReport:
    """What a person may want to know of how a table was read.

    `added` are columns that nobody declared, `seen` those of formats without header that occurred, `strange` files
    that are laid out otherwise, `delimiters` characters that divide a header better than the one that is set.
    """

    text: TextReport = field(default_factory=TextReport)
    added: dict[str, None] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    encodings: dict[str, str] = field(default_factory=dict)
    strange: dict[str, None] = field(default_factory=dict)
    delimiters: dict[str, None] = field(default_factory=dict)

    def add(self, other: "TableReport") -> None:
        """Take what another report tells of some more of the table."""
        self.text.counts.update(other.text.counts)
        self.added.update(other.added)
        self.seen.update(other.seen)
        self.counts.update(other.counts)
        self.encodings.update(other.encodings)
        self.strange.update(other.strange)
        self.delimiters.update(other.delimiters)

    def notes(self) -> dict[str, object]:
        """Give what there is to tell, as JSON values."""
        found: dict[str, object] = dict(sorted((self.text.counts + self.counts).items()))
        if self.encodings:
            found["encoding"] = ", ".join(self.encodings)
            found["encoding_origin"] = ", ".join(dict.fromkeys(self.encodings.values()))
        if self.added:
            found["added_columns"] = list(self.added)
        if self.strange:
            found["files_held_back"] = list(self.strange)
        if self.delimiters:
            found["delimiter_in_doubt"] = list(self.delimiters)
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
        MissingColumnError: a declared column is not there, and is not `optional:`.
    """
    index = {name: number for number, name in enumerate(names)}
    optional = table.option("optional") or ()
    wanted = {ours: name for ours, name in table.read_columns.items() if name in index or ours not in optional}
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


def count_rounded(batch: Batch, report: TableReport) -> None:
    """Count the cells that hold a number as spreadsheets shorten it: a person has to look whether it was an id."""
    import pyarrow.compute as pc

    compute: Any = pc
    for column in batch.data.columns:
        buffer = column.buffers()[2]
        if buffer is None or not _EXPONENT.search(buffer):
            continue
        if found := compute.sum(compute.match_substring_regex(column, _ROUNDED)).as_py():
            report.counts["numbers_in_exponent_form"] += found


def to_batch(table: TableSpec, rows: Rows, offset: int) -> Batch:
    """Give rows in the form that the extract stage takes; `offset` records of the chunk came before their file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    count = len(rows.records)
    positions: Any = rows.records if isinstance(rows.records, pa.Array) else pa.array(rows.records, pa.int64())
    if offset:
        positions = pc.add(positions, offset)
    arrays = []
    for name in table.types:
        if name == table.row_number:
            arrays.append(positions.cast(pa.string()))
        elif name not in rows.columns:
            arrays.append(pa.nulls(count, pa.string()))
        else:
            arrays.append(_strings(rows.columns[name]))
    data = pa.RecordBatch.from_arrays(arrays, names=list(table.types))
    rejects = tuple(
        Reject(reject.reason, reject.position + offset, reject.raw, reject.detail) for reject in rows.rejects
    )
    return Batch(data, positions, rejects)


def _strings(values: Any) -> "pa.Array[Any]":
    import pyarrow as pa

    if isinstance(values, pa.Array):
        return values
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        # JSON may name one half of a surrogate pair, which no UTF-8 text can hold.
        clean = [value if value is None else value.encode("utf-8", "replace").decode() for value in values]
        return pa.array(clean, pa.string())
