"""CSV by Arrow's parser, which is many times as fast as Python's: the very same rows, or none.

Both parsers follow the same rules: a quote counts only at the start of a cell, what follows a closing quote belongs to
the cell, and every kind of line end ends a record. What is bounded or told differently here (very long records, errors)
is left to the exact reader.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pregon.sources.batches import BATCH_CHARACTERS, BATCH_ROWS, RAGGED_ROW, Reject, raw_text
from pregon.sources.files.rows import Rows, ragged_detail

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK = 1 << 19
"""So many bytes of text are parsed at once, and what is left of their last record."""

_NOTHING = "\x00"
"""What no text can hold, since NUL is removed: cells of a last record that shows whether a quote was left open."""
_LINE_FEED, _RETURN = b"\n\r"
_LINES_BACK = 500
"""A block ends with one of its last lines; more are not tried."""


class Unusual(Exception):
    """The exact reader must read this file."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Records that were parsed: the good ones, (number, text) of those of another width, and how many lines."""

    table: "pa.Table"
    ragged: list[tuple[int, str]]
    records: int


def read_quickly(
    pieces: Iterable[str],
    columns: Sequence[tuple[str, int]],
    width: int,
    dialect: Mapping[str, Any],
    max_cell: int,
    counts: Counter[str],
) -> Iterator[Rows]:
    """Give the rows of CSV text without its header.

    Args:
        pieces: the text, as `decoded` gives it.
        columns: (our name, index) of each column to read.
        width: number of columns of the header.
        dialect: `delimiter`, and `quotechar` or `quoting`, as the csv module takes them.
        max_cell: characters of the longest cell that is read.
        counts: where `blank_records` are counted.

    Raises:
        Unusual: the text is not as it should be; rows that were given before are good.
    """
    if not columns:
        raise Unusual
    parser = _Parser(columns, width, dialect)
    batch = _Batch(columns, width, dialect)
    for block in _blocks(pieces, parser, max_cell, counts):
        batch.add(block)
        if batch.full:
            yield batch.take()
    if batch.records:
        yield batch.take()


def fits(dialect: Mapping[str, Any]) -> bool:
    """Tell whether Arrow can read this dialect."""
    marks = [dialect["delimiter"], *filter(None, [dialect["quotechar"]])]
    return all(mark.isascii() and mark not in "\r\n\x00" for mark in marks) and len(set(marks)) == len(marks)


def _blocks(pieces: Iterable[str], parser: "_Parser", max_cell: int, counts: Counter[str]) -> Iterator[_Block]:
    """Parse text block by block, each of whole records."""
    held: list[bytes] = []
    size = 0
    wanted = BLOCK
    for piece in pieces:
        try:
            data = piece.encode()
        except UnicodeEncodeError as error:  # half of a surrogate pair
            raise Unusual from error
        held.append(data)
        size += len(data)
        if size < wanted:
            continue
        if size > max_cell:  # in a smaller block there is no cell beyond the limit
            raise Unusual
        whole = b"".join(held)
        found, cut = parser.head(whole)
        if found is None:
            held, wanted = [whole], 2 * size
            continue
        yield found
        counts["blank_records"] += parser.empty_lines(whole[:cut], found)
        held, size, wanted = [whole[cut:]], size - cut, BLOCK
    if size:
        whole = b"".join(held)
        if not whole.endswith((b"\n", b"\r")):
            whole += b"\n"
        last = parser.parse(whole) if size <= max_cell else None
        if last is None:
            raise Unusual
        yield last
        counts["blank_records"] += parser.empty_lines(whole, last)


class _Parser:
    """Parses blocks, each on its own; nothing of it is at work between calls."""

    def __init__(self, columns: Sequence[tuple[str, int]], width: int, dialect: Mapping[str, Any]) -> None:
        import pyarrow as pa
        from pyarrow import csv as parser

        self._arrow: Any = parser  # its stubs know no method as handler
        self._ragged: list[tuple[int, str]] = []
        self._quote = (dialect["quotechar"] or "").encode()
        # A record that can't be taken for one of the table's.
        self._last = _NOTHING if width != 1 else f"{_NOTHING}{dialect['delimiter']}{_NOTHING}"
        self._end = f"{self._last}\n".encode()
        names = [str(index) for index in range(width)]
        wanted = list(dict.fromkeys(names[index] for _, index in columns))
        self._names = names
        self._rules = {"delimiter": dialect["delimiter"], "quote_char": dialect["quotechar"] or False}
        self._cells = self._arrow.ConvertOptions(
            column_types=dict.fromkeys(wanted, pa.string()),
            include_columns=wanted,
            strings_can_be_null=False,
            check_utf8=False,
        )

    def head(self, data: bytes) -> tuple[_Block | None, int]:
        """Parse what is whole of some text, but for its very last line; give it, and where it ends."""
        ends: dict[bool, int] = {}
        for cut, even in self._line_ends(data):
            ends.setdefault(even, cut)
            if even:
                break
        # Quotes inside of cells that are not quoted upset the count: then the other one is tried, too.
        for cut in (ends[even] for even in (True, False) if even in ends):
            if block := self.parse(data[:cut]):
                return block, cut
        return None, 0

    def parse(self, data: bytes) -> _Block | None:
        """Parse some text; None if it ends inside of quotes."""
        table, ragged = self._read(data, empty_lines=False)
        if not ragged or ragged[-1][1] != self._last:
            return None
        return _Block(table, ragged[:-1], ragged[-1][0] - 1)

    def empty_lines(self, data: bytes, block: _Block) -> int:
        """Count the empty lines of a text that was parsed."""
        if not _may_have_empty_lines(data, block.records):
            return 0
        _, ragged = self._read(data, empty_lines=True)
        return ragged[-1][0] - 1 - block.records

    def _read(self, data: bytes, *, empty_lines: bool) -> tuple["pa.Table", list[tuple[int, str]]]:
        import pyarrow as pa

        whole = data + self._end
        self._ragged = []
        try:
            table = self._arrow.read_csv(
                pa.BufferReader(whole),
                # One block: Arrow's own would be cut without regard for what is quoted.
                self._arrow.ReadOptions(use_threads=False, block_size=len(whole) + 1, column_names=self._names),
                self._arrow.ParseOptions(
                    newlines_in_values=True,
                    ignore_empty_lines=not empty_lines,
                    invalid_row_handler=self._keep,
                    **self._rules,
                ),
                self._cells,
            )
        except pa.ArrowException as error:
            raise Unusual from error
        return table, self._ragged

    def _keep(self, row: Any) -> str:
        self._ragged.append((row.number, row.text))
        return "skip"

    def _line_ends(self, data: bytes) -> Iterator[tuple[int, bool]]:
        """Give where lines end, the last one first, and whether the number of quotes before is even."""
        end = len(data)
        if data.endswith(b"\r"):
            end -= 1  # a line feed may follow
        quotes = data.count(self._quote, 0, end) if self._quote else 0
        for _ in range(_LINES_BACK):
            cut = max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end)) + 1
            if not cut:
                return
            if self._quote:
                quotes -= data.count(self._quote, cut, end)
            yield cut, quotes % 2 == 0
            end = cut - (2 if data.endswith(b"\r\n", 0, cut) else 1)


class _Batch:
    """Puts blocks together to batches of a useful size, and numbers their records through all of them."""

    def __init__(self, columns: Sequence[tuple[str, int]], width: int, dialect: Mapping[str, Any]) -> None:
        self._columns = columns
        self._width = width
        self._dialect = dialect
        self._first = 1
        self._begin()

    def _begin(self) -> None:
        self._tables: list[Any] = []
        self._positions: list[Any] = []
        self._rejects: list[Reject] = []
        self.records = 0
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether it is time to take what was collected."""
        return self.records >= BATCH_ROWS or self._bytes >= BATCH_CHARACTERS

    def add(self, block: _Block) -> None:
        """Take a block."""
        position = self._first
        for number, text in block.ragged:
            record = self._first + number - 1
            self._rejects.append(self._reject(record, text))
            self._positions.append(_positions(position, record))
            position = record + 1
        self._first += block.records
        self._positions.append(_positions(position, self._first))
        self._tables.append(block.table)
        self.records += block.records
        self._bytes += block.table.nbytes

    def take(self) -> Rows:
        """Give what was collected, and begin anew."""
        import pyarrow as pa

        whole = pa.concat_tables(self._tables)
        cells = {ours: whole.column(str(index)).combine_chunks() for ours, index in self._columns}
        rows = Rows(cells, pa.concat_arrays(self._positions), tuple(self._rejects))
        self._begin()
        return rows

    def _reject(self, record: int, text: str) -> Reject:
        try:
            [cells] = csv.reader(io.StringIO(text, newline=""), **self._dialect)
        except (csv.Error, ValueError) as error:
            raise Unusual from error
        return Reject(RAGGED_ROW, record, raw_text(cells), ragged_detail(len(cells), self._width))


def _may_have_empty_lines(data: bytes, records: int) -> bool:
    """Tell whether lines end side by side, be it inside of quotes; not where there are as many ends as records."""
    import numpy as np

    # Searching bytes for two of them takes several times as long.
    characters = np.frombuffer(data, np.uint8)
    ends = characters == _LINE_FEED
    if b"\r" not in data:
        return np.count_nonzero(ends) != records and bool(ends[0] or (ends[1:] & ends[:-1]).any())
    returns = characters == _RETURN
    pairs = returns[:-1] & ends[1:]
    ends |= returns
    if np.count_nonzero(ends) - np.count_nonzero(pairs) == records:
        return False
    return bool(ends[0] or (ends[1:] & ends[:-1] & ~pairs).any())


def _positions(first: int, end: int) -> Any:
    import pyarrow as pa

    arrow: Any = pa  # its stubs are older than this function
    return arrow.arange(first, end)
