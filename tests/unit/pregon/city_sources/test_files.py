"""What a city says of its files, and what is refused of it."""

from typing import Any

import pytest
from pydantic import ValidationError

from pregon.city_sources.files import FilesSource

TABLE = {"file": "f.csv", "key": ["id"], "columns": ["id", "title"]}


def source(table: dict[str, Any] | None = None, **changes: Any) -> FilesSource:
    return FilesSource.model_validate({"kind": "files", "tables": {"things": {**TABLE, **(table or {})}}, **changes})


def problems(table: dict[str, Any] | None = None, **changes: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        source(table, **changes)
    found = [error.get("ctx", {}).get("places", [(error["loc"], error["msg"])]) for error in refused.value.errors()]
    return "\n".join(f"{'.'.join(map(str, path))}: {message}" for listed in found for path, message in listed)


def options(**table: Any) -> dict[str, Any]:
    return {name: value for name, value in source(table).tables["things"].options().items() if name != "file"}


def test_what_is_not_given_is_left_out() -> None:
    assert options() == {}


def test_the_header_is_a_number_or_to_be_found() -> None:
    assert options(header="auto") == {"header": "auto"}
    assert options(header=0) == {"header": 0}
    assert "header" in problems({"header": "last"})
    assert "header" in problems({"header": -1})


def test_names_are_a_list_or_several() -> None:
    assert options(header=0, names=["a", "b"]) == {"header": 0, "names": (("a", "b"),)}
    assert options(header=0, names=[["a"], ["a", "b"]])["names"] == (("a",), ("a", "b"))


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"names": ["a", "a"]}, "names: list 1 names 'a' twice"),
        ({"names": [["a"], []]}, "names: a list is empty"),
        ({"names": [["a"], ["b"]]}, "names: has lists of the same length"),
        ({"names": ["a"], "header": "auto"}, "names: is for files whose header is not looked for"),
        ({"range": "A1:B2"}, "'A1:B2' is no range of columns"),
        ({"range": "F:A"}, "'F:A' is no range of columns"),
        ({"format": "xml"}, "format: xml needs records"),
        ({"format": "parquet", "header": 2}, "header: is not for files of format parquet"),
        ({"format": "parquet", "encoding": "utf-8"}, "encoding: is not for files of format parquet"),
        ({"format": "csv", "sheet": "Data"}, "sheet: is not for files of format csv"),
        ({"format": "csv", "hidden_rows": "skip"}, "hidden_rows: is not for files of format csv"),
        ({"format": "xlsx", "delimiter": ";"}, "delimiter: is not for files of format xlsx"),
        ({"format": "json", "range": "A:B"}, "range: is not for files of format json"),
        ({"merged_cells": "right"}, "merged_cells"),
        ({"format": "ods"}, "format"),
        ({"optional": ["titel"]}, "optional.0: 'titel' is not one of the columns; did you mean 'title'?"),
        ({"optional": ["id"]}, "optional.0: 'id' is part of the key"),
    ],
)
def test_what_contradicts_itself_is_refused(table: dict[str, Any], problem: str) -> None:
    assert problem in problems(table)


def test_the_local_variant_is_held_to_the_same_rules() -> None:
    def local(**variant: Any) -> dict[str, Any]:
        return {"local": {"tables": {"things": variant}}}

    assert source(**local(format="xml")).local is not None  # records: may stand in the table
    assert "'nothing' is not one of the columns" in problems(**local(optional=["nothing"]))
    assert "'id' is part of the key" in problems(**local(optional=["id"]))
    assert "is no range of columns" in problems(**local(range="?"))
