"""Every source row serves a process or is held with its reason; what changed leads to the processes it concerns."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.pregon.stages.town import MAPPING, ROWS, TABLES, Rows, Town, changed_keys

from pregon.city import InvalidCity
from pregon.stages import prepare
from pregon.stages.catalog import PreparationFailed, prepared_schema


@pytest.fixture
def lampton(tmp_path: Path) -> Town:
    return Town(tmp_path)


def rows(**changes: Any) -> Rows:
    """The usual rows with other ones for some tables; a callable gets the usual."""
    return {**ROWS, **{name: value(ROWS[name]) if callable(value) else value for name, value in changes.items()}}


def plus(*more: tuple[str | None, ...]) -> Any:
    return lambda usual: [*usual, *more]


def test_each_row_serves_its_process(lampton: Town) -> None:
    prepared = lampton.prepare(ROWS)
    assert prepared.serving() == {
        "awards:A1": ["C1"], "awards:A2": ["C2"],
        "calls:C1": ["C1"], "calls:C2": ["C2"], "calls:C3": ["C3"],
        "certificates:X1": ["C1"],
        "contracts:K1": ["C1"], "contracts:K2": ["C2"],
        "lines:C1|1": ["C1"], "lines:C1|2": ["C1"], "lines:C2|1": ["C2"],
        "payments:P1": ["C1"], "payments:P2": ["C1"], "payments:P3": ["C2"],
        "vendors:1": ["C1"], "vendors:2": ["C2"],
    }  # fmt: skip
    assert prepared.result.processes == 3
    assert prepared.result.everything


def test_a_row_that_is_looked_up_by_nobody_is_unreferenced(lampton: Town) -> None:
    prepared = lampton.prepare(ROWS)
    assert prepared.held() == {
        "vendors:3": ("unreferenced", "no process refers to it"),
        "certificates:X3": ("unreferenced", "no process refers to it"),
    }
    assert prepared.result.held == {"vendors": {"unreferenced": 1}, "certificates": {"unreferenced": 1}}


@pytest.mark.parametrize(
    ("changes", "row", "reason", "words"),
    [
        ({"lines": plus(("C9", "1", "Lost"))}, "lines:C9|1", "orphan", "no row of calls has this row's call_no"),
        ({"lines": plus((None, "1", "Lost"))}, "lines:|1", "orphan", "call_no"),
        ({"payments": plus(("P9", "K9", "1"))}, "payments:P9", "orphan", "no row of contracts has"),
        ({"lines": plus(("C1", " ", "No number"))}, "lines:C1| ", "no_id", "the id of its entry in lines is empty"),
        ({"lines": plus(("C1", "1 ", "Again"))}, "lines:C1|1 ", "duplicate_entry", "same id in the same place"),
        ({"calls": plus((" ", "No number", "O"))}, "calls: ", "no_process_key", "the process key call_no is empty"),
        ({"calls": plus(("c1", "Other case", "O"))}, "calls:c1", "duplicate_process", "letter case aside"),
    ],
)
def test_a_row_that_reaches_nothing_is_held_with_its_reason(
    lampton: Town, changes: dict[str, Any], row: str, reason: str, words: str
) -> None:
    prepared = lampton.prepare(rows(**changes))
    found = prepared.held()[row]
    assert found[0] == reason
    assert words in found[1]
    assert row not in prepared.serving()
    assert prepared.states()["C1"].document == lampton.prepare(ROWS).states()["C1"].document


def test_what_hangs_on_a_held_row_is_orphaned(lampton: Town) -> None:
    prepared = lampton.prepare(rows(contracts=[("K1", "A1"), ("K2", "A9")]))
    assert {row: reason for row, (reason, _) in prepared.held().items() if "vendors" not in row} == {
        "contracts:K2": "orphan",
        "payments:P3": "orphan",
        "certificates:X3": "unreferenced",
    }


def test_a_part_of_the_ocid_that_is_empty_holds_the_process(tmp_path: Path) -> None:
    lampton = Town(tmp_path, mapping=MAPPING.replace('ocid: "{call_no}"', 'ocid: "{state}-{call_no}"'))
    prepared = lampton.prepare(rows(calls=[("C1", "Lamps", "O"), ("C2", "Poles", None)]))
    assert prepared.held()["calls:C2"][0] == "no_ocid"
    assert [state.local_id for state in prepared.states().values()] == ["O-C1"]


def test_a_rejected_row_is_held_with_the_citys_reason(tmp_path: Path) -> None:
    sql = "CREATE VIEW lines AS SELECT *, CASE WHEN what = 'Wire' THEN 'no wires' END AS _reject FROM source.lines;"
    lampton = Town(tmp_path, prepare_sql=sql)
    prepared = lampton.prepare(ROWS)
    assert prepared.held()["lines:C1|2"] == ("rejected", "no wires")
    assert [item["id"] for item in prepared.states()["C1"].document["tender"]["items"]] == ["1"]


def test_a_rejected_duplicate_leaves_the_place_to_the_other(tmp_path: Path) -> None:
    sql = "CREATE VIEW lines AS SELECT *, CASE WHEN what = 'Bulbs' THEN 'none' END AS _reject FROM source.lines;"
    prepared = Town(tmp_path, prepare_sql=sql).prepare(rows(lines=plus(("C1", " 1", "Candles"))))
    assert {row: reason for row, (reason, _) in prepared.held().items() if row.startswith("lines")} == {
        "lines:C1|1": "rejected"
    }
    assert prepared.states()["C1"].document["tender"]["items"][0] == {"id": "1", "description": "Candles"}


GROUPED = """
CREATE VIEW lines AS
SELECT call_no, '1' AS line_no, string_agg(what, ' and ' ORDER BY line_no) AS what, min(_row) AS _row,
       list(_row ORDER BY _row) AS _rows{reject}
FROM source.lines GROUP BY call_no;
"""


def test_rows_that_were_grouped_all_serve_the_process(tmp_path: Path) -> None:
    prepared = Town(tmp_path, prepare_sql=GROUPED.format(reject="")).prepare(ROWS)
    assert {row: processes for row, processes in prepared.serving().items() if row.startswith("lines")} == {
        "lines:C1|1": ["C1"],
        "lines:C1|2": ["C1"],
        "lines:C2|1": ["C2"],
    }
    assert prepared.states()["C1"].document["tender"]["items"] == [{"id": "1", "description": "Bulbs and Wire"}]


def test_rows_that_were_grouped_are_all_held_with_the_reason_of_the_group(tmp_path: Path) -> None:
    reject = ", CASE WHEN call_no = 'C1' THEN 'not these' END AS _reject"
    prepared = Town(tmp_path, prepare_sql=GROUPED.format(reject=reject)).prepare(ROWS)
    assert {row: found for row, found in prepared.held().items() if row.startswith("lines")} == {
        "lines:C1|1": ("rejected", "not these"),
        "lines:C1|2": ("rejected", "not these"),
    }


def test_a_source_row_that_no_prepared_table_takes_is_unused(tmp_path: Path) -> None:
    sql = "CREATE VIEW lines AS SELECT * FROM source.lines WHERE what <> 'Wire';"
    assert Town(tmp_path, prepare_sql=sql).prepare(ROWS).held()["lines:C1|2"] == (
        "unused",
        "no prepared table takes it",
    )


def test_of_two_rows_with_one_organizations_key_the_first_counts(lampton: Town) -> None:
    prepared = lampton.prepare(rows(vendors=plus(("1 ", "Other"))))
    assert prepared.states()["C1"].document["parties"][0]["name"] == "One"
    assert prepared.held()["vendors:1 "][0] == "unreferenced"


def test_what_stands_inside_a_party_goes_with_it(lampton: Town) -> None:
    assert lampton.prepare(ROWS).states()["C1"].document["parties"] == [
        {
            "id": "V-1",
            "name": "One",
            "details": {"classifications": [{"id": "X1", "description": "small"}]},
            "roles": ["supplier"],
        }
    ]


# What a change concerns -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "changed", "processes"),
    [
        ({}, {}, []),
        ({"calls": [("C1", "New title", "O"), *ROWS["calls"][1:]]}, {"calls": ["C1"]}, ["C1"]),
        ({"calls": plus(("C4", "New", "O"))}, {"calls": ["C4"]}, ["C4"]),
        ({"lines": [("C1", "1", "New"), *ROWS["lines"][1:]]}, {"lines": ["C1|1"]}, ["C1"]),
        ({"lines": plus(("C3", "1", "First line"))}, {"lines": ["C3|1"]}, ["C3"]),
        ({"lines": ROWS["lines"][1:]}, {"lines": ["C1|1"]}, ["C1"]),
        ({"payments": [("P1", "K1", "6"), *ROWS["payments"][1:]]}, {"payments": ["P1"]}, ["C1"]),
        ({"payments": [("P1", "K2", "5"), *ROWS["payments"][1:]]}, {"payments": ["P1"]}, ["C1", "C2"]),
        ({"contracts": [("K1", "A2"), ("K2", "A2")]}, {"contracts": ["K1"]}, ["C1", "C2"]),
        ({"awards": [("A1", "C3", "1"), ROWS["awards"][1]]}, {"awards": ["A1"]}, ["C1", "C3"]),
        ({"vendors": [("1", "Uno"), *ROWS["vendors"][1:]]}, {"vendors": ["1"]}, ["C1"]),
        ({"vendors": [*ROWS["vendors"][:2], ("3", "Drei")]}, {"vendors": ["3"]}, []),
        ({"vendors": ROWS["vendors"][1:]}, {"vendors": ["1"]}, ["C1"]),
        ({"certificates": [("X1", "1", "large"), ROWS["certificates"][1]]}, {"certificates": ["X1"]}, ["C1"]),
        ({"certificates": plus(("X2", "2", "small"))}, {"certificates": ["X2"]}, ["C2"]),
        ({"certificates": [("X1", "2", "small"), ROWS["certificates"][1]]}, {"certificates": ["X1"]}, ["C1", "C2"]),
        ({"awards": [("A1", "C1", "3"), ROWS["awards"][1]]}, {"awards": ["A1"]}, ["C1"]),
    ],
)
def test_a_change_concerns_the_processes_that_the_row_serves_or_served(
    lampton: Town, changes: dict[str, Any], changed: dict[str, list[str]], processes: list[str]
) -> None:
    before = lampton.prepare(ROWS)
    prepared = lampton.prepare(rows(**changes), after=before, changed=changed)
    assert sorted(prepared.states()) == processes
    assert prepared.result.processes == len(processes)
    assert not prepared.result.everything


def test_a_row_that_finds_its_parent_late_concerns_the_process(lampton: Town) -> None:
    early = rows(lines=plus(("C4", "1", "Early")))
    before = lampton.prepare(early)
    late = {**early, "calls": [*ROWS["calls"], ("C4", "Late", "O")]}
    prepared = lampton.prepare(late, after=before, changed={"calls": ["C4"]})
    assert prepared.states()["C4"].document["tender"]["items"] == [{"id": "1", "description": "Early"}]


def test_a_process_that_is_gone_is_counted(lampton: Town) -> None:
    before = lampton.prepare(ROWS)
    prepared = lampton.prepare(rows(calls=ROWS["calls"][1:]), after=before, changed={"calls": ["C1"]})
    assert prepared.result.vanished == 1
    assert prepared.states() == {}
    assert prepared.held()["lines:C1|1"][0] == "orphan"


def test_a_duplicate_takes_the_place_of_the_process_that_is_gone(lampton: Town) -> None:
    doubled = rows(calls=plus(("c1", "Other", "O")))
    before = lampton.prepare(doubled)
    assert "c1" not in before.states()
    left = {**doubled, "calls": [row for row in doubled["calls"] if row[0] != "C1"]}
    prepared = lampton.prepare(left, after=before, changed={"calls": ["C1"]})
    assert sorted(prepared.states()) == ["c1"]


def test_rows_and_reasons_are_of_the_whole_image_though_little_changed(lampton: Town) -> None:
    image = rows(lines=plus(("C9", "1", "Lost")))
    before = lampton.prepare(image)
    prepared = lampton.prepare(image, after=before)
    assert prepared.result.rows == before.result.rows
    assert prepared.held() == before.held()
    assert prepared.serving() == before.serving()


NUMBERS = st.sampled_from(["1", "2", "3", " "])
IMAGES = st.fixed_dictionaries(
    {
        "calls": st.lists(st.tuples(NUMBERS, st.just("t"), st.just("O")), max_size=4, unique_by=lambda row: row[0]),
        "lines": st.lists(st.tuples(NUMBERS, NUMBERS, st.just("w")), max_size=5, unique_by=lambda row: row[:2]),
        "awards": st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=4, unique_by=lambda row: row[0]),
        "contracts": st.lists(st.tuples(NUMBERS, NUMBERS), max_size=4, unique_by=lambda row: row[0]),
        "payments": st.lists(st.tuples(NUMBERS, NUMBERS, st.just("5")), max_size=4, unique_by=lambda row: row[0]),
        "vendors": st.lists(st.tuples(NUMBERS, st.just("n")), max_size=3, unique_by=lambda row: row[0]),
        "certificates": st.lists(st.tuples(NUMBERS, NUMBERS, st.just("k")), max_size=3, unique_by=lambda row: row[0]),
    }
)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(image=IMAGES)
def test_every_row_ends_in_exactly_one_place(tmp_path_factory: pytest.TempPathFactory, image: dict[str, Any]) -> None:
    prepared = Town(tmp_path_factory.mktemp("town")).prepare(image)
    serving, held = set(prepared.serving()), set(prepared.held())
    assert not serving & held
    by_table = Counter(row.partition(":")[0] for row in serving | held)
    assert by_table == Counter({name: len(entries) for name, entries in image.items() if entries})
    assert prepared.result.rows == {name: len(image[name]) for name in TABLES}


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(before=IMAGES, after=IMAGES)
def test_only_what_a_change_concerns_differs(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """The law of incremental runs: states that are not looked at again are the same as before."""
    lampton = Town(tmp_path_factory.mktemp("town"))
    changed = changed_keys(before, after)
    first = lampton.prepare(before)
    some = lampton.prepare(after, after=first, changed=changed).states()
    all_before = {key: state.document for key, state in first.states().items()}
    all_after = {key: state.document for key, state in lampton.prepare(after).states().items()}
    expected = {key: document for key, document in all_after.items() if all_before.get(key) != document}
    assert expected.keys() <= some.keys()
    for key, state in some.items():
        assert state.document == all_after[key]


# Buckets --------------------------------------------------------------------------------------------------------------


def test_many_processes_are_shared_out_into_buckets(lampton: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "BUCKET_PROCESSES", 5)
    calls = [(f"C{number}", "t", "O") for number in range(40)]
    prepared = lampton.prepare({"calls": calls, "lines": [(row[0], "1", "w") for row in calls]})
    assert len(prepared.result.buckets) > 4
    assert set(prepared.result.buckets) <= set(range(8))
    states = prepared.states()
    assert len(states) == 40
    assert all(len(state.document["tender"]["items"]) == 1 for state in states.values())


def test_there_are_never_more_buckets_than_airflow_maps(lampton: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "BUCKET_PROCESSES", 1)
    monkeypatch.setattr(prepare, "MOST_BUCKETS", 3)
    prepared = lampton.prepare({"calls": [(f"C{number}", "t", "O") for number in range(40)]})
    assert prepared.result.buckets == (0, 1, 2)


def test_nothing_to_look_at_is_no_bucket(lampton: Town) -> None:
    prepared = lampton.prepare({})
    assert (prepared.result.buckets, prepared.result.processes) == ((), 0)
    assert prepared.held() == {}


# prepare.sql and prepare.py -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("CREATE VIEW lines AS SELECT * FROM linez;", "prepare.sql:1: "),
        ("\n\nCREATE VIEW lines AS\nSELECT wat FROM source.lines;", "prepare.sql:4: "),
        ("-- why\nCREATE VIEW lines AS SELECT call_no FROM source.lines;", "must select _row"),
        ("DROP TABLE lines;", "prepare.sql:1: only CREATE VIEW"),
        ("COPY lines TO 'x.csv';", "prepare.sql:1: only CREATE VIEW"),
        ("CREATE VIEW lines AS SELECT", "prepare.sql:1: "),
        ("CREATE VIEW lines AS SELECT * FROM source.lines;\nSELEKT;", "prepare.sql:2: "),
    ],
)
def test_a_statement_that_can_not_run_is_refused_with_its_line(tmp_path: Path, sql: str, problem: str) -> None:
    with pytest.raises(InvalidCity) as refused:
        Town(tmp_path, prepare_sql=sql)
    assert problem in refused.value.problems[0]
    assert refused.value.problems[0].startswith("cities/lampton/prepare.sql:")


def test_a_macro_of_the_citys_own_may_be_used(tmp_path: Path) -> None:
    sql = """
    -- shouting
    CREATE MACRO loud(cell) AS upper(blank(cell)) || '!';
    CREATE VIEW lines AS SELECT * REPLACE (loud(what) AS what) FROM source.lines;
    """
    items = Town(tmp_path, prepare_sql=sql).prepare(ROWS).states()["C1"].document["tender"]["items"]
    assert [item["description"] for item in items] == ["BULBS!", "WIRE!"]


def test_a_view_may_build_on_the_view_before(tmp_path: Path) -> None:
    sql = """
    CREATE VIEW good AS SELECT * FROM source.lines WHERE what <> 'Wire';
    CREATE VIEW lines AS SELECT * FROM good;
    """
    items = Town(tmp_path, prepare_sql=sql).prepare(ROWS).states()["C1"].document["tender"]["items"]
    assert [item["id"] for item in items] == ["1"]


def test_a_select_that_fails_on_the_records_is_named(tmp_path: Path) -> None:
    sql = "CREATE VIEW lines AS SELECT * REPLACE (CAST(CAST(what AS INTEGER) AS VARCHAR) AS what) FROM source.lines;"
    with pytest.raises(PreparationFailed, match=r"cities/lampton/prepare\.sql: lines: .*Bulbs"):
        Town(tmp_path, prepare_sql=sql).prepare(ROWS)


def test_a_function_of_prepare_py_completes_its_view(tmp_path: Path) -> None:
    def lines(frame: Any) -> Any:
        return frame.assign(what=frame["what"].str.upper())

    sql = "CREATE VIEW lines AS SELECT * FROM source.lines;"
    items = Town(tmp_path, prepare_sql=sql, prepare_functions={"lines": lines}).prepare(ROWS).states()["C1"].document
    assert [item["description"] for item in items["tender"]["items"]] == ["BULBS", "WIRE"]


def broken(frame: Any) -> Any:
    return frame.drop(columns=["what"])


def too_much(frame: Any) -> Any:
    return frame.assign(more=1)


def raising(frame: Any) -> Any:
    raise ValueError("no such amount")


@pytest.mark.parametrize(
    ("function", "problem"),
    [(broken, "KeyError"), (too_much, "'more', which the SELECT"), (raising, "ValueError: no such amount")],
)
def test_a_function_that_fails_or_changes_the_columns_is_named(tmp_path: Path, function: Any, problem: str) -> None:
    sql = "CREATE VIEW lines AS SELECT * FROM source.lines;"
    lampton = Town(tmp_path, prepare_sql=sql, prepare_functions={"lines": function})
    with pytest.raises(PreparationFailed, match=r"cities/lampton/prepare\.py: lines: ") as failed:
        lampton.prepare(ROWS)
    assert problem in str(failed.value)


def test_a_function_without_its_view_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidCity, match=r"prepare\.py: linez: prepare\.sql has no view of this name"):
        Town(tmp_path, prepare_functions={"linez": raising})


def test_the_schema_of_prepared_tables_is_known_without_a_record(lampton: Town) -> None:
    schema = prepared_schema(lampton.city, lampton.transform)
    assert schema["lines"] == {"call_no": "VARCHAR", "line_no": "VARCHAR", "what": "VARCHAR", "_row": "VARCHAR"}
