import pytest
from asked_facts import asking

from expectations.checks.model import Setting
from expectations.checks.times.totals_by_year import CHECK

NOW = Setting(as_of="2026-03-01T00:00:00Z")


def worth(*amounts: int, year: int = 2025, currency: str = "USD") -> list[dict[str, object]]:
    return [
        {
            "ocid": f"{year}-{number:03}",
            "tender": {
                "tenderPeriod": {"startDate": f"{year}-05-01T00:00:00Z"},
                "value": {"amount": amount, "currency": currency},
            },
        }
        for number, amount in enumerate(amounts)
    ]


def test_without_a_past_year_of_enough_amounts_it_does_not_apply() -> None:
    for now, before in (
        (worth(*[10] * 10), []),
        (worth(*[10] * 10), worth(*[10] * 9)),
        (worth(*[10] * 10, year=2026), worth(*[10] * 10, year=2026)),
    ):
        found = CHECK.run(asking(now, before), NOW)
        assert found.applied == 0
        assert found.reason is not None


@pytest.mark.parametrize("amount", [95, 100, 125])
def test_a_total_within_its_limits_passes(amount: int) -> None:
    found = CHECK.run(asking(worth(*[amount] * 10), worth(*[100] * 10)), NOW)

    assert found.passed
    assert found.figures == {"totals": 1, "changed": 0}


@pytest.mark.parametrize(("amount", "change"), [(94, -0.06), (126, 0.26)])
def test_a_total_that_falls_or_rises_further_fails(amount: int, change: float) -> None:
    found = CHECK.run(asking(worth(*[amount] * 10), worth(*[100] * 10)), NOW)

    assert not found.passed
    assert found.figures["change/tender/value 2025 USD"] == change


def test_the_process_that_changed_most_is_named_first() -> None:
    found = CHECK.run(asking(worth(*[100] * 8, 90, 10), worth(*[100] * 10)), NOW)

    assert found.examples == ["2025-009: 100 → 10 USD", "2025-008: 100 → 90 USD"]


def test_currencies_are_never_added_up() -> None:
    found = CHECK.run(asking(worth(*[1000] * 10, currency="EUR"), worth(*[1000] * 10)), NOW)

    assert found.figures["change/tender/value 2025 USD"] == -1.0
