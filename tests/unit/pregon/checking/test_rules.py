"""What is wrong with an OCDS document is said once, with its place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.pregon.checking.made_up import (
    LOTS,
    RELEASE,
    compiled,
    record,
    record_package,
    release,
    release_package,
    tender,
    write,
)

from pregon.checking import Report, check_file, extension_ids
from transforms.ocds import UnknownExtension

Check = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Give (code, place) of the findings in a document."""

    def findings(document: Any, **options: Any) -> list[tuple[str, str]]:
        report = check_file(write(tmp_path, document), **options)
        return sorted((finding.code, finding.where) for finding in report.findings)

    return findings


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (release(), "release"),
        (compiled(), "compiled release"),
        (record(), "record"),
        (release_package(), "release package"),
        (record_package(), "record package"),
        ([release(), release(id="2")], "array: 2 releases"),
        (
            record_package(record(releases=[{"url": "https://city.example/1#1", "date": RELEASE["date"]}])),
            "record package",
        ),
        ({"ocid": RELEASE["ocid"], "initiationType": [{"releaseID": "1", "value": "tender"}]}, "versioned release"),
    ],
)
def test_a_document_without_fault_is_recognised_and_passes(tmp_path: Path, document: Any, kind: str) -> None:
    report = check_file(write(tmp_path, document))
    assert (report.kind, report.findings) == (kind, [])


@pytest.mark.parametrize(
    ("document", "finding"),
    [
        (release(date=None), ("required", "/date")),
        (release(date="2026-01-05"), ("format", "/date")),
        (release(date="2026-01-05T00:00:00"), ("format", "/date")),
        (release(tag="tender"), ("type", "/tag")),
        (release(tag=["sold"]), ("unknown_code", "/tag/0")),
        (tender(status="Active"), ("unknown_code", "/tender/status")),
        (tender(value={"amount": "1200", "currency": "USD"}), ("type", "/tender/value/amount")),
        (tender(colour="blue"), ("undeclared_field", "/tender/colour")),
        (tender(title=" "), ("empty_field", "/tender/title")),
        (tender(documents=[]), ("empty_field", "/tender/documents")),
        (tender(value={}), ("empty_field", "/tender/value")),
        (tender(amendment={"rationale": "late"}), ("deprecated_field", "/tender/amendment")),
        (tender(items=[{"id": "1"}, {"id": "1"}]), ("duplicate_id", "/tender/items/1/id")),
        (tender(items=[{"id": 1}, {"id": "1"}]), ("duplicate_id", "/tender/items/1/id")),
        (tender(amendments=[{"rationale": "late"}]), ("missing_id", "/tender/amendments/0")),
        (tender(items=[{"description": "no id"}]), ("required", "/tender/items/0/id")),
        (tender(procuringEntity={"id": "US-EX-2"}), ("unknown_party", "/tender/procuringEntity/id")),
        (tender(procuringEntity={"name": "Lamp Office"}), ("missing_id", "/tender/procuringEntity")),
        (release(buyer={"id": "US-EX-1", "name": "Office of Lamps"}), ("party_name", "/buyer/name")),
        (release(ocid="213czf-lamp-1"), ("ocid_prefix", "/ocid")),
        (release(ocid="OCDS-213czf-lamp-1"), ("ocid_prefix", "/ocid")),
        (release(id="a#1"), ("release_id", "/id")),
        (release(tag=["compiled", "tender"]), ("tag", "/tag")),
        (tender(value={"amount": 2**53, "currency": "USD"}), ("unsafe_number", "/tender/value/amount")),
        (record(releases=[release(), {"url": "https://city.example/1#1", "date": RELEASE["date"]}]),
         ("mixed_record", "/releases")),
        (record(release(), release(id="2", date="2026-01-04T00:00:00Z")), ("order", "/releases/1/date")),
        (record(release(ocid="ocds-213czf-lamp-2")), ("foreign_release", "/releases/0/ocid")),
        (record(compiledRelease=None), ("incomplete_record", "/compiledRelease")),
        (record(compiledRelease=compiled(date="2026-01-06T00:00:00Z")), ("incomplete_record", "/compiledRelease/date")),
        (record(compiledRelease=release(id="c")), ("tag", "/compiledRelease/tag")),
        (record(releases=None), ("required", "/releases")),
        (record(releases=[]), ("minItems", "/releases")),
        (release_package(publisher=None), ("required", "/publisher")),
        (release_package(publisher={"name": ""}), ("empty_field", "/publisher/name")),
        (release_package(version="1.0"), ("version", "/version")),
        (release_package(uri="no address"), ("format", "/uri")),
        (release_package(publishedDate="2026-01-04T00:00:00Z"), ("published_date", "/publishedDate")),
        (release_package(source="us"), ("undeclared_field", "/source")),
        (release_package(releases=[]), ("minItems", "/releases")),
        (release_package(releases={}), ("type", "/releases")),
        (release_package("text"), ("type", "/releases/0")),
        (release_package(release(), release()), ("duplicate_release", "/releases/1/id")),
        (record_package(record(), record()), ("duplicate_record", "/records/1/ocid")),
        ([compiled(), compiled()], ("duplicate_release", "/1/ocid")),
        ([release(), release(id="2", ocid="ocds-213czf-LAMP-1")], ("ocid_case", "/1/ocid")),
        (release_package(extensions=["https://city.example/extension.json"]), ("unknown_extension", "/extensions/0")),
        ({"name": "a catalogue"}, ("not_ocds", "")),
        ([1], ("not_ocds", "/0")),
    ],
)  # fmt: skip
def test_one_fault_is_found_at_its_place(check: Check, document: Any, finding: tuple[str, str]) -> None:
    assert finding in check(document)


@pytest.mark.parametrize(
    ("document", "count"),
    [
        (tender(colour="blue"), 1),
        (tender(items=[{"id": "1"}, {"id": "1"}]), 1),
        (release(tag=["sold"]), 1),
        (release_package(release(id="1"), release(id="1", date="2026-01-06T00:00:00Z")), 1),
    ],
)
def test_one_fault_is_one_finding(check: Check, document: Any, count: int) -> None:
    assert len(check(document)) == count


def test_an_empty_object_is_no_fault_of_a_compiled_release_only(check: Check) -> None:
    assert check(compiled(awards=[{"id": "1", "value": {}}])) == []
    assert check(release(awards=[{"id": "1", "value": {}}])) == [("empty_field", "/awards/0/value")]


def test_a_field_in_another_language_is_declared(check: Check) -> None:
    assert check(tender(title_es="Farolas")) == []
    assert check(tender(status_es="activa")) == [("undeclared_field", "/tender/status_es")]


def test_a_declared_extension_counts_for_its_package(check: Check) -> None:
    lots = tender(lots=[{"id": "1", "title": "North"}])
    assert check(release_package(lots)) == [("undeclared_field", "/releases/0/tender/lots")]
    assert check(release_package(lots, extensions=[LOTS])) == []


def test_an_extension_at_another_ref_is_told_and_checked_as_ours(tmp_path: Path) -> None:
    lots = tender(lots=[{"id": "1", "title": "North", "colour": "blue"}])
    package = release_package(lots, extensions=[LOTS.replace("v1.1.5", "master")])
    report = check_file(write(tmp_path, package))
    assert {(finding.code, finding.path) for finding in report.findings} == {
        ("unknown_extension", "extensions"),
        ("undeclared_field", "tender/lots/colour"),
    }
    assert any("lots" in finding.message and "master" in finding.message for finding in report.findings)


def test_an_extension_that_ocds_1_1_5_can_not_take_is_refused(check: Check) -> None:
    statistics = (
        "https://raw.githubusercontent.com/open-contracting-extensions/"
        "ocds_statistics_extension/ed0087c371be11b257c1e476b87c77f46a8d4768/extension.json"
    )
    assert check(release_package(extensions=[statistics])) == [("unknown_extension", "/extensions/0")]


def test_outside_a_package_extensions_are_given_and_what_lacks_is_named(tmp_path: Path) -> None:
    file = write(tmp_path, tender(lots=[{"id": "1"}]))
    report = check_file(file)
    assert [finding.code for finding in report.findings] == ["undeclared_field"]
    assert report.lacks == ("lots",)
    assert check_file(file, extensions=["lots"]).findings == []
    assert check_file(file, extensions=extension_ids()).findings == []


def test_what_one_file_lacks_is_not_said_of_the_next(tmp_path: Path) -> None:
    check_file(write(tmp_path, tender(lots=[{"id": "1"}]), "first.json"))
    assert check_file(write(tmp_path, release(), "second.json")).lacks == ()


def test_an_extension_that_needs_another_brings_it(tmp_path: Path) -> None:
    file = write(tmp_path, tender(bidOpening={"date": "2026-02-01T10:00:00Z"}))
    assert check_file(file, extensions=["bidOpening"]).findings == []


def test_an_unknown_extension_option_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownExtension, match="lots"):
        check_file(write(tmp_path, release()), extensions=["lotz"])


def test_a_thousand_repeats_are_one_kind_with_a_count(tmp_path: Path) -> None:
    report = check_file(
        write(tmp_path, release_package(*(tender(colour="blue") | {"id": str(n)} for n in range(1000))))
    )
    assert [(kind.code, kind.path, kind.count) for kind in report.most_frequent] == [
        ("undeclared_field", "tender/colour", 1000)
    ]
    assert [finding.where for finding in report.findings] == [f"/releases/{n}/tender/colour" for n in range(3)]


def test_the_report_is_json(tmp_path: Path) -> None:
    report: Report = check_file(write(tmp_path, release_package(tender(colour="blue"))), examples=1)
    assert report.to_json() == {
        "file": str(tmp_path / "file.json"),
        "kind": "release package",
        "documents": 1,
        "counts": {"release package": 1, "release": 1},
        "extensions": [],
        "findings": 1,
        "kinds": [
            {
                "code": "undeclared_field",
                "path": "tender/colour",
                "count": 1,
                "examples": [
                    {
                        "where": "/releases/0/tender/colour",
                        "message": "is no field of OCDS 1.1 or of a declared extension",
                    }
                ],
            }
        ],
    }


def test_a_pointer_escapes_what_json_pointer_does(check: Check) -> None:
    assert check(tender(**{"a/b~c": 1})) == [("undeclared_field", "/tender/a~1b~0c")]
