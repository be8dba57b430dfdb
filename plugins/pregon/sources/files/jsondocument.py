"""JSON documents of any size, of which only a window is in memory."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pregon.sources.exact import DECODER
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.text import MAX_LINE

_TAIL = 16
"""An error this close to the window's end may only mean that the value goes on in the next piece."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value of a document: which of the values at its top it belongs to, and the member that holds it, if any.

    `begins`: a streamed array begins, which may be empty. `streamed`: it is an element of that array.
    """

    number: int
    member: str | None
    value: Any
    begins: bool = False
    streamed: bool = False


class JsonDocument:
    """A JSON document of which only a window is in memory."""

    def __init__(self, pieces: Iterator[str], file: SourceFile, decoder: json.JSONDecoder = DECODER) -> None:
        self.characters = 0
        self._decoder = decoder
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
        yield from self._array()
        for _ in range(depth):
            while not self._separator("}"):
                self._member()
                self._value()
        if self._peek(optional=True):
            raise self._broken("more text follows the document's end")

    def values(self, streamed: Collection[str]) -> Iterator[Found]:
        """Give the elements of arrays and the members of objects at the top of the document, or of several in a row.

        Arrays that are members of an object and have a name in `streamed` are given element by element.
        """
        number = 0
        while first := self._peek(optional=True):
            if first == "[":
                for element in self._array():
                    yield Found(number, None, element)
                    number += 1
                continue
            if first != "{":
                yield Found(number, None, self._value())
            else:
                yield from self._members(number, streamed)
            number += 1

    def _members(self, number: int, streamed: Collection[str]) -> Iterator[Found]:
        self._at += 1
        if self._peek() == "}":
            self._at += 1
            return
        while True:
            name = self._member()
            if name in streamed and self._peek() == "[":
                yield Found(number, name, None, begins=True)
                for element in self._array():
                    yield Found(number, name, element, streamed=True)
            else:
                yield Found(number, name, self._value())
            if self._separator("}"):
                return

    def _array(self) -> Iterator[Any]:
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._separator("]"):
                return

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
                value, end = self._decoder.raw_decode(self._text, self._at)
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
