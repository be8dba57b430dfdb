import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.number_of_tenderers import CHECK

TENDERERS = [{"id": "P1", "name": "Acme"}, {"id": "P2", "name": "Bolt"}]


@pytest.mark.parametrize(
    "tender",
    [{}, {"numberOfTenderers": 2}, {"numberOfTenderers": "2", "tenderers": TENDERERS}, {"tenderers": TENDERERS},
     {"numberOfTenderers": True, "tenderers": TENDERERS}, {"numberOfTenderers": 1, "tenderers": {"id": "P1"}}],
)  # fmt: skip
def test_without_a_number_or_a_list_it_does_not_apply(tender: dict[str, object]) -> None:
    assert outcome(CHECK, tender=tender) is None


@pytest.mark.parametrize("number", [2, 2.0])
def test_the_length_of_the_list_passes(number: float) -> None:
    assert applied(outcome(CHECK, tender={"numberOfTenderers": number, "tenderers": TENDERERS})) == 1


def test_nobody_at_all_passes() -> None:
    assert applied(outcome(CHECK, tender={"numberOfTenderers": 0, "tenderers": []})) == 1


def test_another_number_fails_with_both() -> None:
    found = outcome(CHECK, tender={"numberOfTenderers": 5, "tenderers": TENDERERS})
    assert failed(found) == [("/tender/numberOfTenderers", "5", "2")]


def test_tenderers_of_which_only_ids_are_left_do_not_count() -> None:
    parties = [{"id": "P1", "name": "Acme"}, {"id": "P2", "name": "Bolt"}, {"id": "P3"}]
    tender = {"numberOfTenderers": 2, "tenderers": [*TENDERERS, {"id": "P3"}]}
    assert applied(outcome(CHECK, parties=parties, tender=tender)) == 1
    assert failed(outcome(CHECK, parties=[*parties[:2], {"id": "P3", "name": "Cano"}], tender=tender))
