"""Cities imported from downloaded files, and from files made up by us."""

import csv
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from city_import import AS_OF, Files, Imported, import_city
from query_threads import query_threads

__all__ = ["query_threads"]


@pytest.fixture(scope="session")
def real(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Imported]:
    """Import a city's downloaded files, once: (slug, folder of the reference data)."""

    @cache
    def imported(slug: str, folder: str) -> Imported:
        return import_city(slug, reference / "data" / folder, tmp_path_factory.mktemp(slug))

    return imported


@pytest.fixture
def made_up(tmp_path: Path) -> Callable[[str, Files], Imported]:
    """Import made-up files: (slug, file name → rows, days later). All rows of a file have the columns of its first."""

    def imported(slug: str, files: Files, days: int = 0) -> Imported:
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        for name, rows in files.items():
            with (folder / name).open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n", restval="")
                writer.writeheader()
                writer.writerows(rows)
        return import_city(slug, folder, tmp_path / "home", AS_OF + timedelta(days=days))

    return imported
