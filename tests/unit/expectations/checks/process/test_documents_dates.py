from checked_process import applied, failed, outcome

from expectations.checks.process.documents_dates import CHECK


def test_without_documents_or_days_it_does_not_apply() -> None:
    assert outcome(CHECK, date="2026-01-01", tender={"id": "1"}) is None
    assert outcome(CHECK, date="2026-01-01", tender={"documents": [{"id": "1"}]}) is None


def test_documents_published_then_modified_then_told_pass() -> None:
    document = {"datePublished": "2026-01-01", "dateModified": "2026-01-01"}
    found = outcome(
        CHECK,
        date="2026-01-02",
        planning={"documents": [document]},
        tender={"documents": [document]},
        awards=[{"documents": [document]}],
        contracts=[{"documents": [document], "implementation": {"documents": [document]}}],
    )
    assert applied(found) == 15


def test_a_document_modified_before_it_was_published_fails() -> None:
    documents = [{"datePublished": "2026-01-02", "dateModified": "2026-01-01"}, {"datePublished": "2026-01-01"}]
    found = outcome(CHECK, contracts=[{"implementation": {"documents": documents}}])
    assert failed(found) == [("/contracts/0/implementation/documents/0/dateModified", "2026-01-01", "2026-01-02")]


def test_a_document_after_the_release_fails_with_each_of_its_dates() -> None:
    document = {"datePublished": "2026-01-02", "dateModified": "2026-01-03"}
    found = outcome(CHECK, date="2026-01-01", planning={"documents": [document]})
    assert [pointer for pointer, _, _ in failed(found)] == [
        "/planning/documents/0/datePublished",
        "/planning/documents/0/dateModified",
    ]
