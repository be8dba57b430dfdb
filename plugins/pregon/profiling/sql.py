"""What DuckDB computes of values: their shapes and numbers, as `transforms.profile` means them."""

import re

from transforms.profile.shapes import CURRENCY, CURRENCY_CODES, CURRENCY_SIGNS, LINK, LONG, LONGEST
from transforms.quoting import literal

BLANKS = "' ' || chr(9) || chr(13) || chr(10)"
CODE = rf"\b(?:{'|'.join(CURRENCY_CODES)})\b"
_MONTHS = (
    ("enero", "january"), ("febrero", "february"), ("marzo", "march"), ("abril", "april"), ("mayo", "may"),
    ("junio", "june"), ("julio", "july"), ("agosto", "august"), ("septiembre", "september"), ("setiembre", "september"),
    ("octubre", "october"), ("noviembre", "november"), ("diciembre", "december"), ("ene", "jan"), ("abr", "apr"),
    ("ago", "aug"), ("dic", "dec"),
)  # fmt: skip


def trimmed(value: str) -> str:
    """Give a value without the white space around it."""
    return f"trim({value}, {BLANKS})"


def digest_sql(*values: str) -> str:
    """Give 64 bits that tell texts apart; DuckDB's own `hash` was seen to be the same for two numbers of one column.

    Which values are looked at is decided by it too, so that it is neither the first nor the last ones.
    """
    if len(values) == 1:
        return f"md5_number_lower(CAST({values[0]} AS VARCHAR))"
    parts = ", ".join(f"coalesce(CAST({value} AS VARCHAR), chr(30))" for value in values)
    return f"md5_number_lower(concat_ws(chr(31), {parts}))"


def shape_sql(value: str) -> str:
    """Give the shape of a trimmed value, as `transforms.profile.shapes.shape` does."""
    made = f"regexp_replace({value}, {literal(CODE)}, '{CURRENCY}', 'g')"
    made = f"regexp_replace({made}, '[0-9]', '9', 'g')"
    made = rf"regexp_replace({made}, '[\p{{L}}\p{{M}}]+', 'a', 'g')"
    made = rf"regexp_replace({made}, '[ \t\r\n]+', ' ', 'g')"
    link = literal(r"^[A-Za-z][A-Za-z0-9+.-]*://\S+$")
    return (
        f"CASE WHEN contains({value}, '://') AND regexp_full_match({value}, {link}) THEN '{LINK}'"
        f" WHEN length({value}) > {LONGEST} THEN '{LONG}' ELSE {made} END"
    )


def number_sql(value: str, *, comma: bool) -> str:
    """Read a number or an amount, whatever its currency and grouping; NULL for anything else."""
    signs = re.escape(CURRENCY_SIGNS)
    around = literal(rf"[{signs}\s()%]|{CODE}")
    bare = f"regexp_replace({value}, {around}, '', 'g')"
    bare = f"replace(replace({bare}, '.', ''), ',', '.')" if comma else f"replace({bare}, ',', '')"
    sign = f"CASE WHEN starts_with({value}, '(') THEN -1 ELSE 1 END"
    plain = literal(r"^[-+]?(\d+\.?\d*|\.\d+)$")
    return f"CASE WHEN regexp_matches({bare}, {plain}) THEN {sign} * TRY_CAST({bare} AS DECIMAL(38, 6)) END"


def moment_sql(value: str, formats: tuple[str, ...], *, zoned: bool, worded: bool) -> str:
    """Read a date or time in one of the formats; NULL for what is none. `worded`: it holds the name of a month."""
    if zoned:
        return f"CAST(TRY_CAST({value} AS TIMESTAMPTZ) AS TIMESTAMP)"
    if worded:
        value = f"lower({value})"
        for spanish, english in _MONTHS:
            value = rf"regexp_replace({value}, '\b{spanish}\b', '{english}')"
    return f"try_strptime({value}, [{', '.join(map(literal, formats))}])"
