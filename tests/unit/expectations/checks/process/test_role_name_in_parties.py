import pytest
from checked_process import applied, failed, outcome

from expectations.checks.model import ProcessCheck
from expectations.checks.process.role_name_in_parties import CHECKS

BY_ID = {check.id: check for check in CHECKS}
PAYEE = BY_ID["consistent.payee_name_in_parties"]


def paid(reference: dict[str, object]) -> list[dict[str, object]]:
    return [{"id": "C1", "implementation": {"transactions": [{"id": "T1", "payee": reference}]}}]


def test_there_is_one_for_each_role() -> None:
    assert set(BY_ID) == {
        f"consistent.{name}_name_in_parties"
        for name in ("supplier", "tenderer", "buyer", "procuring_entity", "payer", "payee")
    }


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_without_references_it_does_not_apply(check: ProcessCheck) -> None:
    assert outcome(check, parties=[{"id": "P1", "name": "Acme"}]) is None


def test_a_missing_name_and_an_id_of_two_named_parties_are_not_counted() -> None:
    parties = [{"id": "P1", "name": "Acme"}]
    assert outcome(PAYEE, parties=parties, contracts=paid({"id": "P1"})) is None
    assert outcome(PAYEE, parties=[{"id": "P1"}], contracts=paid({"id": "P1", "name": "Acme"})) is None
    assert outcome(PAYEE, parties=parties * 2, contracts=paid({"id": "P1", "name": "Acme"})) is None


def test_the_same_name_passes() -> None:
    parties = [{"id": 1, "name": "Acme"}, {"id": 1}]
    assert applied(outcome(PAYEE, parties=parties, contracts=paid({"id": "1", "name": "Acme"}))) == 1


def test_a_name_in_other_letters_fails_with_both() -> None:
    found = outcome(PAYEE, parties=[{"id": "P1", "name": "ACME"}], contracts=paid({"id": "P1", "name": "Acme"}))
    assert failed(found) == [("/contracts/0/implementation/transactions/0/payee/name", "Acme", "ACME")]
