"""Which prepared tables can be made of some rows alone: those whose SELECT looks at one row of its source at a time.

Works on the syntax tree that DuckDB's `json_serialize_sql` gives of a SELECT. What is not known to be local is not: the
table is then computed of all rows, which is always right and only slower.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Tree = Mapping[str, Any]

ROW = "_row"


class Place(NamedTuple):
    """Where the columns of a SELECT hold `_row`: the number of a column or of a star, and what the star is of."""

    column: int
    star_of: str = ""


_EXPRESSIONS = frozenset(
    {
        "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION",
        "LAMBDA", "OPERATOR", "STAR",
    }
)  # fmt: skip
"""Classes of expressions that see the row at hand only, if what is in them does."""


@dataclass(frozen=True)
class Functions:
    """Names of functions, in lower case: those that look at more than one row, and those that are always false.

    `tables` are the syntax trees of macros that stand for a table.
    """

    wide: Collection[str]
    false: Collection[str] = ()
    tables: Mapping[str, Tree] = field(default_factory=dict)

    def local(self, expression: Any) -> bool:
        """Tell whether an expression, or a list of some, looks at one row only."""
        return all(self._local(node) for node in _nodes(expression))

    def never(self, condition: Any) -> bool:
        """Tell whether a condition is false whatever the row."""
        if not condition:
            return False
        if condition["type"] == "CONJUNCTION_AND":
            return any(self.never(part) for part in condition["children"])
        return condition["class"] == "FUNCTION" and condition["function_name"].lower() in self.false

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
    #: prepared tables that never have a row
    empty: Collection[str] = ()

    def local(self, select: Tree) -> bool:
        """Tell whether a SELECT makes of each row of its source rows that depend on it alone, with its `_row`."""
        return self._place(select) is not None

    def is_empty(self, select: Tree) -> bool:
        """Tell whether a SELECT gives no row, whatever there is."""
        if select["type"] == "SET_OPERATION_NODE":
            return self.is_empty(select["left"]) and self.is_empty(select["right"])
        if select["type"] != "SELECT_NODE" or select["cte_map"]["map"]:
            return False
        counts = select["aggregate_handling"] != "STANDARD_HANDLING" or not self.functions.local(select["select_list"])
        return self.functions.never(select["where_clause"]) and (bool(select["group_expressions"]) or not counts)

    def _place(self, node: Tree) -> Place | None:
        """Give where the columns hold the source's `_row`; None if the SELECT is not local."""
        if any(modifier["type"] != "ORDER_MODIFIER" for modifier in node["modifiers"]) or node["cte_map"]["map"]:
            return None
        if node["type"] == "SET_OPERATION_NODE":
            if node["setop_type"] not in ("UNION", "UNION_BY_NAME") or not node["setop_all"]:
                return None
            if self.is_empty(node["right"]):
                return self._place(node["left"])
            left, right = self._place(node["left"]), self._place(node["right"])
            return left if left == right or (left and right and node["setop_type"] == "UNION_BY_NAME") else None
        if node["type"] != "SELECT_NODE":
            return None
        grouped = node["group_expressions"] or node["having"] or node["aggregate_handling"] != "STANDARD_HANDLING"
        if grouped or node["qualify"] or node["sample"] or not self._readable(node["from_table"]):
            return None
        if not self.functions.local([node["select_list"], node["where_clause"]]):
            return None
        return _row_place(node["select_list"], node["from_table"])

    def _readable(self, table: Tree) -> bool:
        if table["sample"] or table.get("column_name_alias"):
            return False
        if table["type"] == "TABLE_FUNCTION":
            macro = self.functions.tables.get(table["function"]["function_name"].lower())
            return macro is not None and self.functions.local(table["function"]["children"]) and self.local(macro)
        if table["type"] == "BASE_TABLE":
            name, schema = table["table_name"].lower(), table["schema_name"].lower()
            if schema != "source" and name in self.prepared:
                return self.prepared[name]
            return schema in ("", "source") and name in self.sources
        if table["type"] == "SUBQUERY":
            return self.local(table["subquery"]["node"])
        if table["type"] == "JOIN" and self._readable(table["left"]):
            # A row beside what its own lists hold: FROM tenders, unnest(lots).
            beside = table["ref_type"] == "CROSS" and self._unnests(table["right"])
            return beside or (table["join_type"] in ("LEFT", "INNER") and self._without_rows(table["right"]))
        return False

    def _without_rows(self, table: Tree) -> bool:
        if table["type"] == "BASE_TABLE":
            return table["schema_name"] == "" and table["table_name"].lower() in self.empty
        return table["type"] == "SUBQUERY" and self.is_empty(table["subquery"]["node"])

    def _unnests(self, table: Tree) -> bool:
        return (
            table["type"] == "TABLE_FUNCTION"
            and ROW not in (name.lower() for name in table["column_name_alias"])
            and table["function"]["function_name"].lower() == "unnest"
            and self.functions.local(table["function"]["children"])
        )


def _row_place(columns: list[Tree], table: Tree) -> Place | None:
    """Give where the columns hold the `_row` of a table; None if they don't."""
    named = [place for place, column in enumerate(columns) if _name(column) == ROW]
    stars = [place for place, column in enumerate(columns) if column["class"] == "STAR"]
    if named:
        place, column = named[0], columns[named[0]]
        plain = column["class"] == "COLUMN_REF" and column["column_names"][-1].lower() == ROW
        if len(named) > 1 or not plain or any(star < place for star in stars):
            return None
        # x._row may also be a field of a column x.
        owners = [name.lower() for name in column["column_names"][:-1]]
        return Place(place) if not owners or (len(owners) == 1 and owners[0] in _names(table)) else None
    if len(stars) != 1:
        return None
    star = columns[stars[0]]
    replaced = {entry["key"].lower() for entry in star["replace_list"]}
    if star["exclude_list"] or star["qualified_exclude_list"] or star["rename_list"] or ROW in replaced:
        return None
    return None if star["expr"] or star["columns"] else Place(stars[0], _text(table))


def _text(tree: Any) -> str:
    """Write a tree so that the same text gives the same, wherever it stands."""
    return re.sub(r"'query_location': \d+", "", str(tree))


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
