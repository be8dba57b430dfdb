"""The compiled rules for one set of extensions: schemas of everything a file may hold, and the walk beside them."""

from collections.abc import Iterator
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from pregon.checking.content import Content, Steps
from transforms.ocds import (
    record_package_schema,
    release_package_schema,
    release_schema,
    validator,
    versioned_release_schema,
)

if TYPE_CHECKING:
    import jsonschema_rs

Schema = dict[str, Any]

_VALUE_LENGTH = 80


class Rules:
    """OCDS 1.1.5 with a set of extensions. Everything is compiled when it is first asked for."""

    def __init__(self, extensions: tuple[str, ...], unknown: tuple[str, ...]) -> None:
        self.extensions = extensions
        self.content = Content(extensions, unknown)

    @cached_property
    def release(self) -> "jsonschema_rs.Draft4Validator":
        """Of releases, compiled ones included."""
        return validator(release_schema(self.extensions))

    @cached_property
    def versioned(self) -> "jsonschema_rs.Draft4Validator":
        """Of versioned releases."""
        return validator(versioned_release_schema(self.extensions))

    @cached_property
    def release_package(self) -> "jsonschema_rs.Draft4Validator":
        """Of release packages, but for what the releases hold."""
        return validator(_without_entries(release_package_schema(self.extensions), "releases"))

    @cached_property
    def record_package(self) -> "jsonschema_rs.Draft4Validator":
        """Of record packages, but for what the records hold."""
        return validator(_without_entries(record_package_schema(self.extensions), "records"))

    @cached_property
    def record(self) -> "jsonschema_rs.Draft4Validator":
        """Of records, but for what their releases hold."""
        schema = _without_entries(self._record_definition("Record"), "releases")
        for name in ("compiledRelease", "versionedRelease"):
            schema["properties"][name] = {"type": "object"}
        return validator(schema)

    @cached_property
    def linked_release(self) -> "jsonschema_rs.Draft4Validator":
        """Of the links that stand in a record for releases published elsewhere."""
        return validator(self._record_definition("LinkedRelease"))

    def _record_definition(self, name: str) -> Schema:
        package = record_package_schema(self.extensions)
        definition: Schema = package["definitions"][name]
        return {"$schema": package["$schema"], **definition, "definitions": package["definitions"]}


@cache
def rules_for(extensions: tuple[str, ...], unknown: tuple[str, ...] = ()) -> Rules:
    """Return the rules for these extensions; raises what `transforms.ocds` does for ids that it can't take."""
    return Rules(extensions, unknown)


def _without_entries(schema: Schema, key: str) -> Schema:
    """Leave of an array in a schema only that it is one, and not empty: its entries are checked one by one."""
    properties = {**schema["properties"], key: {"type": "array", "minItems": 1}}
    return {**schema, "properties": properties}


def schema_errors(compiled: "jsonschema_rs.Draft4Validator", document: Any) -> Iterator[tuple[str, Steps, str]]:
    """Give (code, steps, message) of each place that breaks a schema; equal ids in an array are told by the walk."""
    for error in compiled.iter_errors(document):
        kind: Any = error.kind  # each kind has attributes of its own
        rule = kind.name
        value: Any = error.instance
        steps = tuple(error.instance_path)
        if rule == "uniqueItems" and all(isinstance(entry, dict) and "id" in entry for entry in value):
            continue
        if rule == "required":
            yield "required", (*steps, kind.property), "is required, but is not there"
        elif rule == "enum":
            yield "unknown_code", steps, f"{_shown(value)} is not a code of its closed codelist"
        elif rule == "format":
            hint = ", such as 2026-01-31T17:00:00Z" if kind.format == "date-time" else ""
            yield "format", steps, f"{_shown(value)} is no {kind.format}{hint}"
        elif rule == "type":
            expected = " or ".join(sorted(_WORDS.get(name, name) for name in kind.types))
            yield "type", steps, f"{_shown(value)} is not {expected}"
        elif rule in _MESSAGES:
            yield rule, steps, _MESSAGES[rule]
        else:
            yield rule, steps, f"{_shown(value)} breaks the schema: {error.message[-120:]}"


_WORDS = {
    "array": "an array",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}

_MESSAGES = {
    "minItems": "must have at least one entry",
    "minLength": "must not be empty",
    "minProperties": "must have at least one field",
    "uniqueItems": "has two equal entries",
}


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    text = {True: "true", False: "false", None: "null"}.get(value) if value is None or isinstance(value, bool) else None
    text = text or repr(value)
    return text if len(text) <= _VALUE_LENGTH else text[: _VALUE_LENGTH - 1] + "…"
