"""The Socrata test server keeps the platform's rules, the inconvenient ones first."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from servers.socrata import SocrataServer, cut, dropped, processing, status, throttled, web_page
from servers.socrata_datasets import Dataset

TYPES = {"no": "text", "amount": "money", "signed": "calendar_date", "open": "checkbox", "link": "url"}
ROWS = [
    {"no": "a", "amount": "10.50", "signed": "2025-01-02T00:00:00.000", "open": True, "link": {"url": "https://a"}},
    {"no": "b", "amount": "9", "signed": "2025-01-03T00:00:00.000", "open": False},
    {"no": "C", "signed": None},
]


@pytest.fixture
def server() -> Iterator[SocrataServer]:
    with SocrataServer() as server:
        server.dataset("abcd-1234", TYPES, ROWS)
        yield server


@pytest.fixture
def dataset(server: SocrataServer) -> Dataset:
    return server.datasets["abcd-1234"]


class Portal:
    def __init__(self, server: SocrataServer) -> None:
        self.url = server.url

    def get(self, headers: dict[str, str] | None = None, **clauses: Any) -> httpx.Response:
        parameters = {f"${name}": str(value) for name, value in clauses.items()}
        return httpx.get(f"{self.url}/resource/abcd-1234.json", params=parameters, headers=headers, trust_env=False)

    def rows(self, **clauses: Any) -> list[dict[str, Any]]:
        answer = self.get(**clauses)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def post(self, query: str, headers: dict[str, str] | None = None, **options: Any) -> httpx.Response:
        body = {"query": query, **options}
        address = f"{self.url}/api/v3/views/abcd-1234/query.json"
        return httpx.post(address, json=body, headers=headers, trust_env=False)


@pytest.fixture
def portal(server: SocrataServer) -> Portal:
    return Portal(server)


def test_absent_values_have_no_key_and_amounts_are_texts(portal: Portal) -> None:
    rows = portal.rows(order="no")

    assert rows == [{"no": "C"}, ROWS[0], ROWS[1]]


def test_system_fields_come_only_when_they_are_asked_for(portal: Portal) -> None:
    assert set(portal.rows(order=":id", limit=1)[0]) == set(TYPES)
    assert set(portal.rows(select=":*,*", order=":id", limit=1)[0]) == {":id", ":created_at", ":updated_at", *TYPES}


def test_a_thousand_rows_are_given_unless_more_are_asked_for(server: SocrataServer, portal: Portal) -> None:
    server.dataset("abcd-1234", {"no": "text"}, [{"no": str(number)} for number in range(1_500)])

    assert len(portal.rows()) == 1_000
    assert len(portal.rows(limit=2_000)) == 1_500


def test_pages_without_order_overlap(server: SocrataServer, portal: Portal) -> None:
    server.dataset("abcd-1234", {"no": "text"}, [{"no": str(number)} for number in range(300)])

    found = [row["no"] for offset in range(0, 300, 100) for row in portal.rows(limit=100, offset=offset)]
    assert len(set(found)) < 300
    found = [row["no"] for offset in range(0, 300, 100) for row in portal.rows(limit=100, offset=offset, order=":id")]
    assert len(set(found)) == 300


def test_row_ids_are_ordered_by_what_they_stand_for_not_as_texts(server: SocrataServer, portal: Portal) -> None:
    server.dataset("abcd-1234", {"no": "text"}, [{"no": str(number)} for number in range(50)])
    ids = [row[":id"] for row in portal.rows(select=":id", order=":id")]

    assert ids != sorted(ids)
    assert portal.rows(select=":id", where=f":id > '{ids[30]}' AND :id <= '{ids[40]}'", order=":id") == [
        {":id": one} for one in ids[31:41]
    ]
    assert portal.get(where=":id > 'row-none'").json()["code"] == "query.soql.type-mismatch"


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("no = 'a'", "a"),
        ("no = 'A'", ""),
        ("amount > 9.5", "a"),
        ("amount IS NULL", "C"),
        ("NOT amount > 9.5", "b"),
        ("amount > 1 OR no = 'C'", "Cab"),
        ("(amount > 1 OR no = 'C') AND no != 'b'", "Ca"),
        ("signed >= '2025-01-03'", "b"),
        ("no IN ('a', 'b') AND open = true", "a"),
        (":updated_at > '2026-01-01T00:00:00.000Z'", "Cab"),
        ("no = 'it''s'", ""),
    ],
)
def test_conditions(portal: Portal, where: str, found: str) -> None:
    assert "".join(row["no"] for row in portal.rows(where=where, order="no")) == found


@pytest.mark.parametrize(
    ("clauses", "code"),
    [
        ({"select": "nothing"}, "query.soql.no-such-column"),
        ({"where": "nothing = 1"}, "query.soql.no-such-column"),
        ({"where": "no = 1"}, "query.soql.type-mismatch"),
        ({"where": "amount = 'much'"}, "query.soql.type-mismatch"),
        ({"where": "no = 'a' AND"}, "query.compiler.malformed"),
        ({"where": 'no = "a"'}, "query.compiler.malformed"),
        ({"order": "no; drop"}, "query.compiler.malformed"),
        ({"limit": "many"}, "query.compiler.malformed"),
        ({"select": "no, count(*)"}, "query.soql.column-not-in-group-bys"),
        ({"page": 2}, "query.soql.no-such-column"),
    ],
)
def test_what_it_does_not_understand_is_refused(portal: Portal, clauses: dict[str, Any], code: str) -> None:
    answer = portal.get(**clauses)

    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["error"] is True


def test_counts_and_bounds_of_the_stamps(portal: Portal, dataset: Dataset) -> None:
    dataset.update(lambda row: row["no"] == "b", amount="8")
    asked = "count(*) AS rows, max(:updated_at) AS newest, min(:updated_at) AS oldest"

    assert portal.rows(select=asked) == [
        {"rows": "3", "newest": "2026-01-05T09:00:02.000Z", "oldest": "2026-01-05T09:00:01.000Z"}
    ]
    assert portal.rows(select="count(*)", where="no = 'x'") == [{"count": "0"}]
    assert portal.rows(select="count(*) AS rows, max(:id) AS last", where="no = 'x'") == [{"rows": "0"}]


def test_changes_stamp_rows_and_metadata(server: SocrataServer, dataset: Dataset) -> None:
    before = {row.values["no"]: row for row in dataset.rows}
    kept = dataset.rows[0].row_id
    dataset.update(lambda row: row["no"] == "a", amount="1")
    assert dataset.rows[0].row_id == kept
    assert dataset.rows[0].updated > before["b"].updated

    ids = {row.row_id for row in dataset.rows}
    dataset.replace()
    assert not ids & {row.row_id for row in dataset.rows}
    assert len({row.updated for row in dataset.rows}) == 1
    assert dataset.metadata()["rowsUpdatedAt"] == int(server.clock.now.timestamp())


def test_metadata_name_the_fields_and_their_types(server: SocrataServer) -> None:
    found = httpx.get(f"{server.url}/api/views/abcd-1234.json", trust_env=False).json()

    fields = {column["fieldName"]: column["dataTypeName"] for column in found["columns"]}
    assert {name: fields[name] for name in TYPES} == TYPES
    assert any(name.startswith(":@computed_region") for name in fields)
    assert httpx.get(f"{server.url}/api/views/none-none.json", trust_env=False).status_code == 404


def test_a_wrong_token_and_a_private_dataset_are_forbidden(
    server: SocrataServer, dataset: Dataset, portal: Portal
) -> None:
    server.tokens.add("good")
    server.users["reader"] = "secret"

    assert portal.get(headers={"X-App-Token": "good"}).status_code == 200
    assert portal.get(headers={"X-App-Token": "bad"}).json()["code"] == "permission_denied"
    dataset.private = True
    assert set(portal.get().json()) == {"message", "error"}
    address = f"{server.url}/resource/abcd-1234.json"
    assert httpx.get(address, auth=("reader", "secret"), trust_env=False).status_code == 200


def test_big_questions_are_refused_where_the_domain_says_so(
    server: SocrataServer, dataset: Dataset, portal: Portal
) -> None:
    server.tokens.add("good")
    server.largest_anonymous = 2
    assert portal.get(limit=3).status_code == 400
    assert portal.get(limit=3, headers={"X-App-Token": "good"}).status_code == 200
    server.largest_anonymous, dataset.most = None, 2
    assert portal.get(limit=3).status_code == 400
    dataset.most, dataset.clip = None, 2
    assert len(portal.rows(limit=3)) == 2


def test_soda_3_asks_for_a_token_and_takes_pages(server: SocrataServer, portal: Portal) -> None:
    assert portal.post("SELECT no").status_code == 403
    server.tokens.add("good")
    token = {"X-App-Token": "good"}
    page = {"pageNumber": 2, "pageSize": 1}

    assert portal.post("SELECT no ORDER BY no", token, page=page, includeSynthetic=False).json() == [{"no": "a"}]
    assert portal.post("SELECT count(*) AS rows WHERE no = 'a'", token).json() == [{"rows": "1"}]
    assert portal.post("SELECT no WHERE no = 'b' LIMIT 1", token).json() == [{"no": "b"}]
    assert portal.post("SELECT no LIMIT 1", token, page=page).status_code == 400
    assert portal.post("DELETE", token).status_code == 400
    server.envelope = True
    assert portal.post("SELECT no WHERE no = 'b'", token).json() == {"data": [{"no": "b"}]}


def test_faults_happen_when_they_are_planned(server: SocrataServer, portal: Portal, dataset: Dataset) -> None:
    server.at(page=1, fault=throttled("7"))
    server.at(page=2, fault=throttled())
    server.at(page=3, fault=web_page())
    server.at(page=4, times=2, fault=status(503))
    server.at(page=6, fault=processing())
    server.at(page=7, action=lambda: dataset.insert({"no": "d"}))
    answers = [portal.get() for _ in range(7)]

    assert [answer.status_code for answer in answers] == [429, 429, 200, 503, 503, 202, 200]
    assert [answer.headers.get("retry-after") for answer in answers[:2]] == ["7", None]
    assert "html" in answers[2].headers["content-type"]
    assert len(answers[6].json()) == 4
    server.at(page=1, fault=dropped())
    server.at(page=2, fault=cut())
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            portal.get()


def test_answers_tell_their_fields_and_whether_the_copy_lags(portal: Portal, dataset: Dataset) -> None:
    dataset.stale = True
    headers = portal.get(select="no, amount").headers

    assert json.loads(headers["x-soda2-fields"]) == ["no", "amount"]
    assert json.loads(headers["x-soda2-types"]) == ["text", "money"]
    assert headers["x-soda2-data-out-of-date"] == "true"
    assert headers["x-socrata-requestid"]
