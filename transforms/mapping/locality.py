"""Which prepared tables can be made of some rows alone: those whose SELECT looks at one row of its source at a time.

Works on the syntax tree that DuckDB's `json_serialize_sql` gives of a SELECT. What is not known to be local is not: the
table is then computed of all rows, which is always right and only slower.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Tree = Mapping[str, Any]

ROW = "_row"

_EXPRESSIONS = frozenset(
    {
        "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION",
        "LAMBDA", "OPERATOR", "STAR",
    }
)  # fmt: skip
"""Classes of expressions that see the row at hand only, if what is in them does."""


@dataclass(frozen=True)
class Functions:
    """Names of functions, in lower case, that look at more than one row."""

    wide: Collection[str]

    def local(self, expression: Any) -> bool:
        """Tell whether an expression, or a list of some, looks at one row only."""
        return all(self._local(node) for node in _nodes(expression))

    def _local(self, node: Tree) -> bool:
        kind = node["class"]
        return kind in _EXPRESSIONS and (kind != "FUNCTION" or node["function_name"].lower() not in self.wide)


@dataclass(frozen=True)
class Scope:
    """What a SELECT may read from: source tables, and prepared tables, some of which are local themselves."""

    functions: Functions
    sources: Collection[str]
    #: prepared table → whether it is local
    prepared: Mapping[str, bool]

    def local(self, select: Tree) -> bool:
        """Tell whether a SELECT makes of each row of its source rows that depend on it alone, with its `_row`."""
        return self._place(select) is not None

    def _place(self, node: Tree) -> int | None:
        """Give the number of the column that holds the source's `_row`, -1 within a star; None if not local."""
        if any(modifier["type"] != "ORDER_MODIFIER" for modifier in node["modifiers"]) or node["cte_map"]["map"]:
            return None
        if node["type"] == "SET_OPERATION_NODE":
            if node["setop_type"] != "UNION" or not node["setop_all"]:
                return None
            # Branches are matched by the places of their columns, which a star hides.
            left, right = self._place(node["left"]), self._place(node["right"])
            return left if left == right and left != -1 else None
        if node["type"] != "SELECT_NODE":
            return None
        grouped = node["group_expressions"] or node["having"] or node["aggregate_handling"] != "STANDARD_HANDLING"
        if grouped or node["qualify"] or node["sample"] or not self._readable(node["from_table"]):
            return None
        if not self.functions.local([node["select_list"], node["where_clause"]]):
            return None
        return _row_place(node["select_list"], _names(node["from_table"]))

    def _readable(self, table: Tree) -> bool:
        if table["sample"] or table.get("column_name_alias"):
            return False
        if table["type"] == "BASE_TABLE":
            name, schema = table["table_name"].lower(), table["schema_name"].lower()
            if schema != "source" and name in self.prepared:
                return self.prepared[name]
            return schema in ("", "source") and name in self.sources
        if table["type"] == "SUBQUERY":
            return self.local(table["subquery"]["node"])
        if table["type"] == "JOIN":
            # A row beside what its own lists hold: FROM tenders, unnest(lots).
            return table["ref_type"] == "CROSS" and self._readable(table["left"]) and self._unnests(table["right"])
        return False

    def _unnests(self, table: Tree) -> bool:
        return (
            table["type"] == "TABLE_FUNCTION"
            and ROW not in (name.lower() for name in table["column_name_alias"])
            and table["function"]["function_name"].lower() == "unnest"
            and self.functions.local(table["function"]["children"])
        )


def _row_place(columns: list[Tree], tables: Collection[str]) -> int | None:
    """Give the place of the source's `_row` among the columns, -1 where a star brings it; None if it is not there."""
    named = [place for place, column in enumerate(columns) if _name(column) == ROW]
    if named:
        column = columns[named[0]]
        plain = column["class"] == "COLUMN_REF" and column["column_names"][-1].lower() == ROW
        if len(named) > 1 or not plain or any(other["class"] == "STAR" for other in columns[: named[0]]):
            return None
        # x._row may also be a field of a column x.
        owners = [name.lower() for name in column["column_names"][:-1]]
        return named[0] if not owners or (len(owners) == 1 and owners[0] in tables) else None
    stars = [column for column in columns if column["class"] == "STAR"]
    if len(stars) != 1:
        return None
    star = stars[0]
    changed = star["exclude_list"] or star["qualified_exclude_list"] or star["replace_list"] or star["rename_list"]
    return None if changed or star["expr"] or star["columns"] else -1


def _name(column: Tree) -> str:
    name = column["alias"] or (column["column_names"][-1] if column["class"] == "COLUMN_REF" else "")
    return str(name).lower()


def _names(table: Tree) -> list[str]:
    """Give the names by which a FROM's own table, and not what its lists hold, is called."""
    while table["type"] == "JOIN":
        table = table["left"]
    return [str(name).lower() for name in (table["alias"] or table.get("table_name"),) if name]


def _nodes(tree: Any) -> Iterator[Tree]:
    """Give every expression of a tree, those inside others too."""
    if isinstance(tree, Mapping):
        if "class" in tree:
            yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)
