"""Moving an existing synthetic database forward in time, day by day, so that incremental runs have something to do."""

import datetime as dt
from collections.abc import Callable
from typing import Final

from pregon.synth.database import opened
from pregon.synth.days import Days, as_local_date
from pregon.synth.edits import cancel, change, change_back, remove
from pregon.synth.errors import NotSyntheticError, SynthesisRangeError
from pregon.synth.generate import Counter, Summary
from pregon.synth.lifecycle import (
    add_processes,
    amend,
    ask,
    bid,
    close_due,
    decide_due,
    open_planned,
    pay,
    sign_contracts,
)
from pregon.synth.load import existing_tables, loader_for, read_state, write_state
from pregon.synth.turn import Turn
from pregon.synth.world import World, stream

_ADVANCE_STREAM: Final = 4
_NEW_SHARE: Final = 0.15
"""Part of a day's changes that are new processes."""
_LARGEST_SHARE: Final = 0.5


def _pay_late(turn: Turn) -> bool:
    return pay(turn, late=True)


_EACH: Final[tuple[Callable[[Turn], bool], ...]] = (
    change, pay, cancel, change_back, remove, _pay_late, amend, bid, ask,
)  # fmt: skip
"""Every day has these, so that a small city has something of each kind too."""
_COMMON: Final[tuple[Callable[[Turn], bool], ...]] = (
    pay, change, amend, change_back, pay, ask, pay, amend, change, bid, pay, amend, _pay_late, pay, remove, pay, amend,
)  # fmt: skip
"""What the rest of a day is filled with, one after the other, round and round."""


def advance(
    url: str,
    *,
    days: int,
    seed: int = 1,
    as_of: dt.date | dt.datetime | None = None,
    share: float = 0.01,
) -> Summary:
    """Let `days` days pass in a database that `generate` wrote; about `share` of the processes change each day.

    Things happen on the `days` days before `as_of` (by default: on those that follow the day the database stands for).
    Values are changed back from the second call on. Rows vanish only from tables without a cursor; elsewhere real
    systems, and this one, mark them (`voided`, `removed`, `visibility`). Late rows carry an `updated_at` up to five
    days before the day they appear. The same database, seed and days give the same result; all is one transaction.

    Raises NotSyntheticError if the database isn't one of ours, SynthesisRangeError for days that are not ahead.
    """
    if days < 1:
        raise SynthesisRangeError("days", days, "at least 1")
    if not 0 < share <= _LARGEST_SHARE:
        raise SynthesisRangeError("share", share, f"more than 0, at most {_LARGEST_SHARE}")
    with opened(url, existing=True) as engine:
        if "synth_state" not in existing_tables(engine):
            raise NotSyntheticError("it has no table synth_state")
        with engine.begin() as connection:
            state = read_state(connection)
            if not state:
                raise NotSyntheticError("writing it was not finished")
            base = dt.date.fromisoformat(state["base"])
            now = int(state["today"])
            if as_of is not None:
                target = (as_local_date(as_of) - base).days
                if target - days < now:
                    raise SynthesisRangeError("as_of", as_of, f"a day at least {days} days after the database's own")
                now = target - days
            world = World(int(state["seed"]), Days(base, now + days))
            processes, change_no = int(state["processes"]), int(state["change"])
            world.remember_vendors(int(state["vendors"]))
            counter = Counter(loader_for(connection, bulk=False))
            counts: dict[str, int] = {}
            for day in range(now, now + days):
                turn = Turn(
                    connection, world, counter, stream(world.seed, _ADVANCE_STREAM, seed, day),
                    day=day, round_=int(state["round"]) + 1, processes=processes, change=change_no,
                )  # fmt: skip
                _live_through(turn, share)
                processes, change_no = turn.processes, turn.change
                for kind, number in turn.counts.items():
                    counts[kind] = counts.get(kind, 0) + number
            write_state(
                connection,
                {
                    **state, "processes": processes, "vendors": len(world.registered), "today": now + days,
                    "round": int(state["round"]) + 1, "change": change_no,
                },
            )  # fmt: skip
            return Summary(base + dt.timedelta(days=now + days), processes, counter.rows, counts)


def _live_through(turn: Turn, share: float) -> None:
    """Let one day pass: what is due first, then as many other changes as the share allows, then the new processes."""
    quota = max(2 * len(_EACH), round(share * turn.processes))
    # After years of history some decisions are overdue on the first day: they must not fill it.
    open_planned(turn, quota // 4)
    close_due(turn, quota // 4)
    decide_due(turn, quota // 4)
    turn.flush()
    sign_contracts(turn, quota // 4)
    turn.flush()
    for move in _EACH:
        move(turn)
    for number in range(quota - sum(turn.counts.values()) - len(_EACH)):
        _COMMON[number % len(_COMMON)](turn)
    turn.flush()
    add_processes(turn, max(1, round(quota * _NEW_SHARE)))
    turn.flush()
