from asked_facts import asking

from expectations.checks.datasets.freshness import CHECK
from expectations.checks.model import Setting

NOW = Setting(as_of="2026-03-01T12:00:00Z", update_days=31)


def test_without_a_clock_or_dates_it_does_not_apply() -> None:
    for documents, setting in (([{"ocid": "1", "date": "2026-01-01T00:00:00Z"}], Setting()), ([{"ocid": "1"}], NOW)):
        found = CHECK.run(asking(documents), setting)
        assert found.applied == 0
        assert found.reason is not None


def test_a_source_that_changed_lately_passes() -> None:
    found = CHECK.run(asking([{"ocid": "1", "date": "2026-02-27T12:00:00Z"}, {"ocid": "2"}]), NOW)

    assert found.passed
    assert found.figures == {"newest": "2026-02-27", "days": 2.0, "expected_days": 31, "in_the_future": 0}


def test_a_source_that_stood_still_fails_whatever_is_dated_in_the_future() -> None:
    documents = [{"ocid": "1", "date": "2025-12-01T12:00:00Z"}, {"ocid": "2", "date": "2027-01-01T00:00:00Z"}]

    found = CHECK.run(asking(documents), NOW)

    assert not found.passed
    assert (found.figures["days"], found.figures["in_the_future"]) == (90.0, 1)


def test_moments_are_compared_across_zones() -> None:
    found = CHECK.run(asking([{"ocid": "1", "date": "2026-03-01T06:00:00-06:00"}]), NOW)

    assert found.figures["days"] == 0.0
