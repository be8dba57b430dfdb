"""What is asked of one table of an open source: permission, columns, types, number of rows, key."""

from collections.abc import Iterator, Mapping

from pregon.sources.base import MissingColumnError, SourceError, SourceSpec, TableSpec, nearest
from pregon.sources.connector import Connector, TablePlan
from pregon.sources.trial.model import Check, Permissions, TellsMore, failed
from transforms.counting import counted

_SHOWN = 8
_TEXTS = ("char", "text", "string", "clob", "nvarchar")
_ZONED = ("timestamptz", "with time zone", "datetimeoffset")
_FRACTIONS = ("numeric", "decimal", "float", "double", "real", "money", "number", "percent")


def try_table(connector: Connector, source: SourceSpec, table: TableSpec) -> Iterator[Check]:
    """Check a table. What stops one check stops those that build on it."""
    name = source.name
    try:
        if isinstance(connector, TellsMore):
            allowed = connector.permissions(table)
            yield from _permissions(name, table, allowed)
            if allowed.read is False or allowed.unreadable:
                return
        plan = connector.plan(table, None)
        observed, added = dict(plan.observed), _noted(plan.notes)
        if not observed and plan.chunks:
            added += _first_rows(connector, table, plan)
        yield _columns(name, table, observed, added)
        if observed:
            yield from _types(name, table, observed)
        yield _count(name, table, plan.expected)
        if isinstance(connector, TellsMore):
            yield _key(name, table, connector.unique_keys(table))
    except MissingColumnError as error:
        yield _missing(name, table, error)
    except SourceError as error:
        yield failed(name, table.name, "table", error)


def _permissions(source: str, table: TableSpec, allowed: Permissions) -> Iterator[Check]:
    if allowed.read is False:
        hint = "grant SELECT on it to the account, or name another one in the connection"
        yield Check(source, table.name, "permission", "failed", "the account may not read it", hint)
        return
    if allowed.unreadable:
        listed = ", ".join(map(repr, allowed.unreadable))
        hint = "grant SELECT on these columns, or remove them from columns:"
        yield Check(source, table.name, "permission", "failed", f"the account may not read {listed}", hint)
        return
    if allowed.write:
        hint = "use an account that may only read: a mistake then can't change the records"
        yield Check(source, table.name, "permission", "warning", "the account may write to it", hint)
    elif allowed.read:
        told = "may be read, not written" if allowed.write is False else "may be read"
        yield Check(source, table.name, "permission", "ok", told)


def _first_rows(connector: Connector, table: TableSpec, plan: TablePlan) -> list[str]:
    """Read as little as shows the columns, where a source has them only beside its rows; give undeclared ones."""
    reading = connector.read(table, plan.chunks[0])
    batches = iter(reading.batches)
    try:
        next(batches, None)
    finally:
        if close := getattr(batches, "close", None):
            close()
    return _noted(reading.notes)


def _noted(notes: Mapping[str, object]) -> list[str]:
    added = notes.get("added_columns")
    return [str(name) for name in added] if isinstance(added, list | tuple) else []


def _columns(source: str, table: TableSpec, observed: Mapping[str, str], added: list[str]) -> Check:
    known = {column.source_name for column in table.columns.values()}
    others = [name for name in dict.fromkeys((*observed, *added)) if name not in known]
    message = f"all {len(table.read_columns)} declared ones are there"
    if others:
        shown = ", ".join(others[:_SHOWN]) + (" …" if len(others) > _SHOWN else "")
        message += f"; {counted(len(others), 'other')} not declared: {shown}"
    return Check(source, table.name, "columns", "ok", message)


def _missing(source: str, table: TableSpec, error: MissingColumnError) -> Check:
    """Name every declared column that is not there, not only the first."""
    missing = {ours: theirs for ours, theirs in table.read_columns.items() if theirs not in error.found}
    named = missing or {error.column: error.source_name}
    told = []
    for ours, theirs in named.items():
        near = nearest(theirs, [name for name in error.found if name not in table.read_columns.values()])
        called = repr(theirs) if ours == theirs else f"{theirs!r} (declared as {ours})"
        told.append(f"{called}, perhaps {near!r}" if near else called)
    hint = f"correct columns: of the table; the source has {', '.join(map(repr, error.found)) or 'none'}"
    return Check(source, table.name, "columns", "failed", f"not there: {'; '.join(told)}", hint)


def _types(source: str, table: TableSpec, observed: Mapping[str, str]) -> Iterator[Check]:
    odd = []
    for name, column in table.columns.items():
        theirs = observed.get(column.source_name)
        if theirs and (why := _misfit(column.type, theirs.lower())):
            odd.append(f"{name} is {theirs} in the source, declared as {column.type}: {why}")
    if odd:
        yield Check(source, table.name, "types", "warning", "; ".join(odd), "compare with `pregon source profile`")
    else:
        yield Check(source, table.name, "types", "ok", "the declared types fit")


def _misfit(declared: str, theirs: str) -> str | None:
    """Say why values of the source's type may not fit the declared one; None if they do."""
    if declared == "text":
        return None
    if any(word in theirs for word in _TEXTS):
        return "values that are none are rejected"
    zoned = any(word in theirs for word in _ZONED)
    if declared == "timestamp" and zoned:
        return "declare timestamptz, or the zone is lost"
    if declared == "timestamptz" and not zoned and ("time" in theirs or theirs == "date"):
        return "its values have no zone"
    if declared == "integer" and any(word in theirs for word in _FRACTIONS):
        return "values with fractions are rejected"
    if declared == "date" and "time" in theirs:
        return "values with a time of day are rejected"
    return None


def _count(source: str, table: TableSpec, expected: int | None) -> Check:
    if expected is None:
        return Check(source, table.name, "count", "unknown", "the source does not count its rows before they are read")
    if expected == 0:
        hint = "if it should have rows, check the table's name, filters and the account's permissions"
        return Check(source, table.name, "count", "warning", "holds no rows", hint)
    return Check(source, table.name, "count", "ok", counted(expected, "row"))


def _key(source: str, table: TableSpec, unique: tuple[tuple[str, ...], ...]) -> Check:
    declared = [table.columns[name].source_name for name in table.key if name in table.columns]
    shown = ", ".join(declared) or ", ".join(table.key)
    if any(set(one) <= set(declared) for one in unique if one):
        return Check(source, table.name, "key", "ok", f"{shown}: the source keeps it unique")
    hint = "`pregon source profile` counts whether it is"
    if unique:
        others = "; ".join(", ".join(one) for one in unique)
        message = f"the source does not keep {shown} unique, but {others}"
        return Check(source, table.name, "key", "unknown", message, hint)
    return Check(source, table.name, "key", "unknown", f"the source does not say that {shown} is unique", hint)
