"""A source of kind ocds needs no more than where the documents are; what is fixed can't be set."""

from typing import Any

import pytest
from pydantic import ValidationError

from pregon.city_sources.ocds import OcdsSource


def written(table: dict[str, Any], **source: Any) -> dict[str, Any]:
    return {"kind": "ocds", "tables": {"releases": table}, **source}


def test_columns_and_key_are_given() -> None:
    source = OcdsSource.model_validate(written({"file": "*.json"}))
    table = source.tables["releases"]
    assert table.key == ("ocid", "kind", "id")
    assert list(table.columns) == ["ocid", "kind", "id", "date", "version", "place", "document"]
    assert {column.type for column in table.columns.values()} == {"text"}
    assert table.options() == {"file": "*.json"}
    assert source.reads_files


def test_pages_need_a_local_variant_to_be_read_from_a_folder() -> None:
    pages = {"pages": "https://api.hamlet.example/releases"}
    assert not OcdsSource.model_validate(written(pages)).reads_files
    local = {"tables": {"releases": {"file": "releases.json"}}}
    assert OcdsSource.model_validate(written(pages, local=local)).reads_files


@pytest.mark.parametrize(
    ("table", "source", "place", "problem"),
    [
        ({}, {}, "", "needs either file"),
        ({"file": "a.json", "pages": "https://x.example"}, {}, "", "needs either file"),
        ({"pages": "x.example"}, {}, "pages", "'x.example' is not an address"),
        ({"pages": "https://x.example", "format": "json"}, {}, "format", "is for files"),
        ({"file": "a.json", "next": "links.next"}, {}, "next", "is for pages"),
        ({"file": "a.json", "key": ["ocid"]}, {}, "key", "is the same for every source of kind ocds"),
        ({"file": "a.json", "columns": ["ocid", "kind", "id"]}, {}, "columns", "is the same for every source"),
        ({"file": "a.json", "deletions": "cancel"}, {}, "deletions", "a release that is gone cancels nothing"),
        ({"file": "a.json", "cursor": "date"}, {}, "cursor", "is the same for every source"),
        ({"file": "a.json"}, {"url": "https://x.example"}, "url", "a table has its address in file or pages"),
        ({"file": "a.json"}, {"local": {"tables": {}}}, "local.tables", "table 'releases' needs a file"),
        (
            {"file": "a.json"},
            {"local": {"tables": {"releases": {"file": "a"}, "release": {"file": "a"}}}},
            "local.tables.release",
            "is not one of the tables; did you mean 'releases'?",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    table: dict[str, Any], source: dict[str, Any], place: str, problem: str
) -> None:
    with pytest.raises(ValidationError) as error:
        OcdsSource.model_validate(written(table, **source))
    found = [entry for one in error.value.errors() for entry in one["ctx"]["places"]]
    assert [".".join(map(str, path)) for path, _ in found] == [place]
    assert problem in found[0][1]
