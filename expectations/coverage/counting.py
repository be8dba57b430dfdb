"""Counts fields and codes of compiled releases in DuckDB, in one pass and in memory that does not grow with them.

    coverage = cover_files([Path("compiled/full.jsonl.gz")], ["bids", "lots"])
    coverage = cover(lines, ["bids"])            # any number of lines, each the JSON of a compiled release

Lines are taken in portions of `PORTION` bytes; what the portions come to is added up.
"""

import gzip
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.coverage import sql
from expectations.coverage.model import MOST_DEPARTMENTS, MOST_UNLISTED, CodeCounts, Counts, Coverage, Department
from transforms.ocds import FieldTable, codelists, field_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PORTION = 32 << 20
"""Bytes of lines that are counted at once."""

MEMORY = "480MB"
"""Memory of DuckDB. Beside it Python holds a portion for each worker."""

HELD_DEPARTMENTS = 2_000
"""Departments told apart while counting. Where there are more, the smaller half is added to the others."""

HELD_CODES = 10 * MOST_UNLISTED
"""Codes that their codelist does not have, told apart at each path while counting."""

_CONFIGURATION = {
    "memory_limit": MEMORY,
    "threads": 1,
    "preserve_insertion_order": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}

_GZIP = b"\x1f\x8b"

DepartmentKey = tuple[str | None, str | None]
"""Id, and name of a department without id."""


def cover_files(paths: Iterable[Path], extensions: Iterable[str] = (), *, workers: int = 2) -> Coverage:
    """Count the compiled releases in JSON Lines files, plain or gzipped.

    Raises what opening and reading a file raises (OSError, EOFError for a gzipped file that is cut off).
    """
    return cover(chain.from_iterable(map(_lines, paths)), extensions, workers=workers)


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    with gzip.open(path) if packed else path.open("rb") as lines:
        yield from lines


def cover(lines: Iterable[bytes], extensions: Iterable[str] = (), *, workers: int = 2) -> Coverage:
    """Count compiled releases, each of them the JSON of a line; blank lines are passed over.

    `extensions` are registry ids. Where a key stands twice in an object, the first counts. `workers` portions are
    counted at the same time; the result is the same for any number. Raises UnknownExtension, IncompatibleExtensions.
    """
    import duckdb

    total = _Total(field_table(extensions))
    waiting: deque[Future[_Part]] = deque()
    with (
        tempfile.TemporaryDirectory(prefix="pregon-coverage-") as scratch,
        duckdb.connect(config={**_CONFIGURATION, "temp_directory": f"{scratch}/spill"}) as connection,
        ThreadPoolExecutor(workers) as pool,
    ):
        for portion in _portions(lines):
            # Taken in the order of the lines, so that the result does not depend on who is first.
            while len(waiting) >= workers:
                total.add(waiting.popleft().result())
            waiting.append(pool.submit(_count, connection, total.table, scratch, portion))
        for part in waiting:
            total.add(part.result())
    return total.coverage()


def _portions(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    portion: list[bytes] = []
    size = 0
    for line in lines:
        if line.isspace():
            continue
        portion.append(line)
        size += len(line)
        if size >= PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


@dataclass
class _Part:
    """What a portion comes to; departments have the numbers that they have in it."""

    unreadable: int = 0
    by_year: dict[int | None, Counts] = field(default_factory=dict)
    by_department: dict[int, Counts] = field(default_factory=dict)
    departments: dict[int, tuple[str | None, str | None]] = field(default_factory=dict)
    codes: list[tuple[str, int | None, str, int]] = field(default_factory=list)


def _count(connection: "DuckDBPyConnection", table: FieldTable, scratch: str, lines: Sequence[bytes]) -> _Part:
    with connection.cursor() as cursor:
        counted = _Portion(cursor, table, scratch)
        counted.run(lines)
        return counted.part


class _Portion:
    """Counts one portion, in a session of its own."""

    def __init__(self, cursor: "DuckDBPyConnection", table: FieldTable, scratch: str) -> None:
        self.cursor = cursor
        self.scratch = scratch
        self.table = table
        self.part = _Part()
        self.level = 0

    def run(self, lines: Sequence[bytes]) -> None:
        # By way of a file: for a parameter, or a table of Arrow's, DuckDB imports pandas, which takes seconds.
        with tempfile.NamedTemporaryFile(dir=self.scratch, suffix=".jsonl") as file:
            file.write(_text(lines))
            file.flush()
            for statement in (*sql.MACROS, sql.placed(file.name), sql.DEPARTMENTS, sql.OBJECTS):
                self.cursor.execute(statement)
        [(documents,)] = self._rows("SELECT count(*) FROM objects")
        self.part.unreadable = len(lines) - documents
        self.part.departments = {
            number: (identifier, name)
            for number, identifier, name in self._rows("SELECT number, id, name FROM departments")
        }
        if documents:
            self._objects("", "objects", "VIEW")

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.cursor.execute(query).fetchall()

    def _objects(self, path: str, objects: str, kind: str) -> None:
        """Count the fields of the objects at a path, then those inside of them; `objects` is used up."""
        fields = self.table.children(path)
        rows = sql.fields_of(fields, objects)
        if not any(one.codelist or self.table.children(one.path) for one in fields):
            # Looked at once only, so they are not kept.
            self._add(path, fields, self._rows(sql.counts(fields, f"({rows})")))
            self.cursor.execute(f"DROP {kind} {objects}")
            return
        self.level += 1
        kept = f"fields_{self.level}"
        self.cursor.execute(f"CREATE OR REPLACE TEMP TABLE {kept} AS {rows}")
        self.cursor.execute(f"DROP {kind} {objects}")
        [(number, *values)] = self._rows(sql.presence(fields, kept))
        if number:
            there = [one for one, count in zip(fields, values, strict=True) if count]
            self._add(path, there, self._rows(sql.counts(there, kept)))
            self._codes([one for one in there if one.codelist], kept)
            for one in there:
                if self.table.children(one.path):
                    inner = f"objects_{self.level}"
                    self.cursor.execute(sql.inner_objects(one, kept, inner))
                    self._objects(one.path, inner, "TABLE" if one.is_array else "VIEW")
        self.cursor.execute(f"DROP TABLE {kept}")
        self.level -= 1

    def _add(self, path: str, there: Sequence[Any], groups: Iterable[tuple[Any, ...]]) -> None:
        for of_department, year, department, number, *values in groups:
            held = self.part.by_department if of_department else self.part.by_year
            group = held.setdefault(department if of_department else year, Counts())
            if not path:
                group.documents += number
            group.objects[path] = group.objects.get(path, 0) + number
            for index, one in enumerate(there):
                if values[3 * index]:
                    group.add_values(one.path, values[3 * index : 3 * index + 3])

    def _codes(self, fields: Sequence[Any], rows: str) -> None:
        if fields:
            found = self._rows(sql.codes(fields, rows))
            self.part.codes += [(fields[number].path, year, code, count) for number, year, code, count in found]


def _text(lines: Sequence[bytes]) -> bytes:
    """Give the lines that are UTF-8."""
    stripped = [line.rstrip(b"\n") for line in lines]
    text = b"\n".join(stripped)
    return text if _is_utf8(text) else b"\n".join(filter(_is_utf8, stripped))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Total:
    """Adds up what the portions come to."""

    def __init__(self, table: FieldTable) -> None:
        self.table = table
        self.lists = codelists(table.extensions)
        self.unreadable = 0
        self.by_year: dict[int | None, Counts] = {}
        self.departments: dict[DepartmentKey, Department] = {}
        self.dropped: set[int] = set()
        self.rest = Counts()
        self.codes: dict[str, CodeCounts] = {}

    def add(self, part: _Part) -> None:
        self.unreadable += part.unreadable
        for year, counts in part.by_year.items():
            self.by_year.setdefault(year, Counts()).add(counts)
        for number, (identifier, name) in sorted(part.departments.items()):
            key = (identifier, None if identifier is not None else name)
            department = self.departments.setdefault(key, Department(identifier, name, Counts()))
            department.name = department.name or name
            department.counts.add(part.by_department[number])
        if len(self.departments) > HELD_DEPARTMENTS:
            self._keep_departments(HELD_DEPARTMENTS // 2)
        for path, year, code, number in part.codes:
            self._add_code(path, year, code, number)

    def _keep_departments(self, number: int) -> None:
        ordered = sorted(self.departments.items(), key=_size)
        self.departments = dict(ordered[:number])
        for key, department in ordered[number:]:
            self.dropped.add(hash(key))
            self.rest.add(department.counts)

    def _add_code(self, path: str, year: int | None, code: str, number: int) -> None:
        stated = self.table[path]
        counts = self.codes.get(path)
        if counts is None:
            counts = self.codes[path] = CodeCounts(str(stated.codelist), bool(stated.open_codelist))
        known = code in self.lists[counts.codelist]
        held = counts.listed if known else counts.unlisted
        if not known and code not in held and len(held) >= HELD_CODES:
            counts.further += number
            return
        years = held.setdefault(code, {})
        years[year] = years.get(year, 0) + number

    def coverage(self) -> Coverage:
        exact = not self.dropped
        self._keep_departments(MOST_DEPARTMENTS)
        every = Counts()
        for counts in self.by_year.values():
            every.add(counts)
        for code_counts in self.codes.values():
            _order(code_counts)
        return Coverage(
            extensions=self.table.extensions,
            unreadable=self.unreadable,
            all=every,
            by_year={year: self.by_year[year] for year in sorted(self.by_year, key=lambda one: (one is None, one))},
            departments=list(self.departments.values()),
            rest=self.rest,
            rest_departments=len(self.dropped),
            exact=exact,
            codes={path: self.codes[path] for path in self.table if path in self.codes},
        )


def _size(entry: tuple[DepartmentKey, Department]) -> tuple[int, bool, str, str]:
    (identifier, name), department = entry
    return -department.counts.documents, identifier is None, identifier or "", name or ""


def _order(counts: CodeCounts) -> None:
    """Put the most frequent codes first, and count those beyond `MOST_UNLISTED` only."""
    for held in (counts.listed, counts.unlisted):
        ordered = sorted(held, key=lambda code: (-counts.total(code), code))
        for code in ordered:
            years = held.pop(code)
            held[code] = {year: years[year] for year in sorted(years, key=lambda one: (one is None, one))}
    for code in list(counts.unlisted)[MOST_UNLISTED:]:
        counts.further += sum(counts.unlisted.pop(code).values())
