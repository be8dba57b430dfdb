from pathlib import Path

import pytest

from pregon.sources.base import SourceConfigurationError, SourceSpec
from pregon.sources.connections import database_url

HOME = Path("/home/of/pregon")


def url(monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    monkeypatch.setenv("AIRFLOW_CONN_CITY_ERP", text)
    return database_url(SourceSpec("erp", "sql", (), connection="city_erp"), HOME).render_as_string(hide_password=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "postgresql+psycopg://u:p%40ss@db:5433/erp?sslmode=require",
            "postgresql+psycopg://u:p%40ss@db:5433/erp?sslmode=require",
        ),
        ("mysql://u:p@db/erp?__extra__=%7B%7D", "mysql://u:p@db/erp"),
        ("sqlite:////data/erp.sqlite", "sqlite:////data/erp.sqlite"),
        (
            '{"conn_type": "mariadb", "login": "u", "password": "p@ss", "host": "db", "port": 3306, "schema": "erp"}',
            "mysql://u:p%40ss@db:3306/erp",
        ),
        ('{"conn_type": "sqlite", "host": "/data/erp.sqlite"}', "sqlite:////data/erp.sqlite"),
    ],
)
def test_a_connection_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch, text: str, expected: str) -> None:
    assert url(monkeypatch, text) == expected


def test_the_name_that_airflow_uses_for_postgresql_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert url(monkeypatch, "postgres://u@db/erp").startswith("postgresql")


def test_what_the_extra_of_a_postgresql_connection_says_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = '{"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem", "cursor": "dictcursor"}'
    for given in (extra, extra.replace('"', '\\"')):
        quoted = given if given == extra else f'"{given}"'
        text = f'{{"conn_type": "postgres", "host": "db", "schema": "erp", "extra": {quoted}}}'
        assert url(monkeypatch, text).endswith("//db/erp?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem")
    assert url(monkeypatch, "postgres://db/erp?sslmode=require").endswith("//db/erp?sslmode=require")


def test_home_is_filled_in() -> None:
    source = SourceSpec("erp", "sql", (), url="sqlite:///{home}/sources/x.sqlite")
    assert database_url(source, HOME).database == "/home/of/pregon/sources/x.sqlite"


def test_without_the_connection_the_url_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_CITY_ERP", raising=False)
    source = SourceSpec("erp", "sql", (), url="sqlite:///x", connection="city_erp")
    assert database_url(source, HOME).database == "x"
    with pytest.raises(SourceConfigurationError, match="'city_erp' is not defined") as caught:
        database_url(SourceSpec("erp", "sql", (), connection="city_erp"), HOME)
    assert caught.value.hint is not None
    assert "AIRFLOW_CONN_CITY_ERP" in caught.value.hint


@pytest.mark.parametrize(
    "text", ["no address, but secret", '{"secret": 1}', '{"conn_type": "mysql", "port": "secret"}', "{secret"]
)
def test_a_text_that_is_no_connection_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(SourceConfigurationError) as caught:
        url(monkeypatch, text)
    assert "secret" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
