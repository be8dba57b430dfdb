"""A mapping that can't be read is refused with file, line, key and the nearest right name."""

import pytest
from unit.transforms.mapping.lamps import MAPPING, text

from transforms.mapping import InvalidMapping, read_mapping
from transforms.mapping.model import placeholders


def problems(source: str) -> list[str]:
    with pytest.raises(InvalidMapping) as refused:
        read_mapping(source, "cities/lampton/mapping.yaml")
    assert str(refused.value) == "\n".join(refused.value.problems)
    return refused.value.problems


def test_a_mapping_is_read_as_it_is_written() -> None:
    mapping = read_mapping(text(), "mapping.yaml")
    assert mapping.process.key == "call_no"
    assert mapping.bindings["tender/title"].table == "calls"
    assert mapping.bindings["tender/title"].column == "title"
    assert mapping.bindings["tender/value/currency"].value == "USD"
    assert mapping.bindings["tender/value/currency"].table is None
    assert mapping.bindings["tender/value/currency"].column is None
    assert mapping.tables["lines"].on == {"call_no": "call_no"}
    assert list(mapping.tables) == list(MAPPING["tables"])
    assert [reference.role for reference in mapping.parties["vendor"].references] == ["tenderer", "supplier", "payee"]


def test_on_may_name_one_column_several_or_a_pair() -> None:
    given = {"one": "a", "several": ["a", "b"], "pair": {"a": "b"}}
    source = "process: {table: t, key: k, ocid: '{k}'}\nbindings: {}\ntables:\n" + "".join(
        f"  {name}: {{parent: t, on: {value}}}\n" for name, value in given.items()
    )
    mapping = read_mapping(source, "mapping.yaml")
    assert {name: child.on for name, child in mapping.tables.items()} == {
        "one": {"a": "a"},
        "several": {"a": "a", "b": "b"},
        "pair": {"a": "b"},
    }


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"bindings.tender/title": {"form": "calls.title"}},
            "tender/title.form: is not a known key; did you mean 'from'?",
        ),
        ({"bindings.tender/title": {}}, "tender/title: give either from: table.column or value: a constant"),
        ({"bindings.tender/title": {"from": "calls.title", "value": "x"}}, "give either from"),
        ({"bindings.tender/title": {"from": "title"}}, "'title': name a column as table.column"),
        ({"bindings.tender/title": {"from": "Calls.Title"}}, "name a column as table.column"),
        ({"bindings.tender/title": {"value": "x", "codelist": "c"}}, "codelist, time and split go with from:"),
        ({"bindings.tender/title": {"from": "calls.title", "split": ""}}, "tender/title.split"),
        ({"bindings.tender/title": {"from": "calls.title", "time": "noon"}}, "tender/title.time"),
        ({"process.ocid": "fixed"}, "process: ocid: needs at least one {column}"),
        ({"process.key": None}, "process.key: is missing"),
        ({"parties.vendor.id": "V"}, "parties.vendor: id: needs at least one {column}"),
        ({"parties.vendor.references": []}, "parties.vendor.references"),
        ({"tables.lines.on": {}}, "tables.lines.on"),
        ({"tabels": {}}, "tabels: is not a known key; did you mean 'tables'?"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, object], problem: str) -> None:
    found = problems(text(changes))
    assert any(problem in line for line in found)
    assert all(line.startswith("cities/lampton/mapping.yaml:") for line in found)


def test_each_problem_names_its_line() -> None:
    source = (
        "process:\n  table: t\n  key: k\n  ocid: x\nbindings:\n  a/b:\n    form: t.k\n  c: {value: 1, split: ';'}\n"
    )
    assert [line.split(": ")[0] for line in problems(source)] == [
        "cities/lampton/mapping.yaml:1",
        "cities/lampton/mapping.yaml:7",
        "cities/lampton/mapping.yaml:8",
    ]


@pytest.mark.parametrize(
    ("source", "line"),
    [("", 1), ("- a list", 1), ("process: {\n", 2), ("bindings:\n  a: {value: 1}\n  a: {value: 2}\n", 3)],
)
def test_what_is_no_mapping_at_all_is_refused(source: str, line: int) -> None:
    assert problems(source)[0].startswith(f"cities/lampton/mapping.yaml:{line}: ")


def test_placeholders_are_column_names_in_braces() -> None:
    assert placeholders("V-{vendor_no}-{_row} {Not this} {}") == ["vendor_no", "_row"]
