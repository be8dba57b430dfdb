from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Outcome
from expectations.checks.process.contract_in_awards import CHECK


def outcome(**document: object) -> Outcome | None:
    return CHECK.run(CompiledRelease(document))


def test_without_contracts_it_does_not_apply() -> None:
    assert outcome(awards=[{"id": "A1"}]) is None


def test_a_contract_of_exactly_one_award_passes() -> None:
    assert outcome(awards=[{"id": "A1"}, {"id": "A2"}], contracts=[{"id": "C1", "awardID": "A2"}]) == Outcome(1, [])


def test_a_contract_of_no_award_fails_with_its_place_and_value() -> None:
    found = outcome(awards=[{"id": "A1"}], contracts=[{"id": "C0", "awardID": "A1"}, {"id": "C1", "awardID": "A9"}])

    assert found is not None
    assert found.applied == 2
    assert [(one.pointer, one.value) for one in found.failures] == [("/contracts/1/awardID", "A9")]


def test_an_award_id_of_another_type_or_of_two_awards_fails() -> None:
    found = outcome(
        awards=[{"id": 1}, {"id": "A2"}, {"id": "A2"}],
        contracts=[{"awardID": "1"}, {"awardID": "A2"}, {"id": "without"}],
    )

    assert found is not None
    assert len(found.failures) == 3
