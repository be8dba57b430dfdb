"""Builds the schema of versioned releases: each field is the list of values it has had."""

from typing import Any

from transforms.ocds.builder import Schema, SchemaBuilder
from transforms.ocds.definitions import Property, merge_strategy


class VersionedBuilder:
    """Wraps a builder of plain schemas; versioned definitions go into the same `built`.

    The rules are those by which the official versioned schema is made (OCDS 1.1, merging): ids of entries merged by
    id are plain, ids of other objects are versioned; lists replaced as a whole are one value with a history.
    """

    def __init__(self, plain: SchemaBuilder) -> None:
        self.plain = plain
        self.built = plain.built

    def reference(self, name: str, *, versioned_id: bool = False) -> Schema:
        """Return a reference to the versioned definition; `versioned_id` for an object that is in no array."""
        versioned_id = versioned_id and name in self.plain.entries
        key = f"Versioned{name}{'WithVersionedId' if versioned_id else ''}"
        if key not in self.built:
            self.built[key] = {}
            self.built[key] = self.body(name, versioned_id=versioned_id)
        return {"$ref": f"#/definitions/{key}"}

    def body(self, name: str, *, versioned_id: bool = False) -> Schema:
        """Return the schema of a versioned object of this definition."""
        definition = self.plain.known[name]
        fields = [field for field in definition.properties.values() if field.marker != "omit"]
        body: Schema = {"type": "object"}
        required = [field.name for field in fields if field.required]
        if required:
            body["required"] = required
        body["properties"] = {field.name: self._field(field, versioned_id=versioned_id) for field in fields}
        patterns = self.plain.language_patterns(name)
        if patterns:
            body["patternProperties"] = patterns
        if definition.min_properties is not None:
            body["minProperties"] = definition.min_properties
        return body

    def _field(self, field: Property, *, versioned_id: bool) -> Schema:
        if field.definition == "Release" and field.name == "ocid":
            return self.plain.property(field)
        if field.name == "id" and field.definition in self.plain.entries and not versioned_id:
            return self.plain.property(field)
        if field.is_object and not field.nullable:
            # The deprecated `amendment` had no id in OCDS 1.0; the official schema leaves that id unversioned.
            return self.reference(field.of[0], versioned_id=field.deprecated is None)
        if field.is_object_array and field.marker != "whole":
            return self._array(field)
        return _history(self.plain.property(field))

    def _array(self, field: Property) -> Schema:
        schema = self.plain.property(field)
        # Objects without ids (`amendments/changes`): the official schema leaves them as they are.
        if merge_strategy(field, self.plain.known) == "identifier":
            schema["items"] = self.reference(field.of[0])
        return schema


def _history(value: Schema) -> Schema:
    version: dict[str, Any] = {
        "releaseDate": {"type": "string", "format": "date-time"},
        "releaseID": {"type": "string"},
        "releaseTag": {"type": "array", "items": {"type": "string"}},
        "value": value,
    }
    return {"type": "array", "items": {"type": "object", "properties": version}}
