"""All checks of single processes at once: what applied, what failed, and the facts that the whole is judged by.

    assessor = Assessor(extensions)
    assessed = assessor.assess(compiled_release, [(release, earlier), …])
    assessed.found        # [Found("reference.contract_in_awards", Failure(…), "contracts/C1"), …]
    assessed.fact         # the row of `expectations.facts`

One `Assessor` serves any number of processes; it keeps nothing of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from expectations.checks import fields as field_checks
from expectations.checks import process as process_checks
from expectations.checks import releases as release_checks
from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Check, Earlier, Failure, FieldCheck, FieldContext, Outcome, Steps, failure
from expectations.checks.structure import entry_of
from expectations.facts import Fact, fact_of
from transforms.ocds import FieldTable, field_table

MOST_FAILURES = 20
"""Failures of one check kept of one process: the first tell what is wrong, a thousand would hide it."""

LAST_DAY = "9999-12-31"

_EMPTY: tuple[Any, ...] = (None, "", [], {})


class Found(NamedTuple):
    """A failure with the id of its check, and the innermost entry with an id around it, as provenance names it."""

    check: str
    failure: Failure
    entry: str


class Assessed(NamedTuple):
    """What the checks found in one process, and its row of facts."""

    found: list[Found]
    fact: Fact


class Assessor:
    """The checks of processes, fields and releases for a set of extensions (registry ids).

    `left_out` names checks that a city does not ask for.
    """

    def __init__(self, extensions: Iterable[str] = (), *, left_out: Iterable[str] = ()) -> None:
        without = frozenset(left_out)
        self.fields: FieldTable = field_table(extensions)
        self.process_checks = [check for check in process_checks.CHECKS if check.id not in without]
        self.release_checks = [check for check in release_checks.CHECKS if check.id not in without]
        self.field_checks = [check for check in field_checks.CHECKS if check.id not in without]

    @property
    def checks(self) -> Sequence[Check]:
        """All of them."""
        return [*self.process_checks, *self.release_checks, *self.field_checks]

    @cached_property
    def _tree(self) -> "_Node":
        return _tree(self.fields, self.field_checks)

    def assess(
        self, document: Any, releases: Iterable[tuple[Mapping[str, Any], Earlier]] = (), *, today: str | None = None
    ) -> Assessed:
        """Look at a compiled release, and at those of its releases that are to be checked.

        `today` (YYYY-MM-DD) is the last day that the release can know of; by default that of its own date.
        """
        compiled = CompiledRelease(document)
        tally = _Tally()
        for check in self.process_checks:
            tally.add(check.id, check.run(compiled), compiled.document)
        walk = _Walk(today or _day_of(compiled.date), [0] * len(self.field_checks), [[] for _ in self.field_checks])
        walk.object(compiled.document, self._tree, ())
        for number, field_check in enumerate(self.field_checks):
            tally.add(field_check.id, Outcome(walk.applied[number], walk.failed[number]), compiled.document)
        for release, earlier in releases:
            for release_check in self.release_checks:
                tally.add(release_check.id, release_check.run(release, earlier), release)
        return Assessed(tally.found, fact_of(compiled, tally.counts))


class _Tally:
    """Adds up what the checks gave on one process."""

    def __init__(self) -> None:
        self.counts: dict[str, tuple[int, int]] = {}
        self.found: list[Found] = []

    def add(self, check: str, outcome: Outcome | None, document: Mapping[str, Any]) -> None:
        if outcome is None or not outcome.applied:
            return
        applied, failed = self.counts.get(check, (0, 0))
        self.counts[check] = (applied + outcome.applied, failed + len(outcome.failures))
        for one in outcome.failures[: max(0, MOST_FAILURES - failed)]:
            self.found.append(Found(check, one, entry_of(document, one.steps)))


def _day_of(date: object) -> str:
    return date[:10] if isinstance(date, str) and len(date) >= 10 else LAST_DAY


@dataclass
class _Node:
    """A place in the field table: what may stand below it, and the (numbers of) checks of values that stand there."""

    children: dict[str, "_Node"] = field(default_factory=dict)
    checks: tuple[tuple[int, FieldCheck], ...] = ()
    field: Any = None


def _tree(table: FieldTable, checks: Sequence[FieldCheck]) -> _Node:
    root = _Node()
    for path, declared in table.items():
        node = root
        for part in path.split("/"):
            node = node.children.setdefault(part, _Node())
        node.field = declared
        node.checks = tuple((number, check) for number, check in enumerate(checks) if check.chosen(declared))
    _prune(root)
    return root


def _prune(node: _Node) -> bool:
    """Leave only what leads to a check; tell whether anything is left."""
    node.children = {name: child for name, child in node.children.items() if _prune(child)}
    return bool(node.children or node.checks)


@dataclass
class _Walk:
    today: str
    applied: list[int]
    failed: list[list[Failure]]

    def object(self, value: dict[str, Any], node: _Node, steps: Steps) -> None:
        children = node.children
        for key, item in value.items():
            child = children.get(key)
            if child is None or item in _EMPTY:
                continue
            if child.checks:
                self.value(item, child, (*steps, key))
            if child.children:
                if isinstance(item, dict):
                    self.object(item, child, (*steps, key))
                elif isinstance(item, list):
                    for index, entry in enumerate(item):
                        if isinstance(entry, dict):
                            self.object(entry, child, (*steps, key, index))

    def value(self, value: Any, node: _Node, steps: Steps) -> None:
        context = FieldContext(node.field, self.today)
        # An array of texts or codes is asked of each of them.
        values = enumerate(value) if isinstance(value, list) and node.field.is_leaf else ((None, value),)
        for index, item in values:
            for number, check in node.checks:
                self.applied[number] += 1
                if not check.passes(item, context):
                    self.failed[number].append(failure(steps if index is None else (*steps, index), item))
