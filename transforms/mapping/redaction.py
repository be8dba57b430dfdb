"""What a city took back after it was published: applied to every state, before anything is hashed or compared.

A path names fields from the release down, as bindings do: `tender/description`, `parties/address/streetAddress`. In
arrays it concerns every entry, or the one whose id follows, as provenance writes it: `parties/US-X-1/address`. A path
that ends at an object, an array or an entry takes all that is below it.

>>> without_values({"tender": {"id": "1", "description": "x"}}, [("tender", "description")], frozenset())
{'tender': {'id': '1'}}
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

Path = tuple[str, ...]
Document = dict[str, Any]


@dataclass(frozen=True)
class RedactionRule:
    """One decision: `path` None takes back a whole process, `ocid` None concerns every process."""

    ocid: str | None
    path: str | None


@dataclass(frozen=True)
class Redactions:
    """All decisions of a city; `number` is that of the newest one, 0 where there is none.

    `references` are the paths of organization references (`MergeRules.references`).
    """

    rules: tuple[RedactionRule, ...] = ()
    references: frozenset[Path] = frozenset()
    number: int = 0

    @cached_property
    def withdrawn(self) -> frozenset[str]:
        """The ocids of processes that were taken back as a whole: none of them is released again."""
        return frozenset(rule.ocid for rule in self.rules if rule.path is None and rule.ocid is not None)

    @cached_property
    def _everywhere(self) -> tuple[Path, ...]:
        return tuple(parts_of(rule.path) for rule in self.rules if rule.ocid is None and rule.path is not None)

    @cached_property
    def _by_ocid(self) -> Mapping[str, tuple[Path, ...]]:
        found: dict[str, tuple[Path, ...]] = {}
        for rule in self.rules:
            if rule.ocid is not None and rule.path is not None:
                found[rule.ocid] = (*found.get(rule.ocid, ()), parts_of(rule.path))
        return found

    def paths(self, ocid: str) -> tuple[Path, ...]:
        """Give the paths that were taken back in a process."""
        return self._everywhere + self._by_ocid.get(ocid, ())

    def applied(self, ocid: str, state: Document) -> Document:
        """Give the state without what was taken back; the same object where that is nothing."""
        paths = self.paths(ocid)
        return redacted(state, paths, self.references) if paths else state

    def concerns(self, ocid: str, field: str) -> bool:
        """Tell whether something was taken back from the section of this field (any section: "") of a process."""
        section = parts_of(field)[0]
        return any(not section or path[0] == section for path in self.paths(ocid))


def parts_of(path: str) -> Path:
    """Cut a path at its slashes. An id may hold some too: its parts are put together again where it is compared."""
    return tuple(path.split("/"))


def redacted(state: Document, paths: Collection[Path], references: Collection[Path]) -> Document:
    """Give a state without the values at `paths`, nor what stands for them elsewhere; it is not changed itself.

    An organization that was taken back takes its references with it, its name theirs; one to which nothing refers any
    more, because the references were taken back, is not listed.
    """
    kept = without_values(state, paths, references)
    return without_parties(kept, referred(state, references) - referred(kept, references))


def without_values(document: Document, paths: Iterable[Path], references: Collection[Path]) -> Document:
    """Give a release or state without the values at `paths`; objects and arrays left empty go with them."""
    for path in paths:
        document = _without(document, path) or {}
        if path[0] == "parties":
            document = _without_references(document, path[1:], references)
    return document


def without_parties(document: Document, identifiers: Collection[str]) -> Document:
    """Give a release or state whose `parties` do not list these organizations."""
    if not identifiers or not isinstance(document.get("parties"), list):
        return document

    def listed(party: Document) -> Document | None:
        return None if str(party.get("id")) in identifiers else party

    return _changed(document, ("parties",), listed) or {}


def referred(document: Mapping[str, Any], references: Iterable[Path]) -> set[str]:
    """Give the ids of the organizations that the document's references name."""
    return {
        str(found["id"]) for path in references for found in _objects(document, path) if found.get("id") is not None
    }


class Held(NamedTuple):
    """A value at a path that was taken back.

    `place` is its path with the ids of the entries around it; `entry` the innermost of these entries, "" for none, as
    provenance names it.
    """

    place: str
    entry: str
    value: Any


def held_at(document: Any, path: Path, place: str = "", entry: str = "") -> Iterator[Held]:
    """Give what a release or state holds at a path: literals, objects, arrays and entries, as they stand."""
    if isinstance(document, list):
        for one in document:
            here = f"{place}/{one['id']}" if isinstance(one, dict) and "id" in one else place
            inner = here if here != place else entry
            rest = _within(one, path)
            if rest == ():
                yield Held(here, inner, one)
                continue
            if rest is not None:
                yield from held_at(one, rest, here, inner)
            yield from held_at(one, path, here, inner)
    elif isinstance(document, dict) and path[0] in document:
        found, here = document[path[0]], f"{place}/{path[0]}" if place else path[0]
        if len(path) == 1:
            yield Held(here, entry, found)
        else:
            yield from held_at(found, path[1:], here, entry)


def texts_in(value: Any) -> Iterator[str]:
    """Give every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from texts_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from texts_in(member)


def _without(node: Any, path: Path) -> Any:
    """Give a value without what is at the path below it, None where nothing is left; the same object if untouched."""
    if isinstance(node, list):
        kept = [_without_in_entry(entry, path) for entry in node]
        if all(new is old for new, old in zip(kept, node, strict=True)):
            return node
        return [entry for entry in kept if entry is not None] or None
    if not isinstance(node, dict) or path[0] not in node:
        return node
    child = None if len(path) == 1 else _without(node[path[0]], path[1:])
    if len(path) > 1 and child is node[path[0]]:
        return node
    return _with(node, path[0], child)


def _without_in_entry(entry: Any, path: Path) -> Any:
    rest = _within(entry, path)
    if rest == ():
        return None
    if rest is not None:
        entry = _without(entry, rest)
    # What looks like an id may be the name of a field: better too much is taken than too little.
    return _without(entry, path)


def _within(entry: Any, path: Path) -> Path | None:
    """Give the rest of a path that begins with this entry's id; None where it does not."""
    if not isinstance(entry, dict) or "id" not in entry:
        return None
    identifier = parts_of(str(entry["id"]))
    return path[len(identifier) :] if path[: len(identifier)] == identifier else None


def _without_references(document: Document, path: Path, references: Collection[Path]) -> Document:
    """Take the references to organizations that were taken back, or their names, out of a document."""
    identifier = "/".join(path)
    of = "/".join(path[:-1])
    every = path == ()
    name = path[-1:] == ("name",)

    def reference(found: Document) -> Document | None:
        if every or str(found.get("id")) == identifier:
            return None
        if name and "name" in found and (not of or str(found.get("id")) == of):
            return {key: value for key, value in found.items() if key != "name"}
        return found

    for place in references:
        document = _changed(document, place, reference) or {}
    return document


def _changed(node: Any, path: Path, change: Callable[[Document], Document | None]) -> Any:
    """Apply a function to every object at a path (without ids); None where nothing is left."""
    if isinstance(node, list):
        kept = [_changed(entry, path, change) for entry in node]
        if all(new is old for new, old in zip(kept, node, strict=True)):
            return node
        return [entry for entry in kept if entry is not None] or None
    if not isinstance(node, dict):
        return node
    if not path:
        return change(node)
    before = node.get(path[0])
    if before is None:
        return node
    after = _changed(before, path[1:], change)
    return node if after is before else _with(node, path[0], after)


def _with(node: Document, name: str, child: Any) -> Document | None:
    if child is None:
        return {key: value for key, value in node.items() if key != name} or None
    return {key: child if key == name else value for key, value in node.items()}


def _objects(node: Any, path: Path) -> Iterator[Document]:
    if isinstance(node, list):
        for entry in node:
            yield from _objects(entry, path)
    elif isinstance(node, dict):
        if not path:
            yield node
        elif path[0] in node:
            yield from _objects(node[path[0]], path[1:])
