"""Processes that are held back: those that this run looked at and quarantined, and earlier ones that stay so.

A run looks at what changed, but the rows of a process that broke the schema weeks ago are still held back. Which they
are is stored with each commit, because the ledger knows ocids only, and the list of rows the processes' own keys only.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from pregon.json_lines import read_json_lines
from pregon.run import Run
from pregon.stages.context import CityContext
from pregon.stages.since import kept_key
from transforms.quoting import literal


def withheld_key(city: str, manifest: int) -> str:
    """Key of the processes that are held back as of the commit of a manifest: ocid → process key."""
    return f"{kept_key(city, manifest)}/withheld.json"


def withheld_processes(run: Run, context: CityContext, prepared: Mapping[str, Any]) -> dict[str, str]:
    """Give ocid → process key of all processes that are held back after this run, committed or not.

    `prepared` is the content of `prepared.json`.
    """
    stored = withheld_key(run.slug, prepared["manifest"])
    if run.lake.exists(stored):
        return dict(run.lake.read_json(stored))
    return find_withheld(run, withheld_before(run, context, prepared), prepared["buckets"])


def withheld_before(run: Run, context: CityContext, prepared: Mapping[str, Any]) -> dict[str, str]:
    """Give what was held back as of the last commit, as far as this run does not look at everything anew."""
    head = None if prepared["everything"] else context.ledger.head()
    key = withheld_key(run.slug, head.manifest) if head else None
    return dict(run.lake.read_json(key)) if key and run.lake.exists(key) else {}


def find_withheld(run: Run, before: Mapping[str, str], buckets: Iterable[int]) -> dict[str, str]:
    """Give what is held back now: of `before` what was not looked at and is still there, and what was quarantined."""
    held = dict(before)
    for bucket in buckets:
        quarantined = frozenset(run.lake.read_json(f"{run.work}/checked/{bucket:03d}.json")["quarantined"])
        if not held and not quarantined:
            continue  # nothing to be found among the states, which are many
        for line in read_json_lines(run.lake.local(f"{run.work}/states/{bucket:03d}.jsonl.zst")):
            if line["ocid"] in quarantined:
                held[line["ocid"]] = line["process"]
            else:
                held.pop(line["ocid"], None)
    there = _served(run.lake.local(f"{run.work}/prepared/rows.parquet"), held.values())
    return {ocid: process for ocid, process in sorted(held.items()) if process in there}


def _served(rows: Path, processes: Iterable[str]) -> set[str]:
    """Give those of the processes that a source row still serves."""
    wanted = sorted(processes)
    if not wanted:
        return set()
    with duckdb.connect() as connection:
        found = connection.execute(
            f"SELECT DISTINCT _process FROM read_parquet({literal(str(rows))}) WHERE _process IN (SELECT unnest(?))",
            [wanted],
        )
        return {str(process) for (process,) in found.fetchall()}
