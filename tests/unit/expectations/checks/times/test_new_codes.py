from asked_facts import asking

from expectations.checks.model import Setting
from expectations.checks.times.new_codes import CHECK


def tender(status: str) -> dict[str, object]:
    return {"ocid": "1", "tender": {"status": status}}


def test_without_a_publication_before_or_codes_it_does_not_apply() -> None:
    for now, before in (([tender("opened")], []), ([{"ocid": "1"}], [tender("active")])):
        found = CHECK.run(asking(now, before), Setting())
        assert found.applied == 0
        assert found.reason is not None


def test_listed_codes_and_those_seen_before_pass() -> None:
    assert CHECK.run(asking([tender("active")], [tender("planned")]), Setting()).passed
    assert CHECK.run(asking([tender("opened")], [tender("opened")]), Setting()).passed


def test_a_code_that_nobody_has_seen_fails() -> None:
    found = CHECK.run(asking([tender("opened")], [tender("active")]), Setting())

    assert not found.passed
    assert found.examples == ["tender/status: opened (1; 1)"]
