"""A release that breaks the schema is told with path, pointer, entry and value."""

from typing import Any

import pytest

from expectations.checks.structure import MOST_FINDINGS, VALUE_LENGTH, StructureCheck, entry_of
from transforms.ocds import strict_release_schema, validator

RELEASE: dict[str, Any] = {
    "ocid": "ocds-213czf-1",
    "id": "1",
    "date": "2026-01-05T00:00:00Z",
    "tag": ["contract"],
    "initiationType": "tender",
    "contracts": [
        {
            "id": "K1",
            "awardID": "A1",
            "implementation": {"transactions": [{"id": "T9", "value": {"amount": 5, "currency": "USD"}}]},
        }
    ],
}


@pytest.fixture(scope="module")
def check() -> StructureCheck:
    return StructureCheck(validator(strict_release_schema()))


def test_a_release_without_fault_has_no_finding(check: StructureCheck) -> None:
    assert check(RELEASE) == []


def test_a_finding_names_the_innermost_entry_around_it(check: StructureCheck) -> None:
    value = {"amount": 5, "currency": "Dollars"}
    implementation = {"transactions": [{"id": "T9", "value": value}]}
    release = {**RELEASE, "contracts": [{**RELEASE["contracts"][0], "implementation": implementation}]}
    (finding,) = check(release)
    assert finding.path == "contracts/implementation/transactions/value/currency"
    assert finding.pointer == "/contracts/0/implementation/transactions/0/value/currency"
    assert finding.entry == "contracts/K1/implementation/transactions/T9"
    assert finding.value == "Dollars"


def test_a_field_that_is_missing_is_told_where_it_should_be(check: StructureCheck) -> None:
    (finding,) = check({**RELEASE, "contracts": [{"id": "K1"}]})
    assert (finding.path, finding.entry) == ("contracts", "contracts/K1")
    assert "awardID" in finding.message


def test_long_values_and_many_findings_are_cut(check: StructureCheck) -> None:
    contracts = [{"id": str(number), "awardID": "A1", "status": "x" * 1000} for number in range(100)]
    findings = check({**RELEASE, "contracts": contracts})
    assert len(findings) == MOST_FINDINGS
    assert all(len(finding.value) == VALUE_LENGTH for finding in findings)
    assert all(len(finding.message) <= VALUE_LENGTH for finding in findings)


def test_a_pointer_escapes_what_json_pointer_does(check: StructureCheck) -> None:
    release = {**RELEASE, "tender": {"id": "1", "a/b~c": 1}}
    assert check(release)[0].pointer == "/tender"
    text = {**RELEASE, "tender": {"id": "1", "title_es/~": {}}}
    assert all("title_es/~" not in finding.pointer for finding in check(text))


@pytest.mark.parametrize(
    ("location", "entry"),
    [
        ([], ""),
        (["tender", "title"], ""),
        (["contracts", 0], "contracts/K1"),
        (["contracts", 0, "awardID"], "contracts/K1"),
        (["contracts", 0, "implementation", "transactions", 0, "value"], "contracts/K1/implementation/transactions/T9"),
        (["tag", 0], ""),
        (["planning", 0, "x"], ""),
    ],
)
def test_an_entry_is_named_as_provenance_names_it(location: list[str | int], entry: str) -> None:
    release = {**RELEASE, "tender": {"title": "x"}, "planning": [{"x": 1}]}
    assert entry_of(release, location) == entry
