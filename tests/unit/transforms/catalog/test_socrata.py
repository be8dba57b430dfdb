"""A table at a Socrata portal: names that clash with no other, values that lose nothing, and what a dataset says."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_publication import PUBLICATION

from transforms.catalog.socrata import (
    KEY,
    LONGEST_FIELD,
    SocrataTable,
    comparable,
    dataset_metadata,
    field_names,
)
from transforms.snapshot import TableColumn, TableSummary

AWARDS = TableSummary(
    "awards", ("awards",), (),
    (
        TableColumn("awards/id"), TableColumn("awards/value/amount", "decimal"),
        TableColumn("awards/date", "timestamp"),
        TableColumn("awards/hasSubcontracting", "boolean"), TableColumn("awards/tags", "list<string>"),
        TableColumn("awards/documents/url"), TableColumn("awards/count", "integer"), TableColumn("awards/geo", "json"),
    ),
    1,
)  # fmt: skip
PROCESSES = TableSummary("processes", (), (), (TableColumn("tag", "list<string>"), TableColumn("ocid")), 1)


def test_fields_are_named_as_socrata_names_the_headers_of_our_tables() -> None:
    assert field_names(["ocid", "tender/value/amount", "tender/mainProcurementCategory", "~1x", "2nd", "año/día"]) == [
        "ocid", "tender_value_amount", "tender_mainprocurementcategory", "1x".join(["_", ""]), "_2nd", "a_o_d_a",
    ]  # fmt: skip


@given(st.sets(st.text(min_size=1, max_size=90), max_size=30))
def test_no_two_paths_share_a_field_and_none_depends_on_the_order(paths: set[str]) -> None:
    ordered = sorted(paths)
    names = field_names(ordered)
    assert len(set(names)) == len(names)
    assert KEY not in names
    assert all(re.fullmatch(r"[a-z_][a-z0-9_]*", name) and len(name) <= LONGEST_FIELD for name in names)
    assert dict(zip(reversed(ordered), field_names(ordered[::-1]), strict=True)) == dict(
        zip(ordered, names, strict=True)
    )


def test_paths_that_would_share_a_field_are_both_marked() -> None:
    first, second = field_names(["a/b", "a_b"])
    assert first != second
    assert first.startswith("a_b_")
    assert second.startswith("a_b_")
    assert field_names(["row/key"])[0].startswith("row_key_")


def test_processes_are_known_by_their_ocid_and_other_rows_by_their_place_in_it() -> None:
    processes = SocrataTable.of(PROCESSES)
    assert (processes.identifier, processes.columns[0].path) == ("ocid", "ocid")
    assert processes.key({"ocid": "o-1", "tag": ["compiled"]}) == "o-1"
    awards = SocrataTable.of(AWARDS)
    assert (awards.identifier, [one.field for one in awards.columns[:3]]) == (KEY, [KEY, "ocid", "pointer"])
    assert awards.key({"ocid": "o-1", "pointer": "/awards/0"}) == "o-1/awards/0"


def test_each_type_has_a_column_of_the_portal() -> None:
    assert {one.path: one.proposed for one in SocrataTable.of(AWARDS).columns} == {
        KEY: "text", "ocid": "text", "pointer": "text", "awards/id": "text", "awards/value/amount": "number",
        "awards/date": "calendar_date", "awards/hasSubcontracting": "checkbox", "awards/tags": "text",
        "awards/documents/url": "url", "awards/count": "number", "awards/geo": "text",
    }  # fmt: skip


def written(types: dict[str, str] | None = None, **values: Any) -> dict[str, Any]:
    table = SocrataTable.of(AWARDS)
    declared = {one.field: one.proposed for one in table.columns} | (types or {})
    row = {one.path: None for one in table.columns[1:]} | {"ocid": "o-1", "pointer": "/awards/0"}
    return table.encoder(declared, "America/Chicago")(row | {f"awards/{name}": value for name, value in values.items()})


def test_values_are_written_exactly_and_what_is_absent_is_null() -> None:
    row = written(
        count=7, hasSubcontracting=False, tags=["a", "b;c"], geo='{"x": 1}', id="A1",
        **{"value/amount": Decimal("12345678901234567890.120000000")},
    )  # fmt: skip
    assert row == {
        KEY: "o-1/awards/0", "ocid": "o-1", "pointer": "/awards/0", "awards_id": "A1",
        "awards_value_amount": "12345678901234567890.12", "awards_date": None, "awards_hassubcontracting": False,
        "awards_tags": "a;b\\;c", "awards_documents_url": None, "awards_count": "7", "awards_geo": '{"x": 1}',
    }  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0"), ("0.000000000", "0"), ("900.000000000", "900"), ("-1.50", "-1.5"), ("1E+3", "1000"), ("100", "100")],
)
def test_numbers_have_no_exponent_and_no_needless_zeros(amount: str, text: str) -> None:
    assert written(**{"value/amount": Decimal(amount)})["awards_value_amount"] == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**20), max_value=10**20))
def test_a_number_is_read_back_as_it_was(amount: Decimal) -> None:
    assert comparable(written(**{"value/amount": amount})["awards_value_amount"], "number") == amount


def test_times_are_the_citys_where_a_column_has_no_zone_and_utc_where_it_has_one() -> None:
    moment = datetime(2026, 7, 1, 3, 30, 15, 123456, tzinfo=UTC)
    assert written(date=moment)["awards_date"] == "2026-06-30T22:30:15.123"
    assert written({"awards_date": "fixed_timestamp"}, date=moment)["awards_date"] == "2026-07-01T03:30:15.123Z"
    assert comparable("2026-07-01T03:30:15.123Z", "fixed_timestamp") == comparable(
        "2026-06-30T22:30:15.123-05:00", "fixed_timestamp"
    )


def test_an_address_is_one_and_what_is_none_is_not_lost() -> None:
    assert written(**{"documents/url": "https://a.example/x?y=1"})["awards_documents_url"] == {
        "url": "https://a.example/x?y=1"
    }
    assert written(**{"documents/url": "see the clerk"})["awards_documents_url"] == {"description": "see the clerk"}
    assert written({"awards_documents_url": "text"}, **{"documents/url": "see"})["awards_documents_url"] == "see"


@pytest.mark.parametrize(
    ("language", "word", "zone"), [("en", "contracting", "Times are"), ("es", "contratación", "Las horas son")]
)
def test_a_dataset_says_what_it_is_in_the_citys_first_language(language: str, word: str, zone: str) -> None:
    publication = replace(PUBLICATION, languages=(language,))
    found = dataset_metadata(AWARDS, publication, floating=True)
    assert word in found["name"]
    assert zone in found["description"]
    assert "America/Chicago" in found["description"]
    assert PUBLICATION.base_url in found["description"]
    assert found["licenseId"] == "CC0_10"
    assert zone not in dataset_metadata(AWARDS, publication, floating=False)["description"]


def test_a_licence_without_a_name_at_the_portal_is_left_to_it() -> None:
    publication = replace(PUBLICATION, licence_uri="https://lindenau.example/licence")
    assert "licenseId" not in dataset_metadata(AWARDS, publication, floating=False)
