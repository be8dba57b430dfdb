import pytest
from checked_process import applied, failed, outcome

from expectations.checks.model import ProcessCheck
from expectations.checks.process.role_in_parties_roles import CHECKS

BY_ID = {check.id: check for check in CHECKS}
SUPPLIER = BY_ID["consistent.supplier_in_parties_roles"]
AWARDS = [{"id": "A1", "suppliers": [{"id": "P1", "name": "Acme"}]}]


def test_there_is_one_for_each_role() -> None:
    assert set(BY_ID) == {
        f"consistent.{name}_in_parties_roles"
        for name in ("supplier", "tenderer", "buyer", "procuring_entity", "payer", "payee")
    }


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_without_references_it_does_not_apply(check: ProcessCheck) -> None:
    assert outcome(check, parties=[{"id": "P1", "roles": ["supplier"]}]) is None


def test_references_that_lead_nowhere_or_to_two_parties_are_not_counted() -> None:
    assert outcome(SUPPLIER, parties=[{"id": "P2"}], awards=AWARDS) is None
    assert outcome(SUPPLIER, parties=[{"id": "P1"}, {"id": "P1"}], awards=AWARDS) is None


def test_a_party_with_the_role_passes_and_ids_are_compared_as_text() -> None:
    parties = [{"id": 1, "name": "Acme", "roles": ["buyer", "supplier"]}]
    assert applied(outcome(SUPPLIER, parties=parties, awards=[{"suppliers": [{"id": "1"}]}])) == 1


def test_the_code_of_the_role_of_a_procuring_entity_is_in_camel_case() -> None:
    check = BY_ID["consistent.procuring_entity_in_parties_roles"]
    tender = {"procuringEntity": {"id": "P1"}}
    assert applied(outcome(check, parties=[{"id": "P1", "roles": ["procuringEntity"]}], tender=tender)) == 1
    assert failed(outcome(check, parties=[{"id": "P1", "roles": ["procuring_entity"]}], tender=tender))


@pytest.mark.parametrize(
    ("party", "roles"),
    [({"roles": ["tenderer", "payee"]}, "tenderer, payee"), ({"roles": []}, "–"), ({"name": "Acme"}, "–")],
)
def test_a_party_without_the_role_fails_with_the_roles_it_has(party: dict[str, object], roles: str) -> None:
    found = outcome(SUPPLIER, parties=[{"id": "P1", **party}], awards=AWARDS)
    assert failed(found) == [("/awards/0/suppliers/0/id", "P1", roles)]


def test_an_organization_of_which_only_ids_are_left_is_not_asked_of() -> None:
    shell = {"id": "P1", "address": {}, "additionalIdentifiers": []}
    assert outcome(SUPPLIER, parties=[shell], awards=[{"suppliers": [{"id": "P1"}]}]) is None
    assert failed(outcome(SUPPLIER, parties=[shell], awards=AWARDS)), "it is still named as a supplier"
