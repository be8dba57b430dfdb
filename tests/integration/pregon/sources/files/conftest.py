"""Servers that have files, and short ways to extract from them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from made_up_sources import files, image, run, table

from pregon.lake import Lake
from pregon.manifest import TableManifest


class Extract(Protocol):
    """Extracts the files of one table, and gives what the manifest says; titles by id in `titles`."""

    titles: dict[str, str]

    def __call__(self, address: str, *, day: int = 0, full: bool = False, **options: Any) -> TableManifest: ...


Connect = Callable[[dict[str, Any]], None]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Define the connection of the source."""
    return lambda fields: monkeypatch.setenv("AIRFLOW_CONN_DROP", json.dumps(fields))


@pytest.fixture
def extract(lake: Lake) -> Extract:
    class Extracting:
        def __init__(self) -> None:
            self.titles: dict[str, str] = {}

        def __call__(
            self, address: str, *, day: int = 0, full: bool = False, connection: str | None = "drop",
            settings: dict[str, Any] | None = None, **options: Any,
        ) -> TableManifest:  # fmt: skip
            given = {"private_addresses": True, "requests": {"tries": 1}, "settle": 0.0, **(settings or {})}
            source = replace(files(table(file=address, **options)), options=given, connection=connection)
            manifest = run(lake, source, lake.root.parent, day=day, full=full)
            self.titles = {row["id"]: row["title"] for row in image(lake, manifest)}
            return manifest.tables["things"]

    return Extracting()


def csv(*ids: int, title: str = "t") -> bytes:
    """A file with these rows."""
    return ("id,title\n" + "".join(f"{number},{title}{number}\n" for number in ids)).encode()


def names(entry: TableManifest) -> list[str]:
    """The files that were read, in their order."""
    return [file["name"] for file in entry.notes["files"]]
