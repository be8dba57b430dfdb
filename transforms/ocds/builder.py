"""Builds Draft 4 schemas from the definitions of the field table."""

from typing import Any, Literal

from transforms.ocds.codelists import codelists
from transforms.ocds.definitions import Property, definitions, entry_definitions, merge_strategy

Schema = dict[str, Any]
Profile = Literal["official", "strict", "compiled"]

DRAFT_4 = "http://json-schema.org/draft-04/schema#"

# A language tag (BCP 47, as restricted by OCDS 1.1), the suffix of multilingual fields.
_LANGUAGE = r"([A-Za-z]{2,3}(-([A-Za-z]{3}(-[A-Za-z]{3}){0,2}))?)|[A-Za-z]{4}|[A-Za-z]{5,8}"
_SCRIPT, _REGION = r"(-([A-Za-z]{4}))?", r"(-([A-Za-z]{2}|[0-9]{3}))?"
_VARIANTS = r"(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
_SINGLETONS = r"(-([0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+))*"
_PRIVATE = r"(x(-[A-Za-z0-9]{1,8})+)"
_TAG = f"((({_LANGUAGE}){_SCRIPT}{_REGION}{_VARIANTS}{_SINGLETONS}(-{_PRIVATE})?)|{_PRIVATE})"


class SchemaBuilder:
    """Collects in `built` every definition that the schemas it gave out refer to.

    official: the rules of the standard. strict: of a release we publish. compiled: of what merging those gives.
    """

    def __init__(self, extensions: tuple[str, ...], profile: Profile) -> None:
        self.extensions = extensions
        self.profile = profile
        self.known = definitions(extensions)
        self.entries = entry_definitions(extensions)
        self.codelists = codelists(extensions)
        self.built: dict[str, Schema] = {}

    def reference(self, name: str, *, nulls: bool = True) -> Schema:
        """Return a reference to a definition; without `nulls`, to its variant for lists replaced as a whole."""
        if name == "VersionedRelease":
            return self._versioned_reference()
        nulls = nulls or self.profile == "official"
        key = name if nulls else f"{name}WithoutNull"
        if key not in self.built:
            self.built[key] = {}  # holds the place, should a definition ever refer to itself
            self.built[key] = self.body(name, nulls=nulls)
        return {"$ref": f"#/definitions/{key}"}

    def body(self, name: str, *, nulls: bool = True) -> Schema:
        """Return the schema of an object of this definition."""
        definition = self.known[name]
        strict = self.profile != "official"
        body: Schema = {"title": definition.titles["en"], "type": "object"}
        required = [field.name for field in definition.properties.values() if field.required or self._needs_id(field)]
        if required:
            body["required"] = required
        body["properties"] = {field.name: self.property(field, nulls=nulls) for field in definition.properties.values()}
        patterns = self.language_patterns(name, nulls=nulls)
        if patterns:
            body["patternProperties"] = patterns
        if strict:
            body["additionalProperties"] = False
        least = 1 if self.profile == "strict" else definition.min_properties
        if least is not None:
            body["minProperties"] = least
        return body

    def language_patterns(self, name: str, *, nulls: bool = True) -> Schema:
        """Return patternProperties for the fields that may carry a language suffix."""
        strict = self.profile != "official"
        text: Schema = {"type": self._types(("string",), null=nulls and self.profile != "compiled")}
        if strict:
            text["minLength"] = 1
        return {
            f"^({field.name}_{_TAG})$": dict(text)
            for field in self.known[name].properties.values()
            if field.multilingual
        }

    def property(self, field: Property, *, nulls: bool = True) -> Schema:
        """Return the schema of a field's value, with what the standard's tools read beside it (codelist, merge)."""
        null = nulls and self._nullable(field)
        if field.is_object and not null:
            return {"title": field.title("en"), **self._deprecation(field), **self.reference(field.of[0], nulls=nulls)}
        if field.is_object:
            # A reference would hide the null beside it.
            return {**self.body(field.of[0]), "title": field.title("en"), "type": ["object", "null"]}
        schema: Schema = {"title": field.title("en"), **self._deprecation(field)}
        if len(field.of) > 1 and field.has_definition:
            kinds = [self._array(field, name, null=null, nulls=nulls) for name in field.of]
            schema["oneOf"] = kinds
        elif field.is_array:
            schema |= self._array(field, field.of[0], null=null, nulls=nulls)
        else:
            schema |= self._scalar(field, self._strict_types(field), null=null)
        return schema | _annotations(field)

    def _array(self, field: Property, of: str, *, null: bool, nulls: bool) -> Schema:
        schema: Schema = {"type": self._types(("array",), null=null)}
        whole = merge_strategy(field, self.known) == "whole"
        if field.has_definition:
            schema["items"] = self.reference(of, nulls=nulls and not whole)
        else:
            schema["items"] = self._scalar(field, field.of, null=False)
        least = field.limits.min_items
        # A list of strings is emptied by null, a list of objects that is replaced as a whole only by [].
        if least is None and self.profile != "official" and not (whole and field.has_definition):
            least = 1
        if least is not None:
            schema["minItems"] = least
        if field.limits.unique_items:
            schema["uniqueItems"] = True
        return schema

    def _scalar(self, field: Property, types: tuple[str, ...], *, null: bool) -> Schema:
        limits = field.limits
        schema: Schema = {"type": self._types(types, null=null)}
        if field.format:
            schema["format"] = field.format
        if field.codelist and not field.open_codelist:
            codes = [code for code in self.codelists[field.codelist].codes if self._may_tag(field, code)]
            schema["enum"] = [*codes, None] if null else codes
        least = limits.min_length
        if least is None and self.profile != "official" and "string" in types:
            least = 1
        if least is not None:
            schema["minLength"] = least
        if limits.pattern is not None:
            schema["pattern"] = limits.pattern
        if limits.minimum is not None:
            schema["minimum"] = limits.minimum
        if limits.exclusive_minimum:
            schema["exclusiveMinimum"] = True
        if limits.maximum is not None:
            schema["maximum"] = limits.maximum
        return schema

    def _needs_id(self, field: Property) -> bool:
        return self.profile != "official" and field.name == "id" and field.definition in self.entries

    def _nullable(self, field: Property) -> bool:
        if self.profile == "official":
            return field.nullable
        if self.profile == "compiled" or self._needs_id(field):
            return False
        return field.nullable and field.is_leaf

    def _strict_types(self, field: Property) -> tuple[str, ...]:
        # The merge takes 1 and "1" for one id, other tools for two.
        ambiguous = self.profile != "official" and field.types == ("string", "integer")
        return ("string",) if ambiguous else field.types

    def _may_tag(self, field: Property, code: str) -> bool:
        if field.definition != "Release" or field.codelist != "releaseTag" or self.profile == "official":
            return True
        return (code == "compiled") == (self.profile == "compiled")

    def _versioned_reference(self) -> Schema:
        # Imported here because a versioned release is built from the plain definitions of this builder.
        from transforms.ocds.versioned import VersionedBuilder

        return VersionedBuilder(self).reference("Release")

    @staticmethod
    def _types(types: tuple[str, ...], *, null: bool) -> str | list[str]:
        if null:
            return [*types, "null"]
        return types[0] if len(types) == 1 else list(types)

    @staticmethod
    def _deprecation(field: Property) -> Schema:
        return {"deprecated": {"deprecatedVersion": field.deprecated}} if field.deprecated else {}


def _annotations(field: Property) -> Schema:
    stated: Schema = {}
    if field.codelist:
        stated |= {"codelist": f"{field.codelist}.csv", "openCodelist": field.open_codelist}
    keyword = {"omit": "omitWhenMerged", "whole": "wholeListMerge", "version": "versionId"}
    if field.marker:
        stated[keyword[field.marker]] = True
    return stated
