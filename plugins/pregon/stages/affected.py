"""Which lines of a city's folder rely on a column of a source: what a person has to look at when it drifts."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from pregon.city import City
from pregon.city_transform import CityTransform
from pregon.sources.base import SourceError
from transforms.mapping.model import Binding, Mapping, identifying_columns, placeholders

MOST = 8
"""Lines that are named; of more the number is told."""


@contextmanager
def naming_affected_lines(city: City, transform: CityTransform) -> Iterator[None]:
    """Add to an error about columns of a source which lines of the city's folder rely on them."""
    try:
        yield
    except SourceError as error:
        columns = _columns(error)
        if error.table is not None and columns:
            lines = [line for column in columns for line in affected_lines(city, transform, error.table, column)]
            if lines:
                more = f" and {len(lines) - MOST} more" if len(lines) > MOST else ""
                error.advise(f"it is used in {', '.join(lines[:MOST])}{more}")
        raise


def affected_lines(city: City, transform: CityTransform, table: str, column: str) -> list[str]:
    """Give `file:line: key` of every place that uses a column of a source table, mapping first.

    `prepare.sql` is searched for the column's name in the statements that name the table.
    """
    found = [place.rstrip(": ") for place in _bindings(transform.mapping, table, column)]
    label = f"cities/{city.slug}/prepare.sql"
    return list(dict.fromkeys([*found, *(f"{label}:{line}" for line in _sql(transform.prepare_sql, table, column))]))


def _columns(error: SourceError) -> Collection[str]:
    column, columns = getattr(error, "column", None), getattr(error, "columns", None)
    return tuple(columns) if columns else (column,) if column else ()


def _bindings(mapping: Mapping, table: str, column: str) -> Iterator[str]:
    process = mapping.process
    if process.table == table:
        if process.key == column:
            yield mapping.at("process", "key")
        if column in placeholders(process.ocid):
            yield mapping.at("process", "ocid")
        if process.modified == column:
            yield mapping.at("process", "modified")
    yield from _of(mapping, ("bindings",), mapping.bindings, table, column)
    for name, child in mapping.tables.items():
        if name == table and (column in child.on or column in identifying_columns(child.id)):
            yield mapping.at("tables", name)
        if child.parent == table and column in child.on.values():
            yield mapping.at("tables", name, "on")
    for name, party in mapping.parties.items():
        if party.table == table and (column in (party.key, party.person) or column in placeholders(party.id)):
            yield mapping.at("parties", name)
        yield from _of(mapping, ("parties", name, "bindings"), party.bindings, table, column)
        for number, reference in enumerate(party.references):
            if f"{table}.{column}" in (reference.source, reference.name):
                yield mapping.at("parties", name, "references", number)


def _of(
    mapping: Mapping, place: tuple[str, ...], bindings: dict[str, Binding], table: str, column: str
) -> Iterator[str]:
    for path, binding in bindings.items():
        if (binding.table, binding.column) == (table, column):
            yield mapping.at(*place, path)


def _sql(text: str, table: str, column: str) -> Iterator[int]:
    """Give the numbers of lines with the column's name in statements with the table's."""
    line = 1
    for statement in re.split(r"(?<=;)", text):
        if re.search(rf"\b{re.escape(table)}\b", statement):
            for number, content in enumerate(statement.split("\n")):
                if re.search(rf"\b{re.escape(column)}\b", content.partition("--")[0]):
                    yield line + number
        line += statement.count("\n")
