"""The order of processes changes no verdict and no figure."""

from asked_facts import asking
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.summary import summarize


def _process(number: int) -> dict[str, object]:
    name = ("Peña, S.A. de C.V.", "PENA SA DE CV")[number % 2]
    return {"ocid": f"ocds-1-{number}", "buyer": {"id": "B"}, "parties": [{"id": str(number % 2), "name": name}]}


@settings(max_examples=5)
@given(st.permutations(range(8)))
def test_the_order_of_processes_changes_nothing(order: list[int]) -> None:
    documents = [_process(number) for number in range(8)]
    shuffled = [documents[number] for number in order]

    assert summarize(asking(shuffled, shuffled), []) == summarize(asking(documents, documents), [])
