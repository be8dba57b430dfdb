from checked_process import applied, failed, outcome

from expectations.checks.process.amendments_dates import CHECK


def test_without_amendments_or_days_it_does_not_apply() -> None:
    assert outcome(CHECK, date="2026-01-01", awards=[{"date": "2026-01-01"}]) is None
    assert outcome(CHECK, tender={"amendments": [{"date": "2026-01-01"}]}) is None


def test_amendments_between_what_they_amend_and_the_release_pass() -> None:
    found = outcome(
        CHECK,
        date="2026-12-31",
        tender={"tenderPeriod": {"startDate": "2026-01-01"}, "amendments": [{"date": "2026-01-01"}]},
        awards=[{"date": "2026-02-01", "amendments": [{"date": "2026-02-02"}]}],
        contracts=[{"dateSigned": "2026-03-01", "amendments": [{"date": "2026-03-02"}, {"id": "without"}]}],
    )
    assert applied(found) == 6


def test_an_amendment_before_what_it_amends_fails() -> None:
    found = outcome(
        CHECK,
        tender={"tenderPeriod": {"startDate": "2026-01-02"}, "amendments": [{"date": "2026-01-01"}]},
        awards=[
            {"date": "2026-01-03", "amendments": [{"date": "2026-01-02"}]},
            {"date": "2026-01-09", "amendments": [{"date": "2026-01-09"}]},
        ],
        contracts=[{"dateSigned": "2026-01-04", "amendments": [{"id": "1"}, {"date": "2026-01-03"}]}],
    )
    assert failed(found) == [
        ("/tender/amendments/0/date", "2026-01-01", "2026-01-02"),
        ("/awards/0/amendments/0/date", "2026-01-02", "2026-01-03"),
        ("/contracts/0/amendments/1/date", "2026-01-03", "2026-01-04"),
    ]


def test_an_amendment_after_the_release_fails() -> None:
    found = outcome(CHECK, date="2026-01-01", tender={"amendments": [{"date": "2026-01-02"}]})
    assert failed(found) == [("/tender/amendments/0/date", "2026-01-02", "2026-01-01")]
