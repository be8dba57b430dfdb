from asked_facts import asking

from expectations.checks.datasets.tender_id import CHECK
from expectations.checks.model import Setting


def process(ocid: str, identifier: str) -> dict[str, object]:
    return {"ocid": ocid, "tender": {"id": identifier}}


def test_without_tender_ids_it_does_not_apply() -> None:
    found = CHECK.run(asking([{"ocid": "1"}]), Setting())

    assert found.applied == 0
    assert found.reason is not None


def test_different_ids_pass() -> None:
    found = CHECK.run(asking([process("1", "A"), process("2", "B"), {"ocid": "3"}]), Setting())

    assert found.passed
    assert found.figures["unique"] == 1.0


def test_an_id_of_several_processes_fails_and_is_named() -> None:
    found = CHECK.run(asking([process("1", "A"), process("2", "B"), process("3", "A"), process("4", "C")]), Setting())

    assert not found.passed
    assert found.examples == ["A"]
    assert found.figures == {"processes": 4, "ids": 3, "unique": 0.5}
