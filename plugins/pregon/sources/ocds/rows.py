"""From files, or pages of an API, to rows: one for each release."""

from collections.abc import Iterable, Iterator

from pregon.sources.base import TableSpec
from pregon.sources.batches import BATCH_CHARACTERS, BATCH_ROWS, MAX_RAW, UNREADABLE_ROW, Reject, raw_text
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.jsondocument import JsonDocument
from pregon.sources.files.rows import Rows, TableReport, refuse_web_page
from pregon.sources.files.text import Encoding, decoded, lines
from pregon.sources.ocds.shapes import DECODER, STREAMED, Row, Shapes, Stray


def read_documents(file: SourceFile, table: TableSpec, encoding: Encoding, report: TableReport) -> Iterator[Rows]:
    """Give the releases of a JSON document, or of several in a row.

    Raises:
        SourceUnreadableError: it is not JSON, or is cut off.
    """
    document = JsonDocument(refuse_web_page(decoded(file, encoding, report.text), file), file, DECODER)
    shapes = Shapes()
    yield from collect(shapes.document(document.values(STREAMED)), table)
    report.counts.update(shapes.counts)


def read_lines(file: SourceFile, table: TableSpec, encoding: Encoding, report: TableReport) -> Iterator[Rows]:
    """Give the releases of a JSON Lines file; a line that is not JSON is a rejected row."""
    shapes = Shapes()
    yield from collect(_by_line(shapes, file, encoding, report), table)
    report.counts.update(shapes.counts)


def _by_line(shapes: Shapes, file: SourceFile, encoding: Encoding, report: TableReport) -> Iterator[Row | Stray]:
    for line in lines(refuse_web_page(decoded(file, encoding, report.text), file), file):
        if not line.strip():
            report.counts["blank_records"] += 1
            continue
        try:
            value = DECODER.decode(line)
        except (ValueError, RecursionError) as error:
            yield Stray(line, f"is not JSON ({error})")
        else:
            yield from shapes.value(value)


def collect(found: Iterable[Row | Stray], table: TableSpec, first: int = 1) -> Iterator[Rows]:
    """Give what was found as rows, the first of which has the number `first`, in batches of bounded size."""
    columns: dict[str, list[str | None]] = {name: [] for name in table.read_columns}
    records: list[int] = []
    rejects: list[Reject] = []
    characters = 0
    for number, one in enumerate(found, first):
        if isinstance(one, Stray):
            raw = one.value[:MAX_RAW] if isinstance(one.value, str) else raw_text(one.value)
            rejects.append(Reject(UNREADABLE_ROW, number, raw, one.problem))
        else:
            for name, theirs in table.read_columns.items():
                columns[name].append(one[theirs])
            records.append(number)
            characters += len(one["document"] or "")
        if len(records) + len(rejects) >= BATCH_ROWS or characters > BATCH_CHARACTERS:
            yield Rows(columns, records, tuple(rejects))
            columns = {name: [] for name in table.read_columns}
            records, rejects, characters = [], [], 0
    if records or rejects:
        yield Rows(columns, records, tuple(rejects))
