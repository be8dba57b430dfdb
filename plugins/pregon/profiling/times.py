"""Dates and times of a column: the forms in which they are written, which day and month is which, and their range."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pregon.profiling.sql import moment_sql
from pregon.profiling.values import Values
from transforms.profile.model import DateFormat, Finding, Range
from transforms.profile.shapes import Look, look
from transforms.quoting import literal

FIRST_YEAR = 1990
YEARS_AHEAD = 50
"""Days outside are impossible in procurement records, such as the year 0201."""
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Times:
    """What was found in a column of dates or times."""

    formats: tuple[DateFormat, ...] = ()
    range: Range | None = None
    findings: tuple[Finding, ...] = ()


def read_times(values: Values, shapes: Mapping[str, int], as_of: datetime, *, month_first: bool) -> Times:
    """Read the dates of a column. `month_first`: what is guessed where no value tells day and month apart."""
    forms: dict[str, tuple[Look, list[str]]] = defaultdict(lambda: (Look(""), []))
    for shape in shapes:
        found = look(shape)
        if found.dates:
            forms[found.form] = (found, [*forms[found.form][1], shape])
    formats, parts = [], []
    for found, its_shapes in forms.values():
        listed = ", ".join(map(literal, its_shapes))
        of_form = f"(SELECT t, n FROM {values.said} WHERE {values.shape} IN ({listed}))"
        written, moment, other = _read_form(values, found, of_form, month_first=month_first)
        formats.append(written)
        parts.append(f"SELECT t, n, {moment} AS m, {other} AS other FROM {of_form}")
    if not formats:
        return Times()
    read = f"({' UNION ALL '.join(parts)})"
    last = as_of.replace(tzinfo=None) + timedelta(days=round(365.25 * YEARS_AHEAD))
    outside = f"(m < TIMESTAMP '{FIRST_YEAR}-01-01' OR m > TIMESTAMP '{last:%Y-%m-%d}')"
    impossible = "(m IS NULL AND NOT other)"
    [(lowest, highest, rows, wrong, none)] = values.rows(
        f"SELECT CAST(min(m) AS VARCHAR), CAST(max(m) AS VARCHAR), sum(n) FILTER (m IS NOT NULL),"
        f" sum(n) FILTER ({outside}), sum(n) FILTER ({impossible}) FROM {read}"
    )
    findings = []
    for code, count, condition in (
        ("years_out_of_range", wrong, outside),
        ("impossible_dates", none, impossible),
    ):
        if count:
            shown = values.rows(f"SELECT DISTINCT t FROM {read} WHERE {condition} ORDER BY t LIMIT {_EXAMPLES}")
            findings.append(Finding(code=code, rows=int(count), examples=tuple(str(row[0]) for row in shown)))
    findings += _of_formats(formats)
    ranged = Range(lowest=_short(lowest), highest=_short(highest), rows=int(rows)) if rows else None
    return Times(tuple(sorted(formats, key=lambda one: (-one.rows, one.form))), ranged, tuple(findings))


def _read_form(values: Values, found: Look, relation: str, *, month_first: bool) -> tuple[DateFormat, str, str]:
    """Decide how one form is read; give it, the SQL that reads it, and the SQL of what is in the other order."""
    zoned = found.name == "timestamptz"
    worded = "MON" in found.form or "Month" in found.form or "mes" in found.form
    dates, form, other = found.dates, found.form, "false"
    counts: dict[str, Any] = {}
    if len(found.dates) > 1 and not worded:
        first, second = (
            f"TRY_CAST(regexp_extract(t, '^([0-9]+)[^0-9]([0-9]+)', {number}) AS INTEGER)" for number in (1, 2)
        )
        days, months = f"({first} > 12 AND {second} <= 12)", f"({second} > 12 AND {first} <= 12)"
        [(days_first, months_first, either)] = values.rows(
            f"SELECT sum(n) FILTER ({days}), sum(n) FILTER ({months}),"
            f" sum(n) FILTER ({first} <= 12 AND {second} <= 12 AND {first} <> {second}) FROM {relation}"
        )
        by_days, by_months = int(days_first or 0), int(months_first or 0)
        decided = "values" if by_days or by_months else "undecided"
        first_is_month = by_months > by_days if decided == "values" else month_first
        other = days if first_is_month else months
        dates = tuple(one for one in found.dates if one.startswith("%m") == first_is_month)
        names = ("MM", "DD") if first_is_month else ("DD", "MM")
        form = form.replace("N", names[0], 1).replace("N", names[1], 1)
        counts = {"ambiguous": int(either or 0), "exchanged": min(by_days, by_months), "decided": decided}
    moment = moment_sql("t", dates, zoned=zoned, worded=worded)
    [(rows, impossible)] = values.rows(
        f"SELECT sum(n), sum(n) FILTER ({moment} IS NULL AND NOT {other}) FROM {relation}"
    )
    written = DateFormat(form=form, strptime=dates[0], rows=int(rows or 0), impossible=int(impossible or 0), **counts)
    return written, moment, other


def _of_formats(formats: list[DateFormat]) -> list[Finding]:
    found = []
    undecided = [one for one in formats if one.decided == "undecided" and one.ambiguous]
    if undecided:
        rows = sum(one.ambiguous for one in undecided)
        found.append(Finding(code="undecided_dates", rows=rows, examples=tuple(one.form for one in undecided)))
    both = [one for one in formats if one.exchanged]
    if both:
        rows = sum(one.exchanged for one in both)
        found.append(Finding(code="day_and_month_exchanged", rows=rows, examples=tuple(one.form for one in both)))
    days = {one.form.partition(" ")[0].partition("T")[0] for one in formats}
    if len(days) > 1:
        fewer = sorted(formats, key=lambda one: (-one.rows, one.form))[1:]
        rows = sum(one.rows for one in fewer)
        found.append(Finding(code="mixed_date_formats", rows=rows, examples=tuple(sorted(days))))
    return found


def _short(moment: str) -> str:
    return moment.removesuffix(" 00:00:00")
