"""What a city's folder says about the way from its tables to OCDS: mapping, code lists, preparation."""

import csv
import hashlib
import importlib.util
import io
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import orjson

from pregon.city import City, InvalidCity
from transforms.mapping.errors import InvalidMapping
from transforms.mapping.model import Mapping, read_mapping

if TYPE_CHECKING:
    import pandas as pd

PrepareFunction = Callable[["pd.DataFrame"], "pd.DataFrame"]

FINGERPRINTED = ("city.yaml", "mapping.yaml", "prepare.sql", "prepare.py")
"""Files of the folder that decide what is published; codelists/*.csv and expectations/** count too."""


@dataclass(frozen=True)
class CityTransform:
    """The transform of one city, read and checked as far as that needs no source."""

    mapping: Mapping
    codelists: dict[str, dict[str, str | None]]
    prepare_sql: str
    prepare_functions: dict[str, PrepareFunction]
    fingerprint: str


def read_transform(city: City) -> CityTransform:
    """Read mapping, code lists and preparation.

    Raises InvalidCity with every problem, each with file and line.
    """
    label = f"cities/{city.slug}"
    file = city.folder / "mapping.yaml"
    if not file.is_file():
        raise InvalidCity(city.slug, [f"{label}/mapping.yaml: is missing"], hint="see docs/add-a-city.md")
    try:
        mapping = read_mapping(_text(city, file), f"{label}/mapping.yaml")
    except InvalidMapping as error:
        raise InvalidCity(city.slug, error.problems) from error
    statement = city.folder / "prepare.sql"
    return CityTransform(
        mapping=mapping,
        codelists={path.stem: _codelist(city, path) for path in sorted((city.folder / "codelists").glob("*.csv"))},
        prepare_sql=_text(city, statement) if statement.is_file() else "",
        prepare_functions=_functions(city),
        fingerprint=fingerprint(city),
    )


def fingerprint(city: City) -> str:
    """SHA-256 over everything that decides what is published from the same records, code version included."""
    digest = hashlib.sha256(orjson.dumps({"pregon": version("pregon")}))
    files = [city.folder / name for name in FINGERPRINTED]
    files += sorted((city.folder / "codelists").glob("*.csv"))
    files += sorted(path for path in (city.folder / "expectations").rglob("*") if path.is_file())
    for path in files:
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.relative_to(city.folder).as_posix()}\n{len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def _text(city: City, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        where = f"cities/{city.slug}/{path.relative_to(city.folder).as_posix()}"
        problem = f"{where}: is not UTF-8 (byte {error.start}): save it in this encoding"
        raise InvalidCity(city.slug, [problem]) from error


def _codelist(city: City, path: Path) -> dict[str, str | None]:
    """Source code → OCDS code; an empty code drops the value. Source codes are compared without outer white space."""
    label = f"cities/{city.slug}/codelists/{path.name}"
    codes: dict[str, str | None] = {}
    problems = []
    # Spreadsheets put a byte order mark in front of UTF-8, and cells may hold line breaks.
    reader = csv.reader(io.StringIO(_text(city, path).removeprefix("\ufeff"), newline=""))
    header = next(_rows(city, reader, label), [])
    if [cell.strip() for cell in header[:2]] != ["source", "code"]:
        raise InvalidCity(city.slug, [f"{label}:1: the header must begin with source,code"])
    for row in _rows(city, reader, label):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < len(("source", "code")):
            problems.append(f"{label}:{reader.line_num}: needs two cells, source and code")
        elif row[0].strip() in codes:
            problems.append(f"{label}:{reader.line_num}: the source code {row[0].strip()!r} stands here a second time")
        else:
            codes[row[0].strip()] = row[1].strip() or None
    if problems:
        raise InvalidCity(city.slug, problems)
    return codes


def _rows(city: City, reader: Any, label: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise InvalidCity(city.slug, [f"{label}:{reader.line_num}: can't be read as CSV: {error}"]) from error


def _functions(city: City) -> dict[str, PrepareFunction]:
    """Public functions of `prepare.py`, by the name of the prepared table they complete."""
    path = city.folder / "prepare.py"
    if not path.is_file():
        return {}
    label = f"cities/{city.slug}/prepare.py"
    module = _load(city, path, label)
    return {
        name: function
        for name, function in vars(module).items()
        if callable(function) and not name.startswith("_") and getattr(function, "__module__", None) == module.__name__
    }


def _load(city: City, path: Path, label: str) -> ModuleType:
    name = f"pregon_city_{city.slug.replace('-', '_')}_prepare"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidCity(city.slug, [f"{label}: can't be imported"])
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise InvalidCity(city.slug, [f"{label}:{error.lineno}: {error.msg}"]) from error
    except (Exception, SystemExit) as error:
        raise InvalidCity(city.slug, [f"{label}{line_in(path, error)}: {type(error).__name__}: {error}"]) from error
    return module


def line_in(path: Path, error: BaseException) -> str:
    """Give `:line` of the line of a city's Python file that an error came through, or nothing."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f":{lines[-1]}" if lines else ""
