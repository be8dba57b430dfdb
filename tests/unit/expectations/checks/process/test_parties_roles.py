from checked_process import applied, failed, outcome

from expectations.checks.process.parties_roles import CHECK


def test_without_roles_to_ask_of_it_does_not_apply() -> None:
    assert outcome(CHECK, parties=[{"id": "P1"}, {"id": "P2", "roles": ["buyer", "funder"]}]) is None
    assert outcome(CHECK, parties=[{"roles": ["supplier"]}]) is None


def test_roles_in_which_the_process_refers_to_a_party_pass() -> None:
    found = outcome(
        CHECK,
        parties=[
            {"id": 1, "roles": ["procuringEntity", "payer"]},
            {"id": "2", "roles": ["tenderer", "supplier", "payee"]},
        ],
        tender={"procuringEntity": {"id": "1"}, "tenderers": [{"id": 2}]},
        awards=[{"suppliers": [{"id": "2"}]}],
        contracts=[{"implementation": {"transactions": [{"payer": {"id": "1"}, "payee": {"id": "2"}}]}}],
    )
    assert applied(found) == 5


def test_a_role_that_a_party_has_in_vain_fails_with_role_and_party() -> None:
    found = outcome(
        CHECK, parties=[{"id": "P1", "roles": ["supplier", "payee"]}], awards=[{"suppliers": [{"id": "P1"}]}]
    )
    assert failed(found) == [("/parties/0/roles/1", "payee", "P1")]


def test_bids_do_not_replace_the_tenderers_of_the_tender() -> None:
    found = outcome(
        CHECK, parties=[{"id": "P1", "roles": ["tenderer"]}], bids={"details": [{"tenderers": [{"id": "P1"}]}]}
    )
    assert failed(found) == [("/parties/0/roles/0", "tenderer", "P1")]
