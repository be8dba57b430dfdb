"""DuckDB SQL that turns prepared columns into values for OCDS, with a finding for each cell that can't be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from transforms.mapping.model import placeholders
from transforms.quoting import literal, quote

ValueType = Literal["string", "number", "integer", "boolean", "date-time"]

SEPARATOR = "\x1f"
"""Between the parts of a finding (path, code, value): the ASCII unit separator, which no source text survives with."""

FIRST_YEAR = 1990
"""Dates before this year are treated as errors or as words for absent (0201, 1900-01-01)."""

EARLIEST_CHANGE = "1985-01-01T00:00:00Z"
"""A change time before it is a placeholder: no electronic record of a purchase is older."""

YEARS_AHEAD = 50
"""Dates further ahead of the run are treated the same (9999-12-31)."""

USUAL_YEARS = range(2010, 2031)
"""Years whose offsets are written without arithmetic."""

WHITE_SPACE = "\t\n\v\f\r \u00a0\ufeff"
"""What stands around a text without meaning anything, the no-break space and the byte order mark included."""

FINDING_END = "\x1e"
"""Between the findings of a row: the ASCII record separator."""

CONTENT_ID_DIGITS = 12
"""Hexadecimal digits of an id that is made of content."""

_LARGEST_INTEGER = 2**53 - 1


def macros(time_zone: str) -> list[str]:
    """Statements that define the functions available in `prepare.sql` and used by the mapping.

    blank(text)            text without white space around it, or NULL where nothing remains
    money(text)            DECIMAL(24,6) if the whole cell is one amount, else NULL
    amount_text(text)      the digits of such an amount
    currency_of(text)      the three-letter code in such a cell, or NULL
    local_ts(text, format) TIMESTAMP by a strptime format, or NULL
    zoned(timestamp)       RFC 3339 text in the city's zone; a time that a clock change skips has the offset before it
    """
    zone = literal(time_zone)
    space = literal(WHITE_SPACE)
    number = r"[-+]?\(?\s*([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?\.?\s*\)?"
    whole_cell = rf"^\s*(-\s*)?(([A-Z]{{3}}|[A-Z]{{0,3}}\$|€)\s*)?{number}(\s*([A-Z]{{3}}|€))?\s*$"
    return [
        f"CREATE OR REPLACE MACRO blank(cell) AS nullif(trim(CAST(cell AS VARCHAR), {space}), '')",
        "CREATE OR REPLACE MACRO amount_text(cell) AS"
        f" CASE WHEN regexp_matches(upper(CAST(cell AS VARCHAR)), {literal(whole_cell)})"
        " THEN regexp_replace(regexp_replace(CAST(cell AS VARCHAR), '[^0-9.()-]', '', 'g'), '\\.$', '') END",
        "CREATE OR REPLACE MACRO money(cell) AS TRY_CAST(CASE WHEN amount_text(cell) LIKE '(%)'"
        " THEN '-' || trim(amount_text(cell), '()') ELSE amount_text(cell) END AS DECIMAL(24, 6))",
        "CREATE OR REPLACE MACRO currency_of(cell) AS CASE WHEN amount_text(cell) IS NOT NULL"
        " THEN nullif(regexp_extract(upper(CAST(cell AS VARCHAR)), '([A-Z]{3})', 1), '') END",
        "CREATE OR REPLACE MACRO local_ts(cell, form) AS TRY_STRPTIME(blank(cell), form)",
        # Digits and offset are written apart: strftime with %z takes six times as long.
        "CREATE OR REPLACE MACRO written(moment, seconds) AS"
        f" strftime(moment, '%Y-%m-%dT%H:%M:%S') || CASE seconds {_offsets(time_zone)} END",
        "CREATE OR REPLACE MACRO zoned(moment) AS"
        " written(CAST(moment AS TIMESTAMP),"
        f" epoch(CAST(moment AS TIMESTAMP)) - epoch(timezone({zone}, CAST(moment AS TIMESTAMP))))",
        "CREATE OR REPLACE MACRO zoned_instant(moment) AS"
        f" written(timezone({zone}, CAST(moment AS TIMESTAMPTZ)),"
        f" epoch(timezone({zone}, CAST(moment AS TIMESTAMPTZ))) - epoch(CAST(moment AS TIMESTAMPTZ)))",
        "CREATE OR REPLACE MACRO utc_instant(moment) AS"
        " strftime(make_timestamp(epoch_us(CAST(moment AS TIMESTAMPTZ))), '%Y-%m-%dT%H:%M:%SZ')",
        f"CREATE OR REPLACE MACRO utc(moment) AS utc_instant(timezone({zone}, CAST(moment AS TIMESTAMP)))",
    ]


def _offsets(time_zone: str) -> str:
    """Give the branches of a CASE from seconds to the text of an offset, those of the zone's usual ones first."""
    zone = ZoneInfo(time_zone)
    usual = {datetime(year, month, 1, tzinfo=zone).utcoffset() for year in USUAL_YEARS for month in (1, 7)}
    branches = []
    for seconds in sorted(int(offset.total_seconds()) for offset in usual if offset is not None):
        hours, minutes = divmod(abs(seconds) // 60, 60)
        branches.append(f"WHEN {seconds} THEN '{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}'")
    any_other = (
        "printf('%s%02d:%02d', CASE WHEN seconds < 0 THEN '-' ELSE '+' END,"
        " CAST(abs(seconds) AS INTEGER) // 3600, CAST(abs(seconds) AS INTEGER) % 3600 // 60)"
    )
    return f"{' '.join(branches)} ELSE {any_other}"


def template(text: str, alias: str = "") -> str:
    """Give an expression for a template such as `{sol_no}-{line_no}`; NULL if any part is blank."""
    prefix = f"{alias}." if alias else ""
    parts: list[str] = []
    rest = text
    for name in placeholders(text):
        before, _, rest = rest.partition("{" + name + "}")
        if before:
            parts.append(literal(before))
        parts.append(f"blank({prefix}{quote(name)})")
    if rest:
        parts.append(literal(rest))
    return " || ".join(parts)


def identifier(name_or_template: str, alias: str = "") -> str:
    """Give an expression for an id declared as a column or as a template."""
    if "{" in name_or_template:
        return template(name_or_template, alias)
    prefix = f"{alias}." if alias else ""
    return f"blank({prefix}{quote(name_or_template)})"


def content_id(said: Sequence[str], rest: Sequence[str], within: Sequence[str]) -> str:
    """Give an expression for an id made of texts that identify a row; NULL if all of them are.

    Of rows with the same id `within` one array the second gets `-2` and so on, in the order of the texts `rest`.
    48 bits of SHA-256: should two contents of one array share them, they are told apart like rows with one content.
    """
    end = literal(FINDING_END)
    digest = f"left(sha256(nullif(concat_ws({end}, {', '.join(said) or 'NULL'}), '')), {CONTENT_ID_DIGITS})"
    others = f"concat_ws({end}, {', '.join((*said, *rest)) or 'NULL'})"
    number = f"row_number() OVER (PARTITION BY {', '.join((*within, digest))} ORDER BY {others}, _row)"
    return f"{digest} || CASE {number} WHEN 1 THEN '' ELSE '-' || {number} END"


@dataclass(frozen=True)
class Projection:
    """An expression for one leaf; `finding` gives text where a cell has content that can't be used."""

    value: str
    finding: str | None = None


def _is(kind: str, column_type: str) -> bool:
    kinds = {
        "text": r"VARCHAR|ENUM.*",
        "number": r"DECIMAL.*|DOUBLE|FLOAT|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?",
        "whole": r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?",
        "zoned": r"TIMESTAMP WITH TIME ZONE",
        "date": r"DATE",
        "timestamp": r"TIMESTAMP(_S|_MS|_NS)?",
        "boolean": r"BOOLEAN",
    }
    return re.fullmatch(kinds[kind], column_type) is not None


def convertible(column_type: str, value_type: ValueType, *, many: bool) -> bool:
    """Tell whether a column of this DuckDB type can feed a field of this type."""
    if column_type.endswith("[]"):
        return many and convertible(column_type[:-2], value_type, many=False)
    if value_type == "string" or _is("text", column_type):
        return not column_type.startswith(("STRUCT", "MAP"))
    if value_type in ("number", "integer"):
        return _is("number", column_type)
    if value_type == "boolean":
        return _is("boolean", column_type)
    return _is("date", column_type) or _is("timestamp", column_type) or _is("zoned", column_type)


def leaf(
    path: str, column: str, column_type: str, value_type: ValueType, *, as_of_year: int, end_of_day: bool
) -> Projection:
    """Give the expression for one scalar field.

    `column` is an identifier; date-only values are completed to 00:00:00 or, with `end_of_day`, 23:59:59 in the
    city's zone (ocds.md D-5). Numbers become DOUBLE, exact to 15 digits; larger ones are a finding.
    """
    cell = quote(column)
    if value_type == "string":
        return Projection(f"blank({cell})")
    if value_type in ("number", "integer"):
        return _number(path, cell, column_type, whole=value_type == "integer")
    if value_type == "boolean":
        if _is("boolean", column_type):
            return Projection(cell)
        value = f"TRY_CAST(blank({cell}) AS BOOLEAN)"
        return Projection(
            value, _finding(path, "not_a_boolean", cell, f"{value} IS NULL AND blank({cell}) IS NOT NULL")
        )
    return _date_time(path, cell, column_type, as_of_year=as_of_year, end_of_day=end_of_day)


def _finding(path: str, code: str, cell: str, condition: str) -> str:
    text = f"{literal(path + SEPARATOR + code + SEPARATOR)} || left(CAST({cell} AS VARCHAR), 200)"
    return f"CASE WHEN {condition} THEN {text} END"


def _number(path: str, cell: str, column_type: str, *, whole: bool) -> Projection:
    exact = cell if _is("number", column_type) else f"TRY_CAST(blank({cell}) AS DECIMAL(38, 9))"
    usable = f"abs({exact}) <= {_LARGEST_INTEGER}"
    if whole and not _is("whole", column_type):
        usable += f" AND {exact} = trunc({exact})"
    value = f"CASE WHEN {usable} THEN CAST({exact} AS DOUBLE) END"
    if _is("text", column_type):
        # Read from the text itself: the decimal, which tells what is a number at all, has nine places only.
        value = f"CASE WHEN {usable} THEN TRY_CAST(blank({cell}) AS DOUBLE) END"
        return Projection(
            value, _finding(path, "not_a_number", cell, f"blank({cell}) IS NOT NULL AND ({usable}) IS NOT TRUE")
        )
    return Projection(value, _finding(path, "not_a_number", cell, f"({usable}) IS FALSE"))


def _date_time(path: str, cell: str, column_type: str, *, as_of_year: int, end_of_day: bool) -> Projection:
    last_second = " + INTERVAL 86399 SECOND" if end_of_day else ""
    in_range = "year({0}) BETWEEN " + f"{FIRST_YEAR} AND {as_of_year + YEARS_AHEAD}"
    if _is("zoned", column_type):
        value = f"CASE WHEN {in_range.format(cell)} THEN zoned_instant({cell}) END"
        return Projection(value, _finding(path, "date_out_of_range", cell, f"({in_range.format(cell)}) IS FALSE"))
    if _is("timestamp", column_type) or _is("date", column_type):
        moment = cell if _is("timestamp", column_type) else f"(CAST({cell} AS TIMESTAMP){last_second})"
        value = f"CASE WHEN {in_range.format(cell)} THEN zoned({moment}) END"
        return Projection(value, _finding(path, "date_out_of_range", cell, f"({in_range.format(cell)}) IS FALSE"))
    parsed = f"TRY_CAST(blank({cell}) AS TIMESTAMP)"
    moment = f"CASE WHEN length(blank({cell})) = 10 THEN {parsed}{last_second} ELSE {parsed} END"
    instant = f"TRY_CAST(blank({cell}) AS TIMESTAMPTZ)"
    text = f"CASE WHEN {_names_zone(cell)} THEN zoned_instant({instant}) ELSE zoned({moment}) END"
    usable = in_range.format(parsed)
    outside = _finding(path, "date_out_of_range", cell, f"({usable}) IS FALSE")
    unreadable = _finding(path, "not_a_date", cell, f"blank({cell}) IS NOT NULL AND {parsed} IS NULL")
    return Projection(f"CASE WHEN {usable} THEN {text} END", f"coalesce({outside}, {unreadable})")


def _names_zone(cell: str) -> str:
    """Give a condition: the text is a time with Z or an offset, be it as short as +00 (which a date can end like)."""
    return f"regexp_matches(blank({cell}), '[0-9]:[0-9.:]+(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')"


def findings(expressions: Sequence[str]) -> str:
    """Give the findings of a row as one text, each but the last ended by FINDING_END; NULL where there are none."""
    if not expressions:
        return "CAST(NULL AS VARCHAR)"
    return f"nullif(concat_ws({literal(FINDING_END)}, {', '.join(expressions)}), '')"


def scalars(column: str, column_type: str, split: str | None) -> str:
    """Give a list of trimmed, non-blank texts from a list column, a cell of several values, or one value."""
    cell = quote(column)
    listed = column_type.endswith("[]")
    if not listed and split is None:
        return f"CASE WHEN blank({cell}) IS NOT NULL THEN [blank({cell})] END"
    values = cell if listed else f"string_split(CAST({cell} AS VARCHAR), {literal(split or '')})"
    kept = f"list_filter(list_transform({values}, lambda v: blank(v)), lambda v: v IS NOT NULL)"
    return f"CASE WHEN {cell} IS NOT NULL AND len({kept}) > 0 THEN {kept} END"


def modified(column: str, column_type: str, *, now: str | None = None) -> Projection:
    """Give the source's change time as UTC text, or NULL where it can't be the time of a change.

    A date alone is its beginning. Times before EARLIEST_CHANGE and after `now` (UTC text) are left out, so that one
    placeholder does not stand for all rows of a process; they are findings of the path `date`, but for those of the
    next day, since a row may change while a run reads.
    """
    cell = quote(column)
    if _is("zoned", column_type):
        moment = f"utc_instant({cell})"
    elif _is("text", column_type):
        local = f"utc(TRY_CAST(blank({cell}) AS TIMESTAMP))"
        instant = f"utc_instant(TRY_CAST(blank({cell}) AS TIMESTAMPTZ))"
        moment = f"CASE WHEN {_names_zone(cell)} THEN {instant} ELSE {local} END"
    else:
        moment = f"utc({cell})"
    believed, odd = f"{moment} >= {literal(EARLIEST_CHANGE)}", f"{moment} < {literal(EARLIEST_CHANGE)}"
    if now is not None:
        tomorrow = (datetime.fromisoformat(now) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        believed += f" AND {moment} <= {literal(now)}"
        odd += f" OR {moment} > {literal(tomorrow)}"
    found = [_finding("date", "date_out_of_range", cell, odd)]
    if _is("text", column_type):
        found.append(_finding("date", "not_a_date", cell, f"blank({cell}) IS NOT NULL AND ({moment}) IS NULL"))
    return Projection(f"CASE WHEN {believed} THEN {moment} END", f"coalesce({', '.join(found)})")
