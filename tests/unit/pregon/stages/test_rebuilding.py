"""Earlier states of a process: which rows held when, what they were then, and when nothing is rebuilt."""

from pathlib import Path
from typing import Any

import pytest

from pregon.city import InvalidCity
from pregon.stages.catalog import PreparationFailed, prepared_schema
from transforms.mapping.disclosure import Condition, DisclosureRules

from .town import Prepared, Town

AS_OF = "2026-03-01T12:00:00Z"

TABLES = {
    "calls": {"key": ["call_no"], "columns": ["call_no", "title", "state", "opened", "closed"]},
    "lines": {"key": ["call_no", "line_no"], "columns": ["call_no", "line_no", "what", "entered"]},
    "awards": {"key": ["award_no"], "columns": ["award_no", "call_no", "vendor_no", "day", "void"]},
    "contracts": {"key": ["contract_no"], "columns": ["contract_no", "award_no", "day"]},
    "payments": {"key": ["payment_no"], "columns": ["payment_no", "contract_no", "amount", "paid"]},
    "vendors": {"key": ["vendor_no"], "lookup": True, "columns": ["vendor_no", "name"]},
}

MAPPING = """
process: {table: calls, key: call_no, ocid: "{call_no}"}
bindings:
  tender/id: {from: calls.call_no}
  tender/title: {from: calls.title}
  tender/status: {from: calls.state, codelist: tender_status}
  tender/items/description: {from: lines.what}
  awards/status: {from: awards.status}
  contracts/awardID: {from: contracts.award_no}
  contracts/implementation/transactions/value/amount: {from: payments.amount}
tables:
  lines: {array: tender/items, parent: calls, on: call_no, id: line_no}
  awards: {array: awards, parent: calls, on: call_no, id: award_no}
  contracts: {array: contracts, parent: awards, on: award_no, id: contract_no}
  payments: {array: contracts/implementation/transactions, parent: contracts, on: contract_no, id: payment_no}
parties:
  vendor:
    table: vendors
    key: vendor_no
    id: "V-{vendor_no}"
    bindings: {name: {from: vendors.name}}
    references: [{path: awards/suppliers, from: awards.vendor_no, role: supplier}]
"""

PREPARE = """
CREATE MACRO day(cell) AS TRY_CAST(cell AS DATE);
CREATE VIEW calls AS
SELECT _row, call_no, title, state, day(opened) AS _since, CAST(NULL AS DATE) AS _until FROM source.calls
WHERE blank(closed) IS NULL
UNION ALL
SELECT _row, call_no, title, 'O', day(opened), day(closed) FROM source.calls WHERE blank(closed) IS NOT NULL
UNION ALL
SELECT _row, call_no, title, state, day(closed), NULL FROM source.calls WHERE blank(closed) IS NOT NULL;
CREATE VIEW lines AS SELECT *, CAST(entered AS TIMESTAMP) AS _since FROM source.lines;
CREATE VIEW awards AS
SELECT *, 'active' AS status, day(day) AS _since, day(void) AS _until FROM source.awards
UNION ALL SELECT *, 'cancelled', day(void), NULL FROM source.awards WHERE blank(void) IS NOT NULL;
CREATE VIEW contracts AS SELECT *, day(day) AS _since FROM source.contracts;
CREATE VIEW payments AS SELECT *, day(paid) AS _since FROM source.payments;
"""

ROWS: dict[str, list[tuple[str | None, ...]]] = {
    "calls": [("C1", "Lamps", "C", "2026-01-05", "2026-01-20"), ("C2", "Poles", "O", "2026-02-01", None)],
    "lines": [("C1", "1", "Bulbs", None), ("C1", "2", "Wire", "2026-01-08 10:00:00")],
    "awards": [("A1", "C1", "1", "2026-01-21", None)],
    "contracts": [("K1", "A1", "2026-02-01")],
    "payments": [("P1", "K1", "5", "2026-02-10"), ("P2", "K1", "7", "2026-02-12"), ("P3", "K1", "9", "2026-02-12")],
    "vendors": [("1", "One"), ("2", "Two")],
}


def prepared(folder: Path, *, history: str = "events", **changes: list[tuple[str | None, ...]]) -> Prepared:
    folder.mkdir(exist_ok=True)
    town = Town(folder, mapping=MAPPING, prepare_sql=PREPARE, tables=TABLES, history=history)
    return town.prepare({**ROWS, **changes})


def times(history: list[tuple[str | None, dict[str, Any]]]) -> list[str | None]:
    return [at for at, _ in history]


def test_each_event_gives_the_state_of_the_rows_that_held_then(tmp_path: Path) -> None:
    found = prepared(tmp_path).histories(AS_OF)
    assert times(found["C1"]) == [
        "2026-01-06T05:59:59Z",
        "2026-01-08T16:00:00Z",
        "2026-01-21T05:59:59Z",
        "2026-01-22T05:59:59Z",
        "2026-02-02T05:59:59Z",
        "2026-02-11T05:59:59Z",
        "2026-02-13T05:59:59Z",
    ]
    documents = [document for _, document in found["C1"]]
    assert [document["tender"]["status"] for document in documents] == ["active"] * 2 + ["complete"] * 5
    # What was there from the beginning, and what came.
    assert [[item["id"] for item in document["tender"]["items"]] for document in documents[:2]] == [["1"], ["1", "2"]]
    assert ["awards" in document for document in documents] == [False] * 3 + [True] * 4
    assert "parties" not in documents[2]
    assert documents[3]["parties"] == [{"id": "V-1", "name": "One", "roles": ["supplier"]}]
    assert [
        len(document["contracts"][0].get("implementation", {}).get("transactions", ())) for document in documents[4:]
    ] == [0, 1, 3]
    assert times(found["C2"]) == ["2026-02-02T05:59:59Z"]


def test_the_last_state_is_the_present_one(tmp_path: Path) -> None:
    events = prepared(tmp_path / "events").histories(AS_OF)
    snapshot = prepared(tmp_path / "snapshot", history="snapshot").states()
    assert {process: history[-1][1] for process, history in events.items()} == {
        process: state.document for process, state in snapshot.items()
    }


def test_a_city_of_snapshots_reads_no_version_of_the_past(tmp_path: Path) -> None:
    found = prepared(tmp_path, history="snapshot")
    assert found.serving()["calls:C1"] == ["C1"]
    assert found.states()["C1"].modified is None
    assert set(found.held()) == {"vendors:2"}


@pytest.mark.parametrize("condition", ["WHERE with_events()", "WHERE with_events() AND title <> ''"])
def test_a_branch_of_events_is_not_read_where_nothing_is_rebuilt(tmp_path: Path, condition: str) -> None:
    sql = PREPARE.replace(
        "CREATE VIEW lines AS SELECT *, CAST(entered AS TIMESTAMP) AS _since FROM source.lines;",
        f"""
        CREATE VIEW lines AS SELECT *, CAST(entered AS TIMESTAMP) AS _since, CAST(NULL AS DATE) AS _until
        FROM source.lines
        UNION ALL SELECT l.*, NULL, CAST(error('the past was read: ' || l.line_no) AS DATE)
        FROM source.lines l JOIN source.calls c ON c.call_no = l.call_no {condition};
        """,
    )
    folders = [tmp_path / history for history in ("snapshot", "events")]
    for folder in folders:
        folder.mkdir()
        town = Town(folder, mapping=MAPPING, prepare_sql=sql, tables=TABLES, history=folder.name)
        if folder.name == "snapshot":
            assert len(town.prepare(ROWS).states()["C1"].document["tender"]["items"]) == 2
        else:
            with pytest.raises(PreparationFailed, match="the past was read: "):
                town.prepare(ROWS)


def test_a_process_that_was_released_is_not_told_anew(tmp_path: Path) -> None:
    found = prepared(tmp_path).histories(AS_OF, released={"C1"})
    assert times(found["C1"]) == [None]
    assert times(found["C2"]) == ["2026-02-02T05:59:59Z"]


def test_a_row_is_not_there_before_its_parent(tmp_path: Path) -> None:
    found = prepared(tmp_path, contracts=[("K1", "A1", "2026-01-07")]).histories(AS_OF)
    first = next(at for at, document in found["C1"] if "contracts" in document)
    assert first == next(at for at, document in found["C1"] if "awards" in document) == "2026-01-22T05:59:59Z"


def test_nothing_is_told_before_the_process_itself(tmp_path: Path) -> None:
    found = prepared(tmp_path, lines=[("C1", "1", "Bulbs", "2026-01-01 10:00:00")]).histories(AS_OF)
    assert times(found["C1"])[0] == "2026-01-06T05:59:59Z"


@pytest.mark.parametrize("day", ["0201-01-01", "1984-12-31", "9999-12-31", "2026-03-02", "infinity"])
def test_an_impossible_time_is_no_event_and_is_told(tmp_path: Path, day: str) -> None:
    found = prepared(tmp_path, payments=[("P1", "K1", "5", day)])
    history = found.histories(AS_OF)["C1"]
    assert times(history)[-1] == "2026-02-02T05:59:59Z"
    assert "implementation" in history[-1][1]["contracts"][0]
    assert found.findings == [("date_out_of_range", day, "payments:P1")]


def test_a_day_that_is_not_over_ends_with_the_clock(tmp_path: Path) -> None:
    found = prepared(tmp_path, payments=[("P1", "K1", "5", "2026-03-01")]).histories(AS_OF)
    assert times(found["C1"])[-1] == AS_OF


def test_a_version_whose_end_is_impossible_lasts_until_the_present_one(tmp_path: Path) -> None:
    found = prepared(tmp_path, awards=[("A1", "C1", "1", "2026-01-21", "0201-01-01")])
    states = [document["awards"][0]["status"] for _, document in found.histories(AS_OF)["C1"] if "awards" in document]
    assert states == ["active", "active", "active", "cancelled"]
    assert set(found.findings) == {("date_out_of_range", "0201-01-01", "awards:A1")}


def test_a_held_row_lends_nothing_to_the_past(tmp_path: Path) -> None:
    calls = [*ROWS["calls"], ("c1", "Lamps again", "C", "2026-01-02", "2026-01-10")]
    found = prepared(tmp_path, calls=calls)
    assert found.held()["calls:c1"][0] == "duplicate_process"
    assert times(found.histories(AS_OF)["C1"])[0] == "2026-01-06T05:59:59Z"


def test_what_is_withheld_now_is_withheld_in_earlier_states(tmp_path: Path) -> None:
    sealed = Condition(("awards",), ("tender", "status"), frozenset({"complete"}), when=False)
    rules = DisclosureRules(persons={}, conditions=(sealed,), pseudonym_key=b"", language="en")
    calls = [("C1", "Lamps", "C", "2026-01-05", "2026-02-20"), ROWS["calls"][1]]
    found = prepared(tmp_path, calls=calls).histories(AS_OF, rules=rules)
    # The awards were made while the tender was active, when the rule let them be seen.
    assert all("awards" not in document and "parties" not in document for _, document in found["C1"])
    assert len(found["C1"]) > 2


def test_a_cancellation_by_loss_follows_the_last_event(tmp_path: Path) -> None:
    town = Town(tmp_path, mapping=MAPPING, prepare_sql=PREPARE, tables=TABLES, history="events")
    found = town.prepare(ROWS, cancelled={"calls": ["C2"]}).histories(AS_OF)
    assert [(at, document["tender"]["status"]) for at, document in found["C2"]] == [
        ("2026-02-02T05:59:59Z", "active"),
        (None, "cancelled"),
    ]
    assert found["C1"][-1][1]["tender"]["status"] == "complete"


def test_a_row_that_is_gone_was_there_with_what_hung_on_it(tmp_path: Path) -> None:
    sql = PREPARE.replace(
        "CREATE VIEW contracts AS SELECT *, day(day) AS _since FROM source.contracts;",
        "CREATE VIEW contracts AS SELECT *, day(day) AS _since, DATE '2026-02-11' AS _until FROM source.contracts;",
    ).replace(
        "CREATE VIEW payments AS SELECT *, day(paid) AS _since FROM source.payments;",
        "CREATE VIEW payments AS SELECT *, day(paid) AS _since, DATE '2026-02-11' AS _until FROM source.payments;",
    )
    town = Town(tmp_path, mapping=MAPPING, prepare_sql=sql, tables=TABLES, history="events")
    found = town.prepare(ROWS)
    paid = [
        len(document["contracts"][0].get("implementation", {}).get("transactions", ()))
        if "contracts" in document
        else None
        for _, document in found.histories(AS_OF)["C1"]
    ]
    assert paid == [None, None, None, None, 0, 1, None]
    # No present state rests on these rows.
    assert {row: reason for row, (reason, _) in found.held().items()} == {
        "contracts:K1": "unused",
        "payments:P1": "unused",
        "payments:P2": "unused",
        "payments:P3": "unused",
        "vendors:2": "unreferenced",
    }


def test_a_time_must_be_a_time(tmp_path: Path) -> None:
    sql = "CREATE VIEW lines AS SELECT *, entered AS _since FROM source.lines;"
    town = Town(tmp_path, mapping=MAPPING, prepare_sql=PREPARE, tables=TABLES, history="events")
    town.transform = town.transform.__class__(**{**vars(town.transform), "prepare_sql": sql})
    with pytest.raises(InvalidCity, match=r"prepare.sql:1: lines: _since is a VARCHAR; cast it to DATE, TIMESTAMP"):
        prepared_schema(town.city, town.transform)
