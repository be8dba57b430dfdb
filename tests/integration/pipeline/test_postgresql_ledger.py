"""A city whose ledger is on a PostgreSQL server publishes the same bytes as with a file."""

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import make_url

from pregon.ledger import Ledger
from pregon.synth import advance, generate

from .conftest import FIRST_RUN, Published

pytestmark = pytest.mark.integration

THREADS = 2

PROCESSES = 60


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _history(home: Path) -> Published:
    """Riverbend after three runs, the second of them repeated."""
    city = Published("riverbend", home)
    # The key of pseudonyms is drawn once for a city: with another one every pseudonym would differ.
    key = home / "internal" / "riverbend" / "pseudonym.key"
    key.parent.mkdir(parents=True)
    key.write_bytes(bytes(range(32)))
    city.database.parent.mkdir(parents=True)
    url = f"sqlite:///{city.database}"
    generate(url, processes=PROCESSES, seed=5, as_of=FIRST_RUN)
    city.run(FIRST_RUN)
    advance(url, days=2, share=0.2)
    for _ in range(2):
        city.run(FIRST_RUN + dt.timedelta(days=2))
    advance(url, days=1, share=0.1)
    city.run(FIRST_RUN + dt.timedelta(days=3))
    return city


def test_what_is_published_does_not_depend_on_where_the_ledger_lies(
    tmp_path: Path, empty_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_file = _history(tmp_path / "file")
    monkeypatch.setenv("PREGON_LEDGER", "city_books")
    monkeypatch.setenv("AIRFLOW_CONN_CITY_BOOKS", empty_postgresql_url.replace("postgresql+psycopg", "postgres"))
    on_server = _history(tmp_path / "server")

    assert not list(on_server.home.rglob("ledger.sqlite"))
    published = _content(in_file.home / "public")
    assert len(published) > 30
    assert _content(on_server.home / "public") == published
    summaries = "internal/riverbend/runs"
    assert _content(on_server.home / summaries) == _content(in_file.home / summaries)

    first, second = in_file.ledger(), Ledger.open(make_url(empty_postgresql_url).render_as_string(False), "riverbend")
    assert list(second.releases()) == list(first.releases())
    assert list(second.quarantined()) == list(first.quarantined())
    assert second.accounting() == first.accounting()
    assert second.publications() == first.publications()
    assert second.head() == first.head()
