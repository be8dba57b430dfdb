from made_up_schema import SCHEMA

from transforms.releases import MergeRules

RULES = MergeRules.from_schema(SCHEMA)


def test_arrays_of_codes_and_of_objects_without_id_are_replaced_as_a_whole() -> None:
    assert {("tender", "submissionMethod"), ("tender", "criteria"), ("parties", "roles")} <= RULES.whole_list
    assert ("parties", "additionalIdentifiers") in RULES.whole_list
    assert ("tender", "items") in RULES.by_id


def test_values_without_null_in_their_type_can_not_be_removed() -> None:
    assert {("tender", "id"), ("contracts", "awardID"), ("tender", "criteria")} <= RULES.fixed
    assert ("tender", "title") not in RULES.fixed
    assert RULES.never_empty == {("tender", "criteria")}


def test_references_are_known_by_their_type() -> None:
    assert RULES.references == {
        ("buyer",),
        ("tender", "tenderers"),
        ("bids", "details", "tenderers"),
        ("awards", "suppliers"),
    }


def test_the_id_of_an_entry_is_never_removed_even_if_its_type_admits_null() -> None:
    assert not RULES.root.child("tender").child("amendments").child("id").nullable


def test_the_library_gets_the_rules_in_its_own_form() -> None:
    assert RULES.for_ocdsmerge()["tender", "submissionMethod"] == "wholeListMerge"
    assert RULES.for_ocdsmerge()[("tag",)] == "omitWhenMerged"


def test_a_type_that_contains_itself_ends() -> None:
    schema = {
        "properties": {"a": {"$ref": "#/definitions/A"}},
        "definitions": {
            "A": {"type": "object", "properties": {"a": {"$ref": "#/definitions/A"}, "id": {"type": "string"}}}
        },
    }
    assert MergeRules.from_schema(schema).fixed == {("a", "id")}
