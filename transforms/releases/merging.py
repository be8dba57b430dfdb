"""The standard's merge routine on nested documents: what a process's releases say together.

Gives the same compiled releases as the reference library (`ocdsmerge`; held to it by tests on its own fixtures and on
random histories), but takes one release at a time. The library can't do that without loss: reading a compiled release
back in, it drops the empty objects that deletions leave, and a compiled release made step by step would differ from the
one anybody else makes of the published releases (`reference/ocds.md` 1.5, rule 8).
"""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from transforms.releases.errors import UnmergeableState
from transforms.releases.rules import UNDECLARED, MergeRules, Rule

Document = dict[str, Any]

# What a release says about itself; everything else is a section, and part of the state of the process.
_HEAD = frozenset({"ocid", "id", "date", "tag", "initiationType", "language"})


def merge_release(compiled: Mapping[str, Any] | None, release: Mapping[str, Any], rules: MergeRules) -> Document:
    """Return the compiled release after `release`, which is dated later than all in `compiled` (None: it is the first).

    Neither argument is changed; unchanged parts are shared with `compiled`. Raises UnmergeableState where a path is an
    object in one and an array or literal in the other.
    """
    merged = _merge(compiled or {}, release, rules.root, "")
    for key in ("ocid", "id", "date", "tag"):
        merged.pop(key, None)
    return {**_head(release["ocid"], release["date"]), **merged}


def first_compiled(release: Mapping[str, Any]) -> Document:
    """Return the compiled release of a process with one release, whose sections hold no null and nothing empty."""
    return {**release, **_head(release["ocid"], release["date"])}


def sections(release: Mapping[str, Any]) -> Document:
    """Return what a release or compiled release says about the process: without ocid, id, date, tag, type, language."""
    return {key: value for key, value in release.items() if key not in _HEAD}


def merge_releases(releases: Iterable[Mapping[str, Any]], rules: MergeRules) -> Document:
    """Return the compiled release of all releases of one process, in any order; equal dates keep their order."""
    compiled: Document | None = None
    for release in sorted(releases, key=itemgetter("date")):
        compiled = merge_release(compiled, release, rules)
    return compiled or {}


def _head(ocid: str, date: str) -> Document:
    return {"ocid": ocid, "id": f"{ocid}-{date}", "date": date, "tag": ["compiled"]}


def _merge(old: Mapping[str, Any], new: Mapping[str, Any], rule: Rule, path: str) -> Document:
    merged = dict(old)
    children = rule.children
    for key, value in new.items():
        child = children.get(key, UNDECLARED)
        if child.omitted:
            continue
        before = merged.get(key)
        if type(value) is dict and not child.whole_list:
            if before is None and not _has_leaf(value, child):
                continue
            if before is not None and type(before) is not dict:
                raise UnmergeableState(f"{path}{key}", "an object now, but not in earlier releases")
            merged[key] = _merge(before or {}, value, child, f"{path}{key}/")
        elif type(value) is list and not child.whole_list and holds_objects(value):
            if before is not None or _has_leaf(value, child):
                merged[key] = _merge_entries(before, value, child, f"{path}{key}")
        elif not child.whole_list and (type(before) is dict or (type(before) is list and holds_objects(before))):
            # Neither null nor a literal replaces an object or an array of objects: their leaves stay.
            continue
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged


def _merge_entries(before: Any, entries: list[Document], rule: Rule, path: str) -> list[Document]:
    if before is None:
        before = []
    elif type(before) is not list or not holds_objects(before):
        raise UnmergeableState(path, "an array of objects now, but not in earlier releases")
    merged: list[Document] = list(before)
    places = {str(entry["id"]): place for place, entry in enumerate(merged) if "id" in entry}
    for entry in entries:
        if not entry:
            continue
        if "id" not in entry:  # nothing to match by: the routine appends it
            merged.append(_merge({}, entry, rule, f"{path}/?/"))
            continue
        key = str(entry["id"])
        place = places.get(key)
        if place is None:
            places[key] = len(merged)
            # Set first, and set from the entry even if null elsewhere: the id leads and is never taken away.
            merged.append(_merge({"id": entry["id"]}, entry, rule, f"{path}/{key}/"))
        else:
            old = merged[place]
            merged[place] = {**_merge(old, entry, rule, f"{path}/{key}/"), "id": old["id"]}
    return merged


def _has_leaf(value: Any, rule: Rule) -> bool:
    """Whether the routine takes anything from a value: a literal or null somewhere, not only empty objects."""
    if rule.omitted:
        return False
    if type(value) is dict and not rule.whole_list:
        return any(_has_leaf(member, rule.children.get(key, UNDECLARED)) for key, member in value.items())
    if type(value) is list and not rule.whole_list and holds_objects(value):
        return any(_has_leaf(member, rule) for member in value)
    return True


def holds_objects(value: list[Any]) -> bool:
    """Whether every member of the list is an object (true of an empty one)."""
    for member in value:  # noqa: SIM110 - a third of the time of all(), and asked of every list
        if type(member) is not dict:
            return False
    return True
