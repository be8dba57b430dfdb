"""An organization has one id: no other id has the same name, but for spelling and legal form."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from expectations.checks.counts import MOST_EXAMPLES, share
from expectations.checks.datasets.organizations import ORGANIZATIONS
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts


class Candidate(NamedTuple):
    """Two ids that may be one organization: the one in most processes, and another; with their names as evidence."""

    id: str
    name: str
    processes: int
    other_id: str
    other_name: str
    other_processes: int

    def __str__(self) -> str:
        names = f"{self.name} ({self.processes:,}) / {self.other_name} ({self.other_processes:,})"
        return f"{self.id} = {self.other_id}: {names}"


_BY_ID = (
    "(SELECT id, plain, sum(times)::BIGINT AS times, arg_max(name, (times, name)) AS name"
    f" FROM {ORGANIZATIONS} GROUP BY id, plain)"
)
_DOUBLED = (
    "(SELECT *, count(*) OVER (PARTITION BY plain) AS ids, sum(times) OVER (PARTITION BY plain) AS total"
    f" FROM {_BY_ID})"
)


def candidates(query: Query, most: int) -> Iterator[Candidate]:
    """Give pairs of ids with one name, those in most processes first; `most` names are looked at.

    Each further id of a name makes one pair with the first, so that their number is linear.
    """
    rows = query(
        f"SELECT plain, id, name, times FROM {_DOUBLED} WHERE ids > 1"
        " QUALIFY dense_rank() OVER (ORDER BY total DESC, plain) <= ? ORDER BY total DESC, plain, times DESC, id",
        [most],
    )
    for _, group in groupby(rows, key=itemgetter(0)):
        (_, first, name, processes), *others = group
        for _, other, other_name, other_processes in others:
            yield Candidate(first, name, processes, other, other_name, other_processes)


def _run(query: Query, _: Setting) -> DatasetOutcome:
    ((names, several, ids),) = query(
        f"SELECT count(*), count(*) FILTER (ids > 1), coalesce(sum(ids) FILTER (ids > 1), 0)::BIGINT FROM"
        f" (SELECT plain, count(*) AS ids FROM {_BY_ID} GROUP BY plain)"
    )
    if not names:
        reason = Texts("no organization has id and name", "ninguna organización tiene id y nombre")
        return DatasetOutcome(0, passed=True, reason=reason)
    pairs = list(candidates(query, MOST_EXAMPLES)) if several else []
    return DatasetOutcome(
        applied=names,
        passed=not several,
        figures={
            "names": names,
            "several_ids": several,
            "several_ids_share": share(several, names),
            "ids_of_these": ids,
        },
        examples=[str(pair) for pair in pairs[:MOST_EXAMPLES]],
    )


CHECK = DatasetCheck(
    id="x.party_duplicates",
    version="1",
    severity="info",
    paths=("parties/id", "parties/name"),
    source="Pregón",
    title=Texts("Organizations have one id", "Cada organización tiene un solo id"),
    message=Texts(
        "these ids have one name but for spelling and legal form; behind each name is the number of processes",
        "estos ids tienen el mismo nombre salvo escritura y forma jurídica; tras cada nombre, el número de procesos",
    ),
    cost=Texts(
        "What one supplier wins is spread over several entries: concentration and repeated winners stay hidden.",
        "Lo que gana un proveedor queda repartido en varias fichas: la concentración y los ganadores"
        " repetidos no se ven.",
    ),
    run=_run,
)
