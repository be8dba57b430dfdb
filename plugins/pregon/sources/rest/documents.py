"""What is found at a dotted path of a JSON document, and values as text."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

MISSING: Any = object()
"""Nothing is at the path; null is something."""


def found_at(document: Any, path: str) -> Any:
    """Give the value at a dotted path, `MISSING` where there is none.

    A member's whole name comes before its parts, since names may hold dots (`@odata.nextLink`). A number steps into an
    array, counted from 0.
    """
    if not path:
        return document
    if isinstance(document, Mapping):
        if path in document:
            return document[path]
        head, dot, rest = path.partition(".")
        while dot:
            if head in document and (found := found_at(document[head], rest)) is not MISSING:
                return found
            following, dot, rest = rest.partition(".")
            head = f"{head}.{following}"
    elif isinstance(document, Sequence) and not isinstance(document, str):
        head, _, rest = path.partition(".")
        if head.isdecimal() and int(head) < len(document):
            return found_at(document[int(head)], rest)
    return MISSING


def as_text(value: Any) -> str | None:
    """Write a value as text: numbers as the source wrote them, nested values as JSON, null as None."""
    if value is None or value is MISSING:
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_json(value)


def as_json(value: Any) -> str:
    """Write a value as JSON; numbers are texts of a class of their own, and stay as they are."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if type(value) is str else str(value)
    if isinstance(value, Mapping):
        members = (f"{json.dumps(name, ensure_ascii=False)}:{as_json(member)}" for name, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(as_json, value)) + "]"
    return json.dumps(value)


def kind_of(value: Any) -> str:
    """Name the JSON type of a value, as far as a column is concerned."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        return "array"
    return "text" if type(value) is str else "null" if value is None else "number"
