"""Dates held against one another, as the checks of dates do it.

    order = Order()
    order.add(award.get("date"), contract.get("dateSigned"), steps, "dateSigned")
    return order.outcome()      # None: no two days to compare

Days are compared, not moments (`expectations.checks.days`), and the same day is in order. A pair is counted if both
sides are days.
"""

from collections.abc import Iterable

from expectations.checks.compiled import CompiledRelease, Kind
from expectations.checks.days import day
from expectations.checks.model import Failure, Outcome, Steps, failure


class Order:
    """Pairs of dates, counted, and those that are in the wrong order."""

    def __init__(self) -> None:
        self.applied = 0
        self.failures: list[Failure] = []

    def add(self, first: object, second: object, steps: Steps, key: str) -> None:
        """Hold two dates against each other; the second stands at `key` in what `steps` lead to, and is not earlier."""
        if (before := day(first)) is not None and (after := day(second)) is not None:
            self.applied += 1
            if before > after:
                self.failures.append(failure((*steps, key), second, first))

    def add_told(self, compiled: CompiledRelease, kinds: Iterable[Kind]) -> None:
        """Hold what has happened against the date of the release; a failure leads to what would be in the future."""
        told = compiled.day
        if told is None:
            return
        for kind in kinds:
            moments = compiled.moments[kind]
            self.applied += len(moments)
            self.failures += [
                failure((*steps, key), date, compiled.date) for steps, key, date, ordinal in moments if ordinal > told
            ]

    def outcome(self) -> Outcome | None:
        """Give what was found; None if there was no pair of days."""
        return Outcome(self.applied, self.failures) if self.applied else None
