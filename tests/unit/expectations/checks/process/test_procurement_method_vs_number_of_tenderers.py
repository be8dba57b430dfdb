import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.procurement_method_vs_number_of_tenderers import CHECK


@pytest.mark.parametrize(
    "tender",
    [{}, {"procurementMethod": "direct"}, {"procurementMethod": "open", "numberOfTenderers": 5},
     {"procurementMethod": "direct", "numberOfTenderers": "5"}],
)  # fmt: skip
def test_it_is_asked_of_direct_purchases_with_a_number(tender: dict[str, object]) -> None:
    assert outcome(CHECK, tender=tender) is None


@pytest.mark.parametrize("number", [0, 1, 1.0])
def test_one_at_most_passes(number: float) -> None:
    assert applied(outcome(CHECK, tender={"procurementMethod": "direct", "numberOfTenderers": number})) == 1


@pytest.mark.parametrize("number", [2, -1, 0.5])
def test_another_number_fails(number: float) -> None:
    found = outcome(CHECK, tender={"procurementMethod": "direct", "numberOfTenderers": number})
    assert failed(found) == [("/tender/numberOfTenderers", str(number), "direct")]
