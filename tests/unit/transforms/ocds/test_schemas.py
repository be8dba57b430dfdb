"""The schemas themselves; that they agree with the official ones is proved in tests/contract/ocds."""

import copy
from typing import Any

import pytest
from ocdsmerge import Merger
from unit.transforms.ocds.documents import CHANGES, changed, example, positions

from transforms.ocds import (
    compiled_release_schema,
    field_table,
    merge_rules,
    record_package_schema,
    release_package_schema,
    release_schema,
    strict_release_schema,
    supported_extensions,
    validator,
    versioned_release_schema,
)
from transforms.ocds.definitions import definitions

ALL = supported_extensions()

RELEASE: dict[str, Any] = {
    "ocid": "ocds-213czf-1",
    "id": "1",
    "date": "2026-01-01T00:00:00Z",
    "tag": ["tender"],
    "initiationType": "tender",
}


def strictly_valid(extensions: tuple[str, ...] = ALL, /, **sections: Any) -> bool:
    return validator(strict_release_schema(extensions)).is_valid(RELEASE | sections)


def compiled_valid(**sections: Any) -> bool:
    return validator(compiled_release_schema(ALL)).is_valid(RELEASE | {"tag": ["compiled"]} | sections)


def full_release() -> dict[str, Any]:
    """A release the publisher may write, with a value at each path of all extensions."""
    release: dict[str, Any] = example(strict_release_schema(ALL))
    release["tag"] = ["planning"]
    assert strictly_valid(**release)
    return release


def test_schemas_refer_to_nothing_outside() -> None:
    for build in (release_schema, release_package_schema, record_package_schema, versioned_release_schema):
        references = list(references_in(build(ALL)))
        assert references
        assert all(reference.startswith("#/definitions/") for reference in references)


def test_each_definition_of_a_schema_is_used() -> None:
    for build in (release_schema, strict_release_schema, record_package_schema):
        schema = build(["lots"])
        assert {reference.rpartition("/")[2] for reference in references_in(schema)} == set(schema["definitions"])


def references_in(node: Any) -> Any:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references_in(value)
    elif isinstance(node, list):
        for entry in node:
            yield from references_in(entry)


def test_changing_a_schema_does_not_change_the_next_one() -> None:
    release_schema()["properties"].clear()
    assert "ocid" in release_schema()["properties"]


def test_a_minimal_release_is_valid() -> None:
    assert strictly_valid()
    assert compiled_valid()


@pytest.mark.parametrize("date", ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00Z", "2026-02-30T00:00:00Z"])
def test_a_date_without_time_or_offset_is_invalid(date: str) -> None:
    assert not strictly_valid(date=date)
    assert not validator(release_schema()).is_valid(RELEASE | {"date": date})


def test_an_undeclared_field_is_invalid_only_strictly() -> None:
    assert not strictly_valid(tender={"id": "1", "colour": "red"})
    assert validator(release_schema()).is_valid(RELEASE | {"tender": {"id": "1", "colour": "red"}})


def test_a_field_of_an_extension_needs_the_extension() -> None:
    lots = {"id": "1", "lots": [{"id": "1"}]}
    assert strictly_valid(("lots",), tender=lots)
    assert not strictly_valid((), tender=lots)


def test_language_variants_are_declared_fields() -> None:
    assert strictly_valid(tender={"id": "1", "title_es": "Obra", "title_zh-Hant": "工程"})
    assert not strictly_valid(tender={"id": "1", "title_": "Obra"})
    assert not strictly_valid(tender={"id": "1", "title_es": ""})


@pytest.mark.parametrize(
    "sections",
    [
        {"parties": [{"name": "A"}]},
        {"buyer": {"name": "A"}},
        {"tender": {"id": "1", "tenderers": [{"name": "A"}]}},
        {"tender": {"id": "1", "amendments": [{"rationale": "A"}]}},
        {"tender": {"id": "1", "lots": [{"title": "A"}]}},
        {"tender": {"id": "1", "lotGroups": [{"relatedLots": ["1"]}]}},
        {"tender": {"id": "1", "enquiries": [{"title": "A"}]}},
        {"tender": {"id": "1", "enquiries": [{"id": None, "title": "A"}]}},
        {"relatedProcesses": [{"title": "A"}]},
        {"contracts": [{"id": "1", "awardID": "1", "signatories": [{"name": "A"}]}]},
    ],
)
def test_an_entry_that_would_be_appended_at_each_merge_is_invalid_only_strictly(sections: dict[str, Any]) -> None:
    assert not strictly_valid(**sections)
    assert validator(release_schema(ALL)).is_valid(RELEASE | sections)


def test_ids_are_strings_only_strictly() -> None:
    assert not strictly_valid(tender={"id": 1})
    assert validator(release_schema()).is_valid(RELEASE | {"tender": {"id": 1}})


@pytest.mark.parametrize(
    "sections",
    [
        {"tender": {"id": "1", "title": ""}},
        {"tender": {"id": "1", "items": []}},
        {"tender": {"id": "1", "value": {}}},
        {"tender": {"id": "1", "submissionMethod": []}},
        {"planning": {}},
        {"parties": [{"id": "1", "roles": [""]}]},
    ],
)
def test_empty_values_are_invalid_only_strictly(sections: dict[str, Any]) -> None:
    assert not strictly_valid(**sections)
    assert validator(release_schema(ALL)).is_valid(RELEASE | sections)


@pytest.mark.parametrize(
    "sections",
    [
        {"tender": {"id": "1", "title": None, "status": None, "value": {"amount": None}}},
        {"tender": {"id": "1", "submissionMethod": None, "additionalProcurementCategories": None}},
        {"parties": [{"id": "1", "roles": None, "additionalIdentifiers": []}]},
        {"tender": {"id": "1", "items": [{"id": "1", "additionalClassifications": []}]}},
    ],
)
def test_a_release_may_remove_values_and_a_compiled_release_has_no_null(sections: dict[str, Any]) -> None:
    assert strictly_valid(**sections)
    assert compiled_valid(**sections) == ("None" not in repr(sections))


@pytest.mark.parametrize(
    "sections",
    [
        {"tender": None},
        {"tender": {"id": None}},
        {"tender": {"id": "1", "value": None}},
        {"tender": {"id": "1", "items": None}},
        {"tender": {"id": "1", "enquiries": None}},
        {"parties": [{"id": "1", "details": None}]},
        {"tender": {"id": "1", "amendments": [{"id": None}]}},
    ],
)
def test_null_removes_no_object_array_of_objects_or_id(sections: dict[str, Any]) -> None:
    assert not strictly_valid(**sections)


def test_null_inside_a_list_replaced_as_a_whole_would_stay_for_ever() -> None:
    item = {"id": "1", "classification": {"description": None}}
    assert strictly_valid(tender={"id": "1", "items": [item]})
    assert not strictly_valid(tender={"id": "1", "items": [{"id": "1", "additionalClassifications": [{"uri": None}]}]})


def test_the_tag_compiled_belongs_to_compiled_releases_alone() -> None:
    assert not strictly_valid(tag=["compiled"])
    assert not strictly_valid(tag=["tender", "compiled"])
    assert not compiled_valid(tag=["tender"])


def test_a_compiled_release_may_have_the_shells_that_merging_leaves() -> None:
    assert compiled_valid(tender={"id": "1", "value": {}})
    assert not compiled_valid(tender={"id": "1", "title": ""})


def test_a_record_holds_linked_or_embedded_releases_but_not_both() -> None:
    linked = {"url": "https://data.example/p.json#1", "date": "2026-01-01T00:00:00Z"}
    judge = validator(record_package_schema())

    def package(releases: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "uri": "https://data.example/p.json",
            "version": "1.1",
            "publisher": {"name": "A"},
            "publishedDate": "2026-01-01T00:00:00Z",
            "records": [{"ocid": "ocds-213czf-1", "releases": releases}],
        }

    assert judge.is_valid(package([linked]))
    assert judge.is_valid(package([RELEASE]))
    assert not judge.is_valid(package([linked, RELEASE]))
    assert not judge.is_valid(package([]))


def test_paging_links_do_not_lift_the_requirements_of_a_package() -> None:
    assert set(release_package_schema(["pagination"])["required"]) == {
        *("uri", "publisher", "publishedDate", "releases", "version")
    }


def test_what_is_strictly_valid_is_valid() -> None:
    release = full_release()
    strict, official = validator(strict_release_schema(ALL)), validator(release_schema(ALL))
    accepted = 0
    for place in list(positions(release)):
        for change in CHANGES:
            with changed(release, place, change):
                if strict.is_valid(release):
                    accepted += 1
                    assert official.is_valid(release), (place, change)
    assert accepted > 1000


def test_what_is_strictly_valid_as_compiled_release_is_valid() -> None:
    release = full_release() | {"tag": ["compiled"]}
    strict, official = validator(compiled_release_schema(ALL)), validator(compiled_release_schema(ALL, strict=False))
    assert strict.is_valid(release)
    for place in list(positions(release)):
        for change in CHANGES:
            with changed(release, place, change):
                assert official.is_valid(release) or not strict.is_valid(release), (place, change)


def test_merging_a_valid_release_gives_a_valid_compiled_and_versioned_release() -> None:
    merger = Merger(merge_rules=merge_rules(ALL))
    release = full_release()
    assert validator(compiled_release_schema(ALL)).is_valid(merger.create_compiled_release([release]))
    # In two places the official versioned schema contradicts the merge routine: it versions `details` as a whole, and
    # not at all the id of the deprecated `amendment`.
    del release["parties"][0]["details"]
    for section in (release["tender"], release["awards"][0], release["contracts"][0]):
        del section["amendment"]
    assert validator(versioned_release_schema(ALL)).is_valid(merger.create_versioned_release([release]))


def test_removing_any_value_gives_a_valid_compiled_release() -> None:
    """But where a definition may not be empty: there the last value can't be removed (OCDS has no way to)."""
    merger = Merger(merge_rules=merge_rules(ALL))
    strict, compiled = validator(strict_release_schema(ALL)), validator(compiled_release_schema(ALL))
    full = full_release()
    removed, stuck = 0, set()
    for field in field_table(ALL).values():
        steps = field.path.split("/")
        first = RELEASE | only(full, steps)
        second = copy.deepcopy(first) | {"id": "2", "date": "2026-01-02T00:00:00Z"}
        remove(second, steps)
        if field.is_leaf and strict.is_valid(second):
            removed += 1
            merged = merger.create_compiled_release([first, second])
            if not compiled.is_valid(merged):
                stuck.add(field.definition)
    assert removed > 500
    assert all(definitions(ALL)[name].min_properties for name in stuck)
    assert "Suitability" in stuck


def only(node: Any, steps: list[str]) -> Any:
    """Reduce a document to one path and the identifiers on the way there, which an update has to repeat."""
    if isinstance(node, list):
        return [only(entry, steps) for entry in node]
    if not steps or not isinstance(node, dict):
        return node
    kept = {
        name: node[name] for name in ("id", "awardID", "measure", "value") if isinstance(node.get(name), str | float)
    }
    return kept | {steps[0]: only(node[steps[0]], steps[1:])}


def remove(node: Any, steps: list[str]) -> None:
    for entry in node if isinstance(node, list) else [node]:
        if len(steps) == 1:
            entry[steps[0]] = None
        else:
            remove(entry[steps[0]], steps[1:])
