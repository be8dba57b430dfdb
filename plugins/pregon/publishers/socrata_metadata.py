"""What a dataset of a Socrata portal says of itself, and what of it has to be changed."""

from collections.abc import Mapping
from typing import Any


def metadata_changes(
    view: Mapping[str, Any], wanted: Mapping[str, Any], custom_fields: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Give what has to be written to `/api/views`: only what differs from what a dataset says.

    Custom fields are by set and name, as the portal's administrators made them; those that are not named stay.
    """
    changes = {name: value for name, value in wanted.items() if not _same(name, view.get(name), value)}
    if not custom_fields:
        return changes
    metadata = dict(view.get("metadata") or {})
    there = dict(metadata.get("custom_fields") or {})
    merged = {**there, **{name: {**(there.get(name) or {}), **fields} for name, fields in custom_fields.items()}}
    if merged != there:
        changes["metadata"] = {**metadata, "custom_fields": merged}
    return changes


def _same(name: str, there: Any, wanted: Any) -> bool:
    if name == "tags":  # the portal keeps them in small letters, in an order of its own
        return sorted(str(one).lower() for one in there or []) == sorted(wanted)
    return bool(there == wanted)
