"""A suite proposed from a source profile: what holds for every row now, and is likely to be meant to.

Conservative: a rule that one row breaks already is not proposed, nor one on values that may be personal; and nothing is
critical but the key. `meta` says why each is proposed, so that a person can strike what is chance.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pregon.city import City
from pregon.errors import PregonError
from pregon.profiling import profile_city
from pregon.profiling.reading import Tell
from pregon.stages.context import CityContext
from pregon.table_expectations.kinds import Severity
from pregon.table_expectations.suites import FOLDER
from transforms.mapping.errors import nearest
from transforms.profile.model import ColumnProfile, Profile, TableProfile

MANY_ROWS = 50
"""Of fewer rows nothing is concluded but what the key says."""
FEW_CODES = 20
"""A column of so many different values at most is taken for a list of codes."""

_FORMS = {
    "date": (r"^\d{4}-\d\d-\d\d", "days, as 2026-03-09"),
    "url": (r"^https?://\S+$", "addresses of the web"),
    "integer": (r"^-?\d+$", "whole numbers"),
}
_ISO = re.compile(r"%Y-%m-%d")
_TEXT = "text"


class UnknownTable(PregonError):
    """A table is to be drafted for that the city does not have."""

    def __init__(self, city: str, table: str, known: Sequence[str]) -> None:
        super().__init__(f"{city} has no table {table!r}{nearest(table, known)}", hint=f"it has {', '.join(known)}")
        self.table = table


class SuiteIsThere(PregonError):
    """A draft would overwrite a suite."""

    def __init__(self, paths: Sequence[Path]) -> None:
        super().__init__(
            f"{', '.join(map(str, paths))}: is there already",
            hint="write elsewhere with --out and compare, or overwrite with --force",
        )
        self.paths = tuple(paths)


@dataclass(frozen=True)
class Draft:
    """A proposed suite of a table, as JSON."""

    table: str
    suite: dict[str, Any]


def draft_suites(
    context: CityContext, *, tables: Sequence[str] = (), from_dir: Path | None = None, sample: int | None = None,
    tell: Tell | None = None,
) -> list[Draft]:  # fmt: skip
    """Profile the sources of a city, and propose a suite for each table, or for those named.

    Raises UnknownTable, and what `profile_city` raises.
    """
    known = [name for _, name, _ in context.city.tables()]
    for table in tables:
        if table not in known:
            raise UnknownTable(context.city.slug, table, known)
    profile = profile_city(context, from_dir=from_dir, sample=sample, tell=tell)
    return [draft(profile, table) for table in _tables(profile) if not tables or table.name in tables]


def _tables(profile: Profile) -> Iterator[TableProfile]:
    for source in profile.sources:
        yield from source.tables


def draft(profile: Profile, table: TableProfile) -> Draft:
    """Propose a suite for a table of a profile."""
    notes = (
        f"Proposed from {table.rows:,} rows as of {profile.as_of}: read it before you rely on it."
        + (" Only a sample was read." if table.sampled else "")
    )  # fmt: skip
    expectations = [*_of_key(table), *_of_links(profile, table)]
    if table.rows >= MANY_ROWS:
        for column in table.columns:
            if column.name not in table.absent:
                expectations += _of_column(column, table)
    return Draft(table.name, {"name": table.name, "meta": {"notes": notes}, "expectations": expectations})


def _expectation(type_: str, severity: Severity, why: str, **arguments: Any) -> dict[str, Any]:
    return {"type": type_, "kwargs": arguments, "severity": severity, "meta": {"proposed": why}}


def _of_key(table: TableProfile) -> Iterator[dict[str, Any]]:
    key = table.key
    if table.rows:
        yield _expectation(
            "expect_table_row_count_to_be_between", "critical", f"there are {table.rows:,} rows now", min_value=1
        )
    if key.made or not key.holds:
        return
    for column in key.declared:
        yield _expectation("expect_column_values_to_not_be_null", "critical", "part of the key", column=column)
    if len(key.declared) == 1:
        yield _expectation("expect_column_values_to_be_unique", "critical", "the key", column=key.declared[0])
    else:
        yield _expectation(
            "expect_compound_columns_to_be_unique", "critical", "the key", column_list=list(key.declared)
        )


def _of_links(profile: Profile, table: TableProfile) -> Iterator[dict[str, Any]]:
    for link in profile.links:
        _, name, column = link.column.split(".", 2)
        _, other, key = link.other.split(".", 2)
        if name == table.name and other != name and link.key and link.found == link.values:
            why = f"each of {link.values:,} different values is one"
            yield _expectation(
                "expect_column_pair_values_to_be_equal", "warning", why, column_A=column, column_B=f"{other}.{key}"
            )


def _of_column(column: ColumnProfile, table: TableProfile) -> Iterator[dict[str, Any]]:
    name = column.name
    if column.kind == "empty":
        return
    in_key = not table.key.made and table.key.holds and name in table.key.declared
    if not in_key and column.filled == column.rows and not column.null_words:
        yield _expectation("expect_column_values_to_not_be_null", "warning", "filled in every row now", column=name)
    # Whatever may be personal is told by no rule: it would stand in a file that others read.
    if column.personal or column.misfits or column.null_words:
        return
    yield from _of_values(column)


def _of_values(column: ColumnProfile) -> Iterator[dict[str, Any]]:
    name, text = column.name, column.declared_type == _TEXT
    shown = [one for one in column.frequent if not one.masked]
    whole = len(shown) == column.distinct.count and column.distinct.exact
    if column.kind in {"code", "boolean"} and text and whole and len(shown) <= FEW_CODES:
        values = sorted(one.value for one in shown)
        yield _expectation(
            "expect_column_values_to_be_in_set", "warning", f"all {len(values)} values there are now",
            column=name, value_set=values,
        )  # fmt: skip
    elif text and column.kind in _FORMS and _writes_iso(column):
        regex, what = _FORMS[column.kind]
        yield _expectation(
            "expect_column_values_to_match_regex", "warning", f"all values are {what}", column=name, regex=regex
        )
    elif column.declared_type in {"integer", "decimal"} and column.range and not column.range.lowest.startswith("-"):
        yield _expectation(
            "expect_column_values_to_be_between", "warning", f"the least is {column.range.lowest} now",
            column=name, min_value=0,
        )  # fmt: skip


def _writes_iso(column: ColumnProfile) -> bool:
    formats = column.date_formats
    return column.kind != "date" or (len(formats) == 1 and bool(_ISO.match(formats[0].strptime)))


def write_drafts(
    drafts: Sequence[Draft], city: City, *, out: Path | None = None, force: bool = False
) -> list[tuple[Path, int]]:
    """Write drafts into the city's folder, or to `out`: a folder, or a file for a single draft.

    Gives the files with the number of their expectations. Raises SuiteIsThere before anything is written.
    """
    single = out is not None and out.suffix == ".json" and len(drafts) == 1
    folder = city.folder / FOLDER if out is None else out
    paths = {draft.table: out if single and out else folder / f"{draft.table}.json" for draft in drafts}
    there = [path for path in paths.values() if path.exists()]
    if there and not force:
        raise SuiteIsThere(there)
    written = []
    for one in drafts:
        path = paths[one.table]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(suite_text(one.suite), encoding="utf-8")
        written.append((path, len(one.suite["expectations"])))
    return written


def suite_text(suite: Mapping[str, Any]) -> str:
    """Write a suite as people read it: one expectation a line."""
    lines = ",\n".join(f"    {_json(one)}" for one in suite["expectations"])
    listed = f"[\n{lines}\n  ]" if lines else "[]"
    return f'{{\n  "name": {_json(suite["name"])},\n  "meta": {_json(suite["meta"])},\n  "expectations": {listed}\n}}\n'


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
