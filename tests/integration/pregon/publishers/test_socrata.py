"""A Socrata portal holds the rows of the publication, and only what differs is sent to it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process
from servers.socrata import cut, dropped, processing, status, throttled
from servers.socrata_portal import SocrataPortal, WritableDataset

from pregon.errors import PregonError
from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.promote import promote
from pregon.publication.tables.reading import NoSuchTable, table_batches
from pregon.publishers import (
    Plan,
    SocrataPublisher,
    TargetFailed,
    TargetMisconfigured,
    UnofficialPrefix,
    plan_push,
    push,
)
from pregon.publishers.base import PushIncomplete
from pregon.publishers.socrata import RowsRefused
from pregon.publishers.socrata_schema import DatasetsUnfit
from transforms.catalog.socrata import SocrataTable
from transforms.snapshot import Manifest

AS_OF = datetime(2026, 3, 2, 5, tzinfo=UTC)
OFFICIAL = replace(PUBLICATION, ocid_prefix="ocds-abc123")
DATASETS = {"processes": "proc-0001", "awards": "awar-0001", "tender_items": "item-0001"}
KEY_ID, KEY_SECRET = "pregon-key", "opal-secret"


@pytest.fixture
def portal() -> Iterator[SocrataPortal]:
    with SocrataPortal() as running:
        running.publishers[KEY_ID] = KEY_SECRET
        running.users["reader"] = "reader-secret"
        running.tokens.add("app-token")
        yield running


class City:
    """A made-up city that publishes, and its target."""

    def __init__(self, folder: Path, processes: int = 8) -> None:
        self.folder = folder
        self.source: MemorySource = made_up_source(processes)
        self.days = 0
        self.waited: list[float] = []

    def publish(self) -> Snapshot:
        moment = AS_OF + timedelta(days=self.days)
        self.days += 1
        made = build_snapshot(
            self.folder / "public", self.source, OFFICIAL, as_of=moment, code_version="1",
            formats=("jsonl", "parquet"),
        )  # fmt: skip
        promote(made.path)
        return made

    def publisher(self, datasets: dict[str, str] | None = None, **settings: Any) -> SocrataPublisher:
        return SocrataPublisher(
            "portal_key", datasets or DATASETS, OFFICIAL, name="portal", memory=self.folder / "memory",
            sleep=self.waited.append, **settings,
        )  # fmt: skip

    def push(self, made: Snapshot, **settings: Any) -> Plan:
        return push(self.publisher(**settings), made.path, made.manifest, OFFICIAL)

    def plan(self, made: Snapshot, **settings: Any) -> str:
        return plan_push(self.publisher(**settings), made.path, made.manifest, OFFICIAL).describe()


@pytest.fixture
def city(tmp_path: Path, portal: SocrataPortal, monkeypatch: pytest.MonkeyPatch) -> City:
    connect(monkeypatch, portal)
    monkeypatch.setattr("pregon.publishers.base.FIRST_WAIT", 0.0)
    return City(tmp_path)


def connect(monkeypatch: pytest.MonkeyPatch, portal: SocrataPortal, **fields: Any) -> None:
    connection = {
        "conn_type": "http", "host": portal.url, "login": KEY_ID, "password": KEY_SECRET,
        "extra": {"app_token": "app-token"}, **fields,
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_PORTAL_KEY", json.dumps(connection))


def create(portal: SocrataPortal, manifest: Manifest, **types: str) -> dict[str, WritableDataset]:
    """Create the datasets as a dry run says."""
    found = {}
    for summary in manifest.tables:
        if summary.name in DATASETS:
            table = SocrataTable.of(summary)
            columns = {one.field: one.proposed for one in table.columns}
            columns |= {field: declared for field, declared in types.items() if field in columns}
            found[summary.name] = portal.writable(DATASETS[summary.name], columns, table.identifier)
    return found


def rows_of(made: Snapshot, table: str) -> list[dict[str, Any]]:
    return [row for batch in table_batches(made.path, made.manifest, table) for row in batch.to_pylist()]


@pytest.fixture
def pushed(city: City, portal: SocrataPortal) -> tuple[City, dict[str, WritableDataset], Snapshot]:
    made = city.publish()
    datasets = create(portal, made.manifest)
    city.push(made)
    portal.writes.clear()
    return city, datasets, made


Pushed = tuple[City, dict[str, WritableDataset], Snapshot]


def test_a_first_push_writes_every_row_of_every_table(city: City, portal: SocrataPortal) -> None:
    made = city.publish()
    datasets = create(portal, made.manifest)
    assert "put    processes at proc-0001: 8 rows to add, 0 to change, 0 to remove; 0 stay" in city.plan(made)
    assert portal.writes == []
    city.push(made)
    for table, dataset in datasets.items():
        rows = rows_of(made, table)
        keys = {row["ocid"] + row.get("pointer", "") for row in rows}
        assert set(dataset.by_key()) == keys
    award = datasets["awards"].by_key()["ocds-213czf-S00000/awards/0"]
    assert award["awards_value_amount"] == "900"
    assert award["awards_date"] == "2024-02-29T18:00:00.000"
    assert datasets["processes"].by_key()["ocds-213czf-S00001"]["tender_value_amount"] == "1001.5"
    assert {request.headers["x-app-token"] for request in portal.requests} == {"app-token"}


def test_nothing_is_sent_where_nothing_changed(pushed: Pushed, portal: SocrataPortal) -> None:
    city, _, made = pushed
    assert "keep   processes at proc-0001: 8 rows" in city.plan(made)
    city.push(made)
    assert portal.writes == []
    assert [one for one in portal.requests if one.method == "PUT" and "views" in one.path] == portal_metadata(portal)


def portal_metadata(portal: SocrataPortal) -> list[Any]:
    """The first three: of the first push."""
    return [one for one in portal.requests if one.method == "PUT" and "views" in one.path][:3]


def test_only_what_changed_is_sent_and_other_rows_keep_their_stamps(pushed: Pushed, portal: SocrataPortal) -> None:
    city, datasets, _ = pushed
    stamps = {row.values["ocid"]: row.updated for row in datasets["processes"].rows}
    release, compiled = process(2, "2026")
    later = {
        **compiled,
        "tender": {**compiled["tender"], "title": "Fewer trees", "items": compiled["tender"]["items"][:1]},
    }
    city.source.commit({**release, "id": "later"}, later, AS_OF + timedelta(days=1))
    city.source.commit(*process(60, "2026", awarded=False))
    made = city.publish()
    told = city.plan(made)
    assert "put    processes at proc-0001: 1 rows to add, 1 to change, 0 to remove; 7 stay" in told
    assert "put    tender_items at item-0001: 3 rows to add, 0 to change, 2 to remove; 22 stay" in told
    assert "keep   awards" in told
    city.push(made)
    assert sorted(portal.writes) == [
        ("POST", "item-0001", 2), ("POST", "item-0001", 3), ("POST", "proc-0001", 2),
    ]  # fmt: skip
    after = {row.values["ocid"]: row.updated for row in datasets["processes"].rows}
    assert {ocid for ocid, stamp in stamps.items() if after[ocid] != stamp} == {"ocds-213czf-S00002"}
    assert datasets["processes"].by_key()["ocds-213czf-S00002"]["tender_title"] == "Fewer trees"


def test_a_value_that_is_gone_is_gone_at_the_portal_too(pushed: Pushed) -> None:
    city, datasets, _ = pushed
    release, compiled = process(1, "2025")
    tender = {name: value for name, value in compiled["tender"].items() if name != "description"}
    city.source.commit({**release, "id": "later"}, {**compiled, "tender": tender}, AS_OF + timedelta(days=1))
    city.push(city.publish())
    assert "tender_description" not in datasets["processes"].by_key()["ocds-213czf-S00001"]


def test_a_rollback_takes_rows_back(pushed: Pushed) -> None:
    city, datasets, first = pushed
    before = {table: dataset.by_key() for table, dataset in datasets.items()}
    city.source.commit(*process(61, "2026"))
    city.push(city.publish())
    city.push(first)
    assert {table: dataset.by_key() for table, dataset in datasets.items()} == before


def test_replace_puts_everything_in_place_of_everything(pushed: Pushed, portal: SocrataPortal) -> None:
    city, datasets, made = pushed
    city.push(made, replaces=True)
    assert portal.writes == []
    city.source.commit(*process(62, "2026", awarded=False))
    later = city.publish()
    assert "put    processes at proc-0001: 9 rows in place of those there are" in city.plan(later, replaces=True)
    city.push(later, replaces=True)
    assert sorted(portal.writes) == [("PUT", "item-0001", 27), ("PUT", "proc-0001", 9)]
    assert len(datasets["processes"].rows) == 9


def test_columns_that_are_missing_are_listed_before_anything_is_sent(city: City, portal: SocrataPortal) -> None:
    made = city.publish()
    datasets = create(portal, made.manifest, awards_value_amount="text")
    del datasets["processes"].types["tender_title"]
    datasets["tender_items"].identifier = None
    datasets["processes"].types["of_the_city"] = "text"
    with pytest.raises(DatasetsUnfit) as unfit:
        city.plan(made)
    assert unfit.value.problems == {
        "processes (proc-0001)": ["create the column tender_title of type Text, for tender/title"],
        "awards (awar-0001)": [
            "the column awards_value_amount has type text, and awards/value/amount needs money or number"
        ],
        "tender_items (item-0001)": ["make row_key the dataset's row identifier (there is none)"],
    }
    with pytest.raises(DatasetsUnfit):
        city.push(made)
    assert portal.writes == []


def test_other_columns_of_a_dataset_are_left_alone(city: City, portal: SocrataPortal) -> None:
    made = city.publish()
    datasets = create(portal, made.manifest)
    datasets["processes"].types["of_the_city"] = "text"
    assert "other columns are left alone: of_the_city" in city.plan(made)
    city.push(made)
    datasets["processes"].rows[0].values["of_the_city"] = "theirs"
    city.push(made)
    assert datasets["processes"].rows[0].values["of_the_city"] == "theirs"


def test_times_may_have_a_zone_at_the_portal(city: City, portal: SocrataPortal) -> None:
    made = city.publish()
    datasets = create(portal, made.manifest, awards_date="fixed_timestamp")
    city.push(made)
    assert datasets["awards"].by_key()["ocds-213czf-S00000/awards/0"]["awards_date"] == "2024-03-01T00:00:00.000Z"


@pytest.mark.parametrize("way", ["lost", "older"])
def test_without_memory_the_portal_is_asked_what_it_holds(pushed: Pushed, portal: SocrataPortal, way: str) -> None:
    city, datasets, made = pushed
    if way == "lost":
        for file in (city.folder / "memory").iterdir():
            file.unlink()
    else:
        for file in (city.folder / "memory").iterdir():
            file.write_bytes(b"no database any more")
    told = city.plan(made)
    assert "processes at proc-0001: 0 rows to add, 8 to change, 0 to remove" in told
    city.push(made)
    assert ("POST", "proc-0001", 8) in portal.writes
    assert len(datasets["processes"].rows) == 8


def test_rows_that_somebody_else_removed_or_added_are_mended(pushed: Pushed) -> None:
    city, datasets, made = pushed
    processes = datasets["processes"]
    before = processes.by_key()
    processes.delete(lambda row: row["ocid"] == "ocds-213czf-S00003")
    city.push(made)
    assert processes.by_key() == before
    processes.insert({"ocid": "ocds-213czf-other"})
    city.push(made)
    assert processes.by_key() == before


def test_a_dataset_that_holds_what_others_wrote_is_not_emptied(city: City, portal: SocrataPortal) -> None:
    made = city.publish()
    datasets = create(portal, made.manifest)
    datasets["awards"].insert(*({"row_key": f"theirs-{number}"} for number in range(30)))
    for _ in range(2):  # looking at it makes it nobody's
        with pytest.raises(TargetMisconfigured, match="30 rows that are not of awards"):
            city.plan(made)
    city.push(made, adopt=True)
    assert not any(key.startswith("theirs") for key in datasets["awards"].by_key())


@pytest.mark.parametrize("whole_or_nothing", [False, True])
def test_rows_that_are_refused_are_named_and_keep_no_other_back(
    pushed: Pushed, portal: SocrataPortal, whole_or_nothing: bool
) -> None:
    city, datasets, _ = pushed
    portal.whole_or_nothing = whole_or_nothing
    release, compiled = process(5, "2026")
    spoiled = {**compiled, "tender": {**compiled["tender"], "title": "a text with \0 in it"}}
    city.source.commit({**release, "id": "later"}, spoiled, AS_OF + timedelta(days=1))
    for number in range(70, 90):
        city.source.commit(*process(number, "2026", awarded=False))
    made = city.publish()
    with pytest.raises(RowsRefused, match="ocds-213czf-S00005") as refused:
        city.push(made)
    assert refused.value.keys == ["ocds-213czf-S00005"]
    assert len(datasets["processes"].rows) == 28
    city.source.commit({**release, "id": "mended"}, compiled, AS_OF + timedelta(days=2))
    city.push(city.publish())
    assert len(datasets["processes"].rows) == 28


@pytest.mark.parametrize(
    "fault", [dropped(), cut(), throttled("1"), status(503), processing()], ids=["dropped", "cut", "429", "503", "202"]
)
def test_a_push_whose_answers_are_lost_ends_with_the_right_rows(
    pushed: Pushed, portal: SocrataPortal, fault: Callable[..., Any]
) -> None:
    """The portal did what it does not say; removing again what is gone is an error to it, and none to us."""
    city, datasets, _ = pushed
    release, compiled = process(4, "2025")
    fewer = {**compiled, "tender": {**compiled["tender"], "items": compiled["tender"]["items"][:1]}}
    city.source.commit({**release, "id": "later"}, fewer, AS_OF + timedelta(days=1))
    city.source.commit(*process(63, "2026"))
    made = city.publish()

    class Once:
        def __init__(self) -> None:
            self.seen: set[bytes] = set()

    once = Once()
    original = portal._answer

    def answer(request: Any) -> Any:
        found = original(request)
        if request.method == "POST" and request.raw not in once.seen:
            once.seen.add(request.raw)
            return fault(found)
        return found

    portal._answer = answer  # type: ignore[method-assign]
    city.push(made)
    assert len(once.seen) >= 3
    for table, dataset in datasets.items():
        assert set(dataset.by_key()) == {row["ocid"] + row.get("pointer", "") for row in rows_of(made, table)}


def test_a_killed_push_goes_on_where_it_was(city: City, portal: SocrataPortal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pregon.publishers.socrata_load.MOST_ROWS", 3)
    monkeypatch.setattr("pregon.publishers.socrata.MOST_ROWS", 3)
    made = city.publish()
    datasets = create(portal, made.manifest)
    portal.at(request=14, times=1_000, fault=status(401, {"code": "authentication_required", "message": "key revoked"}))
    with pytest.raises(TargetFailed, match="key revoked"):
        city.push(made)
    there = {table: len(dataset.rows) for table, dataset in datasets.items()}
    assert 0 < sum(there.values()) < 8 + 6 + 24
    portal.forget()
    portal.writes.clear()
    city.push(made)
    assert {table: len(dataset.rows) for table, dataset in datasets.items()} == {
        table: len(rows_of(made, table)) for table in DATASETS
    }
    sent = sum(rows for _, _, rows in portal.writes)
    assert sent < 8 + 6 + 24
    assert max(rows for _, _, rows in portal.writes) <= 3


@pytest.mark.parametrize("admits", [True, False])
def test_a_portal_that_lags_is_waited_for(pushed: Pushed, admits: bool) -> None:
    city, datasets, _ = pushed
    for dataset in datasets.values():
        dataset.lag, dataset.admits_lag = 3, admits
    city.source.commit(*process(64, "2026"))
    city.waited.clear()
    city.push(city.publish())
    assert city.waited
    assert len(datasets["processes"].rows) == 9


def test_a_portal_that_never_shows_what_it_took_is_incomplete(pushed: Pushed) -> None:
    city, datasets, _ = pushed
    datasets["processes"].lag = 10_000
    city.source.commit(*process(65, "2026", awarded=False))
    with pytest.raises(PushIncomplete, match="proc-0001 has 8 rows, and processes has 9"):
        city.push(city.publish())


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        ({"tender_value_amount": "1.5"}, "tender_value_amount adds up to"),
        ({"tender_title": None}, "tender_title has 7 values, and should have 8"),
        ({"tender_title": "another"}, "tender_title of the row"),
    ],
)
def test_a_portal_that_holds_something_else_is_found_out(pushed: Pushed, spoil: dict[str, Any], problem: str) -> None:
    city, datasets, made = pushed
    datasets["processes"].update(lambda row: row["ocid"] == "ocds-213czf-S00002", **spoil)
    with pytest.raises(PushIncomplete, match=problem):
        city.push(made)
    city.push(made)  # which has sent everything again


def test_a_dataset_says_what_the_publication_says(pushed: Pushed, portal: SocrataPortal) -> None:
    city, datasets, made = pushed
    says = datasets["awards"].says
    assert says["name"] == "City of Lindenau: contracting, awards"
    assert (says["licenseId"], says["attribution"]) == ("CC0_10", "City of Lindenau")
    datasets["awards"].says["description"] = "changed by hand"
    assert "put    metadata of awards at awar-0001: description" in city.plan(made)
    city.push(made)
    assert "Lindenau" in says["name"]
    assert datasets["awards"].says["description"] != "changed by hand"
    datasets["awards"].says["name"] = "Ours"
    city.push(made, metadata=False)
    assert datasets["awards"].says["name"] == "Ours"
    portal.custom_fields["Common Core"] = {"Update Frequency", "Program Code"}
    datasets["awards"].says["metadata"] = {"custom_fields": {"Common Core": {"Program Code": "7"}}, "kept": True}
    city.push(made, custom_fields={"Common Core": {"Update Frequency": "daily"}})
    assert datasets["awards"].says["metadata"] == {
        "custom_fields": {"Common Core": {"Program Code": "7", "Update Frequency": "daily"}}, "kept": True,
    }  # fmt: skip


def test_a_key_that_is_not_right_is_refused_and_never_shown(
    city: City, portal: SocrataPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = city.publish()
    create(portal, made.manifest)
    for fields, told in (
        ({"password": "wrong-secret"}, "401|403"),
        ({"login": "reader", "password": "reader-secret"}, "403"),
        ({"extra": {"app_token": "no-such-token"}}, "403"),
        ({"login": ""}, "has no login and password"),
    ):
        connect(monkeypatch, portal, **fields)
        with pytest.raises(PregonError, match=told) as refused:
            city.push(made)
        text = f"{refused.value} {refused.value.hint} {refused.value.__cause__}"
        assert not any(secret in text for secret in ("wrong-secret", "reader-secret", "no-such-token", KEY_SECRET))
    assert portal.writes == []


def test_unofficial_records_and_unknown_tables_stay_here(city: City, portal: SocrataPortal) -> None:
    made = city.publish()
    create(portal, made.manifest)
    with pytest.raises(UnofficialPrefix):
        push(city.publisher(), made.path, made.manifest, PUBLICATION)
    with pytest.raises(NoSuchTable, match="no table 'pigeons'"):
        city.plan(made, datasets={"pigeons": "pige-0001"})
    assert portal.requests == []


def test_what_a_portal_keeps_of_older_rows_is_told(city: City) -> None:
    assert any("change logs" in one for one in city.publisher().remove_older(1))


def test_where_many_rows_are_refused_sending_ends_soon(
    city: City, portal: SocrataPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pregon.publishers.socrata_load.MOST_ROWS", 16)
    made = city.publish()
    datasets = create(portal, made.manifest)
    made_of = SocrataTable.encoder

    def spoiled(table: SocrataTable, types: Any, zone: str) -> Any:
        encode = made_of(table, types, zone)
        return lambda row: {**encode(row), "pointer": "\0"} if table.name == "tender_items" else encode(row)

    monkeypatch.setattr(SocrataTable, "encoder", spoiled)
    with pytest.raises(RowsRefused, match="does not take rows of tender_items") as refused:
        city.push(made)
    assert len(refused.value.keys) == 5
    assert sum(dataset == "item-0001" for _, dataset, _ in portal.writes) < 20
    assert datasets["tender_items"].rows == []
