"""A mapping that takes whole documents: what its publisher has published as OCDS already, one release a row.

There is nothing to bind: the releases of a process, merged as the standard says, are its state. The tables that the
mapping of any other city would name are these two, made here: a process for each ocid, and its releases below it.
"""

from collections.abc import Iterable, Iterator, Mapping

from transforms.mapping.errors import InvalidMapping, nearest
from transforms.mapping.model import Documents
from transforms.mapping.model import Mapping as CityMapping
from transforms.mapping.plan import Column, Link, Node, Plan, TablePlan
from transforms.quoting import literal, quote

PROCESSES, RELEASES = "ocds_processes", "ocds_releases"
COLUMNS = ("kind", "id", "date", "version", "place", "document")
"""Columns of a release, beside its ocid, in the order in which the plan has them."""


def document_views(documents: Documents, prefix: str) -> Iterator[tuple[str, str]]:
    """Give name and SELECT of the prepared tables that stand for the city's own; `prefix` is the city's.

    An ocid is kept as it is or not taken at all: with another prefix it would be another process.
    """
    prefixes = documents.prefixes or (prefix,)
    known = " OR ".join(f"starts_with(ocid, {literal(one + '-')})" for one in prefixes)
    why = f"the ocid begins with none of: {', '.join(prefixes)}"
    yield (
        RELEASES,
        f"SELECT * , CASE WHEN ocid <> trim(ocid) THEN 'the ocid has white space around it'"
        f" WHEN NOT ({known}) THEN {literal(why)} END AS _reject FROM {quote(documents.table)}",
    )
    yield PROCESSES, f"SELECT ocid, min(_reject) AS _reject, min(_row) AS _row FROM {RELEASES} GROUP BY ocid"


def document_plan(mapping: CityMapping, schema: Mapping[str, Mapping[str, str]]) -> Plan:
    """Give the plan of a mapping with `documents:`.

    Raises InvalidMapping if its table lacks a column.
    """
    documents = mapping.documents
    assert documents is not None  # noqa: S101 - asked for no other
    columns = schema.get(RELEASES, {})
    lacking = [name for name in ("ocid", *COLUMNS) if name not in columns]
    if lacking:
        problem = f"{documents.table!r} has no column {lacking[0]!r}: it must be a table of a source of kind ocds"
        raise InvalidMapping([mapping.at("documents", "table") + problem])
    return Plan(
        process_table=PROCESSES,
        process_key="ocid",
        ocid_sql="blank(ocid)",
        links=(Link(RELEASES, PROCESSES, (("ocid", "ocid"),), None, None, ""),),
        tables=(_table(PROCESSES, ()), _table(RELEASES, [Column(quote(name), "") for name in COLUMNS])),
        parties=(),
        documents=True,
    )


def unknown_table(mapping: CityMapping, names: Iterable[str]) -> str | None:
    """Say that the table of documents is not there, if it is not."""
    if mapping.documents is None or mapping.documents.table in (names := set(names)):
        return None
    table = mapping.documents.table
    return mapping.at("documents", "table") + f"there is no table {table!r}{nearest(table, names)}"


def _table(name: str, columns: Iterable[Column]) -> TablePlan:
    return TablePlan(
        name=name, array=None, container="", objects=(), key="", columns=tuple(columns), findings=(), node=Node(),
        references=(), modified=None,
    )  # fmt: skip
