"""Reads JSON that may be broken anywhere, in memory that does not grow with it.

Each document is decoded by the standard library, strictly: UTF-8, one value for each key, what is cut off is said with
its line. Of a package that is large, and of an array, one entry at a time is held.
"""

import codecs
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from pregon.checking.containers import Unreadable, translated

CHUNK = 1 << 20

WHOLE = 16 << 20
"""Characters up to which a document is held as a whole; of a larger package one entry at a time is."""

ENTRIES = ("releases", "records")

_SPACE = re.compile(r"[ \t\n\r]*")
_SUSPECT_ESCAPES = ("\\ud", "\\uD", "\\u0000")
_MARKS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}


@dataclass
class Document:
    """A JSON document. Of a large package `head` grows while `entries` are taken; else it is complete from the start.

    `line` is where it begins; `index` is its place in an array, None outside one.
    """

    head: Any
    line: int
    index: int | None = None
    entries: Iterator[Any] | None = None
    entries_key: str = ""


class JsonText:
    """The documents of a JSON text: one, an array of them, or one on each line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._json = json.JSONDecoder(object_pairs_hook=self._pairs)
        self._buffer = ""
        self._at = 0
        self._read = 0
        self._lines_before = 0
        # Lines in what was read so far of the buffer: counting them from its beginning for each line is slow.
        self._passed = self._lines_passed = 0
        self._ended = False
        # What was odd in the values taken so far, for whoever takes them to look at and to clear.
        self.repeated: list[tuple[dict[str, Any], str]] = []
        self.escaped = False
        self.marked = False
        self.form = ""

    # Documents --------------------------------------------------------------------------------------------------------

    def documents(self) -> Iterator[Document]:
        """Give the documents in order. After a broken line of JSON Lines go on with the next: see `broken`.

        Raises Unreadable where nothing more can be read.
        """
        self._begin()
        if self._peek() == "[":
            self.form = "array"
            index = -1
            for index, document in enumerate(self._array()):
                yield Document(document, self.line, index)
            if index < 0:
                raise self._error("the array is empty: it holds no release, record or package")
            if self._peek():
                raise self._error("something follows the end of the document")
            return
        first = self._document()
        if first.entries is None and self.line == first.line and self._peek():
            self.form = "JSON Lines"
        yield first
        if self.form:
            yield from self._lines()
        elif self._peek():
            raise self._error("something follows the end of the document")

    def _begin(self) -> None:
        self._more()
        if self._buffer.startswith("\ufeff"):
            self.marked = True
            self._at = 1
        if not self._peek():
            raise Unreadable("", "the file is empty" if not self._read else "the file holds nothing but white space")

    def _lines(self) -> Iterator[Document]:
        while self._peek():
            line = self.line
            document = Document(self._value(), line)
            yield document

    def skip_line(self) -> bool:
        """Go to the next line after an error; tells whether this is JSON Lines, so that going on makes sense."""
        if self.form != "JSON Lines":
            return False
        while (end := self._buffer.find("\n", self._at)) < 0:
            self._at = len(self._buffer)
            if not self._more():
                return False
        self._at = end + 1
        return bool(self._peek())

    def rest(self) -> Iterator[Document]:
        """Give the documents after `skip_line`."""
        return self._lines()

    def _document(self) -> Document:
        line = self.line
        value = self._value(limit=WHOLE)
        if value is not _TOO_LARGE:
            return Document(value, line)
        head: dict[str, Any] = {}
        document = Document(head, line)
        self._take("{")
        keys = self._keys(head)
        for key in keys:
            if key in ENTRIES and "ocid" not in head and self._peek() == "[":
                head[key] = []
                document.entries_key = key
                document.entries = self._entries(keys, head)
                return document
            head[key] = self._value()
        return document

    def _entries(self, keys: Iterator[str], head: dict[str, Any]) -> Iterator[Any]:
        yield from self._array()
        for key in keys:
            head[key] = self._value()

    def _keys(self, head: dict[str, Any]) -> Iterator[str]:
        """Give the keys of an object, each to be followed by taking its value."""
        if self._peek() == "}":
            self._take("}")
            return
        while True:
            key = self._value()
            if not isinstance(key, str):
                raise self._error("the key of an object must be a string")
            if key in head:
                self.repeated.append((head, key))
            self._peek()
            self._take(":")
            self._peek()
            yield key
            if self._peek() == "}":
                self._take("}")
                return
            self._take(",")
            self._peek()

    def _array(self) -> Iterator[Any]:
        self._take("[")
        if self._peek() == "]":
            self._take("]")
            return
        while True:
            self._peek()
            yield self._value()
            if self._peek() == "]":
                self._take("]")
                return
            self._take(",")

    # Text -------------------------------------------------------------------------------------------------------------

    @property
    def line(self) -> int:
        """The line (from 1) of what comes next."""
        self._lines_passed += self._buffer.count("\n", self._passed, self._at)
        self._passed = self._at
        return self._lines_before + self._lines_passed + 1

    def _error(self, problem: str, at: int | None = None) -> Unreadable:
        at = self._at if at is None else at
        line = self._lines_before + self._buffer.count("\n", 0, at) + 1
        column = at - self._buffer.rfind("\n", 0, at)
        return Unreadable(f"line {line}, column {column}", problem)

    def _peek(self) -> str:
        """Give the next character that is no white space, "" at the end."""
        while True:
            found = _SPACE.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def _take(self, character: str) -> None:
        if self._peek() != character:
            raise self._error(f"expected {character!r} here" if self._peek() else "the file ends here, too early")
        self._at += 1

    def _value(self, limit: int | None = None) -> Any:
        """Decode the value that begins here; _TOO_LARGE if it has more characters than `limit`."""
        while True:
            try:
                value, end = self._json.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                # What looks wrong at the end of what was read may only be cut off there.
                cut = error.pos > len(self._buffer) - 32 or error.msg.startswith("Unterminated string")
                if cut and limit is not None and len(self._buffer) - self._at > limit and self._buffer[self._at] == "{":
                    return _TOO_LARGE
                if cut and not self._ended:
                    # Of what may be held whole the rest comes at once: each try decodes from the beginning.
                    self._more(max(len(self._buffer) - self._at, limit or 0))
                    continue
                if error.pos >= len(self._buffer.rstrip()) or error.msg.startswith("Unterminated string"):
                    begun = self.line
                    raise self._error(
                        f"the file ends here, in the middle of the document that begins in line {begun}",
                        len(self._buffer.rstrip()),
                    ) from error
                raise self._error(f"is not JSON: {error.msg}", error.pos) from error
            except RecursionError as error:
                raise self._error("the document that begins here is nested too deeply") from error
            except ValueError as error:
                digits = sys.get_int_max_str_digits()
                raise self._error(f"the document that begins here has a number of more than {digits} digits") from error
            # A number that ends where the text read so far ends may go on.
            if end == len(self._buffer) and not self._ended:
                self._more()
                continue
            if not self.escaped and self._buffer.find("\\u", self._at, end) >= 0:
                self.escaped = any(self._buffer.find(escape, self._at, end) >= 0 for escape in _SUSPECT_ESCAPES)
            self._at = end
            return value

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self.repeated.append((made, key))
                seen.add(key)
        return made

    def _more(self, least: int = 0) -> bool:
        """Read on, at least as much as is held; False at the end of the text."""
        if self._ended:
            return False
        self._lines_before = self.line - 1
        self._passed = self._lines_passed = 0
        rest = self._buffer[self._at :]
        size = max(CHUNK, least)
        while True:
            with translated(f"after {self._read:,} bytes"):
                chunk = self._stream.read(size)
            if not self._read:
                self._refuse_other_encodings(chunk)
            try:
                text = self._decode.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                # Bytes that the decoder kept from the chunk before stand in front of those of this one.
                place = self._read + error.start - (len(error.object) - len(chunk))
                before = chunk[: max(0, error.start - (len(error.object) - len(chunk)))]
                line = self._lines_before + rest.count("\n") + before.count(b"\n") + 1
                raise Unreadable(
                    f"line {line}, byte {place:,}", f"is not UTF-8: {error.reason} (0x{error.object[error.start]:02x})"
                ) from error
            self._read += len(chunk)
            if text or not chunk:
                break
        self._buffer, self._at = rest + text, 0
        self._ended = not chunk
        return bool(text)

    @staticmethod
    def _refuse_other_encodings(beginning: bytes) -> None:
        for mark, encoding in _MARKS.items():
            if beginning.startswith(mark):
                raise Unreadable("line 1, byte 0", f"the file is {encoding}; JSON is exchanged in UTF-8 (RFC 8259)")
        if beginning[:1] == b"\x00" or beginning[1:2] == b"\x00":
            raise Unreadable("line 1, byte 0", "the file begins with NUL bytes: it is not text in UTF-8")


_TOO_LARGE = object()
