"""A run that reads only what changes concern leaves what a run that reads everything leaves."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.pregon.stages.town import MAPPING, ROWS, Prepared, Rows, Town, changed_keys

from pregon.stages import concerned, narrowing
from transforms.quoting import literal

PREPARE = """
CREATE MACRO told(cell) AS CASE WHEN blank(cell) = 'x' THEN 'not told' END;
CREATE VIEW calls AS SELECT _row, call_no, title, state, told(title) AS _reject FROM source.calls;
CREATE VIEW fees AS SELECT _row, call_no, 'fee' AS fee_no, title AS what FROM calls WHERE title IS NOT NULL;
CREATE VIEW lines AS SELECT _row, call_no, line_no, what FROM source.lines;
-- One award for all rows of a call and a vendor.
CREATE VIEW awards AS
SELECT min(_row) AS _row, list(_row ORDER BY _row) AS _rows, min(award_no) AS award_no, call_no, vendor_no
FROM source.awards GROUP BY call_no, vendor_no;
CREATE VIEW contracts AS
SELECT c._row, contract_no, award_no, 'paid ' || coalesce(paid, 0) AS title
FROM source.contracts c
LEFT JOIN (SELECT contract_no AS k, sum(TRY_CAST(amount AS INT)) AS paid FROM source.payments GROUP BY k) p
  ON p.k = c.contract_no;
"""

BINDINGS = """bindings:
  tender/documents/title: {from: fees.what}
  contracts/title: {from: contracts.title}
"""
TABLES = """tables:
  fees: {array: tender/documents, parent: calls, on: call_no, id: fee_no}
"""
GROUPED = MAPPING.replace("bindings:\n", BINDINGS, 1).replace("\ntables:\n", "\n" + TABLES, 1)


@pytest.fixture(autouse=True)
def narrow_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few rows there are."""
    monkeypatch.setattr(concerned, "MOST_SHARE", 1000)


def read(prepared: Prepared, name: str) -> list[tuple[Any, ...]]:
    path = prepared.folder / name
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT * FROM {literal(str(path))} ORDER BY ALL").fetchall()


def kept(prepared: Prepared) -> dict[str, list[tuple[Any, ...]]]:
    names = ["rows.parquet", "held.parquet"]
    names += [f"keys/{path.name}" for path in sorted((prepared.folder / "keys").iterdir())]
    return {name: read(prepared, name) for name in names}


def compare(town: Town, before: Rows, after: Rows) -> Prepared:
    """Run both ways; what is kept for the next run is the same, and so are the states."""
    first = town.prepare(before)
    some = town.prepare(after, after=first, changed=changed_keys(before, after))
    everything = town.prepare(after)
    assert kept(some) == kept(everything)
    assert some.result.rows == everything.result.rows
    assert some.result.held == everything.result.held
    states, all_states = some.states(), everything.states()
    earlier = first.states()
    for key, state in states.items():
        assert (state.document, state.provenance) == (all_states[key].document, all_states[key].provenance)
    for key, state in all_states.items():
        if key not in states:
            assert (state.document, state.provenance) == (earlier[key].document, earlier[key].provenance), key
    gone = earlier.keys() - all_states.keys()
    assert some.result.vanished >= len(gone)
    return some


NUMBERS = st.sampled_from(["1", "2", "3", "4", " "])
KEYS = st.sampled_from(["a", "A", "b", "c", " "])
IMAGES = st.fixed_dictionaries(
    {
        "calls": st.lists(st.tuples(KEYS, st.sampled_from("tux"), st.just("O")), max_size=5, unique_by=lambda r: r[0]),
        "lines": st.lists(st.tuples(KEYS, NUMBERS, st.just("w")), max_size=5, unique_by=lambda row: row[:2]),
        "awards": st.lists(st.tuples(NUMBERS, KEYS, NUMBERS), max_size=5, unique_by=lambda row: row[0]),
        "contracts": st.lists(st.tuples(NUMBERS, NUMBERS), max_size=4, unique_by=lambda row: row[0]),
        "payments": st.lists(
            st.tuples(NUMBERS, NUMBERS, st.sampled_from("57")), max_size=4, unique_by=lambda row: row[0]
        ),
        "vendors": st.lists(st.tuples(NUMBERS, st.sampled_from("nm")), max_size=3, unique_by=lambda row: row[0]),
        "certificates": st.lists(st.tuples(NUMBERS, NUMBERS, st.just("k")), max_size=3, unique_by=lambda row: row[0]),
    }
)
LAW = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@st.composite
def edited(draw: st.DrawFn) -> tuple[Any, Any]:
    """Two images, of which the second has most of the first's rows."""
    before, fresh = draw(IMAGES), draw(IMAGES)
    after = dict(before)
    for table in draw(st.lists(st.sampled_from(sorted(before)), min_size=1, max_size=2, unique=True)):
        after[table] = fresh[table]
    return before, after


@LAW
@given(images=edited())
def test_few_rows_give_what_all_rows_give(tmp_path_factory: pytest.TempPathFactory, images: tuple[Any, Any]) -> None:
    compare(Town(tmp_path_factory.mktemp("town")), *images)


@LAW
@given(images=edited())
def test_tables_that_look_at_many_rows_are_computed_of_all(
    tmp_path_factory: pytest.TempPathFactory, images: tuple[Any, Any]
) -> None:
    compare(Town(tmp_path_factory.mktemp("town"), mapping=GROUPED, prepare_sql=PREPARE), *images)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"calls": ["C1", "c1"]}, {"calls": ["c1"]}, id="the other row with this ocid takes its place"),
        pytest.param({"calls": ["c1"]}, {"calls": ["C1", "c1"]}, id="another row with this ocid comes before it"),
        pytest.param({"calls": []}, {"calls": ["C1"]}, id="rows that hung on nothing find their parent"),
        pytest.param({"contracts": []}, {"contracts": ["K1"]}, id="a row that hung on nothing finds it further down"),
        pytest.param({"contracts": ["K1"]}, {"contracts": []}, id="a row loses what it hangs on"),
        pytest.param({"awards": ["A1"]}, {"awards": ["A1C2"]}, id="a row moves with all that hangs on it"),
        pytest.param({"vendors": []}, {"vendors": ["1"]}, id="an organization that is named turns up"),
        pytest.param({"vendors": ["1"]}, {"vendors": []}, id="an organization that is named is gone"),
        pytest.param({"certificates": []}, {"certificates": ["X1"]}, id="a row inside an organization turns up"),
        pytest.param({"awards": []}, {"awards": ["A1"]}, id="an organization is named for the first time"),
        pytest.param({"payments": ["P1"]}, {"payments": []}, id="what another row sums up is gone"),
    ],
)
def test_each_way_a_change_can_concern_others(
    tmp_path: Path, before: dict[str, list[str]], after: dict[str, list[str]]
) -> None:
    compare(Town(tmp_path, mapping=GROUPED, prepare_sql=PREPARE), _rows(before), _rows(after))


def _rows(chosen: dict[str, list[str]]) -> Rows:
    known = {
        "C1": ("C1", "Lamps", "O"), "c1": ("c1", "Lanterns", "O"), "A1": ("A1", "C1", "1"), "A1C2": ("A1", "C2", "1"),
        "K1": ("K1", "A1"), "P1": ("P1", "K1", "5"), "1": ("1", "One"), "X1": ("X1", "1", "small"),
    }  # fmt: skip
    others = {table: [row for row in rows if row not in known.values()] for table, rows in ROWS.items()}
    usual = {table: [row for row in rows if row in known.values()] for table, rows in ROWS.items()}
    return {
        table: [*others[table], *([known[name] for name in chosen[table]] if table in chosen else usual[table])]
        for table in ROWS
    }


def test_only_what_is_concerned_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[narrowing.Narrowed] = []
    narrow = narrowing.narrow

    def noting(*args: Any, **kwargs: Any) -> Any:
        result = narrow(*args, **kwargs)
        assert result is not None
        found.append(result)
        return result

    monkeypatch.setattr("pregon.stages.prepare.narrow", noting)
    after = {**ROWS, "payments": [("P1", "K1", "6"), *ROWS["payments"][1:]]}
    compare(Town(tmp_path), ROWS, after)
    (narrowed,) = found
    with duckdb.connect() as connection:
        wanted = connection.execute(f"SELECT * FROM {literal(str(narrowed.wanted))}").fetchall()
    assert sorted(row for (row,) in wanted) == [
        "awards:A1", "calls:C1", "certificates:X1", "contracts:K1", "lines:C1|1", "lines:C1|2", "payments:P1",
        "payments:P2", "vendors:1",
    ]  # fmt: skip


def test_where_much_is_concerned_everything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concerned, "MOST_SHARE", 0.5)
    monkeypatch.setattr(concerned.Concerned, "_collect", None)  # it is seen before anything is collected
    town = Town(tmp_path)
    first = town.prepare(ROWS)
    after = {**ROWS, "calls": [(number, "New title", "O") for number, _, _ in ROWS["calls"]]}
    some = town.prepare(after, after=first, changed=changed_keys(ROWS, after))
    assert kept(some) == kept(town.prepare(after))
    assert sorted(some.states()) == ["C1", "C2", "C3"]


def test_a_lake_without_keys_is_read_whole(tmp_path: Path) -> None:
    town = Town(tmp_path)
    first = town.prepare(ROWS)
    for path in (first.folder / "keys").iterdir():
        path.unlink()
    (first.folder / "keys").rmdir()
    after = {**ROWS, "lines": [("C1", "1", "New"), *ROWS["lines"][1:]]}
    some = town.prepare(after, after=first, changed=changed_keys(ROWS, after))
    assert sorted(some.states()) == ["C1"]
    assert kept(some) == kept(town.prepare(after))
