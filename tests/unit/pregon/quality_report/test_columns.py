"""A path leads back to the columns that fill it, under the names that the source system gives them."""

from typing import Any

import pytest
from unit.pregon.stages.town import MAPPING, TABLES, town

from pregon.quality_report.columns import MOST_COLUMNS, Columns
from transforms.mapping import read_mapping
from transforms.mapping.model import Mapping


def mapping(text: str = MAPPING) -> Mapping:
    return read_mapping(text, "mapping.yaml")


def columns(text: str = MAPPING, tables: Any = TABLES) -> Columns:
    return Columns(mapping(text), town(tables))


@pytest.mark.parametrize(
    ("path", "table", "expected"),
    [
        ("contracts/awardID", "contracts", ("contracts.award_no",)),
        ("tender/title", "", ("calls.title",)),
        ("tender/items/id", "lines", ("lines.line_no",)),
        ("contracts/id", "contracts", ("contracts.contract_no",)),
        ("ocid", "calls", ("calls.call_no",)),
        ("parties/id", "vendors", ("vendors.vendor_no",)),
        ("parties/name", "vendors", ("vendors.name",)),
        ("parties/details/classifications/id", "certificates", ("certificates.cert_no",)),
        ("awards/suppliers/id", "awards", ("awards.vendor_no",)),
        ("awards/suppliers/name", "vendors", ("vendors.name",)),
        ("contracts/implementation/transactions/value", "payments", ("payments.amount",)),
        ("tender/nothing", "calls", ()),
        ("", "", ()),
    ],
)
def test_a_path_has_the_columns_that_fill_it(path: str, table: str, expected: tuple[str, ...]) -> None:
    assert columns().of(path, table).columns == expected


def test_an_object_has_the_columns_of_what_lies_below_it() -> None:
    assert set(columns().of("contracts", "").columns) == {
        "contracts.award_no", "payments.amount", "contracts.contract_no", "payments.payment_no",
    }  # fmt: skip
    assert columns().of("contracts", "payments").columns == ("payments.amount", "payments.payment_no")


def test_of_an_object_with_dozens_some_are_named() -> None:
    assert len(columns().of("tender", "").columns) <= MOST_COLUMNS


def test_several_kinds_of_organizations_are_told_apart_by_the_table() -> None:
    two = (
        MAPPING
        + """\
  office:
    table: calls
    key: call_no
    id: "O-{call_no}"
    bindings: {name: {from: calls.title}}
    references: [{path: buyer, from: calls.call_no, role: buyer}]
"""
    )
    made = columns(two)
    assert made.of("parties/name", "").columns == ("vendors.name", "calls.title")
    assert made.of("parties/name", "calls").columns == ("calls.title",)
    assert made.of("buyer", "calls").columns == ("calls.call_no", "calls.title")


def test_a_constant_is_named_as_what_it_is() -> None:
    constant = MAPPING.replace("tender/title: {from: calls.title}", "tender/title: {value: Call}")
    assert columns(constant).of("tender/title", "calls") == ((), "Call")
    assert columns(constant).of("tender", "calls").constant is None


def test_the_source_system_has_its_own_names() -> None:
    named = {
        **TABLES,
        "calls": {"key": ["call_no"], "columns": {"call_no": {}, "state": {}, "title": {"from": "TITLE_TX"}}},
    }
    made = columns(tables=named)
    assert made.of("tender/title", "calls").columns == ("calls.TITLE_TX",)
    assert made.system("calls") == "books"
    assert made.system("prepared_only") == ""
