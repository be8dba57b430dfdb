"""A made-up portal on loopback, and its tables read directly through the contract."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import table
from servers.ckan import CkanServer
from servers.ckan_tables import Resource

from pregon.lake import Lake
from pregon.sources.base import SourceSpec, TableSpec
from pregon.sources.ckan.connector import open_ckan
from pregon.sources.connector import Known, Place, TablePlan
from pregon.sources.http import client

COLUMNS = {"no": "Document Number", "title": "Title", "amount": "Amount", "changed": "Changed"}
TYPES = {"amount": "decimal", "changed": "timestamp"}
FIELDS = {"Document Number": "text", "Title": "text", "Amount": "numeric", "Changed": "timestamp", "Buyer": "text"}


def notices(count: int, first: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "Document Number": f"N{number:04d}",
            "Title": f"Benches, lot {number}",
            "Amount": Decimal(number) / 4,
            "Changed": f"2026-01-{number % 28 + 1:02d}T00:00:00",
            "Buyer": "Rosa Prueba",
        }
        for number in range(first, first + count)
    ]


def spec(**options: Any) -> TableSpec:
    given = {"key": ["no"], "columns": COLUMNS, "types": TYPES, "package": "notices", "resource": "Notices"}
    return table("notices", **{**given, **options})


@dataclass
class Reading:
    """What came of reading a table once."""

    plan: TablePlan
    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    afters: list[Mapping[str, Any]] = field(default_factory=list)
    rejects: list[Any] = field(default_factory=list)
    expected: int | None = None

    @property
    def numbers(self) -> list[str]:
        return [row["no"] for row in self.rows]


Read = Callable[..., Reading]


@pytest.fixture(autouse=True)
def _patient_in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_DELAY", 0.001)


@pytest.fixture
def server() -> Iterator[CkanServer]:
    with CkanServer() as server:
        yield server


@pytest.fixture
def resource(server: CkanServer) -> Resource:
    return server.portal.add("notices", "Notices", notices(23), FIELDS)


@pytest.fixture
def source(server: CkanServer) -> Callable[..., SourceSpec]:
    def made(*tables: TableSpec, url: str | None = None, connection: str | None = None) -> SourceSpec:
        return SourceSpec("portal", "ckan", tables, url or server.url, connection, {"private_addresses": True})

    return made


@pytest.fixture
def place(tmp_path: Path) -> Place:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Place(tmp_path, scratch, None, Lake(tmp_path / "lake"), "testville/runs/one/extract")


@pytest.fixture
def read(source: Callable[..., SourceSpec], place: Place) -> Read:
    """Plan, read and complete a table; `kill` breaks each chunk off after that many batches, and goes on once."""

    def done(
        wanted: TableSpec | None = None, *, known: Known | None = None, kill: int | None = None, **options: Any
    ) -> Reading:
        wanted = wanted or spec(**options)
        with open_ckan(source(wanted), place) as connector:
            reading = Reading(connector.plan(wanted, known))
        for chunk in reading.plan.chunks:
            after = None
            for attempt in range(2):
                with open_ckan(source(wanted), place) as connector:
                    found = connector.read(wanted, chunk, after)
                    for number, batch in enumerate(found.batches, 1):
                        reading.rows += batch.data.to_pylist()
                        reading.rejects += batch.rejects
                        after = batch.after
                        if after is not None:
                            reading.afters.append(after)
                        if kill is not None and attempt == 0 and number == kill:
                            break
                    else:
                        reading.notes.update(found.notes)
                        break
        with open_ckan(source(wanted), place) as connector:
            reading.expected = connector.complete(wanted, reading.plan).expected
        return reading

    return done
