import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.party_unused import CHECK


def test_without_parties_it_does_not_apply() -> None:
    assert outcome(CHECK, parties=[], buyer={"id": "P1"}) is None


def test_a_party_that_was_withdrawn_is_not_asked_of() -> None:
    assert outcome(CHECK, parties=[{"id": "P1", "identifier": {"id": "1"}, "roles": []}]) is None


@pytest.mark.parametrize("role", ["buyer", "funder", "reviewBody", "enquirer", "a role of the city"])
def test_a_role_without_a_place_explains_itself(role: str) -> None:
    assert applied(outcome(CHECK, parties=[{"id": "P1", "name": "Acme", "roles": ["supplier", role]}])) == 1


def test_a_party_that_anything_refers_to_passes() -> None:
    parties = [{"id": 1, "name": "Acme", "roles": ["tenderer"]}]
    assert applied(outcome(CHECK, parties=parties, bids={"details": [{"tenderers": [{"id": "1"}]}]})) == 1
    assert applied(outcome(CHECK, parties=parties, buyer={"id": 1})) == 1


def test_a_party_that_nothing_refers_to_fails_with_its_roles() -> None:
    parties = [{"id": "P1", "name": "Acme", "roles": ["supplier", "payee"]}]
    found = outcome(CHECK, parties=parties, awards=[{"suppliers": [{"id": "P2"}, {}]}])
    assert failed(found) == [("/parties/0", "Acme", "supplier, payee")]


@pytest.mark.parametrize("roles", [{}, {"roles": []}, {"roles": [""]}, {"roles": "supplier"}])
def test_a_party_without_a_role_fails_even_if_something_refers_to_it(roles: dict[str, object]) -> None:
    found = outcome(CHECK, parties=[{"id": "P1", "name": "Acme", **roles}], buyer={"id": "P1"})
    assert failed(found) == [("/parties/0", "Acme", "–")]


def test_a_party_without_an_id_can_not_be_referred_to() -> None:
    found = outcome(CHECK, parties=[{"name": "Acme", "roles": ["payee"]}], buyer={"name": "Acme"})
    assert failed(found) == [("/parties/0", "Acme", "payee")]
