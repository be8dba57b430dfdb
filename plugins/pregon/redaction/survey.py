"""What the ledger holds of what is to be taken back, and how it reads without: nothing is changed here."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from expectations.checks.structure import StructureCheck
from pregon.ledger import Rewriting
from pregon.redaction.errors import BreaksStructure
from pregon.redaction.targets import Target
from pregon.stages.context import CityContext
from transforms.mapping.redaction import (
    Path,
    held_at,
    parts_of,
    referred,
    texts_in,
    without_parties,
    without_values,
)
from transforms.releases import MergeRules, merge_releases, state_hash
from transforms.releases.merging import first_compiled, sections

SHORTEST_TEXT = 4
"""Shorter texts are looked for nowhere but at their paths: they stand everywhere."""

_COMMON = re.compile(r"[a-z][A-Za-z]*|\d{4}-\d\d-\d\d.*|[A-Z]{2,4}", re.DOTALL)
"""Codes of the standard, dates, and currencies."""

_KEPT = ("ocid", "id", "date", "tag", "initiationType", "language")


@dataclass
class Found:
    """A process that holds something of it: how it reads without, which texts go, and the source rows behind them."""

    rewriting: Rewriting
    texts: set[str] = field(default_factory=set)
    rows: set[str] = field(default_factory=set)


class Surveyor:
    """Looks through the ledger of a city for targets."""

    def __init__(self, context: CityContext, targets: Sequence[Target]) -> None:
        self._ledger = context.ledger
        self._rules: MergeRules = context.merge_rules
        self._structure = StructureCheck(context.validator)
        self._everywhere = [parts_of(one.path) for one in targets if one.ocid is None and one.path]
        self._withdrawn = {one.ocid for one in targets if one.path is None}
        self._of: dict[str, list[Path]] = {}
        for one in targets:
            if one.ocid is not None:
                self._of.setdefault(one.ocid, []).extend([parts_of(one.path)] if one.path else [])

    def paths(self, ocid: str) -> list[Path]:
        """Give the paths that concern a process."""
        return [*self._everywhere, *self._of.get(ocid, ())]

    def withdraws(self, ocid: str) -> bool:
        """Tell whether the process goes as a whole."""
        return ocid in self._withdrawn

    def found(self) -> Iterator[Found]:
        """Stream the processes that hold something of it. Raises BreaksStructure."""
        ocids = None if self._everywhere else sorted(self._of)
        for ocid, compiled, releases in self._ledger.redacting.histories(ocids):
            if not self._may_hold(ocid, (body for _, body in releases)):
                continue
            documents = [(sequence, orjson.loads(body)) for sequence, body in releases]
            if self.withdraws(ocid):
                found = self._as_a_whole(ocid, orjson.loads(compiled), documents)
            else:
                found = self._without(ocid, documents)
            if found is not None:
                yield found

    def _may_hold(self, ocid: str, bodies: Iterable[bytes]) -> bool:
        """Say no where a process can't hold it, without parsing: of every process there are many."""
        if ocid in self._of:
            return True
        first = [f'"{path[0]}":'.encode() for path in self._everywhere]
        return any(name in body for body in bodies for name in first)

    def _as_a_whole(self, ocid: str, compiled: dict[str, Any], documents: list[tuple[int, Any]]) -> Found | None:
        heads = {sequence: {name: body[name] for name in _KEPT if name in body} for sequence, body in documents}
        left = {name: compiled[name] for name in _KEPT if name in compiled}
        if all(heads[sequence] == body for sequence, body in documents) and left == compiled:
            return None
        texts = {text for _, body in documents for text in texts_in(sections(body))}
        rows = {row for entry, row in self._ledger.provenance([ocid]).get(ocid, ()) if entry == ""}
        return Found(Rewriting(ocid, heads, left, state_hash({})), texts, rows)

    def _without(self, ocid: str, documents: list[tuple[int, Any]]) -> Found | None:
        paths, references = self.paths(ocid), self._rules.references
        kept = {sequence: without_values(body, paths, references) for sequence, body in documents}
        changed = {sequence for sequence, body in documents if kept[sequence] is not body}
        if not changed:
            return None
        lost = {one for sequence, body in documents for one in referred(body, references)}
        lost -= {one for body in kept.values() for one in referred(body, references)}
        if lost:
            for sequence, body in documents:
                kept[sequence] = without_parties(kept[sequence], lost)
                if kept[sequence] is not body:
                    changed.add(sequence)
        for sequence in sorted(changed):
            for problem in self._structure(kept[sequence]):
                raise BreaksStructure(ocid, problem.path, problem.message)
        compiled = (
            first_compiled(next(iter(kept.values()))) if len(kept) == 1 else merge_releases(kept.values(), self._rules)
        )
        rewriting = Rewriting(
            ocid, {sequence: kept[sequence] for sequence in sorted(changed)}, compiled, state_hash(sections(compiled))
        )
        found = Found(rewriting)
        provenance = self._ledger.provenance([ocid]).get(ocid, [])
        for _, body in documents:
            for path in [*paths, *(("parties", one) for one in lost)]:
                for held in held_at(body, path):
                    found.texts.update(texts_in(held.value))
                    found.rows.update(
                        row
                        for entry, row in provenance
                        if entry == held.entry or f"{entry}/".startswith(f"{held.place}/")
                    )
        # What names the entry, as ids do, stays where other values of it do.
        found.texts -= set(texts_in([_identifiers(body) for body in kept.values()]))
        return found


def _identifiers(value: Any) -> list[Any]:
    """Give every `id` in a document."""
    if isinstance(value, list):
        return [found for member in value for found in _identifiers(member)]
    if not isinstance(value, dict):
        return []
    below = [found for member in value.values() for found in _identifiers(member)]
    return [value["id"], *below] if "id" in value else below


def telling(texts: Iterable[str]) -> set[str]:
    """Give the texts that are worth looking for wherever they may stand: neither short, nor dates, nor codes."""
    return {text for text in texts if len(text.strip()) >= SHORTEST_TEXT and not _COMMON.fullmatch(text)}


def unpublished(context: CityContext, texts: Iterable[str], withdrawn: Collection[str]) -> set[str]:
    """Give those of the texts of withdrawn processes that no other process publishes: the others are no secret."""
    left = set(texts)
    for process in context.ledger.processes(with_releases=False) if left else ():
        if process.ocid not in withdrawn:
            left.difference_update(texts_in(orjson.loads(process.compiled)))
    return left
