"""A portal with one dataset of made-up contracts, and the source that reads it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from servers.socrata import SocrataServer
from servers.socrata_datasets import Dataset

from pregon.sources.base import ColumnSpec, SourceSpec, TableSpec
from pregon.sources.http import client

DATASET = "abcd-1234"
FIELDS = {"no": "text", "amount": "number", "title": "text", "signed": "calendar_date", "owner_name": "text"}
COLUMNS = {"no": "no", "amount": "amount", "title": "title", "signed": "signed"}
UPDATED = {**COLUMNS, "updated": ":updated_at"}


def contract(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "no": f"C{number:04d}",
        "amount": f"{number}.50",
        "title": f"Benches {number}",
        "signed": f"2025-01-{number % 28 + 1:02d}T00:00:00.000",
        "owner_name": "Rosa Prueba",
        **changes,
    }


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried again at once."""
    monkeypatch.setattr(client, "FIRST_DELAY", 0.0)


@pytest.fixture
def server() -> Iterator[SocrataServer]:
    with SocrataServer() as server:
        yield server


@pytest.fixture
def dataset(server: SocrataServer) -> Dataset:
    """60 contracts, inserted over three days."""
    dataset = server.dataset(DATASET, FIELDS)
    for day in range(3):
        dataset.insert(*(contract(number) for number in range(day * 20, day * 20 + 20)))
        server.clock.tick(86_400)
    return dataset


Sources = Callable[..., SourceSpec]


@pytest.fixture
def portal(server: SocrataServer) -> Sources:
    """Makes the source; settings of its table by name, those of the source in `settings`."""

    def made(
        *,
        incremental: bool = False,
        settings: dict[str, Any] | None = None,
        columns: Any = None,
        types: dict[str, str] | None = None,
        connection: str | None = None,
        overlap: timedelta = timedelta(0),
        deletions: Any = "ignore",
        **options: Any,
    ) -> SourceSpec:
        names = columns or (UPDATED if incremental else COLUMNS)
        kinds = {"updated": "timestamptz", **(types or {})}
        table = TableSpec(
            "contracts",
            ("no",),
            {ours: ColumnSpec(theirs, kinds.get(ours, "text")) for ours, theirs in names.items()},
            "updated" if incremental else None,
            overlap,
            deletions,
            options={"dataset": DATASET, "page_rows": 7, **options},
        )
        given = {"private_addresses": True, **(settings or {})}
        return SourceSpec("portal", "socrata", (table,), server.url, connection, given)

    return made


@pytest.fixture
def token(server: SocrataServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a connection whose password is a token of the server."""
    server.tokens.add("let-me-in")
    monkeypatch.setenv("AIRFLOW_CONN_DATA_PORTAL", '{"conn_type": "http", "password": "let-me-in"}')
    return "data_portal"
