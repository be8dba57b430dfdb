"""Compiled releases as plain tables: one for the processes, one for each array of objects below them."""

from transforms.tables.cells import escape_formula, unescape_formula
from transforms.tables.flatten import Flattener, Row, TableRows, UnplannedValue
from transforms.tables.headings import headings, sheet_names
from transforms.tables.plan import Chain, Column, Discovery, Leaf, Table, TablePlan
from transforms.tables.relational import Relation, relations
from transforms.tables.rows_arrow import arrow_schema, record_batch
from transforms.tables.rows_csv import csv_header, csv_lines, plain_rows
from transforms.tables.rows_sheet import sheet_rows
from transforms.tables.standard import Layout, layout
from transforms.tables.views import views

__all__ = [
    "Chain",
    "Column",
    "Discovery",
    "Flattener",
    "Layout",
    "Leaf",
    "Relation",
    "Row",
    "Table",
    "TablePlan",
    "TableRows",
    "UnplannedValue",
    "arrow_schema",
    "csv_header",
    "csv_lines",
    "escape_formula",
    "headings",
    "layout",
    "plain_rows",
    "record_batch",
    "relations",
    "sheet_names",
    "sheet_rows",
    "unescape_formula",
    "views",
]
