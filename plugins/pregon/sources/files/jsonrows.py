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
from pregon.sources.files.rows import Rows, TableReport, empty, refuse_web_page
from pregon.sources.files.text import MAX_LINE, Encoding, decoded, lines

_TAIL = 16
"""An error this close to the window's end may only mean that the value goes on in the next piece."""


def read_json(file: SourceFile, table: TableSpec, encoding: Encoding, report: TableReport) -> Iterator[Rows]:
    """Give the rows of a JSON document: `records:` is the dotted path of their array, none for an array at the top.

    Raises:
        EmptySourceError: the array is empty.
        SourceUnreadableError: it isn't JSON, it is cut off, or there is no array at the path.
    """
    path = [part for part in str(table.option("records") or "").split(".") if part]
    document = _Document(refuse_web_page(decoded(file, encoding, report.text), file), file)
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


class _Document:
    """A JSON document of which only a window is in memory."""

    def __init__(self, pieces: Iterator[str], file: SourceFile) -> None:
        self.characters = 0
        self._pieces = pieces
        self._file = file
        self._text = ""
        self._at = 0
        self._ended = False

    def elements(self, path: list[str]) -> Iterator[Any]:
        """Give the elements of the array at `path`; the rest of the document must be well-formed, too."""
        depth = 0
        for part in path:
            if self._peek() != "{" or not self._enter(part):
                raise self._no_array(path)
            depth += 1
        if self._peek() != "[":
            raise self._no_array(path)
        self._at += 1
        if self._peek() == "]":
            self._at += 1
        else:
            while True:
                yield self._value()
                if self._separator("]"):
                    break
        for _ in range(depth):
            while not self._separator("}"):
                self._member()
                self._value()
        if self._peek(optional=True):
            raise self._broken("more text follows the document's end")

    def _no_array(self, path: list[str]) -> Exception:
        where = f"no array at {'.'.join(path)!r}" if path else "no array at its top"
        return self._file.unreadable(f"the document has {where}", "set `records:` of the table to the array's path")

    def _enter(self, name: str) -> bool:
        """Step to the value of a member of the object that begins here."""
        self._at += 1
        if self._peek() == "}":
            return False
        while self._member() != name:
            self._value()
            if self._separator("}"):
                return False
        return True

    def _member(self) -> str:
        if self._peek() != '"':
            raise self._broken("a member's name was expected")
        name = self._value()
        if self._peek() != ":":
            raise self._broken("a colon was expected")
        self._at += 1
        return str(name)

    def _separator(self, end: str) -> bool:
        """Step over a comma (False) or the closing bracket (True)."""
        found = self._peek()
        if found not in {",", end}:
            raise self._broken(f"a comma or {end} was expected")
        self._at += 1
        return found == end

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise self._broken("it is nested too deeply") from error
            except json.JSONDecodeError as error:
                cut_off = error.pos > len(self._text) - _TAIL or error.msg.startswith("Unterminated string")
                if cut_off and self._more():
                    continue
                raise self._broken(str(error)) from error
            except ValueError as error:
                raise self._broken(str(error)) from error
            # A number at the window's end may go on in the next piece.
            if end == len(self._text) and self._more():
                continue
            self._at = end
            return value

    def _peek(self, *, optional: bool = False) -> str:
        while True:
            while self._at < len(self._text):
                if self._text[self._at] not in " \t\r\n":
                    return self._text[self._at]
                self._at += 1
            if not self._more():
                if optional:
                    return ""
                raise self._broken("it ends too early")

    def _more(self) -> bool:
        if self._ended:
            return False
        if len(self._text) - self._at > MAX_LINE:
            raise self._file.limit(f"one value holds more than {MAX_LINE:,} characters, or is not JSON")
        piece = next(self._pieces, None)
        if piece is None:
            self._ended = True
            return False
        self.characters += len(piece)
        self._text = self._text[self._at :] + piece
        self._at = 0
        return True

    def _broken(self, problem: str) -> Exception:
        near = self._text[self._at : self._at + 40]
        return self._file.unreadable(
            f"is not well-formed JSON: {problem}" + (f", near {near!r}" if near else ""), "fetch the file again"
        )


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
