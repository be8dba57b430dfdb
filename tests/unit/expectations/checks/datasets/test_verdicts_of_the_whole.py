"""Order of rows changes no verdict, and what fails by design says so."""

from asked_facts import asking
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.checks.datasets import buyer_repetition, ocid_case, party_duplicates
from expectations.checks.model import Setting
from expectations.summary import summarize


def _process(number: int) -> dict[str, object]:
    name = ("Peña, S.A. de C.V.", "PENA SA DE CV")[number % 2]
    return {"ocid": f"ocds-1-{number}", "buyer": {"id": "B"}, "parties": [{"id": str(number % 2), "name": name}]}


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(8)))
def test_the_order_of_processes_changes_nothing(order: list[int]) -> None:
    documents = [_process(number) for number in range(8)]
    shuffled = [documents[number] for number in order]

    assert summarize(asking(shuffled, shuffled), []) == summarize(asking(documents, documents), [])


def test_names_that_differ_in_spelling_and_legal_form_are_candidates() -> None:
    found = party_duplicates.CHECK.run(asking([_process(1), _process(2)]), Setting())

    assert not found.passed
    assert len(found.examples) == 1


def test_a_single_buyer_fails_by_design() -> None:
    found = buyer_repetition.CHECK.run(asking([_process(number) for number in range(1000)]), Setting())

    assert not found.passed
    assert found.by_design


def test_ocids_that_differ_in_case_fail() -> None:
    assert not ocid_case.CHECK.run(asking([{"ocid": "ocds-1-a"}, {"ocid": "ocds-1-A"}]), Setting()).passed
