"""Ids of entries whose source has none: made of what the entry says, so that neither order nor numbering is in them.

An id is a hash of the columns that identify the entry, each as it is published: another way of writing the same number
or date, white space around a text, the names of columns and tables, the order of rows and bindings change nothing.
Entries of one array that are equal in those columns are told apart by `-2`, `-3` in the order of what else they say, so
that equal rows may change places. Only what is published goes into an id: a hash of something short can be guessed.
"""

from collections.abc import Mapping, Sequence

from transforms.mapping import sql
from transforms.mapping.errors import nearest
from transforms.mapping.leaves import Leaves
from transforms.mapping.model import Binding, ContentId
from transforms.mapping.plan import FIXED_COLUMNS
from transforms.mapping.scope import Scope, Where
from transforms.quoting import literal, quote

ENTRY = ("_process", "_container", "_refused IS NULL")
"""What makes up one array among the rows of a mapped table, while it is prepared."""


def content_id(
    scope: Scope,
    identity: ContentId,
    array: str,
    bindings: Mapping[str, Binding],
    read: Leaves,
    keys: Mapping[str, tuple[str, bool]],
    within: Sequence[str],
    where: Where,
) -> str:
    """Give an expression for the id of a row; NULL where nothing that identifies it has a value.

    `bindings` and `read` are of the row's table, by path inside the entry of `array`; `keys` has the references on it:
    path → (column, whether it may be a person). `within` are expressions that tell one array from another.
    """
    published = {path: binding.column for path, binding in bindings.items() if path in read.at and binding.column}
    expressions = {
        path: read.columns[place - FIXED_COLUMNS].sql
        for path in published
        if isinstance(place := read.at[path], int)
    }  # fmt: skip
    for path, (column, person) in keys.items():
        if not person:
            published[path] = column
            expressions[path] = f"blank({quote(column)})"
    open_paths = [path for path in sorted(published) if not _withheld(scope, array, path)]
    chosen = _chosen(scope, identity, published, open_paths, where)
    said = {path: expressions[path] for path in chosen}
    rest = {path: expressions[path] for path in open_paths if path not in chosen}
    return sql.content_id(_named(said), _named(rest), within)


def _chosen(
    scope: Scope, identity: ContentId, published: Mapping[str, str], open_paths: Sequence[str], where: Where
) -> list[str]:
    """Give the paths whose values identify an entry, one for each column; a column that may not is a problem."""
    if identity.content == "all":
        if not open_paths:
            scope.problem(where, "no column of the table is published, so nothing tells its entries apart")
        return list(open_paths)
    by_column: dict[str, str] = {}
    for path in open_paths:
        by_column.setdefault(published[path], path)
    for column in identity.content:
        if column not in by_column:
            why = "may be withheld" if column in published.values() else "is not bound to a path of the entry"
            hint = "" if column in published.values() else nearest(column, by_column)
            scope.problem(where, f"column {column!r} {why}: an id made of it could give it away{hint}")
    return sorted({by_column[column] for column in identity.content if column in by_column})


def _withheld(scope: Scope, array: str, path: str) -> bool:
    """Whether a disclosure condition may leave out the value at a path while its entry, and so its id, stays."""
    full = f"{array}/{path}/"
    return any(
        condition.startswith(array + "/") and full.startswith(condition + "/") for condition in scope.conditional_paths
    )


def _named(expressions: Mapping[str, str]) -> list[str]:
    """Give texts of path and value, NULL without a value, so that a value can't be taken for that of another path."""
    return [
        f"{literal(path + sql.SEPARATOR)} || CAST({expression} AS VARCHAR)" for path, expression in expressions.items()
    ]
