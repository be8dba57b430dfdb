"""Python values as a source gave them → typed Arrow arrays; what doesn't fit its declared type is named, not bent."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import orjson

from pregon.duck import arrow_type
from pregon.sources.base import TableSpec
from pregon.sources.batches import CAST_FAILURE, Batch, Reject

if TYPE_CHECKING:
    import pyarrow as pa

SCALE = Decimal("0.000000001")
_CONTEXT = Context(prec=38)
_MAX_INTEGER = 2**63 - 1
_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})
_INTEGER = re.compile(r"[+-]?\d+\Z", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\Z", re.ASCII)

_USUAL: tuple[tuple[set[type], str], ...] = (
    ({int}, "integer"),
    ({Decimal}, "decimal"),
    ({bool}, "boolean"),
    ({date}, "date"),
)


class UncastableError(ValueError):
    """A value doesn't fit the declared type."""


def typed_batch(
    table: TableSpec,
    columns: Mapping[str, Sequence[Any]],
    first: int,
    raw: Callable[[int], str],
    *,
    after: Mapping[str, Any] | None = None,
) -> Batch:
    """Give rows as a batch of the declared types; rows with a value that doesn't fit are its rejects.

    Args:
        table: the table; columns of it that `columns` lacks are null.
        columns: our name → value of each row, all of one length; not the row number.
        first: record number of the first row.
        raw: gives the text of a row that is rejected, by its index.
        after: where reading goes on once the batch is safe.
    """
    import pyarrow as pa

    count = len(next(iter(columns.values()), ()))
    positions: pa.Array[Any] = pa.array(range(first, first + count), pa.int64())
    arrays: list[pa.Array[Any]] = []
    wrong: dict[int, list[str]] = {}
    for name, declared in table.types.items():
        if name == table.row_number:
            arrays.append(positions.cast(pa.string()))
            continue
        array, failures = cast_column(columns.get(name) or (None,) * count, declared)
        arrays.append(array)
        for index, problem in failures.items():
            wrong.setdefault(index, []).append(f"{name}: {problem}")
    data = pa.RecordBatch.from_arrays(arrays, names=list(table.types))
    if not wrong:
        return Batch(data, positions, after=after)
    mask: pa.Array[Any] = pa.array([index not in wrong for index in range(count)])
    rejects = tuple(
        Reject(CAST_FAILURE, first + index, raw(index), "; ".join(problems))
        for index, problems in sorted(wrong.items())
    )
    unfit: pa.Array[Any] = pa.array(sorted(wrong), pa.int64())
    return Batch(data.filter(mask), positions.filter(mask), rejects, data.take(unfit), after)


def cast_column(values: Sequence[Any], declared: str) -> "tuple[pa.Array[Any], dict[int, str]]":
    """Give the values as an array of the declared type, and what is wrong with those that don't fit, by index.

    A value that doesn't fit is null in the array; so is a blank text in a column of another type.
    """
    import pyarrow as pa

    target = arrow_type(declared)
    try:
        return _at_once(values, declared, target), {}
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, UnicodeEncodeError):
        pass  # some value is not as simple as usual: look at each
    cast = _CASTS[declared]
    out: list[Any] = []
    wrong: dict[int, str] = {}
    for index, value in enumerate(values):
        try:
            out.append(None if value is None or (declared != "text" and _blank(value)) else cast(value))
        except UncastableError:
            wrong[index] = f"{_shown(value)} is not {declared}"
            out.append(None)
    return pa.array(out, target), wrong


def _at_once(values: Sequence[Any], declared: str, target: Any) -> Any:
    """Convert a whole column where all its values are of the usual kind; Arrow raises where they don't fit.

    The kinds are looked at first: asked for whole numbers, Arrow would cut the fractions off those that have one.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = set(map(type, values)) - {type(None)}
    if not kinds:
        return pa.nulls(len(values), target)
    if kinds == {str}:
        if declared == "text":
            return pa.array(values, pa.string())
        if declared == "integer" and any("x" in value.lower() for value in values if value):
            raise pa.ArrowInvalid("Arrow would read 0x1F as a number")
        texts = pc.utf8_trim_whitespace(pa.array(values, pa.string()))
        return pc.if_else(pc.equal(texts, pa.scalar("")), pa.scalar(None, pa.string()), texts).cast(target)
    if declared == "decimal" and kinds <= {int, float}:
        # By way of text: the shortest one that gives the same float is what the source meant.
        return pa.array([None if value is None else repr(value) for value in values], pa.string()).cast(target)
    naive = declared == "timestamp" and kinds == {datetime} and not any(value.tzinfo for value in values if value)
    if naive or (kinds, declared) in _USUAL:
        return pa.array(values, target)
    raise pa.ArrowInvalid("not of the usual kind")


def _blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _text(value: Any) -> str:
    if isinstance(value, str):
        return _valid(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | memoryview):
        try:
            return bytes(value).decode("utf-8")
        except UnicodeDecodeError as error:
            raise UncastableError from error
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS).decode()
    return str(value)


def _valid(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UncastableError from error
    return text


def _integer(value: Any) -> int:
    if (
        (isinstance(value, str) and _INTEGER.match(value.strip()))
        or isinstance(value, bool | int)
        or (isinstance(value, Decimal | float) and value == value and value % 1 == 0)
    ):
        number = int(value)
    else:
        raise UncastableError
    if abs(number) > _MAX_INTEGER:
        raise UncastableError
    return number


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise UncastableError
    if isinstance(value, str):
        if not _DECIMAL.match(value.strip()):
            raise UncastableError
        number = Decimal(value.strip())
    elif isinstance(value, int | Decimal):
        number = Decimal(value)
    elif isinstance(value, float):
        number = Decimal(repr(value))
    else:
        raise UncastableError
    if not number.is_finite():
        raise UncastableError
    try:
        scaled = number.quantize(SCALE, context=_CONTEXT)
    except InvalidOperation as error:  # more than 38 digits
        raise UncastableError from error
    # A binary fraction is never exact, its last digits mean nothing; an exact one must not lose any.
    if scaled != number and not isinstance(value, float):
        raise UncastableError
    return scaled


def _date(value: Any) -> date:
    if isinstance(value, str):
        value = _moment(value)
    if isinstance(value, datetime):
        if value.time() != time() or value.tzinfo is not None:
            raise UncastableError
        return value.date()
    if isinstance(value, date):
        return value
    raise UncastableError


def _timestamp(value: Any) -> datetime:
    if isinstance(value, str):
        value = _moment(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - naive stays naive
    if not isinstance(value, datetime) or value.tzinfo is not None:
        raise UncastableError
    return value


def _timestamptz(value: Any) -> datetime:
    if isinstance(value, str):
        value = _moment(value)
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise UncastableError
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise UncastableError from error


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UncastableError from error


def _boolean(value: Any) -> bool:
    word = value.strip().lower() if isinstance(value, str) else str(int(value)) if isinstance(value, int) else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise UncastableError


_CASTS: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "timestamp": _timestamp,
    "timestamptz": _timestamptz,
    "boolean": _boolean,
}


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + "…"
