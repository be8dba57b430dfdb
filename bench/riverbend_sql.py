"""SQLite expressions that clean Riverbend's cells, with the same meaning as in `cities/riverbend/prepare.sql`."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Select:
    """One table's part of the query: expressions by OCDS path, and where its rows stand among their siblings.

    `section` orders the parts; `container` is the entry that holds this one, `place` the row's own place in it.
    """

    section: int
    source: str
    where: str
    values: Mapping[str, str]
    container: str = "''"
    place: str = "''"
    process: str = "s.sol_no"


def blank(cell: str) -> str:
    """Give text without spaces around it; NULL where nothing is left."""
    return f"nullif(trim({cell}), '')"


def code(cell: str) -> str:
    """Give a code of the source, in one case."""
    return f"upper(trim({cell}))"


def money(cell: str) -> str:
    """Give the number in `$1,234.56` or `USD 1,234.56`, the upper end of a range, and for words 0: not published."""
    text = f"upper({cell})"
    for word in ("USD", "$", ",", " "):
        text = f"replace({text}, '{word}', '')"
    upper = f"CASE WHEN instr({cell}, ' - ') > 0 THEN substr({cell}, instr({cell}, ' - ') + 3) ELSE {cell} END"
    return f"CAST({text.replace(cell, f'({upper})')} AS REAL)"


def day(cell: str) -> str:
    """Give a date in either of its two spellings, unless it is a word for unknown or open-ended."""
    text = blank(cell)
    iso = f"CASE WHEN {text} LIKE '__/__/____' THEN substr({text}, 7, 4) || '-' || substr({text}, 1, 2) || '-' ||"
    iso += f" substr({text}, 4, 2) ELSE substr({text}, 1, 10) END"
    return f"CASE WHEN ({iso}) BETWEEN '1990' AND '2199-12-31' THEN ({iso}) END"


def moment(cell: str) -> str:
    """Give a local time as UTC: SQLite converts by the time zone of its process (TZ)."""
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {cell}, 'utc')"


def start(cell: str) -> str:
    """Give the first second of a day."""
    return moment(f"({day(cell)}) || ' 00:00:00'")


def end(cell: str) -> str:
    """Give the last second of a day."""
    return moment(f"({day(cell)}) || ' 23:59:59'")


def coded(cell: str, codelist: Path) -> str:
    """Translate codes that no OCDS codelist is for, or that Nightingale's codelists do not reach (extensions)."""
    with codelist.open(encoding="utf-8", newline="") as file:
        pairs = [(row["source"], row["code"]) for row in csv.DictReader(file) if row["code"]]
    cases = " ".join(f"WHEN {text(source)} THEN {text(target)}" for source, target in pairs)
    return f"CASE {code(cell)} {cases} END"


def text(value: str) -> str:
    """Give an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def amount(path: str, expression: str, *, given: str = "") -> dict[str, str]:
    """Amount and currency of a Value, both or none."""
    test = given or expression
    return {f"{path}/amount": expression, f"{path}/currency": f"CASE WHEN {test} THEN 'USD' END"}
