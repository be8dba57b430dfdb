"""What a new release has to say: the state of a process against its last compiled release.

The body of the release holds the changed sections. Within a section everything is repeated except arrays merged by
`id`: of those only the changed entries are there, each complete by the same rule (so a new payment does not repeat the
contract's other payments), and organization references all, because they say whose entry it is. What the state no
longer has is nulled leaf by leaf where the schema allows null (`reference/ocds.md` 1.5). Applied to the compiled
release by the standard's merge routine, the body gives the state, but for what can't be removed (`tombstones`).

>>> rules = MergeRules.from_schema({"properties": {"tender": {"type": "object", "properties": {}}}})
>>> difference({"tender": {"title": "B"}}, {"tender": {"title": "A", "status": "active"}}, rules).body
{'tender': {'title': 'B', 'status': None}}
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from transforms.releases.errors import UnmergeableState
from transforms.releases.merging import Document, holds_objects, sections
from transforms.releases.rules import UNDECLARED, MergeRules, Rule


class _Stays:
    """Marks that nothing needs to be, or can be, removed at a place."""


_STAYS = _Stays()


@dataclass(frozen=True)
class Difference:
    """A release's sections, and where they differ from what was known before."""

    body: Document
    #: changed section → names of its changed fields; of an array merged by id: {entry id → names of its changed fields}
    changed: dict[str, frozenset[str] | dict[str, frozenset[str]]]
    #: paths of values the state no longer has, but which the schema lets nobody remove (`awards/1/dates`); not ids
    unremovable: tuple[str, ...] = ()


def difference(state: Document, compiled: Mapping[str, Any], rules: MergeRules) -> Difference | None:
    """Return what changed from the last compiled release to `state`, None if nothing did.

    `state` holds no null, nothing empty and integral numbers as integers (`identity.canonical_state`). Arrays merged by
    id are compared entry by entry whatever their order; other arrays as they stand. Parties that are referred to, but
    did not change, are not in the body yet (`with_parties`). Raises UnmergeableState for entries without or with the
    same id and for objects where there was an array or a literal.
    """
    known = sections(compiled)
    walk = _Walk()
    whole, names = walk.members(known, state, rules.root, "")
    if not names:
        return None
    changed = {name: walk.changed.get(name, frozenset()) for name in names}
    return Difference({name: whole[name] for name in whole if name in changed}, changed, tuple(walk.unremovable))


def unchanged(section: Any, name: str, rules: MergeRules, ids: Iterable[str] | None = None) -> Any:
    """Return a section as a release repeats it though it did not change: without the entries of arrays merged by id.

    For a section that is itself such an array: the entries with these `ids` (None: all). None if nothing is left.
    """
    rule = rules.root.child(name)
    if type(section) is dict:
        return _Walk().members(section, section, rule, "")[0] or None
    wanted = None if ids is None else set(ids)
    entries = [entry for entry in section if wanted is None or str(entry["id"]) in wanted]
    return [_Walk().members(entry, entry, rule, "")[0] for entry in entries] or None


def referenced(document: Mapping[str, Any], rules: MergeRules) -> set[str]:
    """Return the ids of all organizations the document's references name."""
    ids: set[str] = set()
    _references(document, rules.root, ids)
    return ids


def referring(section: Any, name: str, rules: MergeRules, parties: set[str]) -> list[str] | None:
    """Say whether the section refers to one of the `parties`: None if not, else the ids of its entries which do.

    The list is empty for a section that is an object.
    """
    rule = rules.root.child(name)
    if type(section) is dict:
        ids: set[str] = set()
        _references(section, rule, ids)
        return [] if ids & parties else None
    found = []
    for entry in section:
        ids = set()
        _references(entry, rule, ids)
        if ids & parties:
            found.append(str(entry["id"]))
    return found or None


def with_parties(body: Document, state: Document, compiled: Mapping[str, Any], rules: MergeRules) -> Document:
    """Return the body with every party its references use (OCDS: a reference's organization is in `parties`).

    Parties in the order of the last compiled release, new ones after. One the state no longer has is there with its id,
    as it stays in the compiled release.
    """
    changed = {str(party["id"]): party for party in body.get("parties", ())}
    wanted = referenced(body, rules) | changed.keys()
    if not wanted:
        return body
    current = {str(party["id"]): party for party in state.get("parties", ())}
    order = dict.fromkeys([str(party["id"]) for party in compiled.get("parties", ())])
    order.update(dict.fromkeys(current))
    parties = [changed.get(party) or current.get(party) or {"id": party} for party in order if party in wanted]
    return {**body, "parties": parties} if parties else body


def check_identifiers(state: Document, rules: MergeRules) -> None:
    """Raise UnmergeableState if an entry of an array merged by id has no id, or shares it within its array."""
    if not _identified(state, rules.root):
        _check(state, rules.root, "")


def _identified(node: Mapping[str, Any], rule: Rule) -> bool:
    """Whether `_check` would find nothing: the same walk without the paths, which nearly no state needs."""
    for key, child in rule.arrays:
        value = node.get(key)
        if value is None:
            continue
        if not child.by_id:
            if not _identified(value, child):
                return False
            continue
        try:
            if len({str(entry["id"]) for entry in value}) < len(value):
                return False
        except (KeyError, TypeError):
            return False
        if child.arrays and not all(_identified(entry, child) for entry in value):
            return False
    return True


def _check(node: Mapping[str, Any], rule: Rule, path: str) -> None:
    for key, child in rule.arrays:
        value = node.get(key)
        if value is None:
            continue
        if not child.by_id:
            _check(value, child, f"{path}{key}/")
            continue
        entries = _by_id(value, f"{path}{key}")
        if child.arrays:
            for entry_id, entry in entries.items():
                _check(entry, child, f"{path}{key}/{entry_id}/")


def _references(node: Mapping[str, Any], rule: Rule, ids: set[str]) -> None:
    for key, child in rule.links:
        value = node.get(key)
        if value is None:
            continue
        for entry in value if type(value) is list else (value,):
            if child.reference and "id" in entry:
                ids.add(str(entry["id"]))
            if child.links:
                _references(entry, child, ids)


def _by_id(entries: list[Document], path: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for entry in entries:
        try:
            key = str(entry["id"])
        except (KeyError, TypeError) as error:
            raise UnmergeableState(path, "an entry has no id, so every merge would append it again") from error
        if key in found:
            raise UnmergeableState(f"{path}/{key}", "two entries have this id, so a merge would keep only the last")
        found[key] = entry
    return found


@dataclass
class _Walk:
    """One comparison; collects what changed in the sections on the way."""

    changed: dict[str, frozenset[str] | dict[str, frozenset[str]]] = field(default_factory=dict)
    unremovable: list[str] = field(default_factory=list)

    def members(self, old: Mapping[str, Any], new: Document, rule: Rule, path: str) -> tuple[Document, set[str]]:
        """Return the object as the release repeats it, and the names of its changed members."""
        whole: Document = {}
        names: set[str] = set()
        children = rule.children
        for key, value in new.items():
            child = children.get(key, UNDECLARED)
            if child.omitted:
                whole[key] = value
                continue
            before = old.get(key)
            part, differs = self._member(before, value, child, f"{path}{key}")
            if part is not _STAYS:
                whole[key] = part
            if differs:
                names.add(key)
        for key, before in old.items():
            if key in new:
                continue
            if key in rule.kept:
                whole[key] = before
                continue
            part = self._removal(before, children.get(key, UNDECLARED), f"{path}{key}")
            if part is not _STAYS:
                whole[key] = part
                names.add(key)
                if type(before) is dict:
                    self._note(f"{path}{key}", _removed_names(part, before))
        return whole, names

    def _member(self, before: Any, value: Any, child: Rule, path: str) -> tuple[Any, bool]:
        if not child.whole_list:
            if type(value) is dict:
                if before is None:
                    check_below(value, child, path)
                    self._note(path, frozenset(value))
                    return value, True
                if type(before) is not dict:
                    raise UnmergeableState(path, "an object now, but not in earlier releases")
                part, names = self.members(before, value, child, f"{path}/")
                self._note(path, frozenset(names))
                return part or _STAYS, bool(names)
            if type(value) is list and (child.by_id or holds_objects(value)):
                if before is not None and (type(before) is not list or not holds_objects(before)):
                    raise UnmergeableState(path, "an array of objects now, but not in earlier releases")
                return self._entries(before or [], value, child, path)
            if type(before) is dict or (type(before) is list and holds_objects(before)):
                raise UnmergeableState(path, "an object or an array of objects in earlier releases, but not now")
        return value, not _same(before, value)

    def _entries(self, before: list[Document], value: list[Document], rule: Rule, path: str) -> tuple[Any, bool]:
        new = _by_id(value, path)
        parts: list[Document] = []
        noted: dict[str, frozenset[str]] = {}
        known: set[str] = set()
        for key, old in _by_id(before, path).items():
            known.add(key)
            entry = new.get(key)
            if entry is None:
                removal = self._removed_members(old, rule, f"{path}/{key}/", entry=True)
                if removal is not _STAYS:
                    parts.append(removal)
                    noted[key] = _removed_names(removal, old)
                continue
            if not rule.reference and old == entry and _text(old) == _text(entry):
                continue  # most entries of a large array: not looked at field by field
            part, names = self.members(old, entry, rule, f"{path}/{key}/")
            if names:
                noted[key] = frozenset(names)
            if names or rule.reference:
                parts.append(part)
        for key, entry in new.items():
            if key not in known:
                check_below(entry, rule, f"{path}/{key}")
                parts.append(entry)
                noted[key] = frozenset(entry)
        if noted:
            self._note(path, noted)
        return parts or _STAYS, bool(noted)

    def _note(self, path: str, names: frozenset[str] | dict[str, frozenset[str]]) -> None:
        if "/" not in path:
            self.changed[path] = names

    def _removal(self, value: Any, rule: Rule, path: str) -> Any:
        if not rule.whole_list:
            if type(value) is dict:
                return self._removed_members(value, rule, f"{path}/", entry=False)
            if type(value) is list and value and holds_objects(value):
                return self._entries(value, [], rule, path)[0]
        if rule.nullable:
            return None
        if rule.whole_list and value:
            if rule.emptiable:
                return []
            self.unremovable.append(path)
        return _STAYS

    def _removed_members(self, old: Document, rule: Rule, path: str, *, entry: bool) -> Any:
        """Return the object with every leaf nulled that may be null; those that stay (ids) are repeated."""
        removed: Document = {}
        found = False
        for key, value in old.items():
            child = rule.children.get(key, UNDECLARED)
            part = _STAYS if child.omitted or (entry and key == "id") else self._removal(value, child, f"{path}{key}")
            if part is not _STAYS:
                removed[key] = part
                found = True
            elif type(value) is not dict and value != [] and (type(value) is not list or child.whole_list):
                removed[key] = value
        return removed if found else _STAYS


def _removed_names(removal: Document, old: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(name for name, value in removal.items() if value != old[name])


def check_below(value: Document, rule: Rule, path: str) -> None:
    """Raise UnmergeableState if ids are missing or doubled in the arrays below a new object."""
    if rule.arrays:
        _check(value, rule, f"{path}/")


def _same(before: Any, value: Any) -> bool:
    """Whether two JSON values are equal; other than in Python, true is not 1."""
    return bool(before == value) and _same_kind(before, value)


def _text(value: Document) -> bytes:
    """Return bytes that tell equal values apart that JSON does not hold for equal (true, 1); quick to compare."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _same_kind(before: Any, value: Any) -> bool:
    kind = type(value)
    if kind is list:
        return all(map(_same_kind, before, value))
    if kind is dict:
        return all(_same_kind(before[key], member) for key, member in value.items())
    return (kind is bool) is (type(before) is bool)
