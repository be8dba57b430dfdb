"""Who asks, and what happens on bad days."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from read_sources import read
from servers.socrata import Fault, SocrataServer, cut, dropped, processing, status, throttled, web_page
from servers.socrata_datasets import Dataset

from pregon.sources.base import SourceConfigurationError
from pregon.sources.http.errors import AuthenticationRejected, NotJson, PrivateAddressRefused, ServerFailed, Throttled
from pregon.sources.socrata.errors import QueryRefused, UnexpectedAnswer

from .conftest import Sources

pytestmark = pytest.mark.integration


def connect(monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    monkeypatch.setenv("AIRFLOW_CONN_DATA_PORTAL", text)
    return "data_portal"


# Tokens ---------------------------------------------------------------------------------------------------------------


def test_the_token_is_sent_in_its_header_and_nowhere_else(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path, token: str
) -> None:
    read(portal(connection=token), tmp_path)

    assert {request.headers.get("x-app-token") for request in server.requests} == {"let-me-in"}
    assert not any("authorization" in request.headers for request in server.requests)
    assert not any("let-me-in" in str((request.path, request.parameters)) for request in server.requests)


def test_without_connection_nothing_is_sent(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path
) -> None:
    read(portal(), tmp_path)

    assert not any({"x-app-token", "authorization"} & request.headers.keys() for request in server.requests)


def test_a_wrong_token_is_told_once_and_not_shown(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = connect(monkeypatch, '{"conn_type": "http", "password": "wrong-one"}')

    with pytest.raises(AuthenticationRejected, match="Invalid app_token") as caught:
        read(portal(connection=name), tmp_path)
    assert len(server.requests) == 1
    assert not caught.value.retryable
    assert "wrong-one" not in str(caught.value)


def test_a_private_dataset_is_read_by_an_account_with_a_token_besides(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset.private = True
    server.tokens.add("let-me-in")
    server.users["reader"] = "secret"
    with pytest.raises(AuthenticationRejected, match="must be logged in"):
        read(portal(), tmp_path)

    name = connect(
        monkeypatch,
        '{"conn_type": "http", "login": "reader", "password": "secret", "extra": {"app_token": "let-me-in"}}',
    )
    assert len(read(portal(connection=name), tmp_path).rows) == 60
    assert len(read(portal(connection=name, settings={"api": "3"}), tmp_path).rows) == 60


def test_a_connection_may_say_where_the_portal_is(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = connect(monkeypatch, f'{{"conn_type": "http", "host": "{server.url}/"}}')
    source = portal(connection=name)
    elsewhere = type(source)(source.name, source.kind, source.tables, "https://data.example", name, source.options)

    assert len(read(elsewhere, tmp_path).rows) == 60


def test_a_private_address_is_refused_unless_it_is_allowed(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    with pytest.raises(PrivateAddressRefused):
        read(portal(settings={"private_addresses": False}), tmp_path)


def test_a_big_question_without_token_is_answered_with_what_to_do(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path, token: str
) -> None:
    server.largest_anonymous = 10

    with pytest.raises(QueryRefused, match="app token") as caught:
        read(portal(page_rows=50), tmp_path)
    assert "name a connection" in str(caught.value.hint)
    assert len(read(portal(page_rows=50, connection=token), tmp_path).rows) == 60


def test_too_big_a_page_is_answered_with_what_to_do(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path, token: str
) -> None:
    dataset.most = 10

    with pytest.raises(QueryRefused, match="exceeds the maximum") as caught:
        read(portal(page_rows=50, connection=token), tmp_path)
    assert "`page_rows:`" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"code": "query.timeout", "error": True, "message": "It took \"too\" long", "data": {"q": "x" * 9_000}},
         "query.timeout", 'It took "too" long'),
        ({"message": "Older words", "error": True}, None, "Older words"),
        ({"errorCode": "query.soql.no-such-column", "message": "No such column: a"}, "query.soql.no-such-column",
         "No such column: a"),
        ({}, None, "status 400"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_the_portals_words(
    dataset: Dataset,
    portal: Sources,
    server: SocrataServer,
    tmp_path: Path,
    body: dict[str, Any],
    code: str | None,
    message: str,
) -> None:
    server.at(page=1, fault=status(400, body))

    with pytest.raises(QueryRefused) as caught:
        read(portal(), tmp_path)
    assert caught.value.code == code
    assert message in str(caught.value)


# Bad days -------------------------------------------------------------------------------------------------------------

FAULTS: dict[str, Callable[[], Fault]] = {
    "throttled": throttled,
    "throttled, with a time": lambda: throttled("0"),
    "throttled, with a date": lambda: throttled("Mon, 05 Jan 2026 09:00:00 GMT"),
    "server error": lambda: status(500),
    "unavailable": lambda: status(503, {"message": "down", "error": True}),
    "still processing": processing,
    "dropped": dropped,
    "cut": cut,
    "cut after a few rows": lambda: cut(400),
    "web page": web_page,
    "web page of an error": lambda: web_page(502),
    "nothing": lambda: status(200, ""),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("page", [1, 5])
def test_what_passes_by_itself_is_waited_for(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path, fault: str, page: int
) -> None:
    if fault == "nothing":
        server.at(page=page, fault=lambda answer: type(answer)(200, b"", {"Content-Type": "application/json"}))
    else:
        server.at(page=page, times=2, fault=FAULTS[fault]())

    found = read(portal(), tmp_path)

    assert len(found.rows) == 60
    assert set(found.times.values()) == {1}


def test_metadata_and_counts_are_waited_for_too(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path
) -> None:
    for request in (1, 3):
        server.at(request=request, fault=status(503))

    assert len(read(portal(), tmp_path).rows) == 60


@pytest.mark.parametrize(
    ("fault", "error"), [(throttled(), Throttled), (status(503), ServerFailed), (web_page(), NotJson)]
)
def test_what_does_not_pass_is_told_in_the_end(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path, fault: Fault, error: type[ServerFailed]
) -> None:
    server.at(page=3, times=100, fault=fault)

    with pytest.raises(error) as caught:
        read(portal(), tmp_path)
    assert caught.value.retryable
    assert (caught.value.source, caught.value.table) == ("portal", "contracts")


@pytest.mark.parametrize("answer", [{"rows": []}, [1, 2], "text", {"data": {}}])
def test_an_answer_of_another_form_is_told(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path, answer: Any
) -> None:
    server.at(page=1, fault=status(200, answer))

    with pytest.raises(UnexpectedAnswer, match="no list of rows"):
        read(portal(), tmp_path)


def test_rows_without_ids_are_told(dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path) -> None:
    server.at(page=1, fault=status(200, [{"no": "C0001"}]))

    with pytest.raises(UnexpectedAnswer, match="no row ids"):
        read(portal(), tmp_path)


def test_a_portal_that_repeats_a_page_does_not_go_on_for_ever(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path
) -> None:
    server.at(page=1, times=100, fault=status(200, [{":id": "row-1", "no": "C0001"}]))

    with pytest.raises(UnexpectedAnswer, match="same page again"):
        read(portal(), tmp_path)


def test_a_connection_that_is_not_defined_is_named(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    with pytest.raises(SourceConfigurationError, match="'nowhere' is not defined"):
        read(portal(connection="nowhere"), tmp_path)
