from asked_facts import asking

from expectations.checks.datasets.related_process_title import CHECK
from expectations.checks.model import Setting

TARGET = {"ocid": "2", "tender": {"title": "Salt"}}


def referring(title: str | None) -> dict[str, object]:
    related = {"id": "1", "scheme": "ocid", "identifier": "2"}
    return {"ocid": "1", "relatedProcesses": [related | ({"title": title} if title else {})]}


def test_without_titles_on_both_sides_it_does_not_apply() -> None:
    for publication in ([referring(None), TARGET], [referring("Salt")], [referring("Salt"), {"ocid": "2"}]):
        assert CHECK.run(asking(publication), Setting()).applied == 0


def test_the_same_title_passes() -> None:
    assert CHECK.run(asking([referring("Salt"), TARGET]), Setting()).passed


def test_another_title_fails() -> None:
    found = CHECK.run(asking([referring("Sand"), TARGET]), Setting())

    assert not found.passed
    assert found.examples == ["1 → 2"]
    assert found.figures == {"references": 1, "different": 1, "different_share": 1.0}
