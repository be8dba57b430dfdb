"""What a city may say of the servers that have its files, and what is refused with what to do."""

from typing import Any

import pytest
from pydantic import ValidationError

from pregon.city_sources.files import FilesSource
from pregon.city_sources.web import Requests
from pregon.sources.patience import Limits

TABLE: dict[str, Any] = {"file": "awards.csv", "key": ["no"], "columns": ["no"]}


def made(table: dict[str, Any] | None = None, **source: Any) -> FilesSource:
    tables = {"awards": {**TABLE, **(table or {})}, **source.pop("more", {})}
    return FilesSource.model_validate({"kind": "files", **source, "tables": tables})


def problems(table: dict[str, Any] | None = None, **source: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        made(table, **source)
    found = {}
    for error in caught.value.errors():
        for path, problem in error.get("ctx", {}).get("places", [((), error["msg"])]):
            found[".".join(str(part) for part in (*error["loc"], *path))] = problem
    return found


@pytest.mark.parametrize(
    "file",
    [
        "https://portal.example/a.csv?x=*",
        "s3://bucket/out/awards-*.csv",
        "sftp://drop.example:2222/out/awards-{date:%Y%m%d}.csv",
        "sftp:///out/awards.csv",
    ],
)
def test_files_may_lie_on_servers(file: str) -> None:
    assert made({"file": file}, connection="drop").connection == "drop"


def test_what_is_set_arrives_as_the_connector_takes_it() -> None:
    source = made(
        {"file": "s3://bucket/a-*.csv", "newest": True, "companion": ".done"},
        private_addresses=True,
        settle="1m",
        requests={"tries": 3, "budget": "15m", "file_time": "2h", "file_bytes": 5_000_000_000},
    )
    assert source.options() == {
        "private_addresses": True,
        "settle": 60.0,
        "requests": {"tries": 3, "budget": 900.0, "file_seconds": 7200.0, "file_bytes": 5_000_000_000},
    }
    options = source.tables["awards"].options()
    assert (options["newest"], options["companion"]) == (True, ".done")
    assert Limits.of(source.options()) == Limits(tries=3, budget=900, file_seconds=7200, file_bytes=5_000_000_000)


def test_what_is_not_set_is_as_usual() -> None:
    assert Limits.of(made().options()) == Limits()


def test_every_limit_that_can_be_set_is_one_of_the_clients() -> None:
    values: dict[str, Any] = dict.fromkeys(Requests.model_fields, "1m")
    values |= {"tries": 2, "answer_bytes": 2, "file_bytes": 2}
    limits = Requests.model_validate(values).limits()
    assert len(limits) == len(Requests.model_fields)
    Limits(**limits)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "source", "place", "words"),
    [
        ({"file": "ftp://x/a.csv"}, {}, "tables.awards.file", "nothing fetches (ftp:)"),
        ({"file": "https://u:p@x/a.csv"}, {}, "tables.awards.file", "holds a user or password"),
        ({"file": "s3://bucket/{date:%B}.csv"}, {}, "tables.awards.file", "%B in its date"),
        ({"file": "sftp://x/a.csv"}, {}, "tables.awards.file", "needs the connection of its source"),
        ({"file": "https://x/a.csv", "newest": 2}, {}, "tables.awards.newest", "an http address names one file"),
        ({"newest": 0}, {}, "tables.awards.newest", "greater than or equal to 1"),
        ({"companion": ".done"}, {}, "tables.awards.companion", "is for folders of S3 and SFTP servers"),
        ({}, {"connection": "drop"}, "connection", "is of no use here"),
        ({}, {"requests": {"tries": 0}}, "requests.tries", "greater than or equal to 1"),
        ({}, {"requests": {"file_time": "0s"}}, "requests.file_time", "greater than"),
        ({}, {"settle": "soon"}, "settle", "a duration is a number and a unit"),
        (
            {"file": "s3://bucket/a.csv"},
            {"connection": "drop", "more": {"bids": {**TABLE, "file": "https://x/a.csv"}}},
            "connection",
            "its tables lie on several: awards (s3), bids (web)",
        ),
        ({}, {"local": {"tables": {"awards": {"file": "x-{date:}.csv"}}}}, "local.tables.awards.file", "%Y-%m"),
    ],
)
def test_what_is_wrong_is_told_where_it_is(
    table: dict[str, Any], source: dict[str, Any], place: str, words: str
) -> None:
    found = {path: text for path, text in problems(table, **source).items() if path.startswith(place)}
    assert words in "; ".join(found.values())
