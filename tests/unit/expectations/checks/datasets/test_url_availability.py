from asked_facts import asking

from expectations.checks.datasets.url_availability import CHECK
from expectations.checks.model import Links, Setting

ASKED = "2026-03-01T12:00:00Z"


def test_where_nobody_asked_or_there_are_few_documents_it_does_not_apply() -> None:
    for links in (None, Links(ASKED, documents=99, looked_at=99, failed=1)):
        found = CHECK.run(asking([]), Setting(links=links))
        assert found.applied == 0
        assert found.reason is not None


def test_documents_that_are_all_there_pass() -> None:
    found = CHECK.run(asking([]), Setting(links=Links(ASKED, documents=500, looked_at=100, failed=0)))

    assert found.passed
    assert found.figures["asked"] == ASKED


def test_a_document_that_is_missing_fails_and_is_named() -> None:
    links = Links(ASKED, documents=500, looked_at=100, failed=2, examples=("1: https://a.example (404)",))

    found = CHECK.run(asking([]), Setting(links=links))

    assert not found.passed
    assert found.figures["no_answer_share"] == 0.02
    assert found.examples == links.examples
