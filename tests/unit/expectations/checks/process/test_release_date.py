from checked_process import applied, failed, outcome

from expectations.checks.process.release_date import CHECK

EARLY, LATE = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def process(date: str) -> dict[str, object]:
    """A process in which all that can happen did so at one time."""
    milestones = [{"dateMet": date, "dateModified": date}]
    documents = [{"datePublished": date, "dateModified": date}]
    return {
        "planning": {"milestones": milestones, "documents": documents},
        "tender": {"milestones": milestones, "documents": documents, "amendments": [{"date": date}]},
        "awards": [{"date": date, "documents": documents, "amendments": [{"date": date}]}],
        "contracts": [
            {
                "dateSigned": date,
                "documents": documents,
                "milestones": milestones,
                "amendments": [{"date": date}],
                "implementation": {
                    "transactions": [{"date": date}], "milestones": milestones, "documents": documents,
                },
            }
        ],
    }  # fmt: skip


def test_without_days_it_does_not_apply() -> None:
    assert outcome(CHECK, date=EARLY, tender={"tenderPeriod": {"endDate": LATE}}) is None
    assert outcome(CHECK, **process(EARLY)) is None


def test_what_happened_up_to_the_release_passes() -> None:
    assert applied(outcome(CHECK, date=EARLY, **process(EARLY))) == 24


def test_all_that_is_later_than_the_release_fails() -> None:
    found = failed(outcome(CHECK, date=EARLY, **process(LATE)))
    assert len(found) == 24
    assert ("/contracts/0/dateSigned", LATE, EARLY) in found
