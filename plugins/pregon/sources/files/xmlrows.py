"""XML: one element per record, found by its path; names are compared without namespaces.

Memory holds one record at a time and what of the text has not been read. A document type declaration is refused: it is
the only way to entities, which expand beyond all measure or reach for other files (XML 1.0, section 4).
"""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.parsers import expat

from pregon.memory import paused_collection
from pregon.sources.base import SourceConfigurationError, SourceLimitError, TableSpec
from pregon.sources.batches import BATCH_CHARACTERS, BATCH_ROWS
from pregon.sources.files.containers import SourceFile, chunks
from pregon.sources.files.rows import Rows, TableReport, empty, refuse_web_page
from pregon.sources.files.text import MAX_LINE, Encoding, TextReport, decoded, find_encoding, without_c1

MAX_ELEMENTS = 200_000
"""A record of more elements isn't one: the path leads to what holds the records."""
MAX_DEPTH = 200

_DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_LATIN_1 = {"iso8859-1", "ascii", "cp1252"}
"""What says that it is one of these is in practice the third, as the Encoding Standard of browsers has it."""
_NAMES = 10
"""Names of elements that are told where the path leads nowhere."""


def find_xml_encoding(file: SourceFile, configured: str | None) -> Encoding | None:
    """Give the encoding as `find_encoding` does; what is not UTF-8 is what the document declares, if it declares it.

    Raises:
        SourceUnreadableError: the document declares an encoding that is not known.
    """
    found = find_encoding(file, configured)
    if configured or found is None or found.origin == "mark":
        return found
    head = next(chunks(file), b"")[:1024]
    for wide in ("utf-16-le", "utf-16-be"):  # without the mark that it should have
        if head.startswith("<?".encode(wide)):
            return Encoding(wide, "detected")
    declared = _DECLARED.match(head.lstrip())
    if found.name == "utf-8" or not declared:
        return found
    name = declared[1].decode()
    try:
        known = codecs.lookup(name).name
        b"a".decode(known, "replace")
    except LookupError as error:
        raise file.unreadable(
            f"declares the encoding {name!r}, which is not known", "set `encoding:` of the table"
        ) from error
    if known == "utf-8":
        return found
    return Encoding("windows-1252" if known in _LATIN_1 else known, "declared")


def read_xml(file: SourceFile, table: TableSpec, encoding: Encoding, report: TableReport) -> Iterator[Rows]:
    """Give the rows of an XML document.

    `records:` is the path of their element from the root, such as `Notices/Notice`. A column is the path of an element
    below that, `@name` of an attribute, or `.` for the record's own text. Of an element that holds others the text is
    JSON; of one that occurs several times a JSON array.

    Raises:
        EmptySourceError: what should hold records is empty.
        SourceUnreadableError: it isn't XML, has a document type declaration, or no such element.
        SourceLimitError: a record is too large, or nested too deeply.
    """
    path = str(table.option("records") or "").strip("/").split("/")
    if path == [""]:
        raise SourceConfigurationError(
            "nothing says which elements are the records",
            source=file.source,
            table=file.table,
            file=file.name,
            hint="set `records:` of the table to their path from the root, such as Notices/Notice",
        )
    rows = _RowMaker(table, file, report)
    records = _Records(path, file)
    record, read, since = 1, 0, 0
    pending: list[_Element] = []
    for piece in refuse_web_page(decoded(file, encoding, report.text), file):
        with paused_collection():
            found = records.feed(piece)
        read += len(piece)
        since = 0 if found else since + len(piece)
        if records.inside and since > MAX_LINE:
            raise file.limit(f"holds a record of more than {MAX_LINE:,} characters")
        pending += found
        if len(pending) >= BATCH_ROWS or (pending and read > BATCH_CHARACTERS):
            with paused_collection():
                taken = rows.rows(pending, record)
            yield taken
            record, read, pending = record + len(pending), 0, []
    pending += records.close()
    if pending:
        yield rows.rows(pending, record)
    elif record == 1:
        raise records.nothing()


class _Element:
    """An element of a record. `attributes` are name, value, name, value …; `name` has no prefix."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: list[str]) -> None:
        self.name = name
        self.attributes = attributes
        self.text = ""
        self.children: list[_Element] | tuple[()] = ()

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Give (name, value) of each attribute; what declares namespaces is none."""
        for key, value in zip(self.attributes[::2], self.attributes[1::2], strict=True):
            if key != "xmlns" and not key.startswith("xmlns:"):
                yield key.rpartition(":")[2], value

    @property
    def nil(self) -> bool:
        """Whether it says that it has no value (`xsi:nil`, XML Schema Structures 2.7.2)."""
        return bool(self.attributes) and any(
            key.endswith(":nil") and value.strip() in {"true", "1"}
            for key, value in zip(self.attributes[::2], self.attributes[1::2], strict=True)
        )


class _Records:
    """Collects the elements of one path while a document is fed."""

    def __init__(self, path: list[str], file: SourceFile) -> None:
        self._path = path
        self._file = file
        self._depth = 0
        self._matched = 0
        self._reached = 0
        self._beside: list[dict[str, None]] = [{} for _ in path]
        self._open: list[_Element] = []
        self._elements = 0
        self._done: list[_Element] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse

    @property
    def inside(self) -> bool:
        """Whether a record is open."""
        return bool(self._open)

    def feed(self, text: str) -> list[_Element]:
        """Give the records that end in this piece of text."""
        return self._parse(text, final=False)

    def close(self) -> list[_Element]:
        """Say that no more text comes."""
        return self._parse("", final=True)

    def nothing(self) -> Exception:
        """Give the error about a document without any record: empty, or the path leads elsewhere."""
        if self._reached == len(self._path) - 1 and self._reached and not self._beside[-1]:
            return empty(self._file, "holds no records")
        above = "/".join(self._path[: self._reached])
        names = ", ".join(list(self._beside[self._reached])[:_NAMES])
        where = f"below {above!r}" if above else "as its root"
        return self._file.unreadable(
            f"has no element {self._path[self._reached]!r} {where}",
            f"set `records:` of the table to the path of the repeated element; there is: {names or 'nothing'}",
        )

    def _parse(self, text: str, *, final: bool) -> list[_Element]:
        try:
            self._parser.Parse(text, final)
        except expat.ExpatError as error:
            raise self._file.unreadable(
                f"is not well-formed XML: {expat.ErrorString(error.code)}, in line {error.lineno:,},"
                f" column {error.offset + 1:,}",
                "fetch the file again",
            ) from error
        except UnicodeEncodeError as error:
            raise self._file.unreadable("holds half of a surrogate pair", "correct `encoding:` of the table") from error
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: list[str]) -> None:
        depth = self._depth
        self._depth += 1
        if depth >= MAX_DEPTH:
            raise self._file.limit(f"nests elements more than {MAX_DEPTH} deep")
        if self._open:
            self._elements += 1
            if self._elements > MAX_ELEMENTS:
                raise self._too_many()
            element = _Element(name.rpartition(":")[2] if ":" in name else name, attributes)
            above = self._open[-1]
            if above.children:
                above.children.append(element)
            else:
                above.children = [element]
            self._open.append(element)
        elif depth == self._matched:
            local = name.rpartition(":")[2]
            if local != self._path[depth]:
                if len(self._beside[depth]) < _NAMES:
                    self._beside[depth].setdefault(local)
                return
            self._matched += 1
            self._reached = max(self._reached, self._matched)
            if self._matched == len(self._path):
                self._elements = 1
                self._open.append(_Element(local, attributes))

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._open:
            element = self._open.pop()
            if self._open:
                return
            self._done.append(element)
        self._matched = min(self._matched, self._depth)

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text

    def _refuse(self, *_: object) -> None:
        raise self._file.limit("holds a document type declaration, which could name entities")

    def _too_many(self) -> SourceLimitError:
        return SourceLimitError(
            f"holds a record of more than {MAX_ELEMENTS:,} elements",
            source=self._file.source,
            table=self._file.table,
            file=self._file.name,
            hint="set `records:` of the table to the path of the repeated element",
        )


class _RowMaker:
    """Turns records into columns."""

    def __init__(self, table: TableSpec, file: SourceFile, report: TableReport) -> None:
        self._report = report
        self._wanted = {ours: (theirs, _column(theirs, file)) for ours, theirs in table.read_columns.items()}
        self._known = {column.source_name.split("/")[0] for column in table.columns.values()}

    def rows(self, records: list[_Element], first: int) -> Rows:
        """Give some records, numbered from `first` on."""
        columns: dict[str, list[str | None]] = {ours: [] for ours in self._wanted}
        seen: set[str] = set()
        names: dict[str, object] = {}
        for record in records:
            by_name: dict[str, list[_Element]] = {}
            for child in record.children:
                if child.name in by_name:
                    by_name[child.name].append(child)
                else:
                    by_name[child.name] = [child]
            names.update(by_name)
            if record.attributes:
                names.update(dict.fromkeys(f"@{name}" for name, _ in record.pairs()))
            for ours, (theirs, path) in self._wanted.items():
                found = _found(record, by_name, path)
                if found:
                    seen.add(theirs)
                columns[ours].append(_written(found, self._report.text))
        self._report.seen.update(dict.fromkeys(seen, 1))
        self._report.added.update(dict.fromkeys(sorted(name for name in names if name not in self._known)))
        return Rows(columns, range(first, first + len(records)))


def _column(path: str, file: SourceFile) -> tuple[list[str], str | None]:
    """Give the elements that a column's path leads through, and its attribute."""
    *elements, last = path.split("/")
    attribute = last.removeprefix("@") if last.startswith("@") else None
    if attribute is None and path != ".":
        elements.append(last)
    if "" in elements or attribute == "" or any(part.startswith(("@", ".")) for part in elements):
        raise SourceConfigurationError(
            f"{path!r} is no path of an element or attribute",
            source=file.source,
            table=file.table,
            file=file.name,
            hint="write it as Supplier/Name, Supplier/@id, @id, or a point for the record's own text",
        )
    return elements, attribute


def _found(
    record: _Element, by_name: dict[str, list[_Element]], path: tuple[list[str], str | None]
) -> Sequence["_Element | str"]:
    """Give what stands at a path: elements, or values of attributes."""
    elements, attribute = path
    found = by_name.get(elements[0], []) if elements else [record]
    for name in elements[1:]:
        found = [child for element in found for child in element.children if child.name == name]
    if attribute is None:
        return found
    return [value for element in found for name, value in element.pairs() if name == attribute]


def _written(found: Sequence["_Element | str"], report: TextReport) -> str | None:
    """Write what stands at a path as one text; numeric references can name control characters, too."""
    if not found:
        return None
    if len(found) == 1:
        [one] = found
        if isinstance(one, _Element):
            if one.nil:
                return None
            text = _json(_value(one)) if one.children else one.text
        else:
            text = one
    else:
        text = _json([one if isinstance(one, str) else _value(one, alone=True) for one in found])
    return text if text.isascii() else without_c1(text, report)


def _value(element: _Element, *, alone: bool = False) -> Any:
    """Give an element as a JSON value: its text, or an object where it holds elements, or attributes within another.

    `alone`: it is one of several at its column's path, so that attributes have columns of their own.
    """
    if element.nil:
        return None
    attributes = {} if alone and not element.children else {f"@{name}": value for name, value in element.pairs()}
    if not element.children and not attributes:
        return element.text
    members: dict[str, Any] = dict(attributes)
    for child in element.children:
        value = _value(child)
        if child.name in members:
            before = members[child.name]
            members[child.name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            members[child.name] = value
    if (text := element.text).strip():
        members["#text"] = text
    return members


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
