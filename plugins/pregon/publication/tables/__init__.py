"""The tables of a publication in every format: CSV, workbooks, Parquet and SQLite, by year and whole."""

from pregon.publication.tables.building import build_tables
from pregon.publication.tables.formats import TableOptions
from pregon.publication.tables.places import KeptPlaces

__all__ = ["KeptPlaces", "TableOptions", "build_tables"]
