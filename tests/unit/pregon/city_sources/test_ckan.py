"""What a city says of a CKAN portal, and what is refused of it."""

from typing import Any

import pytest
from pydantic import ValidationError

from pregon.city_sources.ckan import CkanSource

TABLE = {"package": "notices", "resource": "Notices", "key": ["no"], "columns": ["no", "title", "wards"]}


def source(table: dict[str, Any] | None = None, **changes: Any) -> CkanSource:
    given = {name: value for name, value in {**TABLE, **(table or {})}.items() if value is not None}
    whole = {"kind": "ckan", "url": "https://ckan.example.gov", "tables": {"notices": given}, **changes}
    return CkanSource.model_validate(whole)


def problems(table: dict[str, Any] | None = None, **changes: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        source(table, **changes)
    found = [error.get("ctx", {}).get("places", [(error["loc"], error["msg"])]) for error in refused.value.errors()]
    return "\n".join(f"{'.'.join(map(str, path))}: {message}" for listed in found for path, message in listed)


def test_a_table_is_found_by_package_and_name_or_by_its_id() -> None:
    assert source().tables["notices"].options() == {
        "package": "notices",
        "resource": "Notices",
        "skip_unchanged": False,
    }
    assert source({"package": None, "resource": None, "resource_id": "f676"}).tables["notices"].options() == {
        "resource_id": "f676",
        "skip_unchanged": False,
    }
    assert "either package and resource, or resource_id" in problems({"package": None, "resource": None})
    assert "either package and resource, or resource_id" in problems({"resource_id": "f676"})
    assert "resource: is for a resource that is found in a package" in problems({"package": None, "resource_id": "f6"})


def test_the_portals_row_number_is_refused_wherever_it_is_named() -> None:
    found = problems({"columns": {"no": {"from": "_id"}}, "filters": {"_id": 3}})

    assert "columns.no: is CKAN's own row number: each load of the table gives it anew" in found
    assert "row_hash" in found
    assert "filters._id: is CKAN's own row number" in found


def test_filters_hold_a_value_or_several() -> None:
    options = source({"filters": {"Wards": ["3", "4"], "Year": 2026}}).tables["notices"].options()

    assert options["filters"] == {"Wards": ["3", "4"], "Year": 2026}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"datastore": False, "filters": {"a": 1}}, "filters: is for tables of the datastore"),
        ({"datastore": False, "skip_unchanged": True}, "skip_unchanged: is for tables of the datastore"),
        ({"datastore": False, "columns": {"no": "integer"}}, "columns.no: is declared as integer"),
        ({"datastore": True, "encoding": "utf-8"}, "encoding: is for files"),
        ({"file": "x.csv"}, "file: is for sources of other kinds"),
        ({"page_rows": 0}, "greater than or equal to 1"),
        ({"columns": {"no": None, "changed": "text"}, "cursor": "changed"}, "cursor: is a column of text"),
        (
            {"columns": {"no": None, "day": "date"}, "cursor": "day", "filters": {"day": "2026-01-01"}},
            "filters.day: is the cursor",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(table: dict[str, Any], problem: str) -> None:
    assert problem in problems(table)


def test_a_portal_has_an_address() -> None:
    assert "needs the url of the portal's API" in problems(url=None)
    assert "is not the address of a portal" in problems(url="ckan.example.gov")
    assert source(url="https://ckan.example.gov/data/").url == "https://ckan.example.gov/data/"


def test_a_local_variant_has_a_file_for_every_table() -> None:
    assert not source().reads_files
    assert source(local={"tables": {"notices": {"file": "Notices.csv"}}}).reads_files
    assert "table 'notices' needs a file" in problems(local={"tables": {}})


def test_settings_of_files_are_those_of_the_kind_files() -> None:
    given = {"datastore": False, "format": "csv", "delimiter": ";", "header": 0}

    assert source(given).tables["notices"].options().items() >= given.items()
