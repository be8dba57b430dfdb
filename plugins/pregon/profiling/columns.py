"""The profile of one column: counted by DuckDB, told by the rules of `transforms.profile`."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pregon.profiling.sql import digest_sql, number_sql
from pregon.profiling.texts import personal_in_texts, several_values, spelling_variants, text_findings
from pregon.profiling.times import Times, read_times
from pregon.profiling.values import Counts, Values
from pregon.sources.base import ColumnSpec
from transforms.profile.kinds import CODES, fitting, kind_of, looks
from transforms.profile.model import (
    ColumnProfile,
    Distinct,
    Example,
    Finding,
    Kind,
    Lengths,
    NullWord,
    Range,
    Suspicion,
)
from transforms.profile.nulls import null_family
from transforms.profile.personal import by_name, by_values, is_masked, mask, shows_person
from transforms.profile.proposals import propose
from transforms.profile.shapes import (
    CURRENCY,
    CURRENCY_CODES,
    CURRENCY_SIGNS,
    LONG,
    decimal_comma,
    look,
    run_together,
    unit_price,
)
from transforms.profile.words import words
from transforms.quoting import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FREQUENT = 5
RANDOM = 4
SHAPES = 2_000
LONGEST_EXAMPLE = 100
LINKED = 40
"""Values of columns that other tables may refer to are no longer than this, on average."""
_AMOUNT_WORDS = frozenset(
    {"amount", "value", "estimate", "price", "cost", "total", "award", "budget", "fee", "valor", "monto", "importe",
     "precio", "presupuesto", "costo", "saldo", "cuantia"}
)  # fmt: skip
_NUMBERS = ("integer", "decimal", "money", "percent", "range")
_TIMES = ("date", "timestamp", "timestamptz")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all columns of a table. `month_first`: how an undecided date is guessed."""

    rows: int
    stage: str | None
    as_of: datetime
    month_first: bool
    extensions: tuple[str, ...]
    null_values: tuple[str, ...]
    observed: Mapping[str, str]
    scratch: Path


def profile_column(
    connection: "DuckDBPyConnection", relation: str, counts: Counts, column: ColumnSpec, setting: Setting
) -> ColumnProfile:
    """Profile a column of a relation in which all values are texts."""
    values = Values(connection, relation, counts, setting.rows, setting.scratch)
    nulls = _null_words(values, setting.null_values)
    values.leave_out([one.value for one in nulls])
    shapes = _shapes(values)
    found = looks(shapes)
    sample = values.sample()
    few = values.few()
    kind = kind_of(column.source_name, found, values.distinct, few, sample)
    if kind in ("integer", "decimal", "money", "percent"):
        # 999999 may be an amount.
        nulls = [one for one in nulls if one.family != "placeholder" or one.declared]
    personal = _personal(column.source_name, kind, sample, values)
    times = read_times(values, shapes, setting.as_of, month_first=setting.month_first) if kind in _TIMES else Times()
    numbers, ranged = _numbers(values, column, kind, shapes) if kind in _NUMBERS else ([], None)
    findings = [*times.findings, *numbers, *_of_texts(kind, few, sample, values)]
    misfits, misfit_examples = _misfits(values, kind, shapes)
    if kind in ("identifier", "code", "integer", "text") and 0 < counts.mean <= LINKED and found.filled:
        values.keep_digests(digests_of(setting.scratch, counts.name))
    limit = CODES if kind in ("code", "boolean") else FREQUENT
    return ColumnProfile(
        name=counts.name,
        source_name=column.source_name,
        declared_type=column.type,
        source_type=setting.observed.get(column.source_name),
        kind=kind,
        looks=dict(found.rows),
        rows=setting.rows,
        filled=values.filled,
        missing=counts.missing,
        blank=counts.blank,
        distinct=Distinct(count=values.distinct, exact=values.exact),
        unique=values.exact and values.distinct == setting.rows > 0 and values.filled == setting.rows and not nulls,
        lengths=Lengths(shortest=counts.shortest, longest=counts.longest, mean=round(counts.mean, 1))
        if values.filled
        else None,
        range=None if is_masked(personal) else times.range or ranged,
        frequent=_examples(values.frequent(limit), personal),
        random=_examples([(value, 0) for value in sample[:RANDOM]], personal) if len(sample) > limit else (),
        misfits=misfits,
        misfit_examples=_examples(misfit_examples, personal),
        currencies=_currencies(sample) if kind in _NUMBERS else {},
        date_formats=times.formats,
        null_words=tuple(nulls),
        personal=personal,
        findings=_hidden(findings, personal),
        proposals=propose(
            column.source_name, kind=kind, stage=setting.stage, values=sample, extensions=setting.extensions
        ),
    )


def digests_of(scratch: Path, column: str) -> Path:
    """Where the digests of a column's values lie while its city is profiled."""
    return scratch / f"linked-{column}.parquet"


def _null_words(values: Values, declared: Sequence[str]) -> list[NullWord]:
    found = []
    for value, rows in values.null_candidates(declared):
        family = null_family(value)
        if value in declared:
            found.append(NullWord(value=value, rows=rows, family=family or "word", declared=True))
        elif family:
            found.append(NullWord(value=value, rows=rows, family=family))
    return found


def _shapes(values: Values) -> dict[str, int]:
    counted = f"SELECT {values.shape} AS s, sum(n) AS r FROM {values.said} GROUP BY s"
    found = {str(shape): int(rows) for shape, rows in values.rows(f"{counted} ORDER BY r DESC, s LIMIT {SHAPES}")}
    if len(found) == SHAPES:
        rest = values.number(f"SELECT sum(n) FROM {values.said}") - sum(found.values())
        found[LONG] = found.get(LONG, 0) + rest
    return found


def _personal(name: str, kind: Kind, sample: Sequence[str], values: Values) -> tuple[Suspicion, ...]:
    if kind == "empty":
        return by_name(name)
    told = [*by_name(name)]
    if kind not in (*_NUMBERS, *_TIMES, "boolean"):
        told += by_values(name, sample)
        if kind in ("text", "code") and not is_masked(told):
            known = {one.data for one in told}
            inside = personal_in_texts(values)
            told += [
                Suspicion(data=data, where="text", rows=rows) for data, rows in inside.items() if data not in known
            ]
    return tuple(told)


def _numbers(
    values: Values, column: ColumnSpec, kind: Kind, shapes: Mapping[str, int]
) -> tuple[list[Finding], Range | None]:
    number = number_sql("t", comma=decimal_comma(shapes))
    read = f"(SELECT t, n, {number} AS x FROM {values.said})"
    # A range from nothing to nothing counts as nothing too: `$0 - $0`.
    nothing = "(x = 0 OR (x IS NULL AND contains(t, '0') AND NOT regexp_matches(t, '[1-9A-Za-z]')))"
    [(lowest, highest, rows, below, zero)] = values.rows(
        "SELECT min(x), max(x), sum(n) FILTER (x IS NOT NULL), sum(n) FILTER (x < 0),"
        f" sum(n) FILTER ({nothing}) FROM {read}"
    )
    found = []
    if kind in ("decimal", "money", "range") or set(words(column.source_name)) & _AMOUNT_WORDS:
        for code, count, condition in (("negative_amounts", below, "x < 0"), ("zero_amounts", zero, nothing)):
            if count:
                shown = values.rows(f"SELECT DISTINCT t FROM {read} WHERE {condition} ORDER BY t LIMIT 3")
                found.append(Finding(code=code, rows=int(count), examples=tuple(str(one[0]) for one in shown)))
    for code, test in (
        ("run_together_amounts", run_together),
        ("unit_prices", unit_price),
        ("amount_ranges", lambda shape: look(shape).name == "range"),
    ):
        if listed := [shape for shape in shapes if test(shape)]:
            count = sum(shapes[shape] for shape in listed)
            found.append(Finding(code=code, rows=count, examples=_of_shapes(values, listed)))
    ranged = Range(lowest=_plain(lowest), highest=_plain(highest), rows=int(rows)) if rows else None
    return found, ranged


def _of_shapes(values: Values, shapes: Iterable[str]) -> tuple[str, ...]:
    listed = ", ".join(map(literal, shapes))
    shown = values.rows(
        f"SELECT DISTINCT t, {digest_sql('t')} AS h FROM {values.said}"
        f" WHERE {values.shape} IN ({listed}) ORDER BY h, t LIMIT 3"
    )
    return tuple(str(one[0]) for one in shown)


def _of_texts(kind: Kind, few: Mapping[str, int] | None, sample: Sequence[str], values: Values) -> list[Finding]:
    if kind not in ("text", "code", "identifier", "url", "email"):
        return []
    found = text_findings(values)
    short = values.counts.mean <= LINKED
    if kind in ("text", "code") and short and few is not None and (variants := spelling_variants(few)):
        found.append(variants)
    if kind in ("text", "code") and several_values(sample):
        listed = [value for value in sample if re.search(r"[,;|\n]", value)]
        rows = values.number(f"SELECT sum(n) FROM {values.said} WHERE regexp_matches(t, '[,;|\n]')")
        found.append(Finding(code="several_values", rows=rows, examples=tuple(listed[:3])))
    return found


def _misfits(values: Values, kind: Kind, shapes: Mapping[str, int]) -> tuple[int, list[tuple[str, int]]]:
    """Give how many rows look like something else than the kind says, and the most frequent of them."""
    fits = fitting(kind)
    wrong = [shape for shape in shapes if fits and look(shape).name not in fits]
    if not wrong:
        return 0, []
    listed = ", ".join(map(literal, wrong))
    shown = values.rows(
        f"SELECT t, sum(n) AS r FROM {values.said} WHERE {values.shape} IN ({listed})"
        f" GROUP BY t ORDER BY r DESC, t LIMIT {FREQUENT}"
    )
    return sum(shapes[shape] for shape in wrong), [(str(value), int(rows)) for value, rows in shown]


_CURRENCY = re.compile(rf"[{re.escape(CURRENCY_SIGNS)}]|\b(?:{'|'.join(CURRENCY_CODES)})\b")


def _currencies(sample: Iterable[str]) -> dict[str, int]:
    """Count the different values that were looked at by the currency they name."""
    found = Counter(sign for value in sample for sign in set(_CURRENCY.findall(value)) if sign != CURRENCY)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def _examples(found: Iterable[tuple[str, int]], personal: Sequence[Suspicion]) -> tuple[Example, ...]:
    """Make examples, masked where the column or the value itself asks for it; masked ones that look alike are one."""
    made: dict[tuple[str, bool], int] = {}
    for value, rows in found:
        hide = _hide(value, personal)
        shown = (mask(_cut(value)) if hide else _cut(value), hide)
        made[shown] = made.get(shown, 0) + int(rows)
    return tuple(Example(value=value, rows=rows, masked=hide) for (value, hide), rows in made.items())


def _hide(value: str, personal: Sequence[Suspicion]) -> bool:
    return is_masked(personal) or shows_person(value, personal)


def _hidden(findings: Iterable[Finding], personal: Sequence[Suspicion]) -> tuple[Finding, ...]:
    hidden = []
    for one in findings:
        shown = (mask(_cut(value)) if _hide(value, personal) else _cut(value) for value in one.examples)
        hidden.append(Finding(code=one.code, rows=one.rows, examples=tuple(shown)))
    return tuple(hidden)


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST_EXAMPLE else value[:LONGEST_EXAMPLE] + "…"


def _plain(number: object) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
