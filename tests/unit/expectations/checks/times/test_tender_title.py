from asked_facts import asking

from expectations.checks.model import Setting
from expectations.checks.times.tender_title import CHECK


def titled(*titles: str) -> list[dict[str, object]]:
    return [{"ocid": f"{number:03}", "tender": {"title": title}} for number, title in enumerate(titles)]


def test_without_titles_before_it_does_not_apply() -> None:
    assert CHECK.run(asking(titled("Salt"), [{"ocid": "000", "tender": {"id": "1"}}]), Setting()).applied == 0


def test_titles_that_differ_in_case_and_spaces_stay() -> None:
    found = CHECK.run(asking(titled("ROAD  salt "), titled("Road salt")), Setting())

    assert found.passed
    assert found.figures == {"titles": 1, "changed": 0, "changed_share": 0}


def test_a_few_may_change() -> None:
    found = CHECK.run(asking(titled(*["Sand"] * 5), titled(*["Salt"] * 5)), Setting())

    assert found.passed
    assert found.examples[0] == "000: Salt → Sand"


def test_many_that_change_at_once_fail() -> None:
    before = titled(*["Salt"] * 20)

    found = CHECK.run(asking(titled(*["Sand"] * 6, *["Salt"] * 14), before), Setting())

    assert not found.passed
    assert found.figures["changed_share"] == 0.3
