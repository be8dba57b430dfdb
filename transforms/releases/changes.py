"""What differs between two states of a process, field by field, as data for people.

`difference` says what a release has to repeat; this says what a reader sees change from one compiled release to the
next. Entries of arrays merged by id are matched by it, whatever their order; other arrays are one value.

>>> rules = MergeRules.from_schema({"properties": {}})
>>> changes({"tender": {"title": "A", "status": "active"}}, {"tender": {"title": "B"}}, rules)
[Change(path='tender/title', field='tender/title', entry='', kind='changed', old='A', new='B'), \
Change(path='tender/status', field='tender/status', entry='', kind='removed', old='active', new=None)]
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from transforms.releases.identity import canonical
from transforms.releases.merging import holds_objects, sections
from transforms.releases.rules import UNDECLARED, MergeRules, Rule

Kind = Literal["added", "changed", "removed"]


class Change(NamedTuple):
    """One field that got, changed or lost its value.

    `path` holds entry ids (`awards/A1/value/amount`), `field` does not (`awards/value/amount`); `entry` is the part of
    the path that names the innermost entry (`awards/A1`), empty outside arrays. `old` and `new` are JSON values; None
    where there was or is none. An id that is a part of the path is no field of its own, but for an entry that has
    nothing else: its path is the entry's, and the value holds the id.
    """

    path: str
    field: str
    entry: str
    kind: Kind
    old: Any
    new: Any

    def lies_in(self, wanted: str) -> bool:
        """Whether the field is, or lies below, a path that is given with or without ids of entries."""
        return any(f"{name}/".startswith(f"{wanted.strip('/')}/") for name in (self.path, self.field))


class _Value(NamedTuple):
    field: str
    entry: str
    value: Any


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any], rules: MergeRules) -> list[Change]:
    """Return what differs from one release-shaped document to another; None before: everything is added.

    Changed and added fields in the order of `after`, then those that were removed. What a release says about itself
    (ocid, id, date, tag) and empty objects, which deletions leave, are no fields.
    """
    old = dict(_values(sections(before or {}), rules.root, "", "", ""))
    new = dict(_values(sections(after), rules.root, "", "", ""))
    found = []
    for path, (field, entry, value) in new.items():
        if path not in old:
            found.append(Change(path, field, entry, "added", None, value))
        elif not _same(old[path].value, value):
            found.append(Change(path, field, entry, "changed", old[path].value, value))
    found += [
        Change(path, field, entry, "removed", value, None)
        for path, (field, entry, value) in old.items()
        if path not in new
    ]
    return found


def fields(document: Mapping[str, Any], rules: MergeRules) -> list[Change]:
    """Return all fields of a document in order, each as an addition."""
    return changes(None, document, rules)


def _values(node: Mapping[str, Any], rule: Rule, path: str, field: str, entry: str) -> Iterator[tuple[str, _Value]]:
    for key, value in node.items():
        child = rule.children.get(key, UNDECLARED)
        here, name = f"{path}{key}", f"{field}{key}"
        if child.whole_list or not isinstance(value, dict | list):
            yield here, _Value(name, entry, value)
        elif isinstance(value, dict):
            yield from _values(value, child, f"{here}/", f"{name}/", entry)
        elif value and holds_objects(value) and all("id" in one for one in value):
            for one in value:
                place = f"{here}/{one['id']}"
                inner = {key: member for key, member in one.items() if key != "id"}
                told = list(_values(inner, child, f"{place}/", f"{name}/", place))
                yield from told or [(place, _Value(name, place, {"id": one["id"]}))]
        else:
            yield here, _Value(name, entry, value)


def _same(old: Any, new: Any) -> bool:
    return old is new or canonical(old) == canonical(new)
