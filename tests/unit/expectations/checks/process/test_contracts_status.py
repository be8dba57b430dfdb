import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.contracts_status import CHECK

PAID = {"transactions": [{"id": "T1", "date": "2026-01-01"}, {"id": "T2", "value": {"amount": 5}}]}


def test_of_other_statuses_it_is_not_asked() -> None:
    assert outcome(CHECK, contracts=[{"status": "active", "implementation": PAID}, {"implementation": PAID}]) is None


@pytest.mark.parametrize("status", ["pending", "cancelled"])
def test_an_unsigned_contract_passes_unpaid_and_fails_paid(status: str) -> None:
    contracts = [{"status": status}, {"status": status, "implementation": {"transactions": []}}]
    assert applied(outcome(CHECK, contracts=contracts)) == 2
    found = outcome(CHECK, contracts=[{"id": "C1"}, {"status": status, "implementation": PAID}])
    assert failed(found) == [("/contracts/1/status", status, "2")]


def test_payments_of_which_only_ids_are_left_are_none() -> None:
    implementation = {"transactions": [{"id": "T1", "value": {}, "payee": {"id": "P1"}}]}
    assert applied(outcome(CHECK, contracts=[{"status": "cancelled", "implementation": implementation}])) == 1
