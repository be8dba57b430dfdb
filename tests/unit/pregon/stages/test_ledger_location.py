"""Where the ledger lies is said by the name of a connection, and by nothing that holds a secret."""

import builtins
from pathlib import Path
from typing import Any

import pytest

from pregon.home import Home
from pregon.ledger import Ledger, LedgerDriverMissing
from pregon.stages.ledger_location import InvalidLedgerConnection, ledger_location


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_connection_each_city_has_a_file(
    home: Home, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.setenv("PREGON_LEDGER", value or "")
    if value is None:
        monkeypatch.delenv("PREGON_LEDGER")
    assert ledger_location(home, "lampton") == home.ledger("lampton")


@pytest.mark.parametrize(
    "text",
    [
        "postgres://pregon:p%40ss@db.lampton.example:5433/books?sslmode=require",
        "postgresql+psycopg://pregon:p%40ss@db.lampton.example:5433/books?sslmode=require",
    ],
)
def test_the_connection_that_is_named_is_used(home: Home, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PREGON_LEDGER", "books")
    monkeypatch.setenv("AIRFLOW_CONN_BOOKS", text)
    expected = "postgresql+psycopg://pregon:p%40ss@db.lampton.example:5433/books?sslmode=require"
    assert ledger_location(home, "lampton") == expected


def test_a_connection_that_is_not_defined_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREGON_LEDGER", "books")
    monkeypatch.delenv("AIRFLOW_CONN_BOOKS", raising=False)
    with pytest.raises(InvalidLedgerConnection, match="'books' is not defined") as refused:
        ledger_location(home, "lampton")
    assert refused.value.hint is not None
    assert "AIRFLOW_CONN_BOOKS" in refused.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "mysql://u:pa55word@db/books",
        "sqlite:////data/books.sqlite",
        "no address, but pa55word",
        '{"pa55word": 1}',
        "{pa55word",
    ],
)
def test_what_can_hold_no_ledger_is_refused_without_showing_it(
    home: Home, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("PREGON_LEDGER", "books")
    monkeypatch.setenv("AIRFLOW_CONN_BOOKS", text)
    with pytest.raises(InvalidLedgerConnection, match="'books'") as refused:
        ledger_location(home, "lampton")
    assert "pa55word" not in f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize("text", ["postgresql://u:pa55word@db/books", "pa55word://u@db"])
def test_an_address_instead_of_a_name_is_refused_without_showing_it(
    home: Home, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("PREGON_LEDGER", text)
    with pytest.raises(InvalidLedgerConnection, match="PREGON_LEDGER") as refused:
        ledger_location(home, "lampton")
    assert "pa55word" not in f"{refused.value} {refused.value.hint}"


def test_a_missing_driver_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_psycopg(name: str, *arguments: Any, **settings: Any) -> Any:
        if name == "psycopg":
            raise ModuleNotFoundError("No module named 'psycopg'", name="psycopg")
        return real(name, *arguments, **settings)

    monkeypatch.setattr(builtins, "__import__", without_psycopg)
    with pytest.raises(LedgerDriverMissing) as refused:
        Ledger.open("postgresql://pregon:pa55word@db.lampton.example/books", "lampton")
    assert refused.value.hint is not None
    assert "postgresql" in refused.value.hint
    assert "pa55word" not in str(refused.value)
