"""Values of the portal's JSON: exact texts, declared types, and what does not fit."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregon.sources.base import ColumnSpec, TableSpec
from pregon.sources.batches import Batch
from pregon.sources.exact import ExactNumber
from pregon.sources.socrata.values import canonical, page_batch


def batch(kind: str, declared: str, *values: Any) -> Batch:
    table = TableSpec("things", ("no",), {"no": ColumnSpec("no"), "value": ColumnSpec("field", declared)}, options={})
    rows = [
        {"no": str(number), **({} if value is None else {"field": value})} for number, value in enumerate(values, 1)
    ]
    return page_batch(table, rows, {"no": "text", "field": kind}, 11, {"id": "row-x", "rows": 10 + len(rows)})


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("text", "  as written ", "  as written "),
        ("number", "1.50", "1.50"),
        ("number", ExactNumber("1.50"), "1.50"),
        ("money", "0.000000", "0.000000"),
        ("percent", "12.5", "12.5"),
        ("calendar_date", "2014-10-13T00:00:00.000", "2014-10-13T00:00:00.000"),
        ("checkbox", True, "true"),
        ("checkbox", False, "false"),
        ("url", {"url": "https://a.example/1.pdf", "description": "Contract"}, "https://a.example/1.pdf"),
        ("url", {"description": "Contract"}, '{"description":"Contract"}'),
        ("url", "https://a.example", "https://a.example"),
        ("location", {"longitude": "1.0", "latitude": "2"}, '{"latitude":"2","longitude":"1.0"}'),
        ("point", {"type": "Point", "coordinates": [ExactNumber("-87.60"), ExactNumber("41")]},
         '{"coordinates":[-87.60,41],"type":"Point"}'),
        ("date", ExactNumber("1413158400"), "1413158400"),
        ("text", None, None),
        ("text", ["b", "a"], '["b","a"]'),
    ],
)  # fmt: skip
def test_a_text_is_what_the_source_wrote(kind: str, value: Any, text: str | None) -> None:
    assert batch(kind, "text", value).data.column("value").to_pylist() == [text]


@pytest.mark.parametrize(
    ("kind", "declared", "value", "typed"),
    [
        ("number", "decimal", "12345678901234567.89", Decimal("12345678901234567.89")),
        ("money", "decimal", "-136000000.00", Decimal("-136000000")),
        ("number", "integer", "2870993010534", 2870993010534),
        ("calendar_date", "date", "2014-10-13T00:00:00.000", date(2014, 10, 13)),
        ("calendar_date", "timestamp", "2014-10-13T08:30:00.000", datetime(2014, 10, 13, 8, 30)),  # noqa: DTZ001
        ("fixed_timestamp", "timestamptz", "2014-10-13T08:30:00.125Z", datetime(2014, 10, 13, 8, 30, 0, 125_000, UTC)),
        ("date", "timestamptz", ExactNumber("1413158400"), datetime(2014, 10, 13, tzinfo=UTC)),
        ("date", "timestamp", ExactNumber("1413158400"), datetime(2014, 10, 13)),  # noqa: DTZ001
        ("date", "date", "1413158400", date(2014, 10, 13)),
        ("checkbox", "boolean", True, True),
        ("checkbox", "boolean", None, None),
    ],
)
def test_values_get_their_declared_type(kind: str, declared: str, value: Any, typed: Any) -> None:
    (found,) = batch(kind, declared, value).data.column("value").to_pylist()

    assert found == typed
    assert type(found) is type(typed)


@pytest.mark.parametrize(
    ("kind", "declared", "value"),
    [
        ("text", "decimal", "about 100"),
        ("money", "decimal", "$1,234.56"),
        ("calendar_date", "date", "2014-10-13T08:30:00.000"),
        ("calendar_date", "timestamptz", "2014-10-13T08:30:00.000"),
        ("date", "timestamptz", ExactNumber("14131584000000000")),
        ("url", "integer", {"url": "https://a.example"}),
    ],
)
def test_a_row_with_a_value_that_does_not_fit_is_rejected_with_its_text(kind: str, declared: str, value: Any) -> None:
    found = batch(kind, declared, None, value, None)

    assert found.data.column("no").to_pylist() == ["1", "3"]
    assert found.positions.to_pylist() == [11, 13]
    (reject,) = found.rejects
    assert reject.position == 12
    assert reject.reason == "cast_failure"
    assert f"is not {declared}" in reject.detail
    assert orjson.loads(reject.raw) == {"no": "2", "value": value}
    assert found.unfit is not None
    assert found.unfit.column("no").to_pylist() == ["2"]


def test_a_batch_says_where_to_go_on() -> None:
    assert batch("text", "text", "a", "b").after == {"id": "row-x", "rows": 12}


VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers().map(lambda number: ExactNumber(str(number))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_nested_values_have_one_text_whatever_the_order_of_their_members(value: dict[str, Any]) -> None:
    turned = dict(reversed(list(value.items())))

    assert canonical(turned) == canonical(value)


@given(VALUES)
def test_nested_values_can_be_read_again(value: Any) -> None:
    def plain(part: Any) -> Any:
        if isinstance(part, ExactNumber):
            return int(part)
        if isinstance(part, dict):
            return {name: plain(member) for name, member in part.items()}
        return [plain(member) for member in part] if isinstance(part, list) else part

    assert json.loads(canonical(value)) == plain(value)
