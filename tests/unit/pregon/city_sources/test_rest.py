"""A source of kind rest is read as it is written, or refused with the place and what to do."""

import copy
from typing import Any

import pytest
from pydantic import ValidationError

from pregon.city_sources.rest import RestSource

SOURCE: dict[str, Any] = {
    "kind": "rest",
    "url": "https://api.lampton.example/v1",
    "connection": "lampton_api",
    "tables": {
        "awards": {
            "path": "awards",
            "params": {"sort": "id"},
            "records": "data.items",
            "total": "meta.total",
            "paging": {"style": "page", "rows_parameter": "per_page"},
            "page_rows": 200,
            "key": ["id"],
            "cursor": "updated",
            "since": {"parameter": "updated_from", "format": "%Y-%m-%d"},
            "columns": {"id": None, "buyer": {"from": "buyer.name"}, "updated": "timestamptz"},
        }
    },
    "local": {"tables": {"awards": {"file": "awards.json"}}},
}


def written(changes: dict[str, Any]) -> dict[str, Any]:
    document = copy.deepcopy(SOURCE)
    for path, value in changes.items():
        holder = document
        *outer, last = path.split(".")
        for part in outer:
            holder = holder.setdefault(part, {})
        if value is None:
            del holder[last]
        else:
            holder[last] = value
    return document


def test_a_source_is_read_as_it_is_written() -> None:
    source = RestSource.model_validate(SOURCE)
    assert source.reads_files
    assert source.options() == {"hosts": (), "private_addresses": False}
    assert source.tables["awards"].options() == {
        "path": "awards",
        "params": {"sort": "id"},
        "records": "data.items",
        "total": "meta.total",
        "paging": {"style": "page", "rows_parameter": "per_page"},
        "page_rows": 200,
        "since": {"parameter": "updated_from", "format": "%Y-%m-%d"},
    }


def test_what_is_not_said_is_no_option() -> None:
    changes = {f"tables.awards.{name}": None for name in ("params", "records", "total", "paging", "page_rows", "since")}
    source = RestSource.model_validate(written({**changes, "tables.awards.cursor": None, "local": None}))
    assert source.tables["awards"].options() == {"path": "awards"}
    assert not source.reads_files


@pytest.mark.parametrize(
    ("changes", "place", "problem"),
    [
        ({"url": None}, "", "a source of kind rest needs the url"),
        ({"url": "api.lampton.example"}, "url", "'api.lampton.example' is not an address"),
        ({"tables.awards.since": None}, "cursor", "needs since"),
        ({"tables.awards.cursor": None}, "since", "needs cursor"),
        ({"tables.awards.cursor": "id"}, "cursor", "is a column of text"),
        ({"tables.awards.page_rows": None}, "paging.rows_parameter", "needs page_rows"),
        ({"tables.awards.paging.rows_parameter": None}, "page_rows", "needs paging.rows_parameter"),
        ({"tables.awards.total_header": "X-Total"}, "total_header", "give either total or total_header"),
        ({"tables.awards.params.page": "1"}, "params.page", "is set by paging already"),
        ({"tables.awards.params.per_page": "1"}, "params.per_page", "is set by paging already"),
        ({"tables.awards.params.updated_from": "1"}, "params.updated_from", "is set by since already"),
        (
            {"tables.awards.paging.next": "links.next"},
            "next",
            "means nothing in the style page; it is for: cursor, link",
        ),
        ({"tables.awards.paging": {"style": "cursor"}, "tables.awards.page_rows": None}, "", "needs one of next"),
        (
            {"tables.awards.paging": {"style": "cursor", "next": "a", "last": "b"}, "tables.awards.page_rows": None},
            "",
            "needs one of next",
        ),
        ({"local.tables.awards.file": None}, "local.tables", "table 'awards' needs a file"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(changes: dict[str, Any], place: str, problem: str) -> None:
    with pytest.raises(ValidationError) as error:
        RestSource.model_validate(written(changes))
    found = [entry for one in error.value.errors() for entry in one["ctx"]["places"]]
    assert [
        (".".join(map(str, path)), message.startswith(problem) or problem in message) for path, message in found
    ] == [(place, True)]


@pytest.mark.parametrize("changes", [{"tables.awards.paging.style": "pages"}, {"tables.awards.params.sort": 1}])
def test_values_of_another_kind_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RestSource.model_validate(written(changes))
