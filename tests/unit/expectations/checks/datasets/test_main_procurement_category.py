from asked_facts import asking

from expectations.checks.datasets.main_procurement_category import CHECK
from expectations.checks.model import Setting


def tenders(**times: int) -> list[dict[str, object]]:
    return [
        {"ocid": f"{category}-{number}", "tender": {"mainProcurementCategory": category}}
        for category, most in times.items()
        for number in range(most)
    ]


def test_without_categories_it_does_not_apply() -> None:
    assert CHECK.run(asking([{"ocid": "1", "tender": {"id": "1"}}]), Setting()).applied == 0


def test_several_categories_pass() -> None:
    found = CHECK.run(asking(tenders(goods=95, works=5)), Setting())

    assert found.passed
    assert found.figures["share/works"] == 0.05


def test_a_category_that_is_nearly_everything_fails() -> None:
    found = CHECK.run(asking(tenders(goods=96, works=4)), Setting())

    assert not found.passed
    assert not found.by_design
    assert found.examples == ["goods"]


def test_in_a_small_set_chance_decides() -> None:
    assert CHECK.run(asking(tenders(goods=20)), Setting()).by_design
