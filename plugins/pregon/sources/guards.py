"""Guards: a read that is not to be believed stops the run before anything changes.

Each guard looks at one way in which sources fail in practice, and can be set per table (`guards:` in city.yaml) or be
accepted once by a person who has looked.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pregon.manifest import Mode, TableManifest
from pregon.sources.base import (
    EmptyKeyError,
    EmptySourceError,
    Guard,
    NothingUsableError,
    SourceError,
    TableSpec,
)
from pregon.sources.batches import DUPLICATE_KEY
from pregon.sources.connector import TablePlan
from pregon.sources.settling import Settled

ROUND_NUMBERS = frozenset({1_000, 5_000, 10_000, 32_000, 50_000, 65_535, 65_536, 100_000, 1_000_000, 1_048_575})
"""Numbers of rows at which APIs, exports and spreadsheets cut off."""

_FEW = 10
"""So many rows say nothing of a table: shares of less are chance."""


class GuardStopped(SourceError):
    """What was read is not to be believed; `guard` names the guard that says so."""

    def __init__(self, guard: Guard, problem: str, *, source: str, table: str, hint: str) -> None:
        super().__init__(
            problem,
            source=source,
            table=table,
            hint=f"{hint}; what was published before stays. If it is right, run with --accept {guard}, or set"
            f" `guards: {{{guard}: …}}` of the table",
        )
        self.guard = guard


class TooFewRows(GuardStopped):
    """A full read gave far fewer rows than the last one."""

    def __init__(self, rows: int, before: int, allowed: float, *, source: str, table: str) -> None:
        super().__init__(
            "shrink",
            f"gives {rows:,} rows, {1 - rows / before:.0%} fewer than the {before:,} of the last full read"
            f" (allowed: {allowed:.0%})",
            source=source,
            table=table,
            hint="check whether the source was cut off or is being rebuilt",
        )
        self.rows = rows
        self.before = before


class CountMismatch(GuardStopped):
    """The rows that were read are not as many as the source itself says it has."""

    retryable = True

    def __init__(self, rows: int, expected: int, *, source: str, table: str) -> None:
        super().__init__(
            "expected",
            f"gave {rows:,} rows, but says that it has {expected:,}",
            source=source,
            table=table,
            hint="run again: the source may have changed while it was read",
        )
        self.rows = rows
        self.expected = expected


class RoundNumber(GuardStopped):
    """The number of rows is one at which sources cut off, and nothing confirms it."""

    def __init__(self, rows: int, *, source: str, table: str) -> None:
        super().__init__(
            "round_numbers",
            f"gives exactly {rows:,} rows, which looks cut off",
            source=source,
            table=table,
            hint="check whether there are more",
        )
        self.rows = rows


class EmptiedColumn(GuardStopped):
    """A column that had values has none any more."""

    def __init__(self, column: str, before: int, *, source: str, table: str) -> None:
        super().__init__(
            "emptied",
            f"column {column!r} has no value in any row, where {before:,} rows had one at the last full read",
            source=source,
            table=table,
            hint="check whether the source renamed the column or lost it",
        )
        self.column = column
        self.before = before


class RepeatedKeys(GuardStopped):
    """The key no longer identifies a row."""

    def __init__(self, key: tuple[str, ...], repeated: int, rows: int, *, source: str, table: str) -> None:
        super().__init__(
            "duplicates",
            f"{repeated:,} of {rows:,} rows repeat a key ({', '.join(key)}) with other content",
            source=source,
            table=table,
            hint="the key has to name the columns that identify a row",
        )
        self.key = key
        self.repeated = repeated


class ColumnDrift(GuardStopped):
    """Columns that the city relies on have another type than at the last extract.

    `changed` gives the source's name → (type before, type now), `columns` our names of them.
    """

    def __init__(
        self, changed: Mapping[str, tuple[str, str]], columns: Collection[str], *, source: str, table: str
    ) -> None:
        told = ", ".join(f"{name!r} was {before}, is {now}" for name, (before, now) in changed.items())
        super().__init__(
            "drift",
            f"columns changed their type: {told}",
            source=source,
            table=table,
            hint="check what the source means by it, and correct `columns:` and the mapping",
        )
        self.changed = dict(changed)
        self.columns = tuple(columns)


def check_read(
    source: str,
    table: TableSpec,
    settled: Settled,
    plan: TablePlan,
    before: TableManifest | None,
    *,
    mode: Mode,
    accept: Collection[Guard],
    notes: dict[str, Any],
) -> None:
    """Look at what was read of a table; `notes` gets what changed of its columns without stopping anything.

    Raises:
        EmptySourceError: a whole table has no rows where some are known: it would look as if all had vanished.
        EmptyKeyError, NothingUsableError: no row of a whole table can be used.
        GuardStopped: a guard of the table does not believe it, and is not among those to `accept`.
    """
    place = {"source": source, "table": table.name}
    if mode == "full":
        _check_content(table, settled, before, place)
    for stopped in _stopped(table, settled, plan, before, mode, notes, place):
        if stopped.guard not in accept:
            raise stopped
        notes.setdefault("accepted_guards", []).append(stopped.guard)


def _check_content(table: TableSpec, settled: Settled, before: TableManifest | None, place: dict[str, str]) -> None:
    if not settled.rows_read and before and before.image.rows:
        raise EmptySourceError(
            f"gives no rows, where {before.image.rows:,} are known",
            **place,
            hint="check the source; what was published before stays",
        )
    if settled.rows_read and not settled.rows:
        for name in table.key:
            if settled.empty_keys[name] == settled.rows_read:
                raise EmptyKeyError(name, settled.rows_read, **place)
        raise NothingUsableError(settled.rejected, settled.example, **place)


def _stopped(
    table: TableSpec,
    settled: Settled,
    plan: TablePlan,
    before: TableManifest | None,
    mode: Mode,
    notes: dict[str, Any],
    place: dict[str, str],
) -> Iterator[GuardStopped]:
    guards, rows = table.guards, settled.rows_read
    if changed := _drift(table, plan, before, notes):
        columns = [ours for ours, theirs in table.read_columns.items() if theirs in changed]
        yield ColumnDrift(changed, columns, **place)
    if plan.expected is not None and _differs(rows, plan.expected, guards.expected, moving=plan.moving):
        yield CountMismatch(rows, plan.expected, **place)
    repeated = settled.rejected[DUPLICATE_KEY]
    if repeated > max(guards.duplicates * rows, _FEW):
        yield RepeatedKeys(table.key, repeated, rows, **place)
    if mode != "full":
        return
    if before and before.whole_rows and before.whole_rows - rows > max(guards.shrink * before.whole_rows, _FEW):
        yield TooFewRows(rows, before.whole_rows, guards.shrink, **place)
    same_size = before is not None and before.whole_rows == rows
    if guards.round_numbers and plan.expected is None and rows in ROUND_NUMBERS and not same_size:
        yield RoundNumber(rows, **place)
    if guards.emptied and before and settled.rows > _FEW:
        for name, filled in before.filled.items():
            if filled > _FEW and name in table.read_columns and not settled.filled[name]:
                yield EmptiedColumn(name, filled, **place)


def _differs(rows: int, expected: int, share: float, *, moving: bool) -> bool:
    """Say whether rows were lost, or were too many; of a moving source a row may be gone that was read before."""
    lost = expected - rows
    return (lost if moving else abs(lost)) > share * expected


def _drift(
    table: TableSpec, plan: TablePlan, before: TableManifest | None, notes: dict[str, Any]
) -> dict[str, tuple[str, str]]:
    """Note what columns came and went; give those the city relies on whose type in the source's words changed."""
    if not plan.observed or before is None or not before.observed:
        return {}
    then, now = before.observed, plan.observed
    if came := [name for name in now if name not in then]:
        notes["columns_came"] = came
    if went := [name for name in then if name not in now]:
        notes["columns_went"] = went
    wanted = set(table.read_columns.values())
    return {
        name: (then[name], now[name]) for name in now if name in wanted and name in then and then[name] != now[name]
    }
