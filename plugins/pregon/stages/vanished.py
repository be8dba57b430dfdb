"""Which published processes are gone from the source in a run.

A run that looked at everything compares ocids with the ledger, so that a mapping which makes them in another way is
noticed; any other run knows which process keys its rows lost.
"""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb

from pregon.json_lines import read_json_lines
from pregon.run import Prepared, Run
from pregon.stages.context import CityContext
from transforms.mapping.model import placeholders
from transforms.quoting import literal

MOST_COMPARED = 10_000
"""Vanished or new processes that are compared with each other: of more vanished ones the share alone stops a run."""


@dataclass(frozen=True)
class Vanished:
    """`count` published processes went in this run; `ocids` are those that are not there, the first so many.

    After a run that looked at everything, processes which went in earlier runs are among `ocids`, but not counted.
    """

    count: int
    ocids: tuple[str, ...]


def known_key(run: Run, bucket: int) -> str:
    """Key of the number of processes of a bucket that the ledger knows; written by the stage `release`."""
    return f"{run.work}/known/{bucket:03d}.json"


def find_vanished(run: Run, context: CityContext, prepared: Prepared, published: int, earlier: Path | None) -> Vanished:
    """Compare the run with the ledger; `earlier` lists which row served which process as of the last commit."""
    if not prepared.everything:
        lost = ocids_of(context, _lost_keys(run, prepared, earlier), earlier) if earlier is not None else {}
        ocids = sorted(lost.values())
        return Vanished(len(ocids), tuple(ocids[:MOST_COMPARED]))
    gone = published - sum(run.lake.read_json(known_key(run, bucket)) for bucket in prepared.buckets)
    if gone <= 0:
        return Vanished(0, ())
    before = max(0, published - _count(earlier)) if earlier is not None else 0
    return Vanished(max(0, gone - before), tuple(islice(_not_looked_at(run, context, prepared), MOST_COMPARED)))


def ocids_of(context: CityContext, keys: Iterable[str], earlier: Path | None) -> dict[str, str]:
    """Give process key → ocid of those of the processes that were published."""
    wanted = sorted(keys)
    if not wanted:
        return {}
    mapping = context.transform.mapping
    template, key = mapping.process.ocid, mapping.process.key
    if set(placeholders(template)) == {key}:
        prefix = "" if context.plan.documents else f"{context.city.ocid_prefix}-"
        names = {prefix + template.replace(f"{{{key}}}", one): one for one in wanted}
        return {names[ocid]: ocid for ocid in context.ledger.state_hashes(names)}
    # No ocid can be made of the key alone: whose own row it is, is asked of the ledger.
    rows = dict(_rows_of(wanted, earlier)) if earlier is not None else {}
    found = {}
    for ocid, own in context.ledger.own_rows():
        for row in own & rows.keys():
            found[rows[row]] = ocid
    return found


def _rows_of(keys: list[str], earlier: Path) -> Iterator[tuple[str, str]]:
    import pyarrow as pa

    with duckdb.connect() as connection:
        connection.register("wanted", pa.table({"_process": keys}))
        found = connection.execute(
            f"SELECT _row, min(_process) FROM read_parquet({literal(str(earlier))}) AS e"
            " SEMI JOIN wanted USING (_process) GROUP BY _row HAVING count(*) = 1"
        )
        while page := found.fetchmany(10_000):
            yield from ((str(row), str(process)) for row, process in page)


def _lost_keys(run: Run, prepared: Prepared, earlier: Path) -> list[str]:
    if not run.lake.read_json(f"{prepared.key}/prepared.json")["vanished"]:
        return []
    now = literal(str(run.lake.local(f"{prepared.key}/rows.parquet")))
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT DISTINCT _process FROM read_parquet({literal(str(earlier))}) AS e"
            f" ANTI JOIN read_parquet({now}) AS n USING (_process)"
        )
        return [str(row[0]) for row in found.fetchall()]


def _count(rows: Path) -> int:
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT count(DISTINCT _process) FROM read_parquet({literal(str(rows))})"
        ).fetchone()
    return int(found[0]) if found else 0


def _not_looked_at(run: Run, context: CityContext, prepared: Prepared) -> Iterator[str]:
    """Give the published ocids that no state of this run has: hashes of those it has are held, eight bytes each."""
    seen = array("Q", sorted(_short(ocid) for ocid in _ocids(run, prepared)))
    for ocid in context.ledger.ocids():
        short = _short(ocid)
        place = bisect_left(seen, short)
        if place == len(seen) or seen[place] != short:
            yield ocid


def _short(ocid: str) -> int:
    return int.from_bytes(hashlib.blake2b(ocid.encode(), digest_size=8).digest())


def _ocids(run: Run, prepared: Prepared) -> Iterator[str]:
    for bucket in prepared.buckets:
        for line in read_json_lines(run.lake.local(f"{run.work}/provenance/{bucket:03d}.jsonl.zst")):
            yield line["ocid"]
