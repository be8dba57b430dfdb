"""The made-up CKAN keeps the rules of a real one, else it could judge nobody."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from servers.ckan import CkanServer, Fault
from servers.ckan_tables import Resource

ROWS = [{"No": str(number), "Amount": Decimal(number) / 4} for number in range(1, 8)]
TOKEN = "let-me-in"  # noqa: S105 - of a server that is made up
Search = Callable[..., Any]


@pytest.fixture
def server() -> Iterator[CkanServer]:
    with CkanServer(token=TOKEN) as server:
        yield server


@pytest.fixture
def bids(server: CkanServer) -> Resource:
    return server.portal.add("bids", "Bids", ROWS, {"No": "text", "Amount": "numeric"})


@pytest.fixture
def search(server: CkanServer, bids: Resource) -> Search:
    def searched(**params: Any) -> Any:
        answer = httpx.get(f"{server.url}/api/3/action/datastore_search", params={"resource_id": bids.id, **params})
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    return searched


def ids(result: Any) -> list[int]:
    return [record["_id"] for record in result["records"]]


def test_pages_come_in_the_order_that_is_asked_for(search: Search) -> None:
    assert ids(search(sort="_id", limit="3", offset="3")) == [4, 5, 6]
    assert ids(search(sort="_id desc", limit="2")) == [7, 6]


def test_without_an_order_rows_come_in_any(search: Search) -> None:
    assert ids(search()) != list(range(1, 8))


def test_the_ceiling_clips_and_the_answer_may_tell(server: CkanServer, search: Search) -> None:
    server.portal.quirks.ceiling = 2

    assert (len(search(limit="5")["records"]), search(limit="5")["limit"]) == (2, 2)
    server.portal.quirks.clip_shown = False
    assert (len(search(limit="5")["records"]), search(limit="5")["limit"]) == (2, 5)


def test_past_the_end_the_total_may_be_missing_and_the_links_go_on(server: CkanServer, search: Search) -> None:
    server.portal.quirks.total_past_end = False

    result = search(offset="70")

    assert result["records"] == []
    assert "total" not in result
    assert "offset=170" in result["_links"]["next"]


def test_ranges_and_the_next_page_are_known_to_new_sites_only(server: CkanServer, search: Search) -> None:
    filters = json.dumps({"_id": {"gt": 4}})
    assert ids(search(filters=filters, sort="_id", include_next_page="true")) == [5, 6, 7]
    assert search(sort="_id", limit="2", include_next_page="true")["next_page"] == {"_id": {"gt": 2}}

    server.portal.quirks.range_filters = False
    address = f"{server.url}/api/3/action/datastore_search"
    for params in ({"filters": filters}, {"include_next_page": "true"}):
        answer = httpx.get(address, params={"resource_id": server.portal.packages["bids"][0].id, **params})
        assert (answer.status_code, answer.json()["error"]["__type"]) == (409, "Validation Error")


def test_decimals_keep_their_digits(server: CkanServer, bids: Resource) -> None:
    bids.load([{"No": "1", "Amount": Decimal("76869.899999999994")}])
    address = f"{server.url}/api/3/action/datastore_search?resource_id={bids.id}"

    assert '"Amount":76869.899999999994' in httpx.get(address).text
    server.portal.quirks.number_texts = True
    assert '"Amount":"76869.899999999994"' in httpx.get(address).text


def test_a_reload_numbers_rows_anew(server: CkanServer, bids: Resource, search: Search) -> None:
    bids.delete(lambda row: row["_id"] < 3)
    assert ids(search(sort="_id")) == [3, 4, 5, 6, 7]

    before = bids.id
    server.portal.reload(bids, new_id=True)

    assert bids.id != before
    assert [row["_id"] for row in bids.rows] == [1, 2, 3, 4, 5]


def test_sql_runs_under_the_ceiling_where_it_is_on(server: CkanServer, bids: Resource) -> None:
    address = f"{server.url}/api/3/action/datastore_search_sql"
    params = {"sql": f'SELECT "_id", "Amount" FROM "{bids.id}" WHERE "_id" > 1 ORDER BY "_id"'}
    assert httpx.get(address, params=params).status_code == 400

    server.portal.quirks.sql = True
    server.portal.quirks.ceiling = 2
    result = httpx.get(address, params=params).json()["result"]

    assert result["records"] == [{"_id": 2, "Amount": "0.50"}, {"_id": 3, "Amount": "0.75"}]
    assert result["records_truncated"] is True


def test_private_datasets_are_for_those_with_the_token(server: CkanServer, bids: Resource) -> None:
    bids.private = True
    address = f"{server.url}/api/3/action/package_show?id=bids"

    answers = [httpx.get(address, headers=headers) for headers in ({}, {"Authorization": "x"})]
    assert [(answer.status_code, answer.json()["error"]["__type"]) for answer in answers] == [
        (403, "Authorization Error")
    ] * 2
    assert httpx.get(address, headers={"Authorization": TOKEN}).json()["result"]["resources"][0]["id"] == bids.id


def test_errors_come_in_the_envelope_with_their_status(server: CkanServer) -> None:
    answer = httpx.get(f"{server.url}/api/3/action/package_show?id=nothing")

    assert (answer.status_code, answer.json()["success"]) == (404, False)
    assert httpx.get(f"{server.web_url}/api/3/action/package_show?id=bids").status_code == 404


def test_faults_come_at_their_request(server: CkanServer, bids: Resource) -> None:
    address = f"{server.url}/api/3/action/package_show?id=bids"
    server.fault_at(1, fault=Fault(status=503, headers={"Retry-After": "1"}))
    server.fault_at(2, fault=Fault(drop=True))
    server.fault_at(3, fault=Fault(truncate=10))
    server.fault_at(4, fault=Fault(html=True))
    server.at(5, lambda: bids.insert([{"No": "8"}]))

    assert httpx.get(address).status_code == 503
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(address)
    assert httpx.get(address).text.startswith("<!DOCTYPE html>")
    assert len(bids.rows) == 7
    assert httpx.get(address).status_code == 200
    assert len(bids.rows) == 8
    assert len(server.requests) == 5
