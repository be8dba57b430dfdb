"""The list of issues, one line for each place that fails a check: for programs (CSV), to hand on to owners of sources.

Streamed, gravest first; DuckDB sorts on the disk what does not fit into memory. Nothing from a source is trusted: signs
that a program would obey are replaced, and a text that a spreadsheet would run as a formula gets an apostrophe.
"""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from expectations.checks.model import SEVERITIES, Check
from pregon.duck import parquet, session
from pregon.quality_report.columns import Columns
from transforms.quoting import literal
from transforms.tables.cells import escape_formula

HEADER = (
    "severity", "check", "problem_en", "problem_es", "system", "table", "key", "column", "value", "other", "ocid",
    "path", "pointer",
)  # fmt: skip

NOTHING = "–"
"""What a message says where there is no value."""

_BATCH = 10_000


class Issue(NamedTuple):
    """A place that fails a check, as a line of the list.

    `system`, `table` and `key` name the source row ("" where it is not known); `column` are the columns that fill the
    path, `table.column` separated by commas, or `= constant`.
    """

    severity: str
    check: str
    problem: Mapping[str, str]
    system: str
    table: str
    key: str
    column: str
    value: str
    other: str
    ocid: str
    path: str
    pointer: str


def issues(
    failures: Path, checks: Mapping[str, Check], columns: Columns, scratch: Path, *, most: int | None = None
) -> Iterator[Issue]:
    """Stream the failures of these checks (by id), the gravest first, then by check, source row and process."""
    if not checks:
        return
    known = ", ".join(f"({literal(one.id)}, {SEVERITIES.index(one.severity)})" for one in checks.values())
    limit = f" LIMIT {int(most)}" if most is not None else ""
    with session(scratch, about="the list of issues") as connection:
        batches = connection.execute(
            'SELECT "check", "table", "row", value, other, ocid, path, pointer'
            f' FROM {parquet([failures])} JOIN (VALUES {known}) AS known(id, rank) ON id = "check"'
            f' ORDER BY rank, "check", "table", "row", ocid, pointer, value, other{limit}'
        ).to_arrow_reader(_BATCH)
        for batch in batches:
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield issue(row, checks, columns)


def issue(row: tuple[str, ...], checks: Mapping[str, Check], columns: Columns) -> Issue:
    """Make a line of (check, table, row, value, other, ocid, path, pointer)."""
    name, table, key, value, other, ocid, path, pointer = (part or "" for part in row)
    check = checks[name]
    origin = columns.of(path, table)
    column = ", ".join(origin.columns) or ("" if origin.constant is None else f"= {origin.constant}")
    return Issue(
        check.severity, name, message(check, value, other), columns.system(table), table, key, column, value, other,
        ocid, path, pointer,
    )  # fmt: skip


def message(check: Check, value: str, other: str) -> dict[str, str]:
    """Say what is wrong, by language."""
    filled = {"value": value or NOTHING, "other": other or NOTHING}
    return {"en": check.message.en.format(**filled), "es": check.message.es.format(**filled)}


def harmless(text: str) -> str:
    """Replace what is no letter: control signs, those that turn the direction of writing, halves of pairs.

    Line breaks and tabs become spaces, so that an issue stays on its line in tools that can't read more.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else " " if letter.isspace() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def cell_text(text: str) -> str:
    """Write a text as a cell that no spreadsheet runs and no program chokes on."""
    return escape_formula(harmless(text))


def write_csv(path: Path, found: Iterable[Issue]) -> int:
    """Write the list as RFC 4180 has it, UTF-8 with a byte order mark as in the dictionary; give how many it has."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(HEADER)
        for one in found:
            texts = (one.severity, one.check, one.problem["en"], one.problem["es"], *one[3:])
            writer.writerow([cell_text(text) for text in texts])
            count += 1
    return count


def counts(
    failures: Path, checks: Collection[str], scratch: Path, *, most_tables: int | None = None
) -> list[tuple[str, str, int, int]]:
    """Give (check, source table, failures, processes), the tables with the most failures of each check first."""
    if not checks:
        return []
    named = ", ".join(literal(one) for one in sorted(checks))
    most = "" if most_tables is None else (
        f' QUALIFY row_number() OVER (PARTITION BY "check" ORDER BY found DESC, "table") <= {int(most_tables)}'
    )  # fmt: skip
    with session(scratch, about="the counts of issues") as connection:
        rows: list[tuple[Any, ...]] = connection.execute(
            f'SELECT "check", "table", count(*) AS found, count(DISTINCT ocid) FROM {parquet([failures])}'
            f' WHERE "check" IN ({named}) GROUP BY "check", "table"{most} ORDER BY "check", found DESC, "table"'
        ).fetchall()
    return [(check, table or "", int(found), int(processes)) for check, table, found, processes in rows]
