"""Of a bucket's releases those without fault pass; the others are held with the source row to blame."""

from pathlib import Path
from typing import Any

import pytest

from expectations.checks.structure import StructureCheck
from pregon.json_lines import JsonLinesWriter
from pregon.stages.check import CheckedReleases, check_releases, source_row
from transforms.ocds import strict_release_schema, validator

PROVENANCE = [
    ["", "calls:C1"],
    ["awards/A1", "awards:A1"],
    ["contracts/K1", "contracts:K1"],
    ["contracts/K1/implementation/transactions/T1", "payments:P1"],
    ["contracts/K10", "contracts:K10"],
    ["parties/V-1", "vendors:1"],
]


@pytest.mark.parametrize(
    ("entry", "row"),
    [
        ("", ("calls", "C1")),
        ("awards/A1", ("awards", "A1")),
        ("awards/A1/items/1", ("awards", "A1")),
        ("contracts/K1/implementation/transactions/T1", ("payments", "P1")),
        ("contracts/K1/implementation/transactions/T2", ("contracts", "K1")),
        ("contracts/K10", ("contracts", "K10")),
        ("contracts/K100", ("calls", "C1")),
        ("parties/V-1", ("vendors", "1")),
        ("bids/details/1", ("calls", "C1")),
    ],
)
def test_the_row_to_blame_is_that_of_the_nearest_entry_around(entry: str, row: tuple[str, str]) -> None:
    assert source_row(PROVENANCE, entry) == row
    assert source_row(PROVENANCE[::-1], entry) == row


def test_without_provenance_nobody_is_blamed() -> None:
    assert source_row([], "awards/A1") == ("", "")


def test_the_first_of_several_rows_of_an_entry_is_named() -> None:
    assert source_row([["awards/A1", "awards:A1"], ["awards/A1", "winners:w"]], "awards/A1") == ("awards", "A1")


def release(ocid: str, **contract: Any) -> dict[str, Any]:
    return {
        "ocid": ocid,
        "id": "1",
        "date": "2026-01-05T00:00:00Z",
        "tag": ["contract"],
        "initiationType": "tender",
        "contracts": [{"id": "K1", "awardID": "A1", **contract}],
    }


def checked(tmp_path: Path, *lines: dict[str, Any]) -> CheckedReleases:
    path = tmp_path / "releases.jsonl.zst"
    with JsonLinesWriter(path) as out:
        for line in lines:
            out.write(line)
    with JsonLinesWriter(tmp_path / "provenance.jsonl.zst") as out:
        for ocid in dict.fromkeys(line["ocid"] for line in lines):
            out.write({"ocid": ocid, "provenance": PROVENANCE})
    return check_releases(path, tmp_path / "provenance.jsonl.zst", StructureCheck(validator(strict_release_schema())))


def test_what_passes_is_counted(tmp_path: Path) -> None:
    found = checked(tmp_path, {"ocid": "o-1", "release": release("o-1")}, {"ocid": "o-2", "release": release("o-2")})
    assert found == CheckedReleases(passed=2)


def test_what_breaks_the_schema_is_held_with_path_value_and_row(tmp_path: Path) -> None:
    bad = release("o-2", status="sold")
    found = checked(tmp_path, {"ocid": "o-1", "release": release("o-1")}, {"ocid": "o-2", "release": bad})
    assert (found.passed, found.quarantined) == (1, ["o-2"])
    (finding,) = found.findings
    message = finding.pop("message")
    assert "sold" in message
    assert finding == {
        "ocid": "o-2",
        "table": "contracts",
        "row": "K1",
        "reason": "structure",
        "path": "contracts/status",
        "value": "sold",
    }
    assert found.problems == {"contracts/status": 1}


def test_a_release_with_several_faults_is_held_once(tmp_path: Path) -> None:
    found = checked(tmp_path, {"ocid": "o-1", "release": release("o-1", status="sold", colour="blue")})
    assert found.quarantined == ["o-1"]
    assert len(found.findings) == 2


def test_one_faulty_release_holds_all_new_ones_of_its_process(tmp_path: Path) -> None:
    bad = release("o-2", status="sold")
    lines = [("o-1", release("o-1")), ("o-2", release("o-2")), ("o-2", bad), ("o-2", bad), ("o-3", release("o-3"))]
    found = checked(tmp_path, *({"ocid": ocid, "release": one} for ocid, one in lines))
    assert (found.passed, found.quarantined) == (2, ["o-2"])
    # What is wrong with one is wrong with the next, and told once.
    assert [finding["path"] for finding in found.findings] == ["contracts/status"]


def test_a_state_that_became_no_release_is_held_with_its_reason(tmp_path: Path) -> None:
    found = checked(tmp_path, {"ocid": "o-1", "problem": {"code": "NoStage", "message": "nothing to publish yet"}})
    assert found.quarantined == ["o-1"]
    assert found.findings == [
        {
            "ocid": "o-1",
            "table": "calls",
            "row": "C1",
            "reason": "NoStage",
            "path": None,
            "value": None,
            "message": "nothing to publish yet",
        }
    ]
    assert found.to_json()["problems"] == {"NoStage": 1}


def test_a_process_that_was_taken_back_is_held_without_being_a_problem(tmp_path: Path) -> None:
    found = checked(
        tmp_path,
        {"ocid": "o-1", "problem": {"code": "redacted", "message": "taken back"}},
        {"ocid": "o-2", "problem": {"code": "NoStage", "message": "nothing to publish yet"}},
    )
    assert (found.quarantined, found.redacted) == (["o-1", "o-2"], 1)
    assert [finding["reason"] for finding in found.findings] == ["redacted", "NoStage"]
    assert found.problems == {"NoStage": 1}
