"""What a city may say of a Socrata portal, and what is refused with what to do."""

from typing import Any

import pytest
from pydantic import ValidationError

from pregon.city_sources.socrata import SocrataSource

TABLE: dict[str, Any] = {
    "dataset": "rsxa-ify5",
    "key": ["no"],
    "columns": {"no": None, "updated": {"from": ":updated_at", "type": "timestamptz"}},
}
LOCAL = {"tables": {"contracts": {"file": "contracts.csv", "absent": ["updated"]}}}


def made(table: dict[str, Any] | None = None, **source: Any) -> SocrataSource:
    given = {"kind": "socrata", "url": "https://data.example", **source}
    return SocrataSource.model_validate({**given, "tables": {"contracts": {**TABLE, **(table or {})}}})


def problems(table: dict[str, Any] | None = None, **source: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        made(table, **source)
    found = {}
    for error in caught.value.errors():
        for path, problem in error.get("ctx", {}).get("places", [((), error["msg"])]):
            place = [str(part) for part in (*error["loc"], *path)]
            found[".".join(place)] = problem
    return found


def test_a_portal_needs_its_address_and_datasets() -> None:
    source = made({"where": "amount > 0", "page_rows": 500, "order": ["no"]})

    assert source.options() == {"api": "2.1", "private_addresses": False}
    options = source.tables["contracts"].options()
    assert {name: options[name] for name in ("dataset", "where", "page_rows", "order")} == {
        "dataset": "rsxa-ify5",
        "where": "amount > 0",
        "page_rows": 500,
        "order": ("no",),
    }


def test_it_reads_files_only_with_a_local_variant() -> None:
    assert not made().reads_files
    assert made(local=LOCAL).reads_files


def test_a_connection_may_hold_the_address() -> None:
    assert made(url=None, connection="portal").url is None


@pytest.mark.parametrize("cursor", ["updated", None])
def test_the_portals_stamp_is_a_cursor(cursor: str | None) -> None:
    assert made({"cursor": cursor}).tables["contracts"].cursor == cursor


@pytest.mark.parametrize(
    ("table", "place", "problem"),
    [
        ({"dataset": "https://data.example/d/rsxa-ify5"}, "tables.contracts.dataset", "two groups of four"),
        ({"dataset": "RSXA-IFY5"}, "tables.contracts.dataset", "two groups of four"),
        ({"cursor": "no"}, "tables.contracts.cursor", "is a column of text"),
        ({"cursor": "updated", "order": ["no"]}, "tables.contracts.order", "views without row ids"),
        ({"page_rows": 0}, "tables.contracts.page_rows", "greater than or equal to 1"),
        ({"page_rows": 60_000}, "tables.contracts.page_rows", "less than or equal to 50000"),
        ({"regenerated": 0}, "tables.contracts.regenerated", "greater than 0"),
        ({"columns": {"no": None, "changed": {"from": ":update_at"}}}, "tables.contracts.columns.changed",
         "did you mean ':updated_at'?"),
        ({"key": ["no"], "columns": {"no": {"from": ":id"}}}, "tables.contracts.key", "published anew"),
        ({"file": "a.csv"}, "tables.contracts.file", "Extra inputs"),
    ],
)  # fmt: skip
def test_what_is_wrong_of_a_table_is_told(table: dict[str, Any], place: str, problem: str) -> None:
    found = problems(table)

    assert problem in found[place]


@pytest.mark.parametrize(
    ("source", "place", "problem"),
    [
        ({"url": None}, "", "needs the url of the portal"),
        ({"url": "data.example"}, "url", "is not the address of a portal"),
        ({"url": "https://data.example/resource/rsxa-ify5.json"}, "url", "is not the address of a portal"),
        ({"api": "2.0"}, "api", "'2.1' or '3'"),
        ({"local": {"tables": {}}}, "local.tables", "table 'contracts' needs a file"),
    ],
)
def test_what_is_wrong_of_a_portal_is_told(source: dict[str, Any], place: str, problem: str) -> None:
    found = problems(**source)

    assert problem in found[place]
