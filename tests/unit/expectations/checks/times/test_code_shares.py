from asked_facts import asking

from expectations.checks.model import Setting
from expectations.checks.times.code_shares import CHECK


def tenders(**times: int) -> list[dict[str, object]]:
    return [
        {"ocid": f"{method}-{number}", "tender": {"procurementMethod": method}}
        for method, most in times.items()
        for number in range(most)
    ]


def test_without_a_publication_before_or_with_few_codes_it_does_not_apply() -> None:
    for now, before in ((tenders(open=100), []), (tenders(open=100), tenders(open=99))):
        found = CHECK.run(asking(now, before), Setting())
        assert found.applied == 0
        assert found.reason is not None


def test_shares_that_stay_pass() -> None:
    found = CHECK.run(asking(tenders(open=140, direct=60), tenders(open=70, direct=30)), Setting())

    assert found.passed
    assert found.figures == {"codes": 2, "moved": 0}


def test_shares_that_move_fail_with_both() -> None:
    found = CHECK.run(asking(tenders(open=50, direct=50), tenders(open=70, direct=30)), Setting())

    assert not found.passed
    assert found.figures["moved/tender/procurementMethod/direct"] == 0.2
    assert "tender/procurementMethod: open 70.0% → 50.0%" in found.examples


def test_codes_that_are_gone_altogether_fail() -> None:
    found = CHECK.run(asking([{"ocid": "1", "tender": {}}], tenders(open=100)), Setting())

    assert not found.passed
    assert found.examples == ["tender/procurementMethod: open 100.0% → 0.0%"]
