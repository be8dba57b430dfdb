"""What the field table says about tables: the order of columns, their types, and which arrays make tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from transforms.ocds import column_type, field_table
from transforms.tables.plan import Leaf, TablePlan


@dataclass(frozen=True)
class Layout:
    """The standard with a set of extensions, as far as tables are concerned; paths have no indexes.

    `types` are the logical types of `transforms.ocds.column_type`.
    """

    order: tuple[str, ...]
    types: dict[str, str]
    arrays: frozenset[str]

    def plan(self, paths: Iterable[str]) -> TablePlan:
        """Lay out the tables for these paths."""
        return TablePlan.from_paths(paths, self.arrays, order=self.order, types=self.types)

    def of(self, leaves: Iterable[Leaf]) -> TablePlan:
        """Lay out the tables for columns that are known to occur."""
        return TablePlan.from_leaves(leaves, order=self.order, types=self.types)


def layout(extensions: Iterable[str]) -> Layout:
    """Return the layout for a set of extensions (registry ids); raises `UnknownExtension`."""
    return _layout(tuple(extensions))


@cache
def _layout(extensions: tuple[str, ...]) -> Layout:
    table = field_table(extensions)
    return Layout(
        order=tuple(table),
        types={path: column_type(field) for path, field in table.items() if field.is_leaf},
        arrays=frozenset(path for path, field in table.items() if field.is_array and not field.is_leaf),
    )
