from asked_facts import asking

from expectations.checks.datasets.party_pairs import CHECK
from expectations.checks.model import Setting


def process(ocid: str, identifier: str, name: str) -> dict[str, object]:
    return {"ocid": ocid, "parties": [{"id": identifier, "name": name}]}


def test_without_ids_and_names_it_does_not_apply() -> None:
    assert CHECK.run(asking([{"ocid": "1", "parties": [{"id": "1"}]}]), Setting()).applied == 0


def test_names_that_differ_in_spelling_only_pass_and_are_counted() -> None:
    found = CHECK.run(asking([process("1", "7", "Oak Ltd"), process("2", "7", "OAK LTD.")]), Setting())

    assert found.passed
    assert found.figures["spelling_only"] == 1


def test_an_id_of_two_organizations_fails_with_both_names() -> None:
    found = CHECK.run(asking([process("1", "7", "Oak"), process("2", "7", "Elm"), process("3", "7", "Elm")]), Setting())

    assert not found.passed
    assert found.figures["several_names"] == 1
    assert found.examples == ["7: Elm (2) / Oak (1)"]
