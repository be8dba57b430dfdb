"""CSV by Arrow's parser, which is many times as fast as Python's: the very same rows, or none.

Both parsers follow the same rules: a quote counts only at the start of a cell, what follows a closing quote belongs to
the cell, and every kind of line end ends a record. What is bounded or told differently here (very long records, errors)
is left to the exact reader.
"""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pregon.sources.base import SourceError
from pregon.sources.batches import BATCH_CHARACTERS, BATCH_ROWS, RAGGED_ROW, Reject, raw_text
from pregon.sources.files.rows import Rows, ragged_detail

if TYPE_CHECKING:
    import pyarrow as pa

_BLANK = ("\n\n", "\n\r", "\r\r")
"""Where one of these stands there may be an empty line, or it is inside quotes."""
_NOTHING = "\x00"
"""What no text can hold, since NUL is removed: cells of a last record that shows whether a quote was left open."""


class Unusual(Exception):
    """The exact reader must read this file."""


def read_quickly(
    pieces: Iterator[str],
    columns: Sequence[tuple[str, int]],
    width: int,
    dialect: Mapping[str, Any],
    max_cell: int,
) -> Iterator[Rows]:
    """Give the rows of CSV text without its header.

    Args:
        pieces: the text, as `decoded` gives it.
        columns: (our name, index) of each column to read.
        width: number of columns of the header.
        dialect: `delimiter`, and `quotechar` or `quoting`, as the csv module takes them.
        max_cell: characters of the longest cell that is read.

    Raises:
        Unusual: the text is not as it should be; rows that were given before are good.
    """
    if not columns:
        raise Unusual
    with _Parsing(pieces, columns, width, dialect, max_cell) as parsing:
        yield from parsing.rows()


def count_lines(pieces: Iterator[str], width: int, dialect: Mapping[str, Any], max_cell: int) -> int:
    """Count the records of CSV text, empty lines among them.

    Raises Unusual.
    """
    with _Parsing(pieces, [("first", 0)], width, dialect, max_cell, blank=True) as parsing:
        return sum(len(rows.records) + len(rows.rejects) for rows in parsing.rows())


def fits(dialect: Mapping[str, Any]) -> bool:
    """Tell whether Arrow can read this dialect."""
    marks = [dialect["delimiter"], *filter(None, [dialect["quotechar"]])]
    return all(mark.isascii() and mark not in "\r\n\x00" for mark in marks) and len(set(marks)) == len(marks)


def watched(pieces: Iterable[str], blank: list[bool]) -> Iterator[str]:
    """Pass text on that begins a line; `blank` gets an entry if it may have empty lines."""
    before = "\n"
    for piece in pieces:
        if not blank:
            joined = before + piece
            if any(mark in joined for mark in _BLANK):
                blank.append(True)
            before = piece[-1:] or before
        yield piece


class _Parsing:
    """One text while Arrow reads it."""

    def __init__(
        self,
        pieces: Iterable[str],
        columns: Sequence[tuple[str, int]],
        width: int,
        dialect: Mapping[str, Any],
        max_cell: int,
        *,
        blank: bool = False,
    ) -> None:
        # A record that can't be taken for one of the table's.
        self._last = _NOTHING if width != 1 else f"{_NOTHING}{dialect['delimiter']}{_NOTHING}"
        self._source = _Bytes(pieces, self._last)
        self._columns = columns
        self._width = width
        self._dialect = dialect
        # Arrow refuses a record that goes on for more than two blocks: so none is longer than half a cell may be.
        self._block = max_cell // 4
        self._blank = blank
        self._ragged: deque[tuple[int, str]] = deque()
        self._reader: Any = None

    def __enter__(self) -> "_Parsing":
        import pyarrow as pa
        from pyarrow import csv as parser

        arrow: Any = parser  # its stubs know neither a file of ours nor a method as handler
        source: Any = self._source
        names = [str(index) for index in range(self._width)]
        wanted = [names[index] for _, index in self._columns]
        try:
            self._reader = arrow.open_csv(
                pa.PythonFile(source, mode="r"),
                read_options=arrow.ReadOptions(use_threads=False, block_size=self._block, column_names=names),
                parse_options=arrow.ParseOptions(
                    delimiter=self._dialect["delimiter"],
                    quote_char=self._dialect["quotechar"] or False,
                    newlines_in_values=True,
                    ignore_empty_lines=not self._blank,
                    invalid_row_handler=self._keep,
                ),
                convert_options=arrow.ConvertOptions(
                    column_types=dict.fromkeys(wanted, pa.string()),
                    include_columns=list(dict.fromkeys(wanted)),
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowException as error:
            raise Unusual from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.close()

    def rows(self) -> Iterator[Rows]:
        """Give all rows."""
        first = 1
        for table in self._tables():
            positions, rejects, first = self._placed(table.num_rows, first)
            cells = {ours: table.column(str(index)) for ours, index in self._columns}
            yield Rows({ours: _whole(column) for ours, column in cells.items()}, positions, tuple(rejects))
        rejects, ended = [], False
        while self._ragged:
            number, text = self._ragged.popleft()
            if ended := text == self._last:
                break
            rejects.append(self._reject(number, text))
        if not ended:
            raise Unusual
        if rejects:
            yield Rows({ours: _whole(None) for ours, _ in self._columns}, _positions(0, 0), tuple(rejects))

    def _keep(self, row: Any) -> str:
        self._ragged.append((row.number, row.text))
        return "skip"

    def _tables(self) -> Iterator["pa.Table"]:
        """Put blocks together to batches of a useful size."""
        import pyarrow as pa

        held: list[Any] = []
        rows = size = 0
        try:
            for block in self._reader:
                if block.num_rows:
                    held.append(block)
                    rows, size = rows + block.num_rows, size + block.nbytes
                if rows >= BATCH_ROWS or size >= BATCH_CHARACTERS:
                    yield pa.Table.from_batches(held)
                    held, rows, size = [], 0, 0
        except pa.ArrowException as error:
            raise Unusual from error
        if held:
            yield pa.Table.from_batches(held)

    def _placed(self, count: int, first: int) -> tuple["pa.Array[Any]", list[Reject], int]:
        """Give the numbers of so many rows from a number on, rejected records between them, and the next number."""
        numbers: list[Any] = []
        rejects: list[Reject] = []
        while self._ragged and self._ragged[0][0] <= first + count:
            number, text = self._ragged[0]
            if text == self._last:
                break
            self._ragged.popleft()
            rejects.append(self._reject(number, text))
            numbers.append(_positions(first, number - first))
            count -= number - first
            first = number + 1
        numbers.append(_positions(first, count))
        return _joined(numbers), rejects, first + count

    def _reject(self, number: int, text: str) -> Reject:
        try:
            [cells] = csv.reader(io.StringIO(text, newline=""), **self._dialect)
        except (csv.Error, ValueError) as error:
            raise Unusual from error
        return Reject(RAGGED_ROW, number, raw_text(cells), ragged_detail(len(cells), self._width))


class _Bytes:
    """Text as a file of UTF-8 that ends with a line of its own, unless the text can't be had."""

    closed = False

    def __init__(self, pieces: Iterable[str], last: str) -> None:
        self._pieces = self._encoded(pieces, last)
        self._pending = b""

    def read(self, size: int) -> bytes:
        """Give the next bytes: so many unless the text ends."""
        parts = [self._pending]
        held = len(self._pending)
        while held < size and (piece := next(self._pieces, None)) is not None:
            parts.append(piece)
            held += len(piece)
        data = b"".join(parts)
        self._pending = data[size:]
        return data[:size]

    def _encoded(self, pieces: Iterable[str], last: str) -> Iterator[bytes]:
        end = "\n"
        try:
            for piece in pieces:
                end = piece[-1:] or end
                yield piece.encode()
        except (SourceError, UnicodeEncodeError):  # the exact reader will tell
            return
        yield ("" if end in "\r\n" else "\n").encode() + last.encode() + b"\n"


def _whole(column: Any) -> "pa.Array[Any]":
    import pyarrow as pa

    return pa.array([], pa.string()) if column is None else column.combine_chunks()


def _positions(first: int, count: int) -> Any:
    import pyarrow as pa

    arrow: Any = pa  # its stubs are older than this function
    return arrow.arange(first, first + count)


def _joined(numbers: list[Any]) -> "pa.Array[Any]":
    import pyarrow as pa

    return numbers[0] if len(numbers) == 1 else pa.concat_arrays(numbers)
