"""What a mapping has to deal with in texts: markup, broken characters, spellings, values run together."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from pregon.profiling.sql import digest_sql
from pregon.profiling.values import Values
from transforms.profile.model import Finding, PersonalData
from transforms.profile.personal import TEXT_PATTERNS
from transforms.profile.words import plain
from transforms.quoting import literal

_EXAMPLES = 3
_CONDITIONS: Mapping[str, str] = {
    # A cheap look first: most texts hold none of these signs.
    "markup": "contains(t, '<') AND regexp_matches(t, '</?[A-Za-z][A-Za-z0-9]*[^<>]{0,80}>')",
    "entities": "contains(t, '&') AND regexp_matches(t, '&(amp|lt|gt|quot|nbsp|apos|#[0-9]{1,5});')",
    "replacement_characters": "contains(t, chr(65533))",
    "control_characters": r"regexp_matches(t, '[\x{0080}-\x{009F}\x{0001}-\x{0008}\x{000B}\x{000C}\x{000E}-\x{001F}]')",
    "wrong_encoding": r"regexp_matches(t, 'Ã[\x{0080}-\x{00BF}]|â€')",
    "line_breaks": "contains(t, chr(10)) OR contains(t, chr(13))",
    "outer_blanks": "v <> t",
    "scientific_notation": r"contains(t, 'E+') AND regexp_full_match(t, '[0-9](\.[0-9]+)?E\+[0-9]+')",
    "code_prefix": r"regexp_full_match(t, 'V1\.[0-9]{4,}')",
    "test_rows": r"regexp_matches(t, '(?i)^test\b|\bplease ignore\b|^[0-9]+test$')",
    "withheld_names": "strip_accents(lower(t)) IN ('confidential', 'confidencial', 'reservado', 'redacted')",
}


def text_findings(values: Values) -> list[Finding]:
    """Look at every text of a column, in one pass."""
    counts = ", ".join(f"sum(n) FILTER ({condition})" for condition in _CONDITIONS.values())
    [row] = values.rows(f"SELECT {counts} FROM {values.said}")
    found = []
    for (code, condition), rows in zip(_CONDITIONS.items(), row, strict=True):
        if rows:
            shown = values.rows(
                f"SELECT DISTINCT v, {digest_sql('v')} AS h FROM {values.said}"
                f" WHERE {condition} ORDER BY h, v LIMIT {_EXAMPLES}"
            )
            found.append(Finding(code=code, rows=int(rows), examples=tuple(str(one[0]) for one in shown)))
    return found


def personal_in_texts(values: Values) -> dict[PersonalData, int]:
    """Count the rows whose text holds personal data anywhere: kind → rows."""
    conditions = {
        data: f"{_cheap(data)}regexp_matches(t, {literal(pattern)})" for data, pattern in TEXT_PATTERNS.items()
    }
    counts = ", ".join(f"sum(n) FILTER ({condition})" for condition in conditions.values())
    [row] = values.rows(f"SELECT {counts} FROM {values.said}")
    return {data: int(rows) for data, rows in zip(conditions, row, strict=True) if rows}


def _cheap(data: PersonalData) -> str:
    return "contains(t, '@') AND " if data == "email" else ""


def spelling_variants(values: Mapping[str, int]) -> Finding | None:
    """Find values that differ in case, blanks, accents, punctuation, or `&` for `and` only."""
    alike: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for value, rows in values.items():
        key = re.sub(r"&|\band\b|\by\b", "+", plain(value))
        alike[re.sub(r"[^\w+]", "", key)].append((rows, value))
    several = sorted(
        (sorted(group, key=lambda one: (-one[0], one[1])) for key, group in alike.items() if key and len(group) > 1)
    )
    if not several:
        return None
    rows = sum(count for group in several for count, _ in group[1:])
    examples = tuple(" / ".join(value for _, value in group) for group in several[:_EXAMPLES])
    return Finding(code="spelling_variants", rows=rows, examples=examples)


def several_values(sample: Sequence[str]) -> bool:
    """Tell whether cells list several values of a short list, such as `Downtown, Harbour`."""
    if len(sample) < 5:
        return False
    listed = [value for value in sample if re.search(r"[^,;|\n]+[,;|\n] *[^,;|\n]+", value)]
    if len(listed) < 0.2 * len(sample):
        return False
    parts = {part.strip().lower() for value in sample for part in re.split(r"[,;|\n]", value)}
    return len(parts) <= min(60, 0.7 * len(sample)) and max(map(len, parts)) <= 60
