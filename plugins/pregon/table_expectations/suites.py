"""Suites: which expectations a city's tables have to meet, read from JSON as Great Expectations writes it.

`cities/<city>/expectations/<table>.json` is the contract with the source of a table.
`expectations/suites/<table>.json` is for the flattened releases of every city, and
`cities/<city>/expectations/releases/<table>.json` adds to it. Everything is checked here, without the library: its
import takes seconds, and a wrong name has to be told with its file and line.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import orjson

from pregon.city import City, InvalidCity
from pregon.table_expectations.kinds import (
    COMPARED,
    IGNORE_ROWS,
    KINDS,
    PARAMETER,
    SEVERITIES,
    Kind,
    Severity,
    columns_of,
    in_words,
    referred,
)
from transforms.located import InvalidYaml, parse
from transforms.mapping.errors import nearest
from transforms.ocds import codelist, codelists, field_table, supported_extensions
from transforms.tables import TablePlan, layout

Origin = Literal["source", "releases"]
"""What a table is: as the source has it, or made of compiled releases."""

FOLDER = "expectations"
RELEASES = "releases"
_SUITE_KEYS = frozenset({"name", "expectations", "meta", "notes", "id", "suite_parameters"})
_EXPECTATION_KEYS = frozenset({"type", "kwargs", "severity", "meta", "notes", "description", "id"})
_NUMBERS = ("integer", "decimal")
_TEXTUAL = frozenset({"expect_column_values_to_match_regex", "expect_column_values_to_not_match_regex"})
_LENGTHS = frozenset({"expect_column_value_lengths_to_be_between"})


@dataclass(frozen=True)
class Expectation:
    """One expectation of a table. `id` names it within its table, the same as long as type and columns stay.

    `words` says it in each language: what `meta` has under `en` and `es`, else what its type and arguments say.
    """

    id: str
    type: str
    arguments: Mapping[str, Any]
    severity: Severity
    words: Mapping[str, str]

    @property
    def kind(self) -> Kind:
        """What kind of expectation it is."""
        return KINDS[self.type]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is about."""
        return columns_of(self.arguments)

    @property
    def reference(self) -> tuple[str, str] | None:
        """Table and column in which its values have to be found, for one between tables."""
        return referred(self.type, self.arguments)

    @property
    def mostly(self) -> float:
        """Share of the values that have to meet it."""
        return float(self.arguments.get("mostly", 1))

    def to_library(self) -> dict[str, Any]:
        """Give it as Great Expectations reads it."""
        return {
            "type": self.type,
            "kwargs": dict(self.arguments),
            "severity": self.severity,
            "meta": {"expectation": self.id},
        }


@dataclass(frozen=True)
class Suite:
    """The expectations of one table, in the order of their files."""

    table: str
    origin: Origin
    expectations: tuple[Expectation, ...]

    @property
    def name(self) -> str:
        """Name of the suite: the table's, and for flattened releases what it is made of."""
        return self.table if self.origin == "source" else f"{RELEASES}.{self.table}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the table that an expectation is about, each once."""
        named = (
            column
            for one in self.expectations
            for column in (one.columns[:1] if one.reference else one.columns)
        )  # fmt: skip
        return tuple(dict.fromkeys(named))

    @property
    def fingerprint(self) -> str:
        """Tell this suite from others; words count as little as their order in the file does not."""
        said = [[one.id, one.type, dict(one.arguments), one.severity] for one in self.expectations]
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True)
class _File:
    """A suite's file, whom it belongs to, and the columns with their types that its table has.

    `wanted` are those of them that the city's tables have: a common suite may know more.
    """

    path: Path
    label: str
    table: str
    origin: Origin
    columns: Mapping[str, str]
    wanted: Mapping[str, str]
    extensions: tuple[str, ...]


def read_suites(city: City) -> tuple[Suite, ...]:
    """Read every suite of a city: of its source tables, and of its flattened releases.

    Raises InvalidCity with every problem: file, line, and the nearest name that there is.
    """
    problems: list[str] = []
    tables = {name: {column: one.type for column, one in table.columns.items()} for _, name, table in city.tables()}
    found: dict[tuple[Origin, str], list[Expectation]] = {}
    for file in _files(city, tables, problems):
        expectations = [one for one in _read(file, tables, problems) if _applies(one, file)]
        if expectations:
            found.setdefault((file.origin, file.table), []).extend(expectations)
    if problems:
        raise InvalidCity(city.slug, problems, hint="docs/reference/expectations.md lists what a suite may hold")
    # The source's tables as city.yaml has them, then those of the releases.
    order = [("source", name) for name in tables] + [(RELEASES, name) for name in _release_tables(city.extensions)]
    return tuple(
        Suite(table, origin, _numbered(found[(origin, table)]))  # type: ignore[arg-type,index]
        for origin, table in order
        if (origin, table) in found
    )


def _applies(one: Expectation, file: _File) -> bool:
    return one.reference is not None or file.wanted.keys() >= set(one.columns)


def _files(city: City, tables: Mapping[str, Mapping[str, str]], problems: list[str]) -> Iterator[_File]:
    folder = city.folder / FOLDER
    label = f"cities/{city.slug}/{FOLDER}"
    for path in sorted(folder.glob("*.json")):
        columns = tables.get(path.stem)
        if columns is None:
            problems.append(f"{label}/{path.name}: the city has no table {path.stem!r}{nearest(path.stem, tables)}")
        else:
            yield _File(path, f"{label}/{path.name}", path.stem, "source", columns, columns, city.extensions)
    of_city = _release_tables(city.extensions)
    for path in sorted((folder / RELEASES).glob("*.json")):
        columns = of_city.get(path.stem)
        where = f"{label}/{RELEASES}/{path.name}"
        if columns is None:
            near = nearest(path.stem, of_city)
            problems.append(f"{where}: flattened releases have no table {path.stem!r}{near}")
        else:
            yield _File(path, where, path.stem, "releases", columns, columns, city.extensions)
    all_extensions = tuple(sorted(supported_extensions()))
    everything = _release_tables(all_extensions)
    for path in common_suites():
        columns = everything.get(path.stem)
        where = f"{FOLDER}/suites/{path.name}"
        if columns is None:
            near = nearest(path.stem, everything)
            problems.append(f"{where}: flattened releases have no table {path.stem!r}{near}")
        elif path.stem in of_city:
            yield _File(path, where, path.stem, "releases", columns, of_city[path.stem], all_extensions)


def common_suites() -> list[Path]:
    """Give the suites of flattened releases that every city has."""
    return sorted(Path(str(files("expectations").joinpath("suites"))).glob("*.json"))


def release_plan(extensions: tuple[str, ...]) -> TablePlan:
    """Give every table that flattened releases with these extensions may have."""
    fields = field_table(extensions)
    return layout(extensions).plan(path for path, field in fields.items() if field.is_leaf)


@cache
def _release_tables(extensions: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Give table name → column → type of all tables that flattened releases may have."""
    types = {"decimal": "decimal", "integer": "integer", "boolean": "boolean"}
    return {
        table.name: {
            "ocid": "text",
            **({"pointer": "text"} if table.chain else {}),
            **{column.path: types.get(column.type, "text") for column in table.columns},
        }
        for table in release_plan(extensions).tables
    }


def _read(file: _File, tables: Mapping[str, Mapping[str, str]], problems: list[str]) -> Iterator[Expectation]:
    """Read a file as far as it is right, and note what is wrong with it."""
    try:
        text = file.path.read_text(encoding="utf-8")
        # For what the JSON says, a reader of JSON; for where it says it, one that knows lines.
        data = orjson.loads(text)
        document = parse(text, file.label)
    except UnicodeDecodeError as error:
        problems.append(f"{file.label}: is not UTF-8 (byte {error.start}): save it in this encoding")
        return
    except orjson.JSONDecodeError as error:
        problems.append(f"{file.label}:{error.lineno}: is no JSON: {error.msg}")
        return
    except InvalidYaml as error:
        problems.append(str(error))
        return

    def problem(place: tuple[Any, ...], what: str) -> None:
        problems.append(f"{file.label}:{document.line(place)}: {what}")

    if not isinstance(data, dict) or not isinstance(data.get("expectations"), list):
        problem((), 'holds no suite: an object with "name" and a list "expectations"')
        return
    for key in sorted(data.keys() - _SUITE_KEYS):
        problem((key,), f"{key}: is no key of a suite{nearest(key, _SUITE_KEYS)}")
    if data.get("name") != file.table:
        problem(("name",), f"name: has to be {file.table!r}, as the file is called")
    if data.get("suite_parameters"):
        problem(("suite_parameters",), "suite_parameters: are not used; write values into the expectations")
    for number, one in enumerate(data["expectations"]):
        place = ("expectations", number)
        before = len(problems)
        for path, what in _problems_of(one, file, tables):
            problem((*place, *path), what)
        if len(problems) == before:
            yield _expectation(one)


def _expectation(one: Mapping[str, Any]) -> Expectation:
    arguments = one.get("kwargs", {})
    meta = one.get("meta") or {}
    words = {language: meta.get(language) or in_words(one["type"], arguments, language) for language in ("en", "es")}
    columns = ",".join(columns_of(arguments))
    identifier = one["type"].removeprefix("expect_") + (f"({columns})" if columns else "")
    return Expectation(identifier, one["type"], arguments, one.get("severity", "critical"), words)


def _numbered(expectations: list[Expectation]) -> tuple[Expectation, ...]:
    """Tell expectations of the same type and columns apart by a number."""
    seen: dict[str, int] = {}
    told = []
    for one in expectations:
        count = seen[one.id] = seen.get(one.id, 0) + 1
        told.append(
            one
            if count == 1
            else Expectation(f"{one.id}:{count}", one.type, one.arguments, one.severity, one.words)
        )  # fmt: skip
    return tuple(told)


Problem = tuple[tuple[str, ...], str]


def _problems_of(one: object, file: _File, tables: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    if not isinstance(one, dict) or not isinstance(one.get("type"), str):
        yield (), 'is no expectation: an object with "type" and "kwargs"'
        return
    for key in sorted(one.keys() - _EXPECTATION_KEYS):
        yield (key,), f"{key}: is no key of an expectation{nearest(key, _EXPECTATION_KEYS)}"
    severity = one.get("severity", "critical")
    if severity not in SEVERITIES:
        near = nearest(str(severity), SEVERITIES)
        yield ("severity",), f"severity: {severity!r} is none of {', '.join(SEVERITIES)}{near}"
    kind = KINDS.get(one["type"])
    if kind is None:
        yield ("type",), f"type: {one['type']!r} is no expectation that a suite may hold{nearest(one['type'], KINDS)}"
        return
    arguments = one.get("kwargs", {})
    if not isinstance(arguments, dict):
        yield ("kwargs",), "kwargs: has to be an object"
        return
    for name in sorted(arguments.keys() - kind.arguments):
        yield ("kwargs", name), f"{name}: is no argument of {one['type']}{nearest(name, kind.arguments)}"
    for name in sorted(kind.required - arguments.keys()):
        yield ("kwargs",), f"kwargs: {name} is missing"
    for name in sorted(arguments.keys() & kind.arguments):
        if what := _wrong_value(name, arguments[name], file.extensions):
            yield ("kwargs", name), f"{name}: {what}"
    if kind.required <= arguments.keys():
        yield from _column_problems(one["type"], arguments, file, tables)


def _wrong_value(name: str, value: object, extensions: tuple[str, ...]) -> str | None:
    if name == "mostly":
        right = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1
        return None if right else "has to be a share, more than 0 and up to 1"
    if name in {"min_value", "max_value"}:
        right = isinstance(value, int | float) and not isinstance(value, bool)
        return None if right else "has to be a number; what a date looks like is said by a regex"
    if name in {"strict_min", "strict_max", "or_equal"}:
        return None if isinstance(value, bool) else "has to be true or false"
    if name == "ignore_row_if":
        return None if value in IGNORE_ROWS else f"has to be one of {', '.join(IGNORE_ROWS)}"
    if name == "regex":
        return _wrong_regex(value)
    if name == "value_set":
        return _wrong_set(value, extensions)
    if name == "column_list":
        right = isinstance(value, list) and len(value) > 1 and all(isinstance(one, str) for one in value)
        return None if right else "has to list two columns or more"
    return None if isinstance(value, str) else "has to be a text"


def _wrong_regex(value: object) -> str | None:
    try:
        re.compile(value if isinstance(value, str) else "(")
    except re.error as error:
        return f"is no regular expression: {error}"
    return None


def _wrong_set(value: object, extensions: tuple[str, ...]) -> str | None:
    if isinstance(value, dict):
        name, known = value.get(PARAMETER), codelists(extensions)
        if set(value) == {PARAMETER} and name in known:
            return None
        return f"{PARAMETER} has to name a code list of OCDS{nearest(str(name), known)}"
    plain = isinstance(value, list) and value and all(isinstance(one, str | int | float) for one in value)
    return None if plain else "has to be a list of values"


def _column_problems(
    type_: str, arguments: Mapping[str, Any], file: _File, tables: Mapping[str, Mapping[str, str]]
) -> Iterator[Problem]:
    reference = referred(type_, arguments) if file.origin == "source" else None
    for argument in ("column", "column_A", "column_B", "column_list"):
        named = arguments.get(argument, [])
        for column in [named] if isinstance(named, str) else named if isinstance(named, list) else ():
            if argument == "column_B" and reference:
                table, other = reference
                if table not in tables:
                    yield ("kwargs", argument), f"{column}: the city has no table {table!r}{nearest(table, tables)}"
                elif other not in tables[table]:
                    near = nearest(other, tables[table])
                    yield ("kwargs", argument), f"{column}: {table} has no column {other!r}{near}"
            elif column not in file.columns:
                near = nearest(str(column), file.columns)
                yield ("kwargs", argument), f"{argument}: {file.table} has no column {column!r}{near}"
            elif what := _wrong_type(type_, file.columns[column]):
                yield ("kwargs", argument), f"{argument}: {column} {what}"


def _wrong_type(type_: str, declared: str) -> str | None:
    number = declared in _NUMBERS
    if (type_ in _TEXTUAL or type_ in _LENGTHS) and (number or declared == "boolean"):
        return f"is {declared}, and only texts and dates have a form and a length"
    if type_ in COMPARED and not number:
        return f"is {declared}: only numbers have bounds; say by a regex what it looks like"
    return None


def parameters(suites: Iterable[Suite], extensions: tuple[str, ...]) -> dict[str, list[str]]:
    """Give the codes of every OCDS code list that suites name as a parameter."""
    named = {
        values[PARAMETER]
        for suite in suites
        for one in suite.expectations
        if isinstance(values := one.arguments.get("value_set"), Mapping)
    }
    return {name: list(codelist(name, extensions).codes) for name in sorted(named)}
