"""The standard's merge routine with history: every value that each field of a process ever had (OCDS 1.1 "Merging").

Gives the same versioned releases as the reference library (`ocdsmerge`; held to it by tests on its own fixtures, on the
standard's examples and on random histories, order of keys included), but walks through nested documents once, where the
library flattens each release to paths and builds the document again from them.

>>> rules = MergeRules.from_schema({"properties": {"title": {"type": ["string", "null"]}}})
>>> release = {"ocid": "o-1", "id": "r1", "date": "2026-01-01T00:00:00Z", "tag": ["planning"], "title": "A"}
>>> versioned_release([release], rules)["title"][0]["value"]
'A'
"""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from transforms.releases.errors import UnmergeableState
from transforms.releases.merging import Document, holds_objects
from transforms.releases.rules import UNDECLARED, MergeRules, Rule

# `ocid` is plain; a tag belongs to a release (before OCDS 1.1.4 the schema does not say so).
_PLAIN = ("ocid", "tag")


def versioned_release(releases: Iterable[Mapping[str, Any]], rules: MergeRules) -> Document:
    """Return the versioned release of all releases of one process, in any order; equal dates keep their order.

    Values are shared with the releases. Raises UnmergeableState as `add_release` does.
    """
    versioned: Document = {}
    for release in sorted(releases, key=itemgetter("date")):
        add_release(versioned, release, rules)
    return versioned


def add_release(versioned: Document, release: Mapping[str, Any], rules: MergeRules) -> None:
    """Take one release more into `versioned`, which holds all those dated before it (at first: nothing).

    A field gets the version `{releaseID, releaseDate, releaseTag, value}` where its value is not that of its last one;
    that of a removed value is null. Ids of entries merged by id stay plain; all other ids have versions.

    Raises UnmergeableState where a path is an object or an array of objects now, and was anything else before. (The
    library agrees, but for an array of objects after a literal: it gives an array of both, which no schema allows.)
    """
    versioned.setdefault("ocid", release["ocid"])
    said = {key: value for key, value in release.items() if key not in _PLAIN}
    _Versions(release.get("id"), release.get("date"), release.get("tag")).add(versioned, said, rules.root, "")


class _Versions:
    """Gives the values of one release their place in the versioned release."""

    __slots__ = ("again", "date", "id", "tag")

    def __init__(self, release_id: str | None, date: str | None, tag: list[str] | None) -> None:
        self.id, self.date, self.tag = release_id, date, tag
        #: within an entry whose id the release has given in the same array before: the last one counts
        self.again = False

    def add(self, node: Document, said: Mapping[str, Any], rule: Rule, path: str) -> None:
        """Add what the release says in an object."""
        release_id, date, tag = self.id, self.date, self.tag
        children = rule.children
        for key, value in said.items():
            child = children.get(key, UNDECLARED)
            if child.omitted:
                continue
            kind = type(value)
            if kind is dict and not child.whole_list:
                self._add_object(node, key, value, child, path)
            elif kind is list and not child.whole_list and holds_objects(value):
                self._add_entries(node, key, value, child, path)
            elif key not in node:
                node[key] = [{"releaseID": release_id, "releaseDate": date, "releaseTag": tag, "value": value}]
            elif _is_history(before := node[key]) and before[-1]["value"] != value:
                if self.again and (before[-1]["releaseID"], before[-1]["releaseDate"]) == (release_id, date):
                    before.pop()
                if not before or before[-1]["value"] != value:
                    before.append({"releaseID": release_id, "releaseDate": date, "releaseTag": tag, "value": value})
            # else a plain id, an object or an array of objects: neither null nor a literal replaces them

    def _add_object(self, node: Document, key: str, value: Document, rule: Rule, path: str) -> None:
        before = node.get(key)
        if type(before) is dict:
            self.add(before, value, rule, f"{path}{key}/")
            return
        made: Document = {}
        self.add(made, value, rule, f"{path}{key}/")
        if made:  # a path exists from its first literal on
            if before is not None:
                raise UnmergeableState(f"{path}{key}", "an object now, but not in earlier releases")
            node[key] = made

    def _add_entries(self, node: Document, key: str, entries: list[Document], rule: Rule, path: str) -> None:
        before = node.get(key)
        known = before if type(before) is list and not _is_history(before) else []
        places = {str(entry["id"]): entry for entry in known if "id" in entry}
        given = set()
        for entry in entries:
            if "id" in entry:
                identifier = str(entry["id"])
                found = places.get(identifier)
                if found is None:
                    places[identifier] = found = {"id": entry["id"]}
                    known.append(found)
                again, self.again = self.again, self.again or identifier in given
                given.add(identifier)
                self.add(found, entry, rule, f"{path}{key}/")
                self.again = again
            else:  # nothing to match by: the routine appends it
                made: Document = {}
                self.add(made, entry, rule, f"{path}{key}/")
                if made:
                    known.append(made)
        if known and known is not before:
            if before is not None:
                raise UnmergeableState(f"{path}{key}", "an array of objects now, but not in earlier releases")
            node[key] = known


def _is_history(value: Any) -> bool:
    """Whether a member of a versioned release is the list of a field's versions."""
    return type(value) is list and "releaseTag" in value[-1]
