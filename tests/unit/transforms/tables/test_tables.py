"""No value is lost on the way from a compiled release to CSV, and none becomes a formula."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.tables import (
    Discovery,
    Flattener,
    TablePlan,
    UnplannedValue,
    csv_header,
    csv_lines,
    escape_formula,
    unescape_formula,
)

keys = st.sampled_from(["id", "title", "value", "items", "a/b", "~", "=x"])
scalars = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1),
    st.integers(-(2**53), 2**53),
    st.booleans(),
    st.none(),
)
objects = st.recursive(
    st.dictionaries(keys, scalars, max_size=4),
    lambda inner: st.dictionaries(
        keys, st.one_of(scalars, inner, st.lists(inner, max_size=3), st.lists(scalars, max_size=3)), max_size=4
    ),
    max_leaves=12,
)


def leaves(value: Any) -> int:
    """Count the cells that a value needs: plain values, and arrays that hold anything but objects."""
    if isinstance(value, dict):
        return sum(leaves(one) for one in value.values())
    if isinstance(value, list):
        if all(isinstance(one, dict) for one in value):
            return sum(leaves(one) for one in value)
        return 1
    return value is not None


def tables_of(documents: list[dict[str, Any]], plan: TablePlan | None = None) -> dict[str, list[dict[str, str]]]:
    if plan is None:
        discovery = Discovery()
        for document in documents:
            discovery.add(document)
        plan = TablePlan.from_leaves(discovery.leaves)
    flattener = Flattener(plan)
    for document in documents:
        flattener.add(document)
    texts = {number: "".join(csv_lines(taken)) for number, taken in flattener.take()}
    return {
        table.name: list(csv.DictReader(io.StringIO(csv_header(table).decode() + texts.get(number, ""), newline="")))
        for number, table in enumerate(plan.tables)
    }


@given(st.lists(objects, max_size=4))
def test_every_leaf_has_its_cell(found: list[dict[str, Any]]) -> None:
    documents = [{**one, "ocid": f"ocds-213czf-{number}"} for number, one in enumerate(found)]
    discovery = Discovery()
    for document in documents:
        discovery.add(document)
    plan = TablePlan.from_leaves(discovery.leaves)
    tables = tables_of(documents, plan)
    cells = sum(
        row[escape_formula(column.path)] != ""
        for table in plan.tables
        for row in tables[table.name]
        for column in table.columns
    )
    assert cells == sum(leaves(document) for document in documents)


@given(st.lists(objects, min_size=1, max_size=4))
def test_the_header_does_not_depend_on_the_order_of_documents(found: list[dict[str, Any]]) -> None:
    def plan(documents: list[dict[str, Any]]) -> TablePlan:
        discovery = Discovery()
        for document in documents:
            discovery.add(document)
        return TablePlan.from_leaves(discovery.leaves)

    assert plan(found) == plan(found[::-1])


@given(st.text())
def test_a_neutralised_text_can_be_given_back(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == text


@pytest.mark.parametrize("text", ["=1+1", "+1 555", "-2", "@SUM(A1)", "\tx", "\rx", "\n=x", "'=x", "''@"])
def test_no_text_is_a_formula(text: str) -> None:
    assert escape_formula(text) == "'" + text


@pytest.mark.parametrize("text", ["", "plain", "a=b", "'s-Hertogenbosch", "''", "５"])
def test_harmless_texts_stay(text: str) -> None:
    assert escape_formula(text) == text


def test_children_know_their_place_and_their_parents() -> None:
    tables = tables_of(
        [
            {
                "ocid": "ocds-213czf-1",
                "tag": ["compiled"],
                "contracts": [
                    {"id": "C0"},
                    {"id": "=C1", "implementation": {"transactions": [{"id": "T1", "value": {"amount": -5.5}}]}},
                ],
            }
        ]
    )
    assert tables["processes"] == [{"ocid": "ocds-213czf-1", "tag": "compiled"}]
    assert tables["contracts_implementation_transactions"] == [
        {
            "ocid": "ocds-213czf-1",
            "pointer": "/contracts/1/implementation/transactions/0",
            "contracts/id": "'=C1",
            "contracts/implementation/transactions/id": "T1",
            "contracts/implementation/transactions/value/amount": "-5.5",
        }
    ]


def test_several_values_in_a_cell_can_be_told_apart() -> None:
    tables = tables_of([{"ocid": "o", "roles": ["buyer", "a;b\\c"], "polygon": [[1.5, 2], [3, 4]], "flags": [True, 1]}])
    assert tables["processes"] == [
        {"ocid": "o", "roles": "buyer;a\\;b\\\\c", "polygon": "[[1.5,2],[3,4]]", "flags": "true;1"}
    ]


def test_columns_follow_the_order_of_the_standard() -> None:
    plan = TablePlan.from_paths(
        ["tender/value/amount", "tender/id", "date", "awards/suppliers/name", "awards/id", "zz", "tender/other"],
        {"awards", "awards/suppliers"},
        order=["ocid", "date", "tender", "tender/id", "tender/value", "awards", "awards/id"],
        types={"tender/value/amount": "number"},
    )
    assert [table.name for table in plan.tables] == ["processes", "awards", "awards_suppliers"]
    assert plan.tables[0].header == ("ocid", "date", "tender/id", "tender/value/amount", "tender/other", "zz")
    assert plan.tables[2].header == ("ocid", "pointer", "awards/id", "awards/suppliers/name")
    assert plan.tables[0].columns[3].type == "number"


def test_a_value_without_column_is_refused_as_a_whole() -> None:
    flattener = Flattener(TablePlan.from_paths(["ocid", "awards/id"], {"awards"}))
    with pytest.raises(UnplannedValue) as error:
        flattener.add({"ocid": "ocds-213czf-1", "awards": [{"id": "A1"}, {"id": "A2", "title": "x"}]})
    assert (error.value.ocid, error.value.key) == ("ocds-213czf-1", "title")
    assert list(flattener.take()) == []
    flattener.add({"ocid": "ocds-213czf-2", "awards": [{"id": "=A"}]})
    [(_, processes), (_, awards)] = flattener.take()
    assert (processes.rows, awards.rows) == ([["ocds-213czf-2"]], [["ocds-213czf-2", "/awards/0", "=A"]])
    assert awards.risky == [(0, 2)]


def test_names_of_tables_differ_even_without_regard_to_case() -> None:
    plan = TablePlan.from_leaves({(("a/b",), "a/b/x"), (("a_B",), "a_B/x"), (("processes",), "processes/x")})
    assert len({table.name.lower() for table in plan.tables}) == 4
