"""DuckDB SQL that reads from when until when a row held: the columns `_since` and `_until` of a prepared table.

>>> event_time("_since", "DATE", "2026-03-01T12:00:00Z").finding is None
False
"""

from transforms.mapping.sql import FINDING_END, SEPARATOR, Projection
from transforms.quoting import literal, quote
from transforms.releases.dates import EARLIEST

SINCE, UNTIL = "_since", "_until"

TYPES = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
"""What these columns may be: text would have to be read by rule, and rules are the city's."""

EVENT_COLUMNS = 5
"""Columns of a row before its change time and findings that tell when it held; see `Held`."""

# Their places, from the end of a row.
PARENT, HELD_SINCE, HELD_UNTIL, PAST, EVENT_FINDINGS = -7, -6, -5, -4, -3

IMPOSSIBLE = "date_out_of_range"

UNKNOWN = "unknown"
"""In the place of a time that is impossible; NULL is one that is not given."""


def events_macro(*, rebuilt: bool) -> str:
    """Statement that defines `with_events()`: whether this run may ask for versions of the past.

    A condition of `prepare.sql` that DuckDB finds false before it reads anything.
    """
    return f"CREATE OR REPLACE MACRO with_events() AS {'true' if rebuilt else 'false'}"


def event_time(column: str, column_type: str, as_of: str) -> Projection:
    """Give the time in `column` as UTC text, whole seconds; UNKNOWN with a finding where it can't be that of an event.

    A day is completed to its end in the city's zone (`reference/ocds.md` D-5), but not beyond the run's clock `as_of`
    (RFC 3339, UTC). Days before EARLIEST and times after the clock are impossible.
    """
    cell = quote(column)
    clock, earliest = f"TIMESTAMPTZ {literal(as_of)}", f"TIMESTAMPTZ {literal(EARLIEST)}"
    if column_type == "DATE":
        possible = f"isfinite({cell}) AND {cell} BETWEEN DATE {literal(EARLIEST[:10])} AND CAST({clock} AS DATE)"
        value = f"least(utc(CAST({cell} AS TIMESTAMP) + INTERVAL 86399 SECOND), {literal(as_of)})"
    else:
        zoned = column_type == "TIMESTAMP WITH TIME ZONE"
        moment = cell if zoned else f"CAST(CAST({cell} AS TIMESTAMP) AS TIMESTAMPTZ)"
        possible = f"isfinite({cell}) AND {moment} BETWEEN {earliest} AND {clock}"
        value = f"utc_instant({moment})"
    text = f"{literal(SEPARATOR.join(('date', IMPOSSIBLE, '')))} || left(CAST({cell} AS VARCHAR), 200)"
    return Projection(
        f"CASE WHEN {possible} THEN {value} WHEN {cell} IS NOT NULL THEN {literal(UNKNOWN)} END",
        f"CASE WHEN {cell} IS NOT NULL AND ({possible}) IS NOT TRUE THEN {text} END",
    )


def event_columns(since: str | None, until: str | None, as_of: str, parent: str) -> list[str]:
    """Give the expressions of EVENT_COLUMNS: entry of the parent, since, until, whether it is past, and findings.

    `since` and `until` are the types of the columns, None where a table lacks them; `parent` is an expression.
    """
    none = Projection("CAST(NULL AS VARCHAR)")
    begins = event_time(SINCE, since, as_of) if since else none
    ends = event_time(UNTIL, until, as_of) if until else none
    found = [one.finding for one in (begins, ends) if one.finding]
    return [
        parent,
        begins.value,
        ends.value,
        f"{quote(UNTIL)} IS NOT NULL" if until else "false",
        f"nullif(concat_ws({literal(FINDING_END)}, {', '.join(found)}), '')" if found else none.value,
    ]
