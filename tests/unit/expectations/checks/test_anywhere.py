from typing import Any

import pytest

from expectations.checks.anywhere import LINKS, ORGANIZATIONS, PLAIN, VALUES, Anywhere, anywhere, steps_to
from transforms.ocds import field_table, supported_extensions

FIELDS = field_table([extension for extension in supported_extensions() if extension != "statistics"])


def fields_of(definition: str) -> set[str]:
    return {field.name for field in FIELDS.values() if definition in field.of}


def test_the_fields_that_are_values_and_refer_to_organizations_are_those_of_the_standard_and_its_extensions() -> None:
    assert fields_of("Value") == VALUES
    assert fields_of("OrganizationReference") == ORGANIZATIONS


def test_links_are_the_fields_that_relate_to_what_has_an_id_in_the_same_process() -> None:
    related = {field.name for field in FIELDS.values() if field.name.startswith("related")}
    assert related - {"relatedProcesses"} == set(LINKS)
    for target in LINKS.values():
        assert f"{target}/id" in FIELDS


def test_what_is_passed_over_leads_to_nothing_that_is_looked_for() -> None:
    sought = VALUES | ORGANIZATIONS | set(LINKS)
    for path in FIELDS:
        *before, last = path.split("/")
        if last in sought and not ORGANIZATIONS.intersection(before):
            assert not PLAIN.intersection([*before, last]), path


def test_organizations_hold_no_values_and_no_links() -> None:
    for path in FIELDS:
        *before, last = path.split("/")
        if ORGANIZATIONS.intersection(before):
            assert last not in VALUES | ORGANIZATIONS | set(LINKS), path


def values(document: dict[str, Any]) -> list[str]:
    return ["/".join(map(str, steps_to(place))) for place in anywhere(document).values]


@pytest.mark.parametrize(
    "value",
    [{"amount": 1}, {"amount": 0, "currency": "USD"}, {"currency": "USD", "amount": 0}, {"currency": "USD"},
     {"currency": "USD", "amount": None, "net": 3}, {"amount": False}, {"note": "x", "currency": "USD", "amount": 0}],
)  # fmt: skip
def test_a_value_is_found_once(value: dict[str, Any]) -> None:
    assert values({"tender": {"value": value}}) == ["tender/value"]


@pytest.mark.parametrize("value", [{}, {"amount": None}, {"amount": "", "currency": ""}, {"amount": {}}, [], 5, None])
def test_an_empty_value_is_none(value: object) -> None:
    assert values({"tender": {"value": value}}) == []


def test_an_object_with_an_amount_is_a_value_under_any_name_but_not_as_an_entry() -> None:
    fee = {"amount": 5, "currency": "USD"}
    assert values({"x_fee": fee, "tender": {"x_fees": [fee, {"fee": fee}], "x_unit": {"currency": "USD"}}}) == [
        "x_fee",
        "tender/x_fees/1/fee",
    ]


def test_organizations_are_told_with_section_and_field() -> None:
    found = anywhere({"buyer": {"id": "1"}, "bids": {"details": [{"tenderers": [{"id": "2"}, "not one"]}]}})
    assert [(section, field, place[0]["id"]) for section, field, place in found.organizations] == [
        ("buyer", "buyer", "1"),
        ("bids", "tenderers", "2"),
    ]


def test_every_id_of_a_link_is_a_place() -> None:
    found = anywhere({"tender": {"documents": [{"relatedLots": ["1", "2"]}], "items": [{"relatedLot": "3"}]}})
    assert {(field, place[0], "/".join(map(str, steps_to(place)))) for field, place in found.links} == {
        ("relatedLots", "1", "tender/documents/0/relatedLots/0"),
        ("relatedLots", "2", "tender/documents/0/relatedLots/1"),
        ("relatedLot", "3", "tender/items/0/relatedLot"),
    }


def test_depth_does_not_matter() -> None:
    document: dict[str, Any] = {"value": {"amount": 1}}
    for _ in range(5_000):
        document = {"inner": document}
    assert len(anywhere(document).values) == 1


@pytest.mark.parametrize("document", [{}, {"tender": None}, {"tender": [[[]]]}, {"buyer": "x"}, {"": {"": {}}}])
def test_where_nothing_is_nothing_is_found(document: dict[str, Any]) -> None:
    assert anywhere(document) == Anywhere([], [], [])
