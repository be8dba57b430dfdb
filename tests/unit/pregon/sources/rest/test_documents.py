"""Values are found by dotted paths, and become text without losing a digit."""

from typing import Any

import pytest

from pregon.sources.exact import exact_json
from pregon.sources.rest.documents import MISSING, as_text, found_at, kind_of
from pregon.sources.rest.rows import observed

DOCUMENT = {
    "buyer": {"name": "Works", "address": None},
    "@odata.count": 5,
    "a.b": {"c.d": 1},
    "suppliers": [{"name": "First"}, {"name": "Second"}],
    "x": {"y": 1},
    "x.y": 2,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", DOCUMENT),
        ("buyer.name", "Works"),
        ("buyer.address", None),
        ("buyer.address.city", MISSING),
        ("buyer.names", MISSING),
        ("@odata.count", 5),
        ("a.b.c.d", 1),
        ("suppliers.1.name", "Second"),
        ("suppliers.2.name", MISSING),
        ("suppliers.name", MISSING),
        ("buyer.name.0", MISSING),
        ("x.y", 2),
    ],
)
def test_a_path_leads_to_a_value_or_to_none(path: str, value: Any) -> None:
    assert found_at(DOCUMENT, path) is value or found_at(DOCUMENT, path) == value


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('"a"', "a"),
        ("1.50", "1.50"),
        ("12345678901234567890.123", "12345678901234567890.123"),
        ("1E+2", "1E+2"),
        ("true", "true"),
        ("null", None),
        ('{"a": [1.0, "1.0", null, true], "é": {}}', '{"a":[1.0,"1.0",null,true],"é":{}}'),
    ],
)
def test_values_keep_the_text_of_the_source(source: str, text: str | None) -> None:
    assert as_text(exact_json(source.encode())) == text


def test_kinds_are_those_of_json() -> None:
    kinds = [kind_of(exact_json(text.encode())) for text in ('"1"', "1", "true", "null", "[]", "{}")]
    assert kinds == ["text", "number", "boolean", "null", "array", "object"]


def test_what_is_not_known_of_a_column_is_not_said_and_what_was_known_stands() -> None:
    rows = exact_json(b'[{"a": 1, "b": null, "c": "x", "d": 1}, {"a": 2, "b": null, "c": 1, "d": null}]')
    assert observed(rows, {}) == {"a": "number", "d": "number"}
    assert observed(rows, {"b": "text", "c": "text"}) == {"a": "number", "b": "text", "c": "text", "d": "number"}
    assert observed(exact_json(b'[{"a": 1}, {"b": 1}]'), {}) == {}
    assert observed([], {"a": "text"}) == {}
