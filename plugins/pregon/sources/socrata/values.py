"""From the portal's JSON (https://dev.socrata.com/docs/datatypes/) to typed rows."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pregon.sources.base import TableSpec
from pregon.sources.batches import Batch, raw_text
from pregon.sources.casting import typed_batch
from pregon.sources.exact import ExactNumber

_SECONDS = re.compile(r"-?\d{1,11}\Z")


def page_batch(
    table: TableSpec,
    rows: Sequence[Mapping[str, Any]],
    types: Mapping[str, str],
    first: int,
    after: Mapping[str, Any] | None,
) -> Batch:
    """Give a page as a batch; rows with a value that does not fit its declared type are rejected.

    Args:
        table: the table.
        rows: field → value as the portal wrote it; a key that is absent is null.
        types: field → type in the portal's words.
        first: record number of the first row.
        after: where reading goes on once the batch is safe.
    """
    declared = table.types
    wanted = table.read_columns
    columns = {
        ours: _column([row.get(theirs) for row in rows], types.get(theirs, ""), declared[ours])
        for ours, theirs in wanted.items()
    }

    def raw(index: int) -> str:
        return raw_text({ours: rows[index].get(theirs) for ours, theirs in wanted.items()})

    return typed_batch(table, columns, first, raw, after=after)


def _column(values: list[Any], kind: str, declared: str) -> list[Any]:
    if kind != "date" and set(map(type, values)) <= {str, type(None)}:
        return values  # nearly all columns, and casting takes them as they are
    return [_value(value, kind, declared) for value in values]


def _value(value: Any, kind: str, declared: str) -> Any:
    """Give a value as casting takes it: texts and numbers exactly as written."""
    if isinstance(value, dict):
        # A link is its address; what it was called is not kept.
        address = value.get("url") if kind == "url" else None
        return address if isinstance(address, str) else canonical(value)
    if isinstance(value, list):
        return canonical(value)
    if kind == "date" and declared in ("date", "timestamp", "timestamptz") and isinstance(value, str):
        return _moment(value, declared)
    # Numbers come as a kind of text of their own; casting knows plain texts.
    return str(value) if isinstance(value, str) else value


def _moment(value: str, declared: str) -> Any:
    """Read the old type `date`, which is written as seconds since 1970, in UTC."""
    if not _SECONDS.match(value):
        return value
    moment = datetime.fromtimestamp(int(value), UTC)
    return moment if declared == "timestamptz" else moment.replace(tzinfo=None)


def canonical(value: Any) -> str:
    """Write a nested value as JSON text that is the same for the same value: members by name, numbers as they were."""
    if isinstance(value, dict):
        members = (f"{json.dumps(name, ensure_ascii=False)}:{canonical(value[name])}" for name in sorted(value))
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, ExactNumber):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
