"""Keys that hold, columns that could be one, and references between tables."""

from pathlib import Path

import pytest
from made_up_profiles import profiled

from pregon.duck import session
from pregon.profiling.links import find_links
from pregon.profiling.tables import linked_columns
from transforms.profile.model import Link


def test_a_key_that_holds(tmp_path: Path) -> None:
    made = profiled(tmp_path, {"no": ["A1", "A2", "A3"], "title": ["x", "y", "z"]}, key=["no"])
    assert (made.key.holds, made.key.repeated, made.key.empty) == (True, 0, 0)
    assert [one.columns for one in made.key.candidates] == [("no",)]


def test_rows_that_repeat_or_lack_a_key_are_counted(tmp_path: Path) -> None:
    made = profiled(tmp_path, {"no": ["A1", "A1", "A1", None, " "], "id": ["1", "2", "3", "4", "5"]}, key=["no"])
    assert (made.key.holds, made.key.repeated, made.key.empty) == (False, 2, 2)
    assert [one.columns for one in made.key.candidates] == [("id",)]
    assert "key: [id]" in made.city_yaml


def test_the_smallest_combination_is_found_where_no_column_is_a_key(tmp_path: Path) -> None:
    contracts = [f"C{number}" for number in range(40) for _ in range(5)]
    revisions = [str(number) for _ in range(40) for number in range(5)]
    made = profiled(
        tmp_path, {"contract_no": contracts, "revision_no": revisions, "kind": ["a", "b"] * 100}, key=["contract_no"]
    )
    assert [one.columns for one in made.key.candidates] == [("contract_no", "revision_no")]
    assert "key: [contract_no, revision_no]" in made.city_yaml


def test_three_columns_are_combined_but_no_more(tmp_path: Path) -> None:
    cube = [(a, b, c) for a in "xyz" for b in "xyz" for c in "xyz"]
    columns = {name: [f"{name}{row[index]}" for row in cube] for index, name in enumerate(("a_no", "b_no", "c_no"))}
    made = profiled(tmp_path, columns, key=["a_no"])
    assert [set(one.columns) for one in made.key.candidates] == [{"a_no", "b_no", "c_no"}]


def test_a_key_that_only_counts_rows_is_told(tmp_path: Path) -> None:
    made = profiled(tmp_path, {"record": ["1", "2"], "no": ["A1", "A2"]}, key=["record"], row_number="record")
    assert made.key.made == "number"
    assert [one.columns for one in made.key.candidates] == [("no",)]
    assert [column.name for column in made.columns] == ["no"]


def test_a_key_made_of_the_content_repeats_where_whole_rows_do(tmp_path: Path) -> None:
    columns: dict[str, list[str | None]] = {
        "row": [None] * 4,
        "no": ["A1", "A1", "A2", "A3"],
        "sum": ["1", "1", "1", "1"],
    }
    made = profiled(tmp_path, columns, key=["row"], row_hash="row")
    assert (made.key.made, made.key.holds, made.key.repeated) == ("content", False, 1)
    assert [column.name for column in made.columns] == ["no", "sum"]


def test_dates_and_amounts_that_differ_by_chance_are_no_key_to_paste(tmp_path: Path) -> None:
    days = [f"2020-01-{day:02}" for day in range(1, 11)]
    made = profiled(tmp_path, {"no": ["A"] * 10, "signed": days}, key=["no"])
    assert "# key: [signed]" in made.city_yaml


def links(folder: Path, **tables: dict[str, list[str]]) -> list[Link]:
    """The links between tables of one source."""
    linked = []
    for name, columns in tables.items():
        made = profiled(folder / name, columns, name=name)  # type: ignore[arg-type]
        linked += linked_columns("erp", made, folder / name)
    with session(folder, about="a test") as connection:
        return list(find_links(connection, linked))


@pytest.fixture
def vendors() -> dict[str, list[str]]:
    return {"vendor_id": [f"V{number}" for number in range(50)], "name": [f"Firm {number} Ltd" for number in range(50)]}


def test_most_values_in_another_table_s_key_are_a_reference(tmp_path: Path, vendors: dict[str, list[str]]) -> None:
    bids = {"bid_no": [f"B{number}" for number in range(90)], "bidder": [f"V{number % 30}" for number in range(90)]}
    assert [
        (link.column, link.other, link.share, link.key) for link in links(tmp_path, vendors=vendors, bids=bids)
    ] == [("erp.bids.bidder", "erp.vendors.vendor_id", 1.0, True)]


def test_the_same_name_needs_fewer_values(tmp_path: Path, vendors: dict[str, list[str]]) -> None:
    contracts = {"no": [f"C{n}" for n in range(90)], "vendor_id": [f"V{n}" for n in range(40, 85) for _ in range(2)]}
    [link] = links(tmp_path, vendors=vendors, contracts=contracts)
    assert (link.column, link.other, link.found, link.values) == (
        "erp.contracts.vendor_id", "erp.vendors.vendor_id", 10, 45,
    )  # fmt: skip


def test_small_numbers_that_occur_everywhere_are_no_reference(tmp_path: Path) -> None:
    orders = {"order_no": [str(number) for number in range(1, 60)]}
    items = {
        "item_id": [f"I{number}" for number in range(60)],
        "quantity": [str(number % 9 + 1) for number in range(60)],
    }
    assert links(tmp_path, orders=orders, items=items) == []


def test_of_tables_that_refer_to_one_each_is_linked_to_it_and_not_to_the_others(tmp_path: Path) -> None:
    tenders = {"sol_no": [f"S{number}" for number in range(60)]}
    bids = {"bid_no": [f"B{number}" for number in range(80)], "sol_no": [f"S{number % 40}" for number in range(80)]}
    awards = {"award_no": [f"A{number}" for number in range(70)], "sol_no": [f"S{number % 35}" for number in range(70)]}
    found = links(tmp_path, tenders=tenders, bids=bids, awards=awards)
    assert [(link.column, link.other) for link in found] == [
        ("erp.awards.sol_no", "erp.tenders.sol_no"), ("erp.bids.sol_no", "erp.tenders.sol_no"),
    ]  # fmt: skip
