from asked_facts import asking

from expectations.checks.datasets.code_coverage import CHECK
from expectations.checks.model import Setting


def test_without_codes_it_does_not_apply() -> None:
    assert CHECK.run(asking([{"ocid": "1"}]), Setting()).applied == 0


def test_codes_of_the_codelists_pass_and_are_counted() -> None:
    found = CHECK.run(asking([{"ocid": "1", "tender": {"status": "active", "procurementMethod": "open"}}]), Setting())

    assert found.passed
    assert found.figures["count/tender/status/active"] == 1


def test_a_code_on_no_list_fails_with_where_it_stands_first() -> None:
    documents = [{"ocid": ocid, "tender": {"status": "opened"}} for ocid in ("2", "1")]

    found = CHECK.run(asking(documents), Setting())

    assert not found.passed
    assert (found.figures["unlisted"], found.figures["unlisted_values"]) == (1, 2)
    assert found.examples == ["tender/status: opened (2; 1)"]
