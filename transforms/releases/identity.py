"""One form of bytes per content, and the release ids made from it.

The same content always gives the same bytes, whatever the order of keys, the white space or the way a number was
written, so that ids and hashes change exactly when content changes (`reference/ocds.md` I-4, I-5).

>>> canonical({"b": 1.0, "a": "1.0"}) == canonical({"a": "1.0", "b": 1})
True
"""

import hashlib
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

import orjson

from transforms.releases.errors import NotJson

# Beyond 2**53 a double no longer stands for one integer, so a float there is not rewritten as one.
_EXACT = 2**53
# Keys of a release that say what it is, not what it tells; all other keys are its sections.
_HEAD = ("tag", "initiationType", "language")
_NAMED = ("ocid", "id", "date")

# Four searches, because a literal at the start makes each ten times as fast as one pattern of four branches.
_integral_float = re.compile(rb"\.0(?:[,}\]]|$)").search
_null = re.compile(rb"null").search
_empty_object = re.compile(rb"\{\}").search
_empty_array = re.compile(rb"\[\]").search


def canonical(value: Any) -> bytes:
    """Return the canonical JSON bytes of `value`: keys sorted, integral numbers without fraction, strings exactly.

    Raises NotJson for values JSON can't hold.
    """
    raw = _dump(value)
    return _dump(_plain_numbers(value)) if _integral_float(raw) else raw


def canonical_state(state: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the state as it is published, and its canonical bytes.

    Integral floats become integers; empty objects, empty arrays and nulls are left out, since the standard gives a
    field without value no key (`reference/ocds.md` 1.5). The state itself is not changed; it is returned as it is
    where there is nothing to mend, which is the usual case and costs one serialization.
    Raises NotJson for values JSON can't hold.
    """
    raw = _dump(state)
    # These tests read bytes, so text such as "null" costs a walk through the state but changes nothing.
    if _null(raw) or _empty_object(raw) or _empty_array(raw) or _integral_float(raw):
        state = _tidy(state) or {}
        raw = _dump(state)
    return state, raw


def content_hash(value: Any) -> str:
    """SHA-256 (hex) of the canonical bytes of `value`."""
    return hashlib.sha256(canonical(value)).hexdigest()


def bytes_hash(raw: bytes) -> str:
    """SHA-256 (hex) of canonical bytes made before."""
    return hashlib.sha256(raw).hexdigest()


def release_id(
    ocid: str, previous_release_id: str | None, body: Mapping[str, Any], *, sections: str | None = None
) -> str:
    """Id of the release with this `body` that follows `previous_release_id` (None: the first) in the process `ocid`.

    32 hexadecimal digits: the first half of a SHA-256 over ocid, previous id, tag, initiationType, language and the
    hash of the canonical sections (a release; its id and date are left out). The chain through the previous id gives a
    value that changes back a release of its own. Ids need to differ only within one ocid; even across 10⁹ releases 128
    bits make a collision less likely than 10⁻²⁰, and the ledger's unique constraint would refuse it. Hexadecimal digits
    hold no `#` (I-4), and an ocid, which starts with `ocds-`, can't be part of one.

    `sections` is the content hash of the body without ocid, id, date, tag, initiationType and language, where it is
    known.
    """
    if sections is None:
        sections = content_hash({key: value for key, value in body.items() if key not in _HEAD and key not in _NAMED})
    head = orjson.dumps([ocid, previous_release_id, *(body.get(key) for key in _HEAD)])
    return hashlib.sha256(head + sections.encode()).hexdigest()[:32]


def _dump(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise NotJson(str(error)) from error


def _plain_numbers(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return {key: _plain_numbers(member) for key, member in value.items()}
    if kind is list:
        return [_plain_numbers(member) for member in value]
    if kind is float and value.is_integer() and -_EXACT < value < _EXACT:
        return int(value)
    return value


def _tidy(value: Any) -> Any:
    """Copy of a state's value with integral numbers plain and empty members left out; None if nothing is left."""
    kind = type(value)
    if kind is dict:
        return {key: kept for key, member in value.items() if (kept := _tidy(member)) is not None} or None
    if kind is list:
        return [kept for member in value if (kept := _tidy(member)) is not None] or None
    if kind is float:
        if not isfinite(value):  # orjson would write null, which means "delete"
            raise NotJson(f"{value} is not a JSON number")
        if value.is_integer() and -_EXACT < value < _EXACT:
            return int(value)
    return value
