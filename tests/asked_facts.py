"""Facts of documents written down in a test, and the query that checks of whole publications ask of them."""

from collections.abc import Iterable
from typing import Any

import duckdb

from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Query
from expectations.facts import Fact, fact_of, facts_table


def asking(documents: Iterable[Any], previous: Iterable[Any] = ()) -> Query:
    """Give a query over `facts` of these compiled releases, and `previous` of those."""
    return asking_facts(map(_fact, documents), map(_fact, previous))


def _fact(document: Any) -> Fact:
    return fact_of(CompiledRelease(document), {})


def asking_facts(facts: Iterable[Fact], previous: Iterable[Fact] = ()) -> Query:
    """Give a query over these rows as `facts`, and those as `previous`."""
    connection = duckdb.connect()
    for name, rows in (("facts", facts), ("previous", previous)):
        connection.register(f"{name}_rows", facts_table(rows))
        connection.execute(f"CREATE TABLE {name} AS FROM {name}_rows")

    def query(sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        return connection.execute(sql, parameters).fetchall()

    return query
