"""Compiled releases as plain tables: one for the processes, one for each array of objects below them."""

from transforms.tables.cells import escape_formula, unescape_formula
from transforms.tables.flatten import Flattener, UnplannedValue
from transforms.tables.plan import Chain, Column, Discovery, Leaf, Table, TablePlan
from transforms.tables.standard import Layout, layout

__all__ = [
    "Chain",
    "Column",
    "Discovery",
    "Flattener",
    "Layout",
    "Leaf",
    "Table",
    "TablePlan",
    "UnplannedValue",
    "escape_formula",
    "layout",
    "unescape_formula",
]
