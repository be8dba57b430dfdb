"""Made-up documents with a value at each path of a schema, and ways to spoil them."""

import copy
from collections.abc import Iterator
from typing import Any

Steps = tuple[str | int, ...]

DELETE = object()
CHANGES: list[Any] = [DELETE, None, "", "no such code", 7, -1.5, True, [], {}, [None], "2026-01-01", [{"id": 1}]]


def example(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """A valid document with a value at each path of a schema whose references, if any, are local."""
    root = root or schema
    if "$ref" in schema:
        return example(root["definitions"][schema["$ref"].rpartition("/")[2]], root)
    if "enum" in schema:
        return schema["enum"][0]
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    if "properties" in schema or kinds[0] == "object":
        return {name: example(field, root) for name, field in schema.get("properties", {}).items()}
    if kinds[0] == "array":
        return [example(schema["items"], root)]
    texts = {"date-time": "2026-01-01T00:00:00Z", "uri": "https://data.example/1"}
    values = {"string": texts.get(schema.get("format", ""), "A1"), "integer": 1, "number": 0.5, "boolean": True}
    return values[kinds[0]]


def positions(node: Any, path: Steps = ()) -> Iterator[Steps]:
    """Steps to each value below a document."""
    entries = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in entries:
        yield (*path, step)
        yield from positions(value, (*path, step))


def apply(document: Any, place: Steps, change: Any) -> None:
    holder = document
    for step in place[:-1]:
        holder = holder[step]
    if change is DELETE:
        del holder[place[-1]]
    else:
        holder[place[-1]] = copy.deepcopy(change)


class changed:  # noqa: N801 - reads as a verb phrase
    """Change a document for the length of a block; copying it each time would take most of the test."""

    def __init__(self, document: Any, place: Steps, change: Any) -> None:
        self.holder, self.step, self.change = document, place[-1], change
        for step in place[:-1]:
            self.holder = self.holder[step]

    def __enter__(self) -> None:
        self.before = copy.copy(self.holder)
        apply(self.holder, (self.step,), self.change)

    def __exit__(self, *_: object) -> None:
        if isinstance(self.holder, dict):
            self.holder.clear()
            self.holder.update(self.before)
        else:
            self.holder[:] = self.before
