"""Datasets are read whole and in order: whatever the page size, killed after each page, and while they change."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from read_sources import read
from servers.socrata import SocrataServer
from servers.socrata_datasets import Dataset

from pregon.sources.base import MissingColumnError, SourceConfigurationError
from pregon.sources.socrata.errors import DatasetMoved, QueryRefused, UnexpectedAnswer

from .conftest import COLUMNS, FIELDS, Sources, contract

pytestmark = pytest.mark.integration


def numbers(dataset: Dataset) -> set[tuple[str]]:
    return {(row.values["no"],) for row in dataset.rows}


@pytest.mark.parametrize("page_rows", [1, 7, 20, 59, 60, 61, 1_000])
def test_the_same_rows_come_whatever_the_page_size(
    dataset: Dataset, portal: Sources, tmp_path: Path, page_rows: int
) -> None:
    found = read(portal(page_rows=page_rows), tmp_path)

    assert found.rows.keys() == numbers(dataset)
    assert set(found.times.values()) == {1}
    assert found.expected == found.plan.expected == 60
    assert found.pages == -(-60 // page_rows)
    assert found.rows[("C0033",)] == {
        "no": "C0033",
        "amount": "33.50",
        "title": "Benches 33",
        "signed": "2025-01-06T00:00:00.000",
    }


@pytest.mark.parametrize("split_rows", [1_000, 25, 7])
def test_killed_after_each_page_it_goes_on_there(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path, split_rows: int
) -> None:
    found = read(portal(split_rows=split_rows), tmp_path, kill=True)

    assert found.rows.keys() == numbers(dataset)
    assert set(found.times.values()) == {1}
    assert len(found.plan.chunks) == -(-60 // split_rows)


def test_parts_of_a_large_table_bound_each_other(
    dataset: Dataset, portal: Sources, tmp_path: Path, server: SocrataServer
) -> None:
    found = read(portal(split_rows=25), tmp_path)

    assert [chunk.label for chunk in found.plan.chunks] == ["rows 1 to 25", "rows 26 to 50", "rows from 51"]
    assert found.rows.keys() == numbers(dataset)
    assert set(found.times.values()) == {1}


def test_a_table_is_never_split_into_more_parts_than_can_be_tasks(
    dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    dataset.insert(*(contract(number) for number in range(100, 350)))

    found = read(portal(split_rows=1, page_rows=50), tmp_path)

    assert len(found.plan.chunks) <= 104
    assert found.rows.keys() == numbers(dataset)


@pytest.mark.parametrize("split_rows", [1_000, 25])
def test_nothing_is_lost_while_rows_are_inserted_changed_and_deleted(
    dataset: Dataset, portal: Sources, tmp_path: Path, split_rows: int
) -> None:
    at_first = numbers(dataset)

    def change(page: int) -> None:
        if page < 9:
            dataset.insert(contract(100 + page))
            dataset.update(lambda row: row["no"] == f"C00{50 - page:02d}", title=f"changed {page}")
            dataset.update(lambda row: row["no"] == f"C000{page}", title=f"changed {page}")
        if page == 4:
            dataset.delete(lambda row: row["no"] in ("C0003", "C0051"))

    found = read(portal(split_rows=split_rows), tmp_path, between=change)

    assert numbers(dataset) <= found.rows.keys() <= at_first | numbers(dataset)
    now = {row.values["no"]: row.values["title"] for row in dataset.rows}
    assert {row["no"]: row["title"] for row in found.rows.values() if row["no"] in now} == now
    assert found.plan.moving
    assert found.plan.notes["vanished_meanwhile"] == 2
    assert found.expected is None


HAPPENINGS = st.lists(
    st.tuples(
        st.integers(1, 9),  # after which page of the first pass
        st.sampled_from(["insert", "update", "delete", "replace"]),
        st.integers(0, 59),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happenings=HAPPENINGS, split_rows=st.sampled_from([1_000, 25]))
def test_whatever_happens_meanwhile_the_rows_are_those_of_the_last_count(
    happenings: list[tuple[int, str, int]], split_rows: int, server: SocrataServer, portal: Sources, tmp_path: Path
) -> None:
    dataset = server.dataset("abcd-1234", FIELDS, [contract(number) for number in range(60)])
    ever = numbers(dataset)

    def change(page: int) -> None:
        for step, (when, what, number) in enumerate(happenings):
            if when != page:
                continue
            if what == "insert":
                dataset.insert(contract(100 + step))
            elif what == "update":
                dataset.update(lambda row, n=number: row["no"] == f"C{n:04d}", title=f"step {step}")
            elif what == "delete":
                dataset.delete(lambda row, n=number: row["no"] == f"C{n:04d}")
            else:
                dataset.replace()
            ever.update(numbers(dataset))

    found = read(portal(split_rows=split_rows), tmp_path, between=change)

    assert numbers(dataset) <= found.rows.keys() <= ever
    for row in dataset.rows:
        assert found.rows[(row.values["no"],)]["title"] == row.values["title"]
    assert found.expected in (None, len(found.rows))
    assert found.expected is not None or any(what in ("delete", "replace") for _, what, _ in happenings)


def test_what_is_inserted_while_it_is_read_is_counted(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    found = read(portal(), tmp_path, between=lambda page: dataset.insert(contract(100 + page)) if page < 5 else None)

    assert found.rows.keys() == numbers(dataset)
    assert found.expected == len(found.rows) == 64


def test_rows_that_come_after_the_second_count_are_left_for_the_next_run(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path
) -> None:
    def change(page: int) -> None:
        if page == 9:  # the last one of the first pass
            dataset.update(lambda row: row["no"] == "C0001", title="changed")
            server.at(page=2, action=lambda: dataset.insert(contract(100)))

    found = read(portal(), tmp_path, between=change)

    assert found.rows[("C0001",)]["title"] == "changed"
    assert found.expected == len(found.rows) == 60


def test_a_dataset_that_is_published_anew_while_it_is_read_is_read_anew(
    dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    anew = [contract(number, title="new") for number in range(5, 70)]

    found = read(portal(split_rows=25), tmp_path, between=lambda page: dataset.replace(anew) if page == 3 else None)

    assert numbers(dataset) <= found.rows.keys()
    assert {found.rows[(row["no"],)]["title"] for row in anew} == {"new"}
    assert found.plan.moving


def test_a_quiet_dataset_is_no_moving_one(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    assert not read(portal(), tmp_path).plan.moving


def test_a_portal_that_gives_fewer_rows_than_it_is_asked_for_loses_none(
    dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    dataset.clip = 10

    assert read(portal(page_rows=50), tmp_path).rows.keys() == numbers(dataset)


def test_columns_that_are_not_declared_are_never_asked_for(
    dataset: Dataset, portal: Sources, server: SocrataServer, tmp_path: Path
) -> None:
    found = read(portal(), tmp_path)

    asked = {name.strip() for page in server.pages for name in page.parameters["$select"].split(",")}
    assert asked == {":id", *COLUMNS}
    assert found.plan.notes["added_columns"] == ["owner_name"]


def test_the_columns_are_those_of_the_metadata(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    assert read(portal(), tmp_path).plan.observed == {
        "no": "text",
        "amount": "number",
        "title": "text",
        "signed": "calendar_date",
        "owner_name": "text",
    }


def test_a_column_that_no_row_has_is_null(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    dataset.update(lambda _: True, title=None)

    assert set(read(portal(), tmp_path).column("title")) == {None}


def test_a_column_that_is_gone_is_named_with_the_nearest(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    dataset.drop_column("title")
    dataset.types["title_text"] = "text"

    with pytest.raises(MissingColumnError, match="has no column 'title'") as caught:
        read(portal(), tmp_path)
    assert "did you mean 'title_text'?" in str(caught.value.hint)


def test_only_rows_of_the_condition_are_read_and_counted(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    found = read(portal(where="amount < 10 OR no = 'C0050'", split_rows=4), tmp_path)

    assert sorted(found.rows) == [*((f"C{number:04d}",) for number in range(10)), ("C0050",)]
    assert found.expected == 11


@pytest.mark.parametrize(
    ("where", "code"), [("nothing = 1", "query.soql.no-such-column"), ("no = ", "query.compiler.malformed")]
)
def test_a_condition_that_is_wrong_is_told_in_the_portals_words(
    dataset: Dataset, portal: Sources, tmp_path: Path, where: str, code: str
) -> None:
    with pytest.raises(QueryRefused, match=code) as caught:
        read(portal(where=where), tmp_path)
    assert caught.value.code == code
    assert not caught.value.retryable
    assert "`where:`" in str(caught.value.hint)


def test_a_dataset_that_is_not_there_is_named(dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    with pytest.raises(SourceConfigurationError, match="no dataset 'none-none'"):
        read(portal(dataset="none-none"), tmp_path)


def test_an_empty_dataset_has_no_rows(server: SocrataServer, dataset: Dataset, portal: Sources, tmp_path: Path) -> None:
    dataset.delete(lambda _: True)

    found = read(portal(), tmp_path)

    assert not found.rows
    assert found.expected == 0


def test_rows_that_come_into_an_empty_dataset_while_it_is_read(
    server: SocrataServer, dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    dataset.delete(lambda _: True)
    server.at(page=1, action=lambda: None)
    server.at(request=4, action=lambda: dataset.insert(contract(1)))  # metadata, count, page, and then the count

    found = read(portal(), tmp_path)

    assert found.rows.keys() == {("C0001",)}
    assert found.expected == 1


# Views without row ids ------------------------------------------------------------------------------------------------


@pytest.fixture
def view(dataset: Dataset) -> Dataset:
    dataset.has_ids = False
    return dataset


@pytest.mark.parametrize("kill", [False, True])
@pytest.mark.parametrize("page_rows", [7, 20, 60, 100])
def test_a_view_without_ids_is_read_by_its_unique_columns(
    view: Dataset, portal: Sources, tmp_path: Path, page_rows: int, kill: bool
) -> None:
    found = read(portal(order=("no",), page_rows=page_rows), tmp_path, kill=kill)

    assert found.rows.keys() == numbers(view)
    assert set(found.times.values()) == {1}
    assert found.plan.signature is None


def test_a_view_without_ids_that_moves_is_read_again(view: Dataset, portal: Sources, tmp_path: Path) -> None:
    with pytest.raises(DatasetMoved) as caught:
        read(portal(order=("no",)), tmp_path, between=lambda page: view.insert(contract(100 + page)))
    assert caught.value.retryable


def test_a_view_without_ids_asks_for_an_order(view: Dataset, portal: Sources, tmp_path: Path) -> None:
    with pytest.raises(QueryRefused, match="no-such-column") as caught:
        read(portal(), tmp_path)
    assert "`order:`" in str(caught.value.hint)


# SODA 3 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("envelope", [False, True])
@pytest.mark.parametrize("options", [{}, {"split_rows": 25}, {"order": ("no",)}])
def test_soda_3_gives_the_same_rows(
    server: SocrataServer,
    dataset: Dataset,
    portal: Sources,
    tmp_path: Path,
    token: str,
    envelope: bool,
    options: dict[str, Any],
) -> None:
    server.envelope = envelope

    found = read(portal(settings={"api": "3"}, connection=token, **options), tmp_path, kill=True)

    assert found.rows.keys() == numbers(dataset)
    assert set(found.times.values()) == {1}
    assert {page.method for page in server.pages} == {"POST"}
    assert all("$" not in page.path for page in server.pages)


def test_soda_3_without_token_is_refused_before_anything_is_asked(
    server: SocrataServer, dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    with pytest.raises(SourceConfigurationError, match="application token"):
        read(portal(settings={"api": "3"}), tmp_path)
    assert not server.requests


def test_a_portal_that_answers_with_something_else_is_told(
    server: SocrataServer, dataset: Dataset, portal: Sources, tmp_path: Path
) -> None:
    dataset.types.clear()
    dataset.metadata = lambda: {"id": "abcd-1234", "displayType": "map"}  # type: ignore[method-assign]

    with pytest.raises(UnexpectedAnswer, match="no columns"):
        read(portal(), tmp_path)
