"""How the standard merges each field, read once from the release schema in use (extensions included).

>>> rules = MergeRules.from_schema({"properties": {"roles": {"type": ["array", "null"], "items": {"type": "string"}}}})
>>> rules.whole_list
frozenset({('roles',)})
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Path = tuple[str, ...]

# What the release stage itself writes into an amendment (OCDS 1.1 "Amendments"): the source does not know releases.
AMENDMENT_LINKS = frozenset({"releaseID", "amendsReleaseID"})


class Rule:
    """The rules of one path, with those below it; a tree is faster to walk than sets of paths to look up."""

    __slots__ = (
        "arrays",
        "by_id",
        "children",
        "declared",
        "emptiable",
        "kept",
        "links",
        "nullable",
        "omitted",
        "reference",
        "whole_list",
    )

    def __init__(self, *, declared: bool = True) -> None:
        self.declared = declared
        self.children: dict[str, Rule] = {}
        self.whole_list = False
        self.by_id = False
        self.omitted = False
        self.nullable = True
        self.emptiable = True
        self.reference = False
        self.kept: frozenset[str] = frozenset()
        #: children that hold arrays merged by id, at any depth
        self.arrays: tuple[tuple[str, Rule], ...] = ()
        #: children that are or hold references to organizations, at any depth
        self.links: tuple[tuple[str, Rule], ...] = ()

    def child(self, key: str) -> "Rule":
        """Return the rules of a member."""
        return self.children.get(key, UNDECLARED)


#: Rules of a field the schema does not declare: the library decides by the value, and any value may be null.
UNDECLARED = Rule(declared=False)


@dataclass(frozen=True, repr=False)
class MergeRules:
    """Merge rules as sets of paths; a path is the tuple of keys from the release down, without array indexes.

    Source of the rules: OCDS 1.1 "Merging" and the release schema's types.
    """

    #: arrays replaced as a whole
    whole_list: frozenset[Path]
    #: arrays of objects matched by `id`
    by_id: frozenset[Path]
    #: fields left out of compiled releases
    omitted: frozenset[Path]
    #: literals and whole-list arrays whose schema type does not admit null (ids, mostly)
    fixed: frozenset[Path]
    #: whole-list arrays which may not be empty either (`minItems`); once published they can only be replaced
    never_empty: frozenset[Path] = frozenset()
    #: organization references: objects, or arrays of them
    references: frozenset[Path] = frozenset()

    @classmethod
    def from_schema(cls, schema: Mapping[str, Any]) -> "MergeRules":
        """Read the rules from a release schema, dereferenced or with local `$ref`s."""
        found: dict[str, set[Path]] = {name: set() for name in _SETS}
        _collect(schema, schema, (), found, ())
        return cls(**{name: frozenset(paths) for name, paths in found.items()})

    def for_ocdsmerge(self) -> dict[Path, str]:
        """Return the rules in the form the reference merge library takes as `merge_rules`."""
        return {**dict.fromkeys(self.whole_list, "wholeListMerge"), **dict.fromkeys(self.omitted, "omitWhenMerged")}

    @cached_property
    def root(self) -> Rule:
        """The rules as a tree."""
        root = Rule()
        for path in self.whole_list:
            _grow(root, path).whole_list = True
        for path in self.by_id:
            rule = _grow(root, path)
            rule.by_id = True
            _grow(rule, ("id",)).nullable = False
            if path[-1] == "amendments":
                rule.kept = AMENDMENT_LINKS
        for path in self.omitted:
            _grow(root, path).omitted = True
        for path in self.fixed:
            _grow(root, path).nullable = False
        for path in self.never_empty:
            _grow(root, path).emptiable = False
        for path in self.references:
            _grow(root, path).reference = True
        _summarize(root)
        return root


_SETS = ("whole_list", "by_id", "omitted", "fixed", "never_empty", "references")


def _grow(root: Rule, path: Path) -> Rule:
    rule = root
    for key in path:
        if key not in rule.children:
            rule.children[key] = Rule()
        rule = rule.children[key]
    return rule


def _summarize(rule: Rule) -> None:
    for child in rule.children.values():
        _summarize(child)
    rule.arrays = tuple((key, child) for key, child in rule.children.items() if child.by_id or child.arrays)
    rule.links = tuple((key, child) for key, child in rule.children.items() if child.reference or child.links)


def _collect(
    schema: Mapping[str, Any], node: Mapping[str, Any], path: Path, found: dict[str, set[Path]], seen: tuple[str, ...]
) -> None:
    # The order of the questions is the library's (ocdsmerge.rules): omission, then whole lists, then what is below.
    for key, given in node.get("properties", {}).items():
        here = (*path, key)
        value, refs = _resolve(schema, given, seen)
        types = _types(value)
        if value.get("omitWhenMerged") or value.get("mergeStrategy") == "ocdsOmit":
            found["omitted"].add(here)
            continue
        if "array" in types:
            _collect_array(schema, value, types, here, found, refs)
        elif "object" in types:
            if _is_reference(value, refs):
                found["references"].add(here)
            _collect(schema, value, here, found, refs)
        elif types and "null" not in types:
            found["fixed"].add(here)


def _collect_array(
    schema: Mapping[str, Any],
    value: Mapping[str, Any],
    types: list[str],
    here: Path,
    found: dict[str, set[Path]],
    refs: tuple[str, ...],
) -> None:
    entry, refs = _resolve(schema, value.get("items", {}), refs)
    entry_types = _types(entry)
    replaced = value.get("wholeListMerge") or value.get("mergeStrategy") == "ocdsVersion"
    literals = any(kind != "object" for kind in entry_types)
    objects = "object" in entry_types and "properties" in entry
    if replaced or literals or (objects and "id" not in entry["properties"]):
        found["whole_list"].add(here)
        if "null" not in types:
            found["fixed"].add(here)
            if value.get("minItems", 0) > 0:
                found["never_empty"].add(here)
    elif objects:
        found["by_id"].add(here)
        if _is_reference(entry, refs):
            found["references"].add(here)
        _collect(schema, entry, here, found, refs)


def _resolve(
    schema: Mapping[str, Any], node: Mapping[str, Any], seen: tuple[str, ...]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    while "$ref" in node:
        ref = node["$ref"]
        if ref in seen:  # a type inside itself: OCDS has none, and rules must be finite
            return {}, seen
        seen = (*seen, ref)
        node = schema
        for part in _parts(ref):
            node = node[part]
    return node, seen


def _parts(ref: str) -> Iterator[str]:
    for part in ref.removeprefix("#/").split("/"):
        yield part.replace("~1", "/").replace("~0", "~")


def _types(node: Mapping[str, Any]) -> list[str]:
    kind = node.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def _is_reference(node: Mapping[str, Any], refs: tuple[str, ...]) -> bool:
    if refs and refs[-1].endswith("/OrganizationReference"):
        return True
    # In a dereferenced schema only the shape is left: an organization without roles.
    properties = node.get("properties", {})
    return {"id", "name", "identifier", "contactPoint"} <= properties.keys() and "roles" not in properties
