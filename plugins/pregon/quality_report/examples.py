"""Examples of each check, with the source rows behind them."""

from collections.abc import Mapping
from pathlib import Path

from expectations.checks.model import Check
from pregon.duck import parquet, session
from pregon.quality_report.columns import Columns
from pregon.quality_report.issues import counts, message
from pregon.stages.quality import Standing
from transforms.quality.inside import Example, Inside, SourceCount

MOST_EXAMPLES = 10
"""Examples of a check."""

MOST_TABLES = 8
"""Source tables named for a check."""


def inside_of(found: Standing, checks: Mapping[str, Check], columns: Columns, scratch: Path) -> Inside:
    """Choose examples of each check, of as many fields as there are, and count the source tables behind it."""
    examples: dict[str, list[Example]] = {}
    with session(scratch, about="the examples of the quality report") as connection:
        rows = connection.execute(
            'WITH placed AS (SELECT *, row_number() OVER (PARTITION BY "check", path ORDER BY ocid, pointer, value)'
            f" AS place FROM {parquet([found.failures])}"
            f" QUALIFY place <= {MOST_EXAMPLES})"
            ' SELECT "check", "table", "row", value, other, ocid, path, pointer FROM placed'
            ' QUALIFY row_number() OVER (PARTITION BY "check" ORDER BY place, path, ocid, pointer) <='
            f' {MOST_EXAMPLES} ORDER BY "check", place, path, ocid, pointer'
        ).fetchall()
    for name, table, key, value, other, ocid, path, pointer in rows:
        check = checks.get(name)
        if check is not None:
            origin = columns.of(path, table or "")
            examples.setdefault(name, []).append(
                Example(
                    ocid or "", pointer, value, message(check, value, other), _full(columns, table or ""), key or "",
                    origin.columns, origin.constant,
                )
            )  # fmt: skip
    sources: dict[str, list[SourceCount]] = {}
    for name, table, failures, _ in counts(found.failures, checks, scratch, most_tables=MOST_TABLES):
        sources.setdefault(name, []).append(SourceCount(_full(columns, table), table, failures))
    named = {name: result.examples for name, result in found.summary.results.items() if result.examples}
    return Inside(MOST_EXAMPLES, examples, sources, named)


def _full(columns: Columns, table: str) -> str:
    system = columns.system(table)
    return f"{system}.{table}" if system else table
