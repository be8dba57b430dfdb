"""All checks of single processes at once: what applied, what failed, and the facts that the whole is judged by.

    assessor = Assessor(extensions)
    assessed = assessor.assess(compiled_release, assessor.history(releases))
    assessed.found        # [Found("reference.contract_in_awards", Failure(…), "contracts/C1"), …]
    assessed.fact         # the row of `expectations.facts`

One `Assessor` serves any number of processes; of them it keeps no more than short texts that passed, for speed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from expectations.checks import fields as field_checks
from expectations.checks import process as process_checks
from expectations.checks import releases as release_checks
from expectations.checks.compiled import CompiledRelease
from expectations.checks.earlier import Earlier, in_order
from expectations.checks.model import Check, Failure, Outcome
from expectations.checks.structure import entry_of
from expectations.facts import Fact, fact_of
from expectations.field_walk import FieldWalk
from transforms.ocds import FieldTable, field_table, release_schema
from transforms.releases import MergeRules

MOST_FAILURES = 20
"""Failures of one check kept of one process: the first tell what is wrong, a thousand would hide it."""

LAST_DAY = "9999-12-31"

_LATEST = timezone(timedelta(hours=14))


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
    def walk(self) -> FieldWalk:
        """The checks of single values, in one walk."""
        return FieldWalk(self.fields, self.field_checks)

    @cached_property
    def rules(self) -> MergeRules:
        """How releases with these extensions are merged."""
        return MergeRules.from_schema(release_schema(self.fields.extensions))

    def history(self, releases: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], Earlier]]:
        """Give all releases of a process, oldest first, as `assess` takes them: each with what there was before it."""
        return in_order(releases, self.rules)

    def assess(
        self, document: Any, releases: Iterable[tuple[Mapping[str, Any], Earlier]] = (), *, today: str | None = None
    ) -> Assessed:
        """Look at a compiled release, and at those of its releases that are to be checked.

        `today` (YYYY-MM-DD) is the last day that the release can know of; by default the last day that it is anywhere
        on Earth at its own date. Numbers of the facts' release checks are sums over the releases given here.
        """
        compiled = CompiledRelease(document)
        tally = _Tally()
        for check in self.process_checks:
            tally.add(check.id, check.run(compiled), compiled.document)
        outcomes = self.walk(compiled.document, today or _last_day(compiled.date))
        for field_check, outcome in zip(self.field_checks, outcomes, strict=True):
            tally.add(field_check.id, outcome, compiled.document)
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


def _last_day(date: object) -> str:
    return _day_at_last(date) if isinstance(date, str) else LAST_DAY


@lru_cache(maxsize=16_384)
def _day_at_last(date: str) -> str:
    """Give the day of a moment where it is latest (UTC+14), so that no local date seems to lie in the future."""
    try:
        moment = datetime.fromisoformat(date)
    except ValueError:
        return LAST_DAY
    if moment.tzinfo is None or not 1 < moment.year < 9999:
        return LAST_DAY
    return moment.astimezone(_LATEST).isoformat()[:10]
