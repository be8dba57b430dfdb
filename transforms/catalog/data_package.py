"""The tables as a Data Package (version 2): each with its Table Schema, so that tools know keys and types.

https://datapackage.org/standard/data-package/. The CSV tables lie in one archive; a resource names the file in it by
`compression` and `innerpath`, as the framework frictionless reads them (`frictionless validate datapackage.json`).
`bytes` and `hash` are those of the archive. Types come from the field table and are never inferred.

`fieldsMatch` is left out: its default, `exact`, is what holds (the same columns in the same order), and the profile 2.0
wants another type for it (an array) than the standard's text and its tools (a string).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from transforms.catalog.described import Described, Distribution
from transforms.ocds import FieldTable, UnknownField, field_table, full_title
from transforms.ocds.dictionary import Language
from transforms.snapshot import FULL, TableColumn, TableSummary
from transforms.tables import Table
from transforms.tables.plan import Column
from transforms.texts import Texts

_TYPES = {
    "decimal": "number",
    "integer": "integer",
    "boolean": "boolean",
    "timestamp": "datetime",
}
"""Types of Table Schema for the logical types of columns; all others are texts in CSV."""


def data_package_json(described: Described, *, byte_order_mark: bool = False) -> bytes | None:
    """Write `datapackage.json`: the tables of all years, and other bulk files as they are.

    None where there is none, because a package without resources is not valid. `byte_order_mark`: the CSV files begin
    with one.
    """
    publication, language = described.publication, described.language
    csv = next((one for one in described.packaged if _holds_tables(one)), None)
    resources = list(_tables(described, csv, byte_order_mark=byte_order_mark)) if csv else []
    resources += [_file(one, described) for one in described.packaged if one is not csv]
    if not resources:
        return None
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"{publication.slug}-ocds",
        "id": described.uri,
        "title": described.titles[language],
        "description": described.descriptions[language],
        "homepage": publication.url(),
        "version": described.manifest.snapshot,
        "created": described.manifest.published,
        "keywords": described.keywords[language],
        "licenses": [_licence(described)],
        "contributors": [
            {"title": publication.publisher_name, "path": publication.publisher_uri, "roles": ["publisher"]}
        ],
        "resources": resources,
    }
    return json.dumps(package, ensure_ascii=False, indent=1).encode() + b"\n"


def _holds_tables(one: Distribution) -> bool:
    return (one.file.content, one.file.format, one.file.segment) == ("tables", "CSV", FULL)


def _licence(described: Described) -> dict[str, str]:
    return {"path": described.publication.licence_uri, "title": described.publication.licence_name}


def _file(one: Distribution, described: Described) -> dict[str, Any]:
    name = one.file.path.removeprefix("bulk/").replace("/", "-").lower()
    return {
        "name": name,
        "path": one.file.path,
        "title": one.titles[described.language],
        "description": one.descriptions[described.language],
        "format": one.file.path.rpartition(".")[2],
        "mediatype": one.file.media_type,
        "bytes": one.file.bytes,
        "hash": f"sha256:{one.file.sha256}",
        "licenses": [_licence(described)],
    }


def _tables(described: Described, csv: Distribution, *, byte_order_mark: bool) -> Iterator[dict[str, Any]]:
    language: Language = "es" if described.language == "es" else "en"
    fields = field_table(described.publication.extensions)
    names = {table.chain: resource_name(table.name) for table in described.manifest.tables}
    own = {table.chain: {column.path for column in table.columns} for table in described.manifest.tables}
    words = described.words[described.language]
    for table in described.manifest.tables:
        yield {
            "name": names[table.chain],
            "type": "table",
            "path": csv.file.path,
            "compression": "zip",
            "innerpath": f"{table.name}.csv",
            "title": table.name,
            "description": described.holds(table, described.language),
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8-sig" if byte_order_mark else "utf-8",
            "bytes": csv.file.bytes,
            "hash": f"sha256:{csv.file.sha256}",
            "licenses": [_licence(described)],
            "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True},
            "schema": {
                "fields": [_field(column, fields, language, words) for column in columns_of(table)],
                "missingValues": [""],
                "primaryKey": ["ocid", "pointer"] if table.chain else ["ocid"],
                **_foreign_keys(table, names, own),
            },
        }


def resource_name(table: str) -> str:
    """Name the resource of a table: lower case, as the standard asks."""
    return table.lower()


def columns_of(table: TableSummary) -> list[TableColumn]:
    """Give the columns as they stand in the file: those that place a row, then its own."""
    columns = tuple(Column(column.path, column.type) for column in table.columns)
    laid_out = Table(table.name, table.chain, table.links, columns)
    return [TableColumn(path, kind) for path, kind in zip(laid_out.header, laid_out.types, strict=True)]


def _field(column: TableColumn, fields: FieldTable, language: Language, words: Texts) -> dict[str, Any]:
    kind = _TYPES.get(column.type, "string")
    found: dict[str, Any] = {"name": column.path, "type": kind}
    if column.path == "pointer":
        found |= {"title": words["pointer"], "description": words["pointer_text"]}
    else:
        try:
            found["title"] = full_title(fields, column.path, language)
        except UnknownField:
            found["title"] = column.path
    if column.path in ("ocid", "pointer"):
        found["constraints"] = {"required": True}
    return found


def _foreign_keys(
    table: TableSummary, names: Mapping[tuple[str, ...], str], own: Mapping[tuple[str, ...], set[str]]
) -> dict[str, Any]:
    """Give the keys that lead to the process, and to the entry around a row by its id."""
    if not table.chain:
        return {}
    keys = [_key(["ocid"], names[()])]
    above = table.chain[:-1]
    if above and table.links and above[-1] == table.links[-1].removesuffix("/id") and table.links[-1] in own[above]:
        keys.append(_key(["ocid", table.links[-1]], names[above]))
    return {"foreignKeys": keys}


def _key(columns: list[str], resource: str) -> dict[str, Any]:
    return {"fields": columns, "reference": {"resource": resource, "fields": columns}}
