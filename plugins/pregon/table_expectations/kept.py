"""What is kept of a verdict for the next run, with the commit it belongs to: counts, and the keys of failing rows.

No value of a row is kept, so that nothing that is taken back later stands here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pregon.lake import Lake
from pregon.table_expectations.judging import Before, Tally
from pregon.table_expectations.suites import Suite

VERDICTS = "expectations/verdicts.json"
FAILING = "expectations/failing.parquet"

Tallies = Mapping[str, Mapping[str, Tally]]
"""Source table → expectation → what was found."""


def write_verdicts(lake: Lake, folder: str, tallies: Tallies, suites: Mapping[str, Suite], fingerprint: str) -> None:
    """Keep what was found of source tables below a folder of the lake; `fingerprint` tells the code that found it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    described: dict[str, Any] = {}
    failing: dict[str, list[str]] = {"table": [], "expectation": [], "row": []}
    for table, found in tallies.items():
        described[table] = {
            "fingerprint": f"{fingerprint} {suites[table].fingerprint}",
            "expectations": {
                name: {
                    "evaluated": tally.evaluated,
                    "unexpected": tally.unexpected,
                    "complete": tally.complete,
                    "success": tally.success,
                    "error": tally.error,
                }
                for name, tally in found.items()
            },
        }
        for name, tally in found.items():
            rows = sorted(tally.rows)
            failing["table"] += [table] * len(rows)
            failing["expectation"] += [name] * len(rows)
            failing["row"] += rows
    with lake.writer(f"{folder}/{FAILING}") as path:
        pq.write_table(pa.table(failing, schema=pa.schema([(name, pa.string()) for name in failing])), path)
    lake.put_json(f"{folder}/{VERDICTS}", described)


def read_verdicts(lake: Lake, folder: str, suites: Mapping[str, Suite], fingerprint: str) -> dict[str, Before]:
    """Read what was kept, of the tables whose suite and code are the same still."""
    if not (lake.exists(f"{folder}/{VERDICTS}") and lake.exists(f"{folder}/{FAILING}")):
        return {}
    described = lake.read_json(f"{folder}/{VERDICTS}")
    rows = _rows(lake.local(f"{folder}/{FAILING}"))
    found = {}
    for table, kept in described.items():
        if table not in suites or kept["fingerprint"] != f"{fingerprint} {suites[table].fingerprint}":
            continue
        tallies = {
            name: Tally(**facts, rows=rows.get((table, name), [])) for name, facts in kept["expectations"].items()
        }
        found[table] = Before(tallies)
    return found


def _rows(path: Path) -> dict[tuple[str, str], list[str]]:
    import pyarrow.parquet as pq

    found: dict[tuple[str, str], list[str]] = {}
    columns = pq.read_table(path).to_pydict()
    for table, name, row in zip(columns["table"], columns["expectation"], columns["row"], strict=True):
        found.setdefault((table, name), []).append(row)
    return found
