"""Where a portal is stands in a connection: what it lacks is told, what is in it is not."""

import json
from typing import Any

import pytest

from pregon.publishers import TargetMisconfigured
from pregon.publishers.portal_access import PortalAccess, portal_access

TOKEN = "made-up-token"  # noqa: S105


def access(monkeypatch: pytest.MonkeyPatch, connection: str | dict[str, Any]) -> PortalAccess:
    text = connection if isinstance(connection, str) else json.dumps({"conn_type": "http", **connection})
    monkeypatch.setenv("AIRFLOW_CONN_OPEN_DATA", text)
    return portal_access("portal", "open_data")


@pytest.mark.parametrize(
    ("connection", "address"),
    [
        ({"host": "https://data.lindenau.example/"}, "https://data.lindenau.example"),
        ({"host": "https://lindenau.example/portal/"}, "https://lindenau.example/portal"),
        ({"host": "data.lindenau.example"}, "https://data.lindenau.example"),
        ({"host": "data.lindenau.example", "port": 8443}, "https://data.lindenau.example:8443"),
        ({"host": "http://127.0.0.1:5000"}, "http://127.0.0.1:5000"),
        ({"host": "http://localhost:5000"}, "http://localhost:5000"),
        ({"host": "http://[::1]:5000"}, "http://[::1]:5000"),
        ({"host": "http://ckan.internal", "extra": {"allow_http": True}}, "http://ckan.internal"),
        (f"http://:{TOKEN}@ckan.internal:5000/http?allow_http=true", "http://ckan.internal:5000"),
        (f"http://:{TOKEN}@data.lindenau.example/https", "https://data.lindenau.example"),
    ],
)
def test_the_address_is_that_of_the_connection(
    monkeypatch: pytest.MonkeyPatch, connection: str | dict[str, Any], address: str
) -> None:
    assert access(monkeypatch, connection).address == address


@pytest.mark.parametrize(
    ("connection", "problem"),
    [
        ({"password": TOKEN}, "has no host"),
        ({"host": "http://data.lindenau.example", "password": TOKEN}, "without encryption"),
        ({"host": "http://data.lindenau.example", "extra": {"allow_http": "no"}}, "without encryption"),
        ({"host": "http://192.168.1.5", "password": TOKEN}, "without encryption"),
        ({"host": f"https://someone:{TOKEN}@data.lindenau.example"}, "no address of a portal"),
        ({"host": f"https://data.lindenau.example/?key={TOKEN}"}, "no address of a portal"),
        ({"host": "ftp://data.lindenau.example"}, "no address of a portal"),
        ({"host": "https://data.lindenau.example:port"}, "no address of a portal"),
        (f'{{"password": "{TOKEN}"', "can't be read"),
    ],
)
def test_what_a_connection_lacks_is_told_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, connection: str | dict[str, Any], problem: str
) -> None:
    with pytest.raises(TargetMisconfigured, match=problem) as caught:
        access(monkeypatch, connection)
    assert "'open_data'" in str(caught.value)
    assert TOKEN not in f"{caught.value} {caught.value.hint}"
    assert not caught.value.retryable


def test_a_connection_that_is_not_defined_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_OPEN_DATA", raising=False)
    with pytest.raises(TargetMisconfigured, match="is not defined") as caught:
        portal_access("portal", "open_data")
    assert "AIRFLOW_CONN_OPEN_DATA" in str(caught.value.hint)


def test_nothing_secret_is_in_what_python_shows_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = access(monkeypatch, {"host": "data.lindenau.example", "login": "an-account", "password": TOKEN})
    assert TOKEN not in repr(found)
    assert "an-account" not in repr(found)
