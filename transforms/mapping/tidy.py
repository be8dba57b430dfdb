"""A published document without what says nothing, and what is strange about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from transforms.releases import MergeRules
from transforms.releases.rules import Rule

_MOST_DIFFERENCES = 50
_EMPTY: tuple[Any, ...] = ("", [], {})
Finding = tuple[str, str, Any]
"""Path without indexes, code, an example."""


@dataclass
class Tidied:
    """A document, and what was found on the way."""

    document: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)


def fit_to_merge(release: dict[str, Any], rules: MergeRules) -> Iterator[Finding]:
    """Take ids that are null out of a release, in place, since nothing can be matched by them; tell ids that repeat.

    All else stays for the merge: an empty text takes the place of one that an earlier release had.
    """
    yield from _fit(release, "", rules.root)


def _fit(value: Any, path: str, rule: Rule) -> Iterator[Finding]:
    if isinstance(value, dict):
        if value.get("id", "") is None:
            del value["id"]
        for name, member in value.items():
            if isinstance(member, dict | list):
                yield from _fit(member, f"{path}/{name}" if path else name, rule.child(name))
    elif isinstance(value, list):
        for member in value:
            yield from _fit(member, path, rule)
        ids = [str(entry["id"]) for entry in value if isinstance(entry, dict) and "id" in entry] if rule.by_id else []
        if len(ids) > len(set(ids)):
            yield path, "repeated_id", next(one for one in ids if ids.count(one) > 1)


def tidied(document: dict[str, Any], declared: Callable[[str], bool], rules: MergeRules, *, keep: bool) -> Tidied:
    """Copy a document without empty values; ids become texts. `keep`: fields that the standard does not have stay."""
    found = Tidied({})
    found.document = _object(document, "", rules.root, declared, found, keep=keep)
    return found


def _object(
    value: dict[str, Any], path: str, rule: Rule, declared: Callable[[str], bool], found: Tidied, *, keep: bool
) -> dict[str, Any]:
    copy: dict[str, Any] = {}
    for name, member in value.items():
        below = f"{path}/{name}" if path else name
        if not declared(below):
            found.findings.append((below, "additional_field", None))
            if keep:
                copy |= _bare({name: member})
            continue
        # Most values are texts and numbers: they are not handed on.
        nested = isinstance(member, dict | list)
        kept = _value(member, below, rule.child(name), declared, found, keep=keep) if nested else member
        if (not kept if nested else kept == "") or kept is None:
            found.findings.append((below, "empty_value", None))
            continue
        if name == "id" and isinstance(kept, int | float) and not isinstance(kept, bool):
            found.findings.append((below, "id_not_text", kept))
            kept = str(kept)
        copy[name] = kept
    return copy


def _value(value: Any, path: str, rule: Rule, declared: Callable[[str], bool], found: Tidied, *, keep: bool) -> Any:
    if isinstance(value, dict):
        return _object(value, path, rule, declared, found, keep=keep)
    if not isinstance(value, list):
        return value
    entries = [_value(entry, path, rule, declared, found, keep=keep) for entry in value]
    kept = [entry for entry in entries if entry not in _EMPTY and entry is not None]
    if len(kept) < len(entries):
        found.findings.append((path, "empty_value", None))
    return kept


def _bare(value: Any) -> Any:
    """Copy what the standard does not know, without what is empty, and without ids that are null: none is one."""
    if isinstance(value, dict):
        members = {name: _bare(member) for name, member in value.items()}
        return {
            name: member
            for name, member in members.items()
            if member not in _EMPTY and not (name == "id" and member is None)
        }
    if isinstance(value, list):
        return [bare for member in value if (bare := _bare(member)) not in _EMPTY and bare is not None]
    return value


def compared(ours: Any, theirs: Any) -> Iterator[tuple[str, str]]:
    """Give the paths at which two documents differ, without indexes, with what each says; entries are told by id."""
    for number, (path, one, other) in enumerate(_differences(ours, theirs, "")):
        if number == _MOST_DIFFERENCES:
            return
        yield path, f"merged: {_short(one)}; published: {_short(other)}"


def _differences(ours: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in dict.fromkeys([*ours, *theirs]):
            below = f"{path}/{name}" if path else name
            yield from _differences(ours.get(name), theirs.get(name), below)
    elif isinstance(ours, list) and isinstance(theirs, list) and (pairs := _by_id(ours, theirs)) is not None:
        for one, other in pairs:
            yield from _differences(one, other, path)
    elif ours != theirs:
        yield path, ours, theirs


def _by_id(ours: list[Any], theirs: list[Any]) -> list[tuple[Any, Any]] | None:
    """Pair the entries of two arrays by their ids, None where they have none."""
    if not all(isinstance(entry, dict) and "id" in entry for entry in (*ours, *theirs)):
        return None
    mine = {str(entry["id"]): entry for entry in ours}
    others = {str(entry["id"]): entry for entry in theirs}
    return [(mine.get(one), others.get(one)) for one in dict.fromkeys([*mine, *others])]


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return f"{len(value)} members"
    return str(value)[:60]
