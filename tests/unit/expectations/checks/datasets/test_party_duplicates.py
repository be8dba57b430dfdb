from asked_facts import asking

from expectations.checks.datasets.party_duplicates import CHECK
from expectations.checks.model import Setting


def process(ocid: str, *parties: tuple[str, str]) -> dict[str, object]:
    return {"ocid": ocid, "parties": [{"id": identifier, "name": name} for identifier, name in parties]}


def test_without_ids_and_names_it_does_not_apply() -> None:
    assert CHECK.run(asking([{"ocid": "1", "parties": [{"id": "1"}, {"name": "Oak"}]}]), Setting()).applied == 0


def test_one_id_a_name_passes() -> None:
    found = CHECK.run(asking([process("1", ("1", "Oak Ltd"), ("2", "Elm Ltd")), process("2", ("1", "OAK"))]), Setting())

    assert found.passed
    assert found.figures["names"] == 2


def test_names_that_differ_in_spelling_and_legal_form_are_candidates() -> None:
    publication = [
        process("1", ("7", "Peña, S.A. de C.V.")),
        *(process(ocid, ("8", "PENA SA DE CV")) for ocid in ("2", "3")),
    ]

    found = CHECK.run(asking(publication), Setting())

    assert not found.passed
    assert found.figures == {"names": 1, "several_ids": 1, "several_ids_share": 1.0, "ids_of_these": 2}
    assert found.examples == ["8 = 7: PENA SA DE CV (2) / Peña, S.A. de C.V. (1)"]
