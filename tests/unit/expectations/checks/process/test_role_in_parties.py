from typing import Any

import pytest
from checked_process import applied, failed, outcome

from expectations.checks.model import ProcessCheck
from expectations.checks.process.role_in_parties import CHECKS

BY_ID = {check.id: check for check in CHECKS}
BUYER = BY_ID["reference.buyer_in_parties"]

Reference = dict[str, Any]


def referring(name: str, reference: Any) -> dict[str, Any]:
    """A process that refers to an organization in one role."""
    match name:
        case "supplier":
            return {"awards": [{"suppliers": [reference]}]}
        case "tenderer":
            return {"tender": {"tenderers": [reference]}}
        case "buyer":
            return {"buyer": reference}
        case "procuring_entity":
            return {"tender": {"procuringEntity": reference}}
    return {"contracts": [{"implementation": {"transactions": [{name: reference}]}}]}


POINTERS = {
    "supplier": "/awards/0/suppliers/0/id", "tenderer": "/tender/tenderers/0/id", "buyer": "/buyer/id",
    "procuring_entity": "/tender/procuringEntity/id",
    "payer": "/contracts/0/implementation/transactions/0/payer/id",
    "payee": "/contracts/0/implementation/transactions/0/payee/id",
}  # fmt: skip


def test_there_is_one_for_each_role() -> None:
    assert set(BY_ID) == {f"reference.{name}_in_parties" for name in POINTERS}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_without_references_it_does_not_apply(check: ProcessCheck) -> None:
    assert outcome(check, parties=[{"id": "P1"}], tender={"tenderers": []}, awards=[{"id": "A1"}]) is None


@pytest.mark.parametrize("name", POINTERS)
def test_a_reference_to_exactly_one_party_passes(name: str) -> None:
    check = BY_ID[f"reference.{name}_in_parties"]
    assert applied(outcome(check, parties=[{"id": "P1"}, {"id": "P2"}], **referring(name, {"id": "P1"}))) == 1


@pytest.mark.parametrize("name", POINTERS)
def test_a_reference_to_no_party_fails_with_its_place(name: str) -> None:
    check = BY_ID[f"reference.{name}_in_parties"]
    found = outcome(check, parties=[{"id": "P1"}], **referring(name, {"id": "P9"}))
    assert failed(found) == [(POINTERS[name], "P9", "0")]


def test_an_id_of_two_parties_fails() -> None:
    assert failed(outcome(BUYER, parties=[{"id": "P1"}, {"id": "P1"}], buyer={"id": "P1"})) == [
        ("/buyer/id", "P1", "2")
    ]


def test_an_id_of_another_type_fails() -> None:
    assert failed(outcome(BUYER, parties=[{"id": "1"}], buyer={"id": 1})) == [("/buyer/id", "1", "0")]


def test_a_number_is_the_same_however_it_is_written() -> None:
    assert applied(outcome(BUYER, parties=[{"id": 1}], buyer={"id": 1.0})) == 1


@pytest.mark.parametrize("reference", [{}, {"id": None}, {"id": True}, {"id": ["P1"]}])
def test_a_reference_without_an_id_fails(reference: Reference) -> None:
    found = outcome(BUYER, parties=[{"id": "P1"}, {"id": None}, {"id": 1}], buyer=reference)
    assert [pointer for pointer, _, _ in failed(found)] == ["/buyer/id"]
