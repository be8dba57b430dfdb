"""JSON and JSON Lines: one array of objects, at the top or inside a wrapper, read element by element.

Numbers keep the exact text that the source wrote; a key that is absent is None; nested values become JSON text.
"""

import json
from collections.abc import Iterator
from typing import Any

from pregon.sources.base import TableSpec
from pregon.sources.batches import BATCH_CHARACTERS, BATCH_ROWS, MAX_RAW, UNREADABLE_ROW, Reject, raw_text
from pregon.sources.exact import DECODER, ExactNumber
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.jsondocument import JsonDocument
from pregon.sources.files.rows import Rows, TableReport, empty, refuse_web_page
from pregon.sources.files.text import Encoding, decoded, lines


def read_json(file: SourceFile, table: TableSpec, encoding: Encoding, report: TableReport) -> Iterator[Rows]:
    """Give the rows of a JSON document: `records:` is the dotted path of their array, none for an array at the top.

    Raises:
        EmptySourceError: the array is empty.
        SourceUnreadableError: it isn't JSON, it is cut off, or there is no array at the path.
    """
    path = [part for part in str(table.option("records") or "").split(".") if part]
    document = JsonDocument(refuse_web_page(decoded(file, encoding, report.text), file), file)
    batch = _Batch(table, report)
    for element in document.elements(path):
        if isinstance(element, dict):
            batch.add(element)
        else:
            batch.reject(raw_text(element), f"is {_kind(element)}, not an object")
        if batch.full or document.characters > BATCH_CHARACTERS:
            document.characters = 0
            yield batch.take()
    if batch.rows or batch.rejects:
        yield batch.take()
    if batch.record == 0:
        raise empty(file, "holds no records")


def read_json_lines(file: SourceFile, table: TableSpec, encoding: Encoding, report: TableReport) -> Iterator[Rows]:
    """Give the rows of a JSON Lines file; a line that isn't a JSON object is a rejected row.

    Raises:
        EmptySourceError: there is no line.
    """
    batch = _Batch(table, report)
    characters = 0
    for line in lines(refuse_web_page(decoded(file, encoding, report.text), file), file):
        text = line.strip()
        if not text:
            report.counts["blank_records"] += 1
            continue
        characters += len(text)
        try:
            element = DECODER.decode(text)
        except (ValueError, RecursionError) as error:
            batch.reject(text[:MAX_RAW], f"is not JSON ({error})")
        else:
            if isinstance(element, dict):
                batch.add(element)
            else:
                batch.reject(text[:MAX_RAW], f"is {_kind(element)}, not an object")
        if batch.full or characters > BATCH_CHARACTERS:
            characters = 0
            yield batch.take()
    if batch.rows or batch.rejects:
        yield batch.take()
    if batch.record == 0:
        raise empty(file, "holds no records")


class _Batch:
    """Collects objects and turns them into columns."""

    def __init__(self, table: TableSpec, report: TableReport) -> None:
        self.record = 0
        self.rows: list[dict[str, Any]] = []
        self.rejects: list[Reject] = []
        self._records: list[int] = []
        self._wanted = table.read_columns
        self._known = {column.source_name for column in table.columns.values()}
        self._keys: frozenset[str] = frozenset()
        self._report = report

    @property
    def full(self) -> bool:
        return len(self.rows) + len(self.rejects) >= BATCH_ROWS

    def add(self, row: dict[str, Any]) -> None:
        self.record += 1
        self.rows.append(row)
        self._records.append(self.record)
        if not row.keys() <= self._keys:
            self._keys |= row.keys()

    def reject(self, raw: str, detail: str) -> None:
        self.record += 1
        self.rejects.append(Reject(UNREADABLE_ROW, self.record, raw, detail))

    def take(self) -> Rows:
        for name in sorted(self._keys):
            if name in self._known:
                self._report.seen[name] = 1
            else:
                self._report.added.setdefault(name)
        columns = {ours: [_text(row.get(theirs)) for row in self.rows] for ours, theirs in self._wanted.items()}
        taken = Rows(columns, self._records, tuple(self.rejects))
        self.rows, self._records, self.rejects = [], [], []
        return taken


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return _nested(value)


def _nested(value: Any) -> str:
    """Write a nested value as JSON again, numbers as they were."""
    if isinstance(value, ExactNumber):
        return value
    if isinstance(value, dict):
        members = (f"{json.dumps(name, ensure_ascii=False)}:{_nested(member)}" for name, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_nested, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _kind(value: Any) -> str:
    return "an array" if isinstance(value, list) else "null" if value is None else "a single value"
