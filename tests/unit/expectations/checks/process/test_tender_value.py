import pytest
from checked_process import applied, failed, outcome

from expectations.checks.model import Outcome
from expectations.checks.process.tender_value import CHECK


def compared(budget: object, tender: object, currency: object = "USD") -> Outcome | None:
    return outcome(
        CHECK,
        planning={"budget": {"amount": {"amount": budget, "currency": "USD"}}},
        tender={"value": {"amount": tender, "currency": currency}},
    )


@pytest.mark.parametrize(
    ("budget", "tender", "currency"),
    [(0, 100, "USD"), (100, 0, "USD"), (100, -100, "USD"), ("100", 100, "USD"), (100, None, "USD"),
     (100, 100, "EUR"), (100, 100, None)],
)  # fmt: skip
def test_it_does_not_apply_without_two_amounts_to_compare(budget: object, tender: object, currency: object) -> None:
    assert compared(budget, tender, currency) is None


def test_without_a_budget_it_does_not_apply() -> None:
    assert outcome(CHECK, tender={"value": {"amount": 1, "currency": "USD"}}) is None


@pytest.mark.parametrize(("budget", "tender"), [(100, 100), (50, 100), (150, 100), (-150, -100), (0.15, 0.1)])
def test_a_budget_within_half_of_the_tender_passes(budget: float, tender: float) -> None:
    assert applied(compared(budget, tender)) == 1


@pytest.mark.parametrize(("budget", "tender"), [(49.99, 100), (150.01, 100), (-151, -100), (100, 60)])
def test_a_budget_further_away_fails_with_both(budget: float, tender: float) -> None:
    assert failed(compared(budget, tender)) == [("/tender/value/amount", f"{tender} USD", f"{budget} USD")]
