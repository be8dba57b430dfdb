from asked_facts import asking

from expectations.checks.datasets.ocid_case import CHECK
from expectations.checks.model import Setting


def test_without_ocids_it_does_not_apply() -> None:
    assert CHECK.run(asking([{"tender": {"id": "1"}}]), Setting()).applied == 0


def test_different_ocids_pass() -> None:
    assert CHECK.run(asking([{"ocid": "ocds-1-a"}, {"ocid": "ocds-1-b"}]), Setting()).passed


def test_ocids_that_differ_in_case_fail_and_stand_side_by_side() -> None:
    found = CHECK.run(asking([{"ocid": "ocds-1-a"}, {"ocid": "ocds-1-A"}, {"ocid": "ocds-1-b"}]), Setting())

    assert not found.passed
    assert found.figures == {"processes": 3, "repeated": 1}
    assert found.examples == ["ocds-1-A = ocds-1-a"]
