"""Our table and our schemas state the same facts as the official files, path by path."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contract.ocds import official

from transforms.ocds import (
    Field,
    extension_urls,
    extensions,
    field_table,
    record_package_schema,
    release_package_schema,
    release_schema,
    supported_extensions,
    versioned_release_schema,
)

each_set = pytest.mark.parametrize("names", official.SETS, ids=lambda names: "+".join(names[:3]) or "standard")


@each_set
def test_the_release_schema_states_the_official_facts(reference: Path, names: tuple[str, ...]) -> None:
    ours = official.facts(official.resolved(release_schema(names)))
    assert ours == official.facts(official.dereferenced(reference, names))


@each_set
def test_the_package_schemas_state_the_official_facts(reference: Path, names: tuple[str, ...]) -> None:
    ours = official.facts(official.resolved(release_package_schema(names)))
    assert ours == official.facts(official.dereferenced(reference, names, "release-package-schema.json"))
    ours = without_annotations(official.facts(official.resolved(record_package_schema(names))))
    theirs = official.facts(official.dereferenced(reference, names, "record-package-schema.json"))
    assert ours == without_annotations(theirs)


@each_set
def test_the_versioned_schema_states_the_official_rules(reference: Path, names: tuple[str, ...]) -> None:
    ours = without_annotations(official.facts(official.resolved(versioned_release_schema(names))))
    theirs = official.dereferenced(reference, names, "versioned-release-validation-schema.json")
    assert ours == without_annotations(official.facts(theirs))


@each_set
def test_each_field_of_the_table_states_the_official_facts(reference: Path, names: tuple[str, ...]) -> None:
    theirs = dict(official_fields(official.dereferenced(reference, names)))
    assert {path: stated(field) for path, field in field_table(names).items()} == theirs


def test_the_standard_has_559_paths(reference: Path) -> None:
    assert len(field_table()) == len(list(official_fields(official.dereferenced(reference, ())))) == 559


def test_selection_criteria_state_the_official_facts_but_for_the_numbers_of_award_criteria(reference: Path) -> None:
    """Their `numbers` use a definition of awardCriteria, which the reference doesn't have."""
    patch = official.merge_patch(
        official.schema(reference, ("selectionCriteria",)), {"definitions": {"CriterionNumber": {"type": "object"}}}
    )
    ours = official.facts(official.resolved(release_schema(["awardCriteria", "selectionCriteria"])))
    numbers = "/criteria[]/numbers[]"
    assert sum(numbers in path for path in ours) == 5
    assert {path: facts for path, facts in ours.items() if numbers not in path} == {
        path: facts for path, facts in official.facts(official.resolved(patch)).items() if numbers not in path
    }


def test_declared_urls_are_those_of_the_registry(reference: Path) -> None:
    with (reference / "ocds/1.1.5/extension_registry/extension_versions.csv").open(encoding="utf-8") as file:
        registry = {(row["Id"], row["Version"]): row["Base URL"] for row in csv.DictReader(file)}
    for name in supported_extensions():
        (url,) = extension_urls([name]) if not extensions()[name].needs else (extensions()[name].url,)
        ref = extensions()[name].ref
        if ref.startswith("v"):
            assert url == registry[name, ref] + "extension.json"
        else:
            # The registry lists it only as a branch: the same repository, but pinned to a commit.
            branches = {base for (known, _), base in registry.items() if known == name}
            repository = url.removesuffix(f"{ref}/extension.json")
            assert any(base.startswith(repository) for base in branches), (url, branches)


# For extensions there is no official versioned schema, only OCP's program that makes one. In two places we differ from
# it: it takes `enquiries`, which may be null, for one value, though the merge routine merges it by id; and it puts
# versioned classifications into a value of `details` that is versioned as a whole.
DIFFERENT = ("/tender/enquiries", "/parties[]/details[]/value/classifications[]/")


def without_annotations(facts: dict[str, Any]) -> dict[str, Any]:
    """Only keywords that validate: the versioned schema drops some annotations and keeps others."""
    dropped = {"codelist", "openCodelist", "omitWhenMerged", "wholeListMerge", "versionId", "deprecated"}
    return {
        path: {key: value for key, value in stated.items() if key not in dropped}
        for path, stated in facts.items()
        if not path.removeprefix("/records[]/versionedRelease").startswith(DIFFERENT)
    }


def official_fields(node: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    required = node.get("required", [])
    for name, field in node.get("properties", {}).items():
        types = [field["type"]] if isinstance(field["type"], str) else field["type"]
        items = field.get("items", {})
        yield (
            prefix + name,
            {
                "types": {kind for kind in types if kind != "null"},
                "nullable": "null" in types,
                "required": name in required,
                "format": field.get("format") or items.get("format"),
                "codelist": field["codelist"].removesuffix(".csv") if "codelist" in field else None,
                "open": field.get("openCodelist"),
                "min_length": field.get("minLength", items.get("minLength")),
                "min_items": field.get("minItems"),
                "unique": field.get("uniqueItems", False),
                "minimum": field.get("minimum"),
                "exclusive": field.get("exclusiveMinimum", False),
                "maximum": field.get("maximum"),
                "omit": field.get("omitWhenMerged", False),
                "marked_whole": field.get("wholeListMerge", False),
                "version": field.get("versionId", False),
                "deprecated": field.get("deprecated", {}).get("deprecatedVersion"),
                "multilingual": any(pattern.startswith(f"^({name}_") for pattern in node.get("patternProperties", {})),
            },
        )
        yield from official_fields(items if "array" in types else field, f"{prefix}{name}/")


def stated(field: Field) -> dict[str, Any]:
    return {
        "types": set(field.types),
        "nullable": field.nullable,
        "required": field.required,
        "format": field.format,
        "codelist": field.codelist,
        "open": field.open_codelist,
        "min_length": field.limits.min_length,
        "min_items": field.limits.min_items,
        "unique": field.limits.unique_items,
        "minimum": field.limits.minimum,
        "exclusive": field.limits.exclusive_minimum,
        "maximum": field.limits.maximum,
        "omit": field.marker == "omit",
        "marked_whole": field.marker == "whole",
        "version": field.marker == "version",
        "deprecated": field.deprecated,
        "multilingual": field.multilingual,
    }
