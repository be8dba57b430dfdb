"""Facts of documents written down in a test, and the query that checks of whole publications ask of them."""

from collections.abc import Iterable
from typing import Any

import duckdb
import pyarrow as pa

from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Query
from expectations.facts import Fact, fact_of, facts_schema, facts_table


def asking(documents: Iterable[Any], previous: Iterable[Any] = ()) -> Query:
    """Give a query over `facts` of these compiled releases, and `previous` of those."""
    return asking_tables(facts_table(map(_fact, documents)), facts_table(map(_fact, previous)))


def _fact(document: Any) -> Fact:
    return fact_of(CompiledRelease(document), {})


def asking_facts(facts: Iterable[dict[str, Any]], previous: Iterable[dict[str, Any]] = ()) -> Query:
    """Give a query over rows written down: columns left out are empty, and structs are mappings."""
    return asking_tables(*(pa.Table.from_pylist(list(rows), schema=facts_schema()) for rows in (facts, previous)))


def asking_tables(facts: pa.Table, previous: pa.Table) -> Query:
    """Give a query over these rows as `facts`, and those as `previous`."""
    connection = duckdb.connect()
    for name, rows in (("facts", facts), ("previous", previous)):
        connection.register(f"{name}_rows", rows)
        connection.execute(f"CREATE TABLE {name} AS FROM {name}_rows")

    def query(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return connection.execute(sql, parameters).fetchall()

    return query
