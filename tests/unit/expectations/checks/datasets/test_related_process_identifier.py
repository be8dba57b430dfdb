from asked_facts import asking

from expectations.checks.datasets.related_process_identifier import CHECK
from expectations.checks.model import Setting


def process(ocid: str, *related: str) -> dict[str, object]:
    return {
        "ocid": ocid,
        "relatedProcesses": [
            {"id": str(number), "scheme": "ocid", "identifier": target} for number, target in enumerate(related)
        ],
    }


def test_without_references_it_does_not_apply() -> None:
    assert CHECK.run(asking([process("ocds-aaaaaa-1")]), Setting()).applied == 0


def test_references_that_lead_somewhere_pass() -> None:
    found = CHECK.run(asking([process("ocds-aaaaaa-1", "ocds-aaaaaa-2"), process("ocds-aaaaaa-2")]), Setting())

    assert found.passed
    assert found.figures["references"] == 1


def test_a_reference_that_leads_nowhere_fails() -> None:
    found = CHECK.run(asking([process("ocds-aaaaaa-1", "ocds-aaaaaa-3", "ocds-bbbbbb-1")]), Setting())

    assert not found.passed
    assert not found.by_design
    assert (found.figures["missing"], found.figures["of_other_publishers"]) == (2, 1)
    assert found.examples == ["ocds-aaaaaa-1 → ocds-aaaaaa-3", "ocds-aaaaaa-1 → ocds-bbbbbb-1"]


def test_processes_of_other_publishers_can_not_be_here() -> None:
    found = CHECK.run(asking([process("ocds-aaaaaa-1", "ocds-bbbbbb-1")]), Setting())

    assert not found.passed
    assert found.by_design
