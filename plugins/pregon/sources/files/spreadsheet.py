"""An XLSX workbook around its sheets (ECMA-376, parts 1 and 2): which there are, shared texts, styles that mean dates.

Read without openpyxl's workbook, which parses every sheet whose size isn't written in it before the first row is given.
Names are compared without namespaces, so that strict workbooks are read, too.
"""

import posixpath
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO
from xml.parsers import expat

from pregon.sources.files.containers import CHUNK

MAX_STRINGS = 1 << 30
"""Characters of all shared texts, which are held in memory."""

_EAST_ASIAN_DATES = frozenset((*range(27, 37), *range(50, 59)))
"""Numbers of formats that are dates in the languages which have them (part 1, 18.8.30)."""


class DamagedWorkbook(ValueError):
    """A workbook is not what it should be."""


class NoWorkbook(ValueError):
    """An archive is something else than a workbook."""


@dataclass(slots=True)
class Spreadsheet:
    """An opened workbook: titles of its sheets → their parts, the texts that cells share, and the styles of dates.

    `epoch` is the day from which dates count; `dates` and `durations` are styles (`s` of a cell).
    """

    archive: zipfile.ZipFile
    epoch: datetime
    sheets: Mapping[str, str]
    strings: list[str] = field(default_factory=list)
    dates: frozenset[int] = frozenset()
    durations: frozenset[int] = frozenset()

    @contextmanager
    def sheet(self, title: str) -> Iterator[IO[bytes]]:
        """Open the XML of a sheet."""
        with self.archive.open(self.sheets[title]) as stream:
            yield stream


@contextmanager
def opened(path: Path) -> Iterator[Spreadsheet]:
    """Open a workbook.

    Raises:
        NoWorkbook, zipfile.BadZipFile: it is none.
        DamagedWorkbook: a part of it is missing or unreadable.
    """
    with zipfile.ZipFile(path) as archive:
        yield _read(archive)


def walk(
    stream: IO[bytes],
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Parse XML, and pause after each piece; names of elements have no prefix.

    Raises DamagedWorkbook.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse
    if end:
        parser.EndElementHandler = end
    if text:
        parser.CharacterDataHandler = text
    try:
        while piece := stream.read(CHUNK):
            parser.Parse(piece, False)  # noqa: FBT003 - the parser's own signature
            yield
        parser.Parse(b"", True)  # noqa: FBT003
    except expat.ExpatError as error:
        raise DamagedWorkbook(str(error)) from error
    yield


def local_name(name: str) -> str:
    """Give the name of an element or attribute without its prefix."""
    return name.rpartition(":")[2]


def _refuse(*_: object) -> None:
    raise DamagedWorkbook("it holds a document type declaration")


def _read(archive: zipfile.ZipFile) -> Spreadsheet:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

    whole = _related(archive, "") if "_rels/.rels" in archive.namelist() else {}
    main = next((target for kind, target in whole.values() if kind == "officeDocument"), None)
    if main is None:
        raise NoWorkbook("it has no workbook part")
    related = _related(archive, main)
    sheets: dict[str, str] = {}
    mac = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal mac
        name = local_name(name)
        if name == "workbookPr":
            mac = attributes.get("date1904") in {"1", "true", "on"}
        elif name == "sheet":
            reference = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            kind, target = related.get(reference, ("", ""))
            if kind == "worksheet":
                sheets[attributes.get("name", "")] = target

    _parse(archive, main, start)
    book = Spreadsheet(archive, CALENDAR_MAC_1904 if mac else CALENDAR_WINDOWS_1900, sheets)
    for kind, target in related.values():
        if kind == "sharedStrings":
            book.strings = _strings(archive, target)
        elif kind == "styles":
            book.dates, book.durations = _styles(archive, target)
    return book


def _related(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Give id → (last word of the type, part) of what a part, or the whole package, refers to."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def start(element: str, attributes: dict[str, str]) -> None:
        if local_name(element) == "Relationship" and attributes.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
            found[attributes.get("Id", "")] = attributes.get("Type", "").rpartition("/")[2], target

    _parse(archive, posixpath.join(folder, "_rels", f"{name}.rels"), start)
    return found


def _parse(
    archive: zipfile.ZipFile,
    part: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    try:
        opened_part = archive.open(part)
    except KeyError:
        raise DamagedWorkbook(f"it has no part {part!r}") from None
    with opened_part as stream:
        for _ in walk(stream, start, end, text):
            pass


def _strings(archive: zipfile.ZipFile, part: str) -> list[str]:
    """Give the texts that cells share; how they are pronounced (`rPh`) is left out."""
    found: list[str] = []
    pieces: list[str] = []
    reading, phonetic, held = False, 0, 0

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal reading, phonetic
        name = local_name(name)
        if name == "t":
            reading = not phonetic
        elif name == "rPh":
            phonetic += 1

    def end(name: str) -> None:
        nonlocal reading, phonetic, held
        name = local_name(name)
        if name == "t":
            reading = False
        elif name == "rPh":
            phonetic -= 1
        elif name == "si":
            found.append("".join(pieces))
            held += len(found[-1])
            pieces.clear()
            if held > MAX_STRINGS:
                raise DamagedWorkbook(f"its shared texts hold more than {MAX_STRINGS:,} characters")

    def text(piece: str) -> None:
        if reading:
            pieces.append(piece)

    _parse(archive, part, start, end, text)
    return found


def _styles(archive: zipfile.ZipFile, part: str) -> tuple[frozenset[int], frozenset[int]]:
    """Give the styles of dates, and those of durations among them."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

    codes: dict[int, str] = dict(BUILTIN_FORMATS)
    used: list[int] = []
    inside = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        name = local_name(name)
        if name == "numFmt" and "formatCode" in attributes:
            codes[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name == "cellXfs":
            inside = True
        elif name == "xf" and inside:
            used.append(int(attributes.get("numFmtId", 0)))

    def end(name: str) -> None:
        nonlocal inside
        if local_name(name) == "cellXfs":
            inside = False

    _parse(archive, part, start, end)
    dates = {
        style for style, number in enumerate(used) if number in _EAST_ASIAN_DATES or is_date_format(codes.get(number))
    }
    durations = {style for style, number in enumerate(used) if is_timedelta_format(codes.get(number))}
    return frozenset(dates), frozenset(durations & dates)
