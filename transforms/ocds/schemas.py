"""JSON Schemas (Draft 4) of releases, packages and records, built from the field table.

The official rules, in our own statement of them, with local references only:

    >>> validator(release_schema(["lots"])).is_valid({"ocid": "ocds-213czf-1"})
    False

Draft 4 matters here: a `$ref` hides its siblings, `exclusiveMinimum` is a boolean, and 1.0 is no integer. Formats are
annotations unless asked for, so compile schemas with `validator`.
"""

import copy
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from transforms.ocds.builder import DRAFT_4, Schema, SchemaBuilder
from transforms.ocds.extensions import checked
from transforms.ocds.versioned import VersionedBuilder

if TYPE_CHECKING:
    import jsonschema_rs


def release_schema(extensions: Iterable[str] = ()) -> Schema:
    """Return the schema of a release: same verdicts as the official one patched with these extensions."""
    return copy.deepcopy(_release(checked(extensions), "official"))


def strict_release_schema(extensions: Iterable[str] = (), *, closed: bool = True) -> Schema:
    """Return the schema of a release as this publisher writes it, for one release before it is merged.

    The official rules, and: no field that is not declared; ids are strings (ocds.md I-8), and required in
    organization references and in the entries of arrays merged by id (I-7: without one the entry would be appended
    again at each merge); no empty string, array or object; no tag `compiled`; null only where it removes a value
    (1.5: never objects, arrays of objects or ids, nor inside lists that are replaced as a whole). An empty list is
    allowed where the list is replaced as a whole and can't be null, since nothing else empties it. Not `closed`: fields
    that are not declared are allowed, as in what others publish.
    """
    schema = copy.deepcopy(_release(checked(extensions), "strict"))
    return schema if closed else _opened(schema)


def compiled_release_schema(extensions: Iterable[str] = (), *, strict: bool = True) -> Schema:
    """Return the schema of a compiled release.

    Strict: as `strict_release_schema`, but nothing is null, the tag is `compiled`, and objects may be empty, because
    the merge leaves shells where all leaves were removed (ocds.md 1.5). Else the same as `release_schema`.
    """
    return copy.deepcopy(_release(checked(extensions), "compiled" if strict else "official"))


def versioned_release_schema(extensions: Iterable[str] = ()) -> Schema:
    """Return the schema of a versioned release: same verdicts as the official one for these extensions."""
    return copy.deepcopy(_versioned(checked(extensions)))


def release_package_schema(extensions: Iterable[str] = ()) -> Schema:
    """Return the schema of a release package, releases included: same verdicts as the official one."""
    return copy.deepcopy(_package(checked(extensions), "ReleasePackage"))


def record_package_schema(extensions: Iterable[str] = ()) -> Schema:
    """Return the schema of a record package, all that records hold included: same verdicts as the official one."""
    return copy.deepcopy(_package(checked(extensions), "RecordPackage"))


def validator(schema: Schema) -> "jsonschema_rs.Draft4Validator":
    """Compile a schema for many documents, with formats enforced (a date without a zone is an error)."""
    import jsonschema_rs

    return jsonschema_rs.Draft4Validator(schema, validate_formats=True)


@cache
def _release(extensions: tuple[str, ...], profile: Literal["official", "strict", "compiled"]) -> Schema:
    return _rooted(SchemaBuilder(extensions, profile), "Release")


@cache
def _versioned(extensions: tuple[str, ...]) -> Schema:
    return _rooted(VersionedBuilder(SchemaBuilder(extensions, "official")), "Release")


@cache
def _package(extensions: tuple[str, ...], root: str) -> Schema:
    return _rooted(SchemaBuilder(extensions, "official"), root)


def _opened(schema: Any) -> Any:
    """Allow fields that are not declared."""
    if isinstance(schema, dict):
        return {key: _opened(member) for key, member in schema.items() if key != "additionalProperties"}
    return [_opened(member) for member in schema] if isinstance(schema, list) else schema


def _rooted(builder: SchemaBuilder | VersionedBuilder, root: str) -> Schema:
    schema = {"$schema": DRAFT_4, **builder.body(root)}
    used: dict[str, Any] = dict(sorted(builder.built.items()))
    return {**schema, "definitions": used} if used else schema
