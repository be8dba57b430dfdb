"""A null takes back a value that was published before, and stands only where the standard lets one be taken back."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import orjson

from expectations.checks.compiled import text_of
from expectations.checks.earlier import Earlier
from expectations.checks.model import Outcome, ReleaseCheck, Steps, Texts, failure
from transforms.ocds import FieldTable, field_table, supported_extensions


@cache
def _fields() -> FieldTable:
    return field_table(supported_extensions())


def _run(release: Mapping[str, Any], earlier: Earlier) -> Outcome | None:
    if not earlier.known or not isinstance(earlier.compiled, dict) or not _may_hold_null(release):
        return None
    nulls = list(_nulls(release, earlier.compiled, (), ""))
    if not nulls:
        return None
    return Outcome(
        len(nulls),
        [failure(steps, "null", _path(steps)) for steps, was_set in nulls if not (was_set and _nullable(steps))],
    )


def _may_hold_null(release: Mapping[str, Any]) -> bool:
    """Most releases hold none, and writing one tells so in a tenth of the time of looking at every value."""
    try:
        return b":null" in orjson.dumps(release)
    except TypeError:  # no JSON that can be written: integers beyond 64 bits, lone surrogates
        return True


def _nulls(value: Mapping[str, Any], before: Any, steps: Steps, path: str) -> Iterator[tuple[Steps, bool]]:
    """Give the way to each null, and whether the compiled release has a value there."""
    known = before if isinstance(before, dict) else {}
    for key, item in value.items():
        here = f"{path}/{key}" if path else key
        if item is None:
            yield (*steps, key), known.get(key) is not None
        elif isinstance(item, dict):
            yield from _nulls(item, known.get(key), (*steps, key), here)
        elif isinstance(item, list) and not _replaced(here):
            entries = _by_id(known.get(key))
            for index, entry in enumerate(item):
                if isinstance(entry, dict):
                    yield from _nulls(entry, entries.get(text_of(entry.get("id"))), (*steps, key, index), here)


def _by_id(array: Any) -> dict[str | None, Any]:
    entries = array if isinstance(array, list) else []
    return {
        identifier: entry for entry in entries if isinstance(entry, dict) and (identifier := text_of(entry.get("id")))
    }


def _replaced(path: str) -> bool:
    """Whether a list is replaced as a whole: a null in it takes nothing back."""
    field = _fields().get(path)
    return field is not None and field.merge == "whole"


def _path(steps: Steps) -> str:
    return "/".join(step for step in steps if isinstance(step, str))


def _nullable(steps: Steps) -> bool:
    # A null in place of an object has no effect, whatever a schema says: its leaves stay (ocds.md 1.5).
    field = _fields().get(_path(steps))
    return field is None or (field.nullable and field.is_leaf)


CHECK = ReleaseCheck(
    id="x.null_prior",
    version="1",
    severity="warning",
    source="OCDS 1.1, empty and null values; merging",
    title=Texts("Nulls take back what was published", "Los nulos retiran lo que se publicó"),
    message=Texts(
        "{other} is null, but no release before has a value there, or the standard does not let it be taken back",
        "{other} es nulo, pero ninguna entrega anterior tiene un valor allí, o el estándar no permite retirarlo",
    ),
    cost=Texts(
        "Readers take it for a deletion and look for what was deleted; where it is not allowed, the old value stays.",
        "Se toma por una eliminación y se busca lo eliminado; donde no se permite, el valor anterior permanece.",
    ),
    run=_run,
)
