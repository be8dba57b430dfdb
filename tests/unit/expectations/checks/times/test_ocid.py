from asked_facts import asking

from expectations.checks.model import Setting
from expectations.checks.times.ocid import CHECK


def test_with_nothing_before_it_does_not_apply() -> None:
    assert CHECK.run(asking([{"ocid": "1"}]), Setting()).applied == 0


def test_more_processes_than_before_pass() -> None:
    assert CHECK.run(asking([{"ocid": "1"}, {"ocid": "2"}], [{"ocid": "1"}]), Setting()).passed


def test_a_process_that_is_gone_fails_and_is_named() -> None:
    found = CHECK.run(asking([{"ocid": "1"}], [{"ocid": "1"}, {"ocid": "2"}]), Setting())

    assert not found.passed
    assert found.examples == ["2"]
