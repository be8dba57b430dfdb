"""The dirt of real systems, planted in a small share of rows: duplicates, empty keys, orphans.

Where it falls depends on the process number alone.
"""

from typing import Final

from pregon.synth.tender import Batch
from pregon.synth.world import Row, World

_EVERY: Final = 97
"""One process in so many gets one piece of dirt."""
_AT: Final = 41


def _with(row: Row, column: int, value: str | None) -> Row:
    return (*row[:column], value, *row[column + 1 :])


def is_messy(number: int) -> bool:
    """Tell whether something of this process is to be spoilt."""
    return number % _EVERY == _AT


def add_mess(world: World, number: int, since: dict[str, int], out: Batch) -> None:
    """Spoil something of process `number`, whose rows begin at `since` in each table of the batch."""
    kind = number // _EVERY % 8
    if kind < 3:
        # The same row twice, as an export that was run again leaves it.
        table = ("line_items", "plan_holders", "payments")[kind]
        if len(out[table]) > since[table]:
            out[table].append(out[table][since[table]])
    elif kind == 3:
        # One key, two contents: the answer was entered again with another spelling.
        if len(out["questions"]) > since["questions"]:
            row = out["questions"][since["questions"]]
            out["questions"].append(_with(row, 4, f"{row[4]} (reposted)"))
    elif kind == 4:
        row = out["line_items"][since["line_items"]]
        out["line_items"].append(_with(row, 1, " "))
    elif kind == 5:
        if len(out["payments"]) > since["payments"]:
            out["payments"].append(_with(out["payments"][since["payments"]], 0, None))
    elif kind == 6:
        if len(out["bids"]) > since["bids"]:
            row = out["bids"][since["bids"]]
            out["bids"].append(_with(_with(row, 0, f"{row[0]}X"), 1, f"IFB-{world.days.base.year - 9}-0000000"))
    elif len(out["invoices"]) > since["invoices"]:
        row = out["invoices"][since["invoices"]]
        out["invoices"].append(_with(_with(row, 0, f"{row[0]}X"), 1, "C9999999-1"))
