from asked_facts import asking

from expectations.checks.model import Setting
from expectations.checks.times.publication_delay import CHECK

NOW = Setting(as_of="2026-03-10T00:00:00Z", delay_days=7)
BEFORE = [{"ocid": "0", "date": "2026-01-01T00:00:00Z"}]


def dated(*days: int) -> list[dict[str, object]]:
    """Releases so many days before the clock."""
    return [{"ocid": str(number), "date": f"2026-03-{10 - day:02}T00:00:00Z"} for number, day in enumerate(days, 1)]


def test_without_clock_or_publication_before_or_anything_new_it_does_not_apply() -> None:
    for now, before, setting in ((dated(1), BEFORE, Setting()), (dated(1), [], NOW), (BEFORE, BEFORE, NOW)):
        found = CHECK.run(asking(now, before), setting)
        assert found.applied == 0
        assert found.reason is not None


def test_a_date_of_first_sight_tells_no_delay() -> None:
    seen = Setting(as_of=NOW.as_of, first_seen=frozenset({"2026-03-01T00:00:00Z"}))

    assert CHECK.run(asking(dated(9), BEFORE), seen).applied == 0


def test_what_is_published_in_the_promised_days_passes() -> None:
    found = CHECK.run(asking([*BEFORE, *dated(1, 2, 7)], BEFORE), NOW)

    assert found.passed
    assert (found.applied, found.figures["median_days"], found.figures["longest_days"]) == (3, 2.0, 7.0)


def test_one_of_ten_may_be_late_and_two_may_not() -> None:
    assert CHECK.run(asking(dated(*[1] * 9, 8), BEFORE), NOW).passed
    found = CHECK.run(asking(dated(*[1] * 8, 8, 9), BEFORE), NOW)

    assert not found.passed
    assert found.remark is not None
    assert found.examples[:2] == ["10: 9.0", "9: 8.0"]


def test_a_date_to_come_fails_but_for_clocks_that_differ() -> None:
    assert CHECK.run(asking([{"ocid": "1", "date": "2026-03-10T00:04:00Z"}], BEFORE), NOW).passed
    found = CHECK.run(asking([{"ocid": "1", "date": "2026-03-12T00:00:00Z"}], BEFORE), NOW)

    assert not found.passed
    assert found.figures["in_the_future"] == 1
    assert found.examples == ["1: -2.0"]
