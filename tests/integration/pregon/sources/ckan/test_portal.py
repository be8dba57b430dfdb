"""Finding a table's resource, being let in, and what servers do instead of answering."""

from collections.abc import Callable
from typing import Any

import pytest
from servers.ckan import CkanServer, Fault
from servers.ckan_tables import Resource

from pregon.sources.base import SourceSpec
from pregon.sources.ckan.connector import open_ckan
from pregon.sources.ckan.errors import DatasetNotFound, NoApi, NotInDatastore, ResourceNotFound, UnexpectedAnswer
from pregon.sources.connector import Place
from pregon.sources.http.errors import AuthenticationRejected, NotJson, ServerFailed, Throttled

from .conftest import FIELDS, Read, notices, spec

pytestmark = pytest.mark.integration
TOKEN = "let-me-in"  # noqa: S105 - of a server that is made up


def test_a_resource_is_found_by_name_and_format_where_names_repeat(server: CkanServer, read: Read) -> None:
    server.portal.add("notices", "Notices", notices(3), FIELDS, format="CSV")
    wanted = server.portal.add("notices", "Notices", notices(2), FIELDS, format="JSON")

    assert read(resource_format="json").plan.notes["resource"] == wanted.id
    with pytest.raises(
        ResourceNotFound, match=r"several resources 'Notices'.*\n.*'Notices' \(CSV\), 'Notices' \(JSON\)"
    ):
        read()


def test_a_package_of_one_resource_needs_no_name(server: CkanServer, resource: Resource, read: Read) -> None:
    assert len(read(resource=None).rows) == 23
    server.portal.add("notices", "Readme", format="PDF", active=False)
    with pytest.raises(ResourceNotFound, match="several resources without a name to choose by"):
        read(resource=None)
    assert len(read(resource=None, resource_format="CSV").rows) == 23


def test_a_resource_is_found_by_its_id(server: CkanServer, resource: Resource, read: Read) -> None:
    assert len(read(package=None, resource=None, resource_id=resource.id).rows) == 23
    with pytest.raises(ResourceNotFound, match="with the id f676"):
        read(package=None, resource=None, resource_id="f676")


def test_a_resource_that_got_another_id_is_found_again(server: CkanServer, resource: Resource, read: Read) -> None:
    before = read().plan.notes["resource"]

    server.portal.reload(resource, new_id=True)

    assert read().plan.notes["resource"] != before


def test_a_wrong_name_is_told_with_the_nearest(server: CkanServer, resource: Resource, read: Read) -> None:
    with pytest.raises(ResourceNotFound, match="did you mean 'Notices'"):
        read(resource="notice")
    with pytest.raises(DatasetNotFound, match="did you mean 'notices'"):
        read(package="notice")


def test_a_web_host_is_told_from_the_host_of_the_api(
    server: CkanServer, resource: Resource, source: Callable[..., SourceSpec], place: Place
) -> None:
    table = spec()
    with open_ckan(source(table, url=server.web_url), place) as connector, pytest.raises(NoApi) as refused:
        connector.plan(table, None)
    assert "another host than its pages" in str(refused.value.hint)


@pytest.mark.parametrize("below", ["", "/", "/api/3/action", "/api/3/action/"])
def test_the_address_may_be_that_of_the_site_or_of_its_api(
    server: CkanServer, resource: Resource, source: Callable[..., SourceSpec], place: Place, below: str
) -> None:
    table = spec()
    with open_ckan(source(table, url=server.url + below), place) as connector:
        assert connector.plan(table, None).expected == 23


def test_a_site_below_a_path_is_read_there(source: Callable[..., SourceSpec], place: Place) -> None:
    with CkanServer(prefix="/data/en") as server:
        server.portal.quirks.link_prefix = "/en"
        server.portal.add("notices", "Notices", notices(23), FIELDS)
        table = spec(page_rows=10)
        with open_ckan(source(table, url=server.url), place) as connector:
            (chunk,) = connector.plan(table, None).chunks
            assert sum(batch.data.num_rows for batch in connector.read(table, chunk).batches) == 23
        assert all(request.path.startswith("/data/en/api/3/action/") for request in server.requests)


def test_a_file_is_no_table(server: CkanServer, read: Read) -> None:
    server.portal.add("notices", "Notices", active=False, file=b"x")

    with pytest.raises(NotInDatastore, match="'Notices' is not in the portal's datastore"):
        read(datastore=True)


# The token ------------------------------------------------------------------------------------------------------------


def test_a_token_is_sent_as_ckan_takes_it_and_never_shown(
    source: Callable[..., SourceSpec], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CkanServer(token=TOKEN) as server:
        server.portal.add("notices", "Notices", notices(3), FIELDS, private=True)
        table = spec()
        monkeypatch.setenv("AIRFLOW_CONN_PORTAL", f'{{"conn_type": "http", "password": "{TOKEN}"}}')
        with open_ckan(source(table, url=server.url, connection="portal"), place) as connector:
            assert connector.plan(table, None).expected == 3
        assert {request.headers["Authorization"] for request in server.requests} == {TOKEN}

        server.forget()
        monkeypatch.setenv("AIRFLOW_CONN_PORTAL", '{"conn_type": "http", "password": "wrong-token"}')
        with (
            open_ckan(source(table, url=server.url, connection="portal"), place) as connector,
            pytest.raises(AuthenticationRejected) as refused,
        ):
            connector.plan(table, None)
        assert not refused.value.retryable
        assert "wrong-token" not in f"{refused.value}{refused.value.hint}"
        assert len(server.requests) == 1


# Faults ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [1, 2, 5, 6, 8, 11])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=429, headers={"Retry-After": "0"}),
        Fault(status=503),
        Fault(drop=True),
        Fault(truncate=40),
        Fault(html=True),
    ],
    ids=["throttled", "unavailable", "dropped", "cut off", "a web page"],
)
def test_what_passes_by_itself_is_waited_for(
    server: CkanServer, resource: Resource, read: Read, at: int, fault: Fault
) -> None:
    server.fault_at(at, at + 1, fault=fault)

    assert len(read(page_rows=5).rows) == 23


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=429, headers={"Retry-After": "0"}), Throttled),
        (Fault(status=502), ServerFailed),
        (Fault(html=True), NotJson),
        (Fault(truncate=40), ServerFailed),
    ],
    ids=["throttled", "unavailable", "a web page", "cut off"],
)
def test_what_does_not_pass_is_an_error_that_time_may_mend(
    server: CkanServer, resource: Resource, read: Read, fault: Fault, error: type[Exception]
) -> None:
    server.fault_at(*range(7, 60), fault=fault)

    with pytest.raises(error) as refused:
        read(page_rows=5)
    assert refused.value.retryable  # type: ignore[attr-defined]


@pytest.mark.parametrize("at", [6, 7, 8])
def test_a_refusal_in_the_middle_is_not_tried_again(
    server: CkanServer, resource: Resource, read: Read, at: int
) -> None:
    server.fault_at(at, fault=Fault(status=403))

    with pytest.raises(AuthenticationRejected):
        read(page_rows=5)
    assert len(server.requests) == at


def test_an_answer_that_is_no_envelope_is_refused(
    server: CkanServer, resource: Resource, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [
        b"[]",
        b'{"success": true}',
        b'{"success": false, "result": {}}',
        b'{"success": true, "result": {"resources": 3}}',
    ]
    for answer in answers:
        monkeypatch.setattr(server, "answer", lambda _request, answer=answer: (200, "application/json", answer))
        with pytest.raises(UnexpectedAnswer):
            read()


def test_rows_without_the_portals_number_are_refused(server: CkanServer, resource: Resource, read: Read) -> None:
    server.portal.search = lambda _resource, _params: {"fields": [{"id": "Title"}], "records": [{"Title": "x"}]}  # type: ignore[method-assign]

    with pytest.raises(UnexpectedAnswer, match="holds rows without _id"):
        read()
