"""Expectations of tables: what a city's source tables and its flattened releases have to look like.

Great Expectations judges; it is imported when a table is judged and not before, because that takes seconds (`library`).
DuckDB reads the tables, in partitions, and counts what only a whole table can tell (`relations`). In order:

    suites ─► stage ─► relations ─► validation ─► results ─► data_docs
"""
