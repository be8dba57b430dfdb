"""Airflow for the tests of the DAGs: a database, cities made up by the test, the DAG files as Airflow reads them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import airflow_home
import pytest
from made_once import made_once

REPOSITORY = airflow_home.REPOSITORY

CITY = """\
name: {{en: City {slug}, es: Ciudad {slug}}}
synthetic: true
ocid_prefix: ocds-213czf
country: US
publisher: {{name: City {slug}, uri: "https://{slug}.example"}}
licence: {{name: CC0, uri: "https://creativecommons.org/publicdomain/zero/1.0/"}}
publication_policy: https://{slug}.example/policy
base_url: https://data.{slug}.example/contracting
language: en
time_zone: America/Chicago
currency: USD
schedule: "{schedule}"
contacts: {{owner: Procurement Office, email: opendata@{slug}.example}}
sources:
  main:
    kind: files
    tables:
      tenders: {{file: "https://{slug}.example/tenders.csv", key: [number], columns: {{number: null, title: null}}}}
disclosure: {{persons: {{}}, contact_points: withhold}}
targets: {{portal: {{kind: filesystem, path: /srv/portal}}, mirror: {{kind: filesystem, path: /srv/mirror}}}}
"""

WriteCity = Callable[..., Path]


@pytest.fixture
def write_city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteCity:
    """Write a valid (or, with `text`, any) city.yaml below a folder that stands in for cities/."""
    folder = tmp_path / "cities"
    folder.mkdir()
    monkeypatch.setenv("PREGON_CITIES", str(folder))

    def write(slug: str, *, schedule: str = "0 5 * * *", text: str | None = None) -> Path:
        file = folder / slug / "city.yaml"
        file.parent.mkdir()
        file.write_text(CITY.format(slug=slug, schedule=schedule) if text is None else text, encoding="utf-8")
        return file

    return write


@pytest.fixture(scope="session")
def airflow_database(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give this worker's Airflow a metadata database; it is migrated once, and copied."""
    database = Path(os.environ["AIRFLOW_HOME"]) / "airflow.db"

    def make(folder: Path) -> None:
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        shutil.copyfile(database, folder / database.name)

    shutil.copyfile(made_once(tmp_path_factory, "airflow-database", make) / database.name, database)


@pytest.fixture
def parse_dags() -> Callable[[], Any]:
    """Parse dags/ as Airflow does; gives the DagBag."""

    def parse() -> Any:
        from airflow.dag_processing.dagbag import DagBag

        return DagBag(REPOSITORY / "dags")

    return parse
