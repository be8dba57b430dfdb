"""Of a value or row that is held back, the lines of the mapping that it concerns are named."""

from made_up_city import MAPPING

from pregon.quarantine.showing import bindings_of
from transforms.mapping.model import read_mapping

FOUND = read_mapping(MAPPING, "cities/hamlet/mapping.yaml")


def _lines(table: str, path: str | None) -> list[str]:
    return [line.removeprefix("cities/hamlet/mapping.yaml:") for line in bindings_of(FOUND, table, path)]


def test_a_value_is_that_of_its_binding_with_its_code_list() -> None:
    assert _lines("tenders", "tender/status") == ["5: bindings.tender/status: from: tenders.status, codelist: status"]


def test_an_object_is_made_by_all_bindings_below_it() -> None:
    assert [line.partition(": ")[2].partition(":")[0] for line in _lines("tenders", "tender/value")] == [
        "bindings.tender/value/amount", "bindings.tender/value/currency"
    ]  # fmt: skip


def test_a_constant_is_named_as_such() -> None:
    (line,) = _lines("tenders", "tender/value/currency")
    assert line.endswith("value: 'USD'")


def test_an_organization_is_made_by_its_declaration() -> None:
    assert any("parties.firm.bindings.name: from: firms.name" in line for line in _lines("firms", "parties/name"))
    assert any("from: awards.firm" in line for line in _lines("awards", "awards/suppliers/id"))


def test_a_row_without_a_path_is_placed_by_its_table() -> None:
    (line,) = _lines("documents", None)
    assert line.endswith("array: tender/documents, on: number = tenders.number, id: document")
    (line,) = _lines("tenders", None)
    assert line.endswith("number, ocid: {number}")
    assert _lines("firms", None) == []
