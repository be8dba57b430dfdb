"""What CKAN answers is told in words that say what to do, and rows come and go in portions."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from servers.scripted import Reply, Request, Scripted, json_reply, scripted_server

from pregon.publishers import TargetFailed, TargetMisconfigured
from pregon.publishers.ckan_api import CkanApi
from pregon.publishers.portal_http import PortalRefused

TOKEN = "made-up-token"  # noqa: S105


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def api(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> Iterator[CkanApi]:
    connection = {"conn_type": "http", "host": server.address, "password": TOKEN}
    monkeypatch.setenv("AIRFLOW_CONN_OPEN_DATA", json.dumps(connection))
    api = CkanApi.of("portal", "open_data")
    yield api
    api.close()


def refusal(status: int, **error: Any) -> Reply:
    return Reply(status, body=json.dumps({"success": False, "error": error}).encode())


def result(value: Any) -> Reply:
    return json_reply({"success": True, "result": value})


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            refusal(409, owner_org=["Organization does not exist"], __type="Validation Error"),
            r"package_create is refused \(409\): owner_org: Organization does not exist\nhint",
        ),
        (refusal(409, message="Taken", __type="Validation Error"), r"\(409\): Taken\nhint"),
        (refusal(403, message=f"Access denied to {TOKEN}"), r"denied to \*\*\*; the account of the token has to be"),
        (refusal(409, upload=["File upload too large"]), r"ckan\.max_resource_size .* files: link"),
        (Reply(413, body=b"<html>413</html>"), r"ckan\.max_resource_size .* files: link"),
        (Reply(404, body=b"<html>no such page</html>"), "nothing of CKAN is at this address"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(server: Scripted, api: CkanApi, reply: Reply, said: str) -> None:
    server.answers(reply)
    with pytest.raises(PortalRefused, match=said) as caught:
        api.create_dataset({"name": "contracting"})
    assert not caught.value.retryable
    assert "'portal': dataset contracting: " in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("reply", [Reply(500), Reply(body=b"<html>maintenance</html>"), json_reply({"success": False})])
def test_a_portal_that_is_out_of_order_is_asked_again_later(server: Scripted, api: CkanApi, reply: Reply) -> None:
    server.answers(reply)
    with pytest.raises(TargetFailed) as caught:
        api.create_dataset({"name": "contracting"})
    assert caught.value.retryable


def test_what_is_not_there_is_none(server: Scripted, api: CkanApi) -> None:
    server.answers(refusal(404, message="Not found", __type="Not Found Error"))
    assert api.dataset("contracting") is None
    assert api.table("1", "table awards") is None


def test_a_portal_of_something_else_is_not_taken_for_one_without_the_dataset(server: Scripted, api: CkanApi) -> None:
    server.answers(Reply(404, body=b"<html>no such page</html>"))
    with pytest.raises(TargetFailed, match="nothing of CKAN"):
        api.dataset("contracting")


def test_a_connection_without_token_says_where_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OPEN_DATA", "http://data.lindenau.example")
    with pytest.raises(TargetMisconfigured, match="has no password") as caught:
        CkanApi.of("portal", "open_data")
    assert "make a token" in str(caught.value.hint)


def test_rows_are_read_to_the_end_whatever_the_portal_s_page_is(server: Scripted, api: CkanApi) -> None:
    rows = [[number, f"row {number}"] for number in range(7)]

    def script(request: Request) -> Reply:
        asked = json.loads(request.body)
        return result({"records": rows[asked["offset"] : asked["offset"] + 3]})  # fewer than were asked for

    server.script = script
    assert list(api.rows("1", ["title"], "table awards")) == rows


def test_rows_are_deleted_in_portions_and_never_without_a_filter(server: Scripted, api: CkanApi) -> None:
    server.answers(result({}))
    api.delete_rows("1", range(2500), "table awards")
    filters = [json.loads(request.body)["filters"]["_id"] for request in server.requests]
    assert [len(one) for one in filters] == [1000, 1000, 500]
    server.requests.clear()
    api.delete_rows("1", [], "table awards")
    assert not server.requests, "without a filter the table would go"


def test_an_uploaded_file_is_cleared_before_its_resource_goes(server: Scripted, api: CkanApi) -> None:
    server.answers(result({}))
    api.delete_resource({"id": "1", "name": "Tables", "url_type": "upload"})
    api.delete_resource({"id": "2", "name": "Link", "url_type": None})
    assert [request.path.rpartition("/")[2] for request in server.requests] == [
        "resource_patch", "resource_delete", "resource_delete",
    ]  # fmt: skip
    assert json.loads(server.requests[0].body)["clear_upload"] == "true"
