"""What a column holds, from how its values look: one kind for most of them, and what doesn't fit."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transforms.profile.lists import listed
from transforms.profile.model import Kind
from transforms.profile.shapes import look
from transforms.profile.words import plain, singular, words

MOST = 0.9
"""Share of the rows that has to look like something for the column to be it."""
_SMALL = 4
CODES = 60
"""A list of codes has at most this many."""
BOOLEANS = frozenset(
    {"true", "false", "t", "f", "yes", "no", "y", "n", "0", "1", "si", "s", "verdadero", "falso", "x"}
)  # fmt: skip
_PAIRS = ({"true", "false"}, {"t", "f"}, {"yes", "no"}, {"y", "n"}, {"0", "1"}, {"si", "no"}, {"s", "n"},
          {"verdadero", "falso"})  # fmt: skip
IDENTIFIER_WORDS = listed("identifier_words")
CODE_WORDS = listed("code_words")
NAMING: tuple[Kind, ...] = ("identifier", "integer", "code")
"""Kinds of columns whose values name something, so that they may be keys."""
_NUMBERS = ("integer", "decimal", "money")
_TIMES = ("date", "timestamp", "timestamptz")


@dataclass(frozen=True, slots=True)
class Looks:
    """What the values of a column look like, null words left out: name of the look → rows."""

    rows: Mapping[str, int]
    shapes: Mapping[str, int]

    @property
    def filled(self) -> int:
        """Rows that say something."""
        return sum(self.rows.values())


def looks(shapes: Mapping[str, int]) -> Looks:
    """Count what shapes look like."""
    counted: Counter[str] = Counter()
    for shape, rows in shapes.items():
        counted[look(shape).name] += rows
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return Looks(dict(ordered), shapes)


def kind_of(
    name: str, found: Looks, distinct: int, values: Mapping[str, int] | None, sample: Sequence[str] = ()
) -> Kind:
    """Decide what a column holds.

    Args:
        name: its name in the source.
        found: what the values look like.
        distinct: how many different values it has.
        values: value → rows where there are few different ones, else None.
        sample: some of the different values.
    """
    filled = found.filled
    if not filled:
        return "empty"
    named = {singular(word) for word in words(name)}
    if values is not None and _are_booleans(values, named):
        return "boolean"
    kind = _typed(found.rows, filled)
    # A number's leading zeros are no part of a number: 0042 is a name of something.
    if kind in ("integer", "decimal") and (named & IDENTIFIER_WORDS or _leading_zeros(sample)):
        return "code" if kind == "integer" and _few(distinct, filled, values) and named & CODE_WORDS else "identifier"
    if kind == "integer" and distinct <= 20 < filled and named & CODE_WORDS:
        return "code"
    if kind is not None:
        return kind
    if _few(distinct, filled, values) and not (named & IDENTIFIER_WORDS and distinct > CODES // 2):
        return "code"
    tokens = found.rows.get("token", 0) + found.rows.get("integer", 0) + found.rows.get("decimal", 0)
    if tokens >= 0.8 * filled and (named & IDENTIFIER_WORDS or distinct >= 0.3 * filled):
        return "identifier"
    single = tokens + found.rows.get("word", 0)
    if named & IDENTIFIER_WORDS and single >= 0.8 * filled:
        return "identifier"
    return "text"


def _typed(rows: Mapping[str, int], filled: int) -> Kind | None:
    """Give the kind of which most rows are, the wider one where two go together."""
    most = MOST * filled
    if filled >= _SMALL:
        # One odd value among a few is no other kind.
        most = min(most, filled - 1)
    alone: tuple[Kind, ...] = ("url", "email", "percent")
    for name in alone:
        if rows.get(name, 0) >= most:
            return name
    times = {name: rows.get(name, 0) for name in _TIMES}
    if sum(times.values()) >= most:
        if times["timestamptz"] > times["timestamp"] + times["date"]:
            return "timestamptz"
        return "timestamp" if times["timestamp"] else "date"
    ranges = rows.get("range", 0)
    numbers = {name: rows.get(name, 0) for name in _NUMBERS}
    if sum(numbers.values()) + ranges >= most:
        if ranges >= 0.02 * filled and ranges > 1:
            return "range"
        if numbers["money"] >= 0.02 * filled and numbers["money"]:
            return "money"
        return "decimal" if numbers["decimal"] else "integer"
    return None


def fitting(kind: Kind) -> frozenset[str]:
    """Give what values of a kind may look like; empty: anything."""
    if kind in _TIMES:
        return frozenset(_TIMES)
    if kind == "range":
        return frozenset({*_NUMBERS, "range"})
    if kind in ("integer", "decimal", "money"):
        return frozenset(_NUMBERS) if kind != "integer" else frozenset({"integer"})
    return frozenset({kind}) if kind in ("url", "email", "percent") else frozenset()


def _are_booleans(values: Mapping[str, int], named: set[str]) -> bool:
    said = {plain(value.strip()) for value in values}
    if not said or not said <= BOOLEANS or len(said) > 2:
        return False
    if said <= {"0", "1"}:
        return len(said) == 2 and bool(named & {"is", "has", "flag", "indicator", "es", "active", "activo"})
    return (len(said) == 2 and said in _PAIRS) or (len(said) == 1 and bool(said & {"true", "false", "yes", "si", "y"}))


def _leading_zeros(values: Sequence[str]) -> bool:
    return any(len(value) > 1 and value[0] == "0" and value.isdigit() for value in values)


def _few(distinct: int, filled: int, values: Mapping[str, int] | None) -> bool:
    if values is None or distinct > CODES or any(len(value) > 80 for value in values):
        return False
    return filled >= 3 * distinct or (distinct <= 8 and filled >= 2 * distinct)
