"""What several checks ask of the buyers: how often each stands in a process."""

from typing import NamedTuple

from expectations.checks.model import Query, Texts

ENOUGH = 1_000
"""Processes with a buyer below which the checks of buyers don't apply (Pelican's)."""

TOO_FEW = Texts(
    f"fewer than {ENOUGH:,} processes have the id of a buyer",
    f"menos de {ENOUGH:,} procesos tienen el id de un comprador",
)


class Buyers(NamedTuple):
    """Processes with a buyer, different buyers, those seen once, and the most frequent with its name."""

    processes: int
    buyers: int
    once: int
    top: str | None
    top_name: str | None
    top_processes: int


_COUNTED = (
    "(SELECT buyer_id, count(*) AS times, min(buyer_name) AS name FROM facts"
    " WHERE buyer_id IS NOT NULL GROUP BY buyer_id)"
)


def buyers(query: Query) -> Buyers:
    """Count the buyers."""
    ((processes, different, once),) = query(
        f"SELECT coalesce(sum(times), 0), count(*), count(*) FILTER (times = 1) FROM {_COUNTED}"
    )
    top = query(f"FROM {_COUNTED} ORDER BY times DESC, buyer_id LIMIT 1")
    identifier, times, name = top[0] if top else (None, 0, None)
    return Buyers(int(processes), different, once, identifier, name, times)


def seen_once(query: Query, most: int) -> list[str]:
    """Give ids of buyers seen once."""
    return [found for (found,) in query(f"SELECT buyer_id FROM {_COUNTED} WHERE times = 1 ORDER BY 1 LIMIT ?", [most])]
