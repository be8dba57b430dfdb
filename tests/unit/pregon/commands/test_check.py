"""`pregon check` says after the structure how good the data are."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from command_line import pregon
from unit.pregon.checking.made_up import compiled, record, record_package, release, release_package, write

from expectations.checks import releases as release_checks
from expectations.checks.model import Earlier, ReleaseCheck, Texts

CONTRACT = {"id": "C1", "awardID": "A9", "title": "Lamps"}
"""A contract of an award that is not there: the check reference.contract_in_awards."""


def faulty(**changes: Any) -> dict[str, Any]:
    return release(tag=["contract"], contracts=[CONTRACT], **changes)


def quality(*arguments: object) -> dict[str, Any]:
    done = pregon("check", "--json", *arguments)
    found: dict[str, Any] = json.loads(done.out.splitlines()[-1])["quality"]
    return found


def check_of(found: dict[str, Any], identifier: str = "reference.contract_in_awards") -> dict[str, Any]:
    return next(check for check in found["checks"] if check["id"] == identifier)


def test_a_check_that_fails_is_told_with_count_place_message_and_cost(tmp_path: Path) -> None:
    done = pregon("check", write(tmp_path, release_package(faulty())))
    assert done.code == 0
    lines = [line.strip() for line in done.out.splitlines()]
    assert lines[0].endswith("no findings")
    assert lines[1].startswith("Quality of 1 process: score ")
    title = next(line for line in lines if "(reference.contract_in_awards)" in line)
    assert title.startswith("1 of 1 × ")
    assert any(line.startswith("/releases/0/contracts/0") for line in lines)


def test_quality_is_no_reason_to_exit_with_1_unless_it_is_asked_to_be(tmp_path: Path) -> None:
    file = write(tmp_path, release_package(faulty()))
    assert pregon("check", file).code == 0
    assert pregon("check", "--strict", file).code == 1
    assert pregon("check", "--strict", write(tmp_path, release_package())).code == 0
    assert pregon("check", "--strict", "--structure-only", file).code == 0


def test_structure_alone_says_nothing_of_quality(tmp_path: Path) -> None:
    done = pregon("check", "--structure-only", write(tmp_path, release_package(faulty())))
    assert len(done.out.splitlines()) == 1


def test_spanish_is_spoken(tmp_path: Path) -> None:
    file = write(tmp_path, release_package(faulty()))
    said = pregon("check", "--lang", "es", file).out
    assert "Calidad de 1 proceso de contratación: puntuación" in said
    assert "crítico" in said
    title = check_of(quality(file, "--lang", "es"))["title"]
    assert title != check_of(quality(file))["title"]


def test_without_examples_no_value_of_the_file_is_shown(tmp_path: Path) -> None:
    file = write(tmp_path, release_package(faulty(colour="blue", title="  ")))
    said = pregon("check", "--no-examples", file).out
    assert "A9" not in said
    assert "/releases/0" not in said
    assert "1 of 1 ×" in said


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (release_package(faulty()), "/releases/0/contracts/0"),
        (faulty(), "/contracts/0"),
        (json.dumps(release(ocid="ocds-213czf-2")) + "\n" + json.dumps(faulty()), "line 2: /contracts/0"),
        (release_package(compiled(contracts=[CONTRACT])), "/releases/0/contracts/0"),
        (
            record_package(record(compiledRelease=compiled(contracts=[CONTRACT]))),
            "/records/0/compiledRelease/contracts/0",
        ),
        (record_package(record(faulty(), compiledRelease=None)), "/records/0 … /contracts/0"),
        (release_package(release(), faulty(id="2", date="2026-01-06T00:00:00Z")), "/releases/1 … /contracts/0"),
    ],
)
def test_a_place_is_pointed_at(tmp_path: Path, document: Any, where: str) -> None:
    (place,) = check_of(quality(write(tmp_path, document)))["places"]
    assert place["where"].startswith(where)
    assert place["ocid"] == release()["ocid"] or "line" in where
    assert place["path"].startswith("contracts")


def test_releases_of_a_process_are_merged_wherever_they_stand(tmp_path: Path) -> None:
    award = release(id="2", date="2026-01-06T00:00:00Z", tag=["award"], awards=[{"id": "A9"}])
    write(tmp_path, release_package(faulty()), "b.json")
    write(tmp_path, release_package(award), "a.json")
    found = quality(tmp_path)
    assert found["processes"] == 1
    assert check_of(found)["passed"]


def test_a_process_counts_once_whatever_files_it_is_in(tmp_path: Path) -> None:
    write(tmp_path, compiled(), "compiled.json")
    write(tmp_path, record_package(record(compiledRelease=compiled(contracts=[CONTRACT]))), "records.json")
    write(tmp_path, release_package(faulty()), "releases.json")
    found = quality(tmp_path)
    assert found["processes"] == 1
    assert check_of(found)["applied"] == 0


def test_the_newest_release_decides_not_the_last_in_the_file(tmp_path: Path) -> None:
    newer = release(id="2", date="2026-01-07T00:00:00+02:00", contracts=[{"id": "C1", "awardID": "A1"}])
    older = faulty(date="2026-01-06T21:00:00Z", awards=[{"id": "A1"}])
    found = quality(write(tmp_path, release_package(newer, older)))
    assert check_of(found)["passed"]


def test_what_can_not_be_merged_or_has_no_ocid_is_counted(tmp_path: Path) -> None:
    package = release_package(
        release(tender="none"), release(id="2", tender={"id": "1"}), release(ocid=None, id="3"), compiled(ocid=None)
    )
    done = pregon("check", write(tmp_path, package))
    assert "not looked at: 2 releases or records without ocid" in done.out
    assert "not looked at: 1 processes whose releases can't be merged" in done.out
    assert "Quality: no contracting process" in done.out


def test_a_release_check_points_into_the_releases_of_a_record(tmp_path: Path) -> None:
    untold = release(id="2", date="2026-01-06T00:00:00Z", tag=["contract"])
    check = check_of(quality(write(tmp_path, record_package(record(release(), untold)))), "x.tag_section")
    assert (check["applied"], check["failed"]) == (2, 1)
    assert check["places"][0]["where"] == "/records/0/releases … /tag/0"


def test_what_came_before_is_known_of_records_and_of_files_only_what_is_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Earlier] = []

    def look(release: Mapping[str, Any], earlier: Earlier) -> None:
        assert release["ocid"]
        seen.append(earlier)

    words = Texts("Probe", "Sonda")
    probe = ReleaseCheck(
        id="x.probe", version="1", severity="info", source="", title=words, message=words, cost=words, run=look
    )
    monkeypatch.setattr(release_checks, "CHECKS", (probe,))
    second = release(id="2", date="2026-01-06T00:00:00Z", tag=["award"], awards=[{"id": "A1"}])
    quality(write(tmp_path, record_package(record(release(), second))))
    first, after = seen
    assert (first.tags, first.ids, first.date, first.compiled) == (frozenset(), frozenset(), "", {})
    assert (after.tags, after.ids, after.date) == ({"tender"}, {"1"}, "2026-01-05T00:00:00Z")
    assert after.compiled is not None
    assert after.compiled["tender"]["title"] == "Street lamps"
    seen.clear()
    quality(write(tmp_path, release_package(second, release())))
    first, after = seen
    assert (first.compiled, after.compiled, after.ids) == (None, None, {"1"})


def test_linked_releases_are_not_taken_for_releases(tmp_path: Path) -> None:
    link = {"url": "https://city.example/1#1", "date": "2026-01-05T00:00:00Z", "tag": ["contract"]}
    found = quality(write(tmp_path, record_package(record(link))))
    assert check_of(found, "x.tag_section")["applied"] == 0


def test_numbers_beyond_64_bits_are_looked_at_like_any_other(tmp_path: Path) -> None:
    found = quality(write(tmp_path, release_package(release(awards=[{"id": 2**70, "value": {"amount": 2**80}}]))))
    assert found["processes"] == 1


def test_releases_of_1_0_are_upgraded_and_that_is_told(tmp_path: Path) -> None:
    old = {**release(parties=None), "buyer": {"name": "Hamlet", "identifier": {"id": "1", "scheme": "US-EX"}}}
    done = pregon("check", write(tmp_path, release_package(old, version=None)))
    assert "1 × ocds_1_0" in done.out
    assert "unknown_party" not in done.out
    assert "undeclared_field" not in done.out
