from typing import Any

import pytest
from asked_facts import asking

from expectations.checks.datasets.code_distribution import CHECKS
from expectations.checks.model import DatasetCheck, Setting

BY_ID = {check.id.removeprefix("distribution."): check for check in CHECKS}


def tender(**fields: object) -> dict[str, Any]:
    return {"tender": fields}


def listed(section: str, **fields: object) -> dict[str, Any]:
    return {section: [{"id": "1", **fields}]}


WITH_CODE: dict[str, Any] = {
    "tender_procurement_method": lambda code: tender(procurementMethod=code),
    "tender_status": lambda code: tender(status=code),
    "awards_status": lambda code: listed("awards", status=code),
    "contracts_status": lambda code: listed("contracts", status=code),
    "milestone_status": lambda code: tender(milestones=[{"id": "1", "status": code}]),
    "tender_award_criteria": lambda code: tender(awardCriteria=code),
    "tender_submission_method": lambda code: tender(submissionMethod=[code]),
    "milestone_type": lambda code: tender(milestones=[{"id": "1", "type": code}]),
    "document_document_type": lambda code: tender(documents=[{"id": "1", "documentType": code}]),
    "value_currency": lambda code: tender(value={"amount": 1, "currency": code}),
    "related_process_relation": lambda code: {"relatedProcesses": [{"id": "1", "relationship": [code]}]},
}

# Codes, half of the processes each; the first alone fails where codes are tested.
MIXED = {
    "tender_procurement_method": ("open", "direct"),
    "tender_status": ("active", "complete"),
    "awards_status": ("active", "cancelled"),
    "contracts_status": ("active", "terminated"),
    "milestone_status": ("met", "scheduled"),
}


def spread(name: str, *codes: str, times: int = 100) -> list[dict[str, Any]]:
    return [{"ocid": str(number), **WITH_CODE[name](codes[number % len(codes)])} for number in range(times)]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_without_its_codes_it_does_not_apply(check: DatasetCheck) -> None:
    found = check.run(asking([{"ocid": "1", "language": "en"}]), Setting())

    assert found.applied == 0
    assert found.reason is not None


@pytest.mark.parametrize("name", MIXED)
def test_codes_that_both_occur_pass(name: str) -> None:
    found = BY_ID[name].run(asking(spread(name, *MIXED[name])), Setting())

    assert found.passed
    assert found.applied == 100
    assert found.figures[f"share/{MIXED[name][1]}"] == 0.5


@pytest.mark.parametrize("name", MIXED)
def test_a_code_that_is_all_there_is_fails(name: str) -> None:
    found = BY_ID[name].run(asking(spread(name, MIXED[name][0])), Setting())

    assert not found.passed
    assert not found.by_design
    assert found.examples[0] == f"{MIXED[name][0]}: 100.0%"
    assert found.remark is not None


@pytest.mark.parametrize("name", MIXED)
def test_in_a_small_set_chance_decides(name: str) -> None:
    found = BY_ID[name].run(asking(spread(name, MIXED[name][0], times=99)), Setting())

    assert not found.passed
    assert found.by_design


@pytest.mark.parametrize("name", sorted(WITH_CODE.keys() - MIXED.keys()))
def test_what_only_tells_shares_never_fails(name: str) -> None:
    found = BY_ID[name].run(asking(spread(name, "a", "b", "b")), Setting())

    assert found.passed
    assert (found.applied, found.figures["top"], found.figures["codes"]) == (100, "b", 2)


def test_every_check_has_an_example_of_its_code() -> None:
    assert BY_ID.keys() == WITH_CODE.keys()


def test_beyond_fifteen_codes_the_others_are_one_figure() -> None:
    codes = [f"c{number:02}" for number in range(20)]

    found = BY_ID["tender_award_criteria"].run(asking(spread("tender_award_criteria", *codes)), Setting())

    assert sum(name.startswith("share/") for name in found.figures) == 15
    assert found.figures["share_of_others"] == 0.25
