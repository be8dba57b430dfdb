"""A table as CKAN's datastore holds it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from made_up_catalogue import PUBLICATION, TABLES

from transforms.catalog.ckan_tables import LONGEST_NAME, DatastoreColumn, DatastoreTable, column_ids, datastore_table

PROCESSES, AWARDS, SUPPLIERS, MADE_UP = (datastore_table(one, PUBLICATION.extensions, "en") for one in TABLES)


def table(kind: str, type_: str) -> DatastoreTable:
    return DatastoreTable("made up", "Made up", (DatastoreColumn("a", "a", type_, kind, "A", ""),), ("a",), 1)


def read_back(value: Any) -> Any:
    """What a portal gives back for what it was sent, as JSON; a number comes as a number."""
    number = isinstance(value, str) and value.lstrip("-").replace(".", "", 1).isdigit()
    return json.loads(value, parse_float=Decimal) if number else json.loads(json.dumps(value))


def test_columns_have_paths_types_titles_and_notes() -> None:
    assert [column.id for column in SUPPLIERS.columns] == ["ocid", "pointer", "awards/id", "awards/suppliers/id"]
    assert [column.type for column in PROCESSES.columns] == ["text", "numeric", "bool"]
    assert AWARDS.columns[-1].field == {
        "id": "awards/date",
        "type": "timestamptz",
        "info": {"label": "Award date", "notes": "awards/date; date and time"},
    }
    assert MADE_UP.columns[-1].label == "tender/madeUp/thing", "what the standard does not know has its path"
    spanish = datastore_table(TABLES[1], PUBLICATION.extensions, "es")
    assert spanish.title == "Adjudicaciones"
    assert [column.id for column in spanish.columns] == [column.id for column in AWARDS.columns]


def test_the_key_is_the_process_or_the_place_in_it() -> None:
    assert PROCESSES.key == ("ocid",)
    assert AWARDS.key == ("ocid", "pointer")
    assert AWARDS.key_of(["o", "/awards/0", "1", None]) == ("o", "/awards/0")


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=120), unique=True))
def test_names_fit_and_stay_different(paths: list[str]) -> None:
    ids = column_ids(paths)
    assert all(len(one.encode()) <= LONGEST_NAME for one in ids)
    assert len(set(ids)) == len(paths)
    assert ids == [column_ids([path])[0] for path in paths], "a name does not depend on the others"


def test_a_long_name_keeps_its_end() -> None:
    (name,) = column_ids(["contracts/implementation/transactions/payee/additionalIdentifiers/legalName"])
    assert name.endswith("/additionalIdentifiers/legalName")
    assert not name.startswith("_")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**28), max_value=10**28, places=9))
def test_numbers_come_back_as_the_same(value: Decimal) -> None:
    numbers = table("decimal", "numeric")
    ((written,),) = numbers.written([[value]])
    assert Decimal(written) == value
    assert numbers.digest([read_back(written)]) == numbers.digest([written])


@given(st.datetimes(timezones=st.just(UTC)), st.integers(-14 * 60, 14 * 60))
def test_an_instant_is_the_same_whatever_offset_it_is_read_with(moment: datetime, minutes: int) -> None:
    if not 2 < moment.year < 9998:
        return
    instants = table("timestamp", "timestamptz")
    ((written,),) = instants.written([[moment]])
    elsewhere = moment.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    assert instants.digest([elsewhere]) == instants.digest([written])


@given(st.lists(st.none() | st.text(), min_size=2, max_size=2, unique=True))
def test_texts_are_told_apart_and_null_from_empty(values: list[str | None]) -> None:
    texts = table("string", "text")
    first, second = texts.written([values])
    if first != second:
        assert texts.digest(first) != texts.digest(second)
    assert "\0" not in "".join(one for one in (*first, *second) if one)
    assert texts.digest([None]) != texts.digest([""])


def test_flags_and_lists() -> None:
    assert list(table("boolean", "bool").written([[True, False, None]])) == [(True,), (False,), (None,)]
    assert list(table("list<string>", "text").written([[["a", "b;c"], [], None]])) == [("a;b\\;c",), ("",), (None,)]
    assert list(table("integer", "int8").written([[2**63 - 1]])) == [("9223372036854775807",)]
