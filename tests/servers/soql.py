"""As much of SoQL as a reader of datasets sends, and strictly: what is not here is refused, as the real one refuses.

Rules: https://dev.socrata.com/docs/queries/ and https://dev.socrata.com/docs/functions/ (comparisons, `IN`, `IS NULL`,
`AND`, `OR`, `NOT`; `count`, `min`, `max`, `sum`; order and paging). Texts compare case-sensitively, as in SODA 2.1;
nulls come last; a comparison with null is neither true nor false.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Values = Mapping[str, Any]
Condition = Callable[[Values], bool | None]

SYSTEM = {":id": "row_identifier", ":created_at": "fixed_timestamp", ":updated_at": "fixed_timestamp"}
NUMBERS = frozenset({"number", "money", "percent", "double"})

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|`(?P<quoted>[^`]+)`"
    r"|(?P<name>:?@?[A-Za-z_][A-Za-z0-9_]*|:\*)|(?P<symbol><>|!=|<=|>=|=|<|>|\(|\)|,|\*))"
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
_AGGREGATES = ("count", "min", "max", "sum")
_CLAUSES = re.compile(
    r"SELECT\s+(?P<select>.+?)(?:\s+WHERE\s+(?P<where>.+?))?(?:\s+ORDER\s+BY\s+(?P<order>.+?))?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?(?:\s+OFFSET\s+(?P<offset>\d+))?\s*\Z",
    re.DOTALL | re.IGNORECASE,
)


class Refused(Exception):
    """A query that is answered with status 400; `code` is the platform's own."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Query:
    """The clauses of one query, as texts."""

    select: str = "*"
    where: str | None = None
    order: str | None = None
    limit: int | None = None
    offset: int = 0


@dataclass
class Selection:
    """What is asked of each row (`columns`), or of all rows together (`aggregates`: name of the result → function)."""

    columns: list[str] = field(default_factory=list)
    aggregates: dict[str, tuple[str, str]] = field(default_factory=dict)


def split_query(text: str) -> Query:
    """Part a whole SoQL statement into its clauses."""
    found = _CLAUSES.match(text.strip())
    if not found:
        raise Refused("query.compiler.malformed", f"could not parse SoQL query {text!r}")
    limit, offset = found["limit"], found["offset"]
    return Query(found["select"], found["where"], found["order"], int(limit) if limit else None, int(offset or 0))


class Soql:
    """Understands queries over one dataset: `types` gives field → type, `decode` the number behind a row's id.

    Without `system` there are no system fields, as in a view that groups.
    """

    def __init__(self, types: Mapping[str, str], decode: Callable[[str], int | None], *, system: bool = True) -> None:
        self._visible = dict(types)
        self._types = {**types, **SYSTEM} if system else dict(types)
        self._decode = decode

    def select(self, text: str) -> Selection:
        tokens = _Tokens(text)
        found = Selection()
        while True:
            if tokens.take_symbol("*"):
                found.columns += self._visible
            elif tokens.take_name(":*"):
                found.columns += SYSTEM
            else:
                self._selected(tokens, found)
            if not tokens.take_symbol(","):
                break
        tokens.end()
        if found.aggregates and found.columns:
            raise Refused("query.soql.column-not-in-group-bys", f"column {found.columns[0]} is not in group bys")
        return found

    def _selected(self, tokens: "_Tokens", found: Selection) -> None:
        name = tokens.name()
        if name.lower() in _AGGREGATES and tokens.take_symbol("("):
            column = "*" if tokens.take_symbol("*") else self._column(tokens.name())
            tokens.need(")")
            if column == "*" and name.lower() != "count":
                raise Refused("query.soql.type-mismatch", f"no such function {name}({column})")
            if name.lower() == "sum" and self._types[column] not in NUMBERS:
                raise Refused("query.soql.type-mismatch", f"no such function {name}({column})")
            alias = tokens.name() if tokens.take_name("as") else f"{name.lower()}_{column}".rstrip("_*")
            found.aggregates[alias] = (name.lower(), column)
        else:
            found.columns.append(self._column(name))

    def order(self, text: str) -> list[tuple[str, bool]]:
        """Give (column, whether descending)."""
        tokens = _Tokens(text)
        found = []
        while True:
            column = self._column(tokens.name())
            descending = tokens.take_name("desc")
            if not descending:
                tokens.take_name("asc")
            found.append((column, descending))
            if not tokens.take_symbol(","):
                break
        tokens.end()
        return found

    def where(self, text: str) -> Condition:
        tokens = _Tokens(text)
        found = self._either(tokens)
        tokens.end()
        return found

    def _either(self, tokens: "_Tokens") -> Condition:
        parts = [self._both(tokens)]
        while tokens.take_name("or"):
            parts.append(self._both(tokens))
        return parts[0] if len(parts) == 1 else lambda row: _any([part(row) for part in parts])

    def _both(self, tokens: "_Tokens") -> Condition:
        parts = [self._single(tokens)]
        while tokens.take_name("and"):
            parts.append(self._single(tokens))
        return parts[0] if len(parts) == 1 else lambda row: _all([part(row) for part in parts])

    def _single(self, tokens: "_Tokens") -> Condition:
        if tokens.take_name("not"):
            inner = self._single(tokens)
            return lambda row: None if (known := inner(row)) is None else not known
        if tokens.take_symbol("("):
            inner = self._either(tokens)
            tokens.need(")")
            return inner
        column = self._column(tokens.name())
        if tokens.take_name("is"):
            wanted = not tokens.take_name("not")
            if not tokens.take_name("null"):
                raise tokens.refused()
            return lambda row: (row.get(column) is None) == wanted
        if tokens.take_name("in"):
            tokens.need("(")
            values = [self._literal(column, tokens)]
            while tokens.take_symbol(","):
                values.append(self._literal(column, tokens))
            tokens.need(")")
            return lambda row: None if row.get(column) is None else self.comparable(column, row[column]) in values
        compare = _COMPARISONS.get(tokens.symbol())
        if compare is None:
            raise tokens.refused()
        value = self._literal(column, tokens)
        return lambda row: None if row.get(column) is None else compare(self.comparable(column, row[column]), value)

    def _column(self, name: str) -> str:
        if name not in self._types:
            raise Refused("query.soql.no-such-column", f"No such column: {name}")
        return name

    def _literal(self, column: str, tokens: "_Tokens") -> Any:
        kind, text = tokens.literal()
        declared = self._types[column]
        fits = {"number": declared in NUMBERS, "string": declared not in (NUMBERS | {"checkbox"})}
        if not fits.get(kind, declared == "checkbox"):
            raise Refused("query.soql.type-mismatch", f"Type mismatch: {column} is {declared}, {text} is {kind}")
        if declared == "checkbox":
            return text == "true"
        try:
            return self.comparable(column, text)
        except (ValueError, InvalidOperation) as error:
            raise Refused("query.soql.type-mismatch", f"Type mismatch: {text!r} is not {declared}") from error

    def comparable(self, column: str, value: Any) -> Any:
        """Give a value of a column as what it is ordered by."""
        declared = self._types[column]
        if declared == "row_identifier":
            number = self._decode(value)
            if number is None:
                raise ValueError(value)
            return number
        if declared in NUMBERS:
            return Decimal(str(value))
        if declared == "fixed_timestamp":
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if declared == "calendar_date":
            return datetime.fromisoformat(value)
        return value["url"] if isinstance(value, dict) else value

    def aggregate(self, rows: Sequence[Values], function: str, column: str) -> Any:
        """Give `count(*)`, `count`, `min`, `max` or `sum`; a minimum or a sum of nothing is null."""
        if function == "count":
            return str(len(rows) if column == "*" else sum(row.get(column) is not None for row in rows))
        if function == "sum":
            numbers = [self.comparable(column, row[column]) for row in rows if row.get(column) is not None]
            return format(sum(numbers, Decimal(0)), "f") if numbers else None
        values = [row[column] for row in rows if row.get(column) is not None]
        choose = min if function == "min" else max
        return choose(values, key=lambda value: self.comparable(column, value)) if values else None


class _Tokens:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if not found:
                raise self.refused()
            kind = str(found.lastgroup)
            self._tokens.append((kind, found[kind]))
            at = found.end()
        self._at = 0

    def refused(self) -> Refused:
        return Refused("query.compiler.malformed", f"could not parse {self._text!r}")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        found = self._peek()
        self._at += 1
        return found

    def take_symbol(self, symbol: str) -> bool:
        if self._peek() == ("symbol", symbol):
            self._at += 1
            return True
        return False

    def take_name(self, name: str) -> bool:
        kind, text = self._peek()
        if kind == "name" and text.lower() == name:
            self._at += 1
            return True
        return False

    def name(self) -> str:
        kind, text = self._next()
        if kind not in ("name", "quoted"):
            raise self.refused()
        return text

    def symbol(self) -> str:
        kind, text = self._next()
        return text if kind == "symbol" else ""

    def literal(self) -> tuple[str, str]:
        kind, text = self._next()
        if kind == "string":
            return kind, text[1:-1].replace("''", "'")
        if kind == "number" or (kind == "name" and text.lower() in ("true", "false")):
            return kind, text.lower()
        raise self.refused()

    def need(self, symbol: str) -> None:
        if not self.take_symbol(symbol):
            raise self.refused()

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self.refused()


def _all(values: Sequence[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def _any(values: Sequence[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False
