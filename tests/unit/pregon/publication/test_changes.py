"""Who follows the deltas holds the same records as who downloads everything, whichever publication they begin with."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process

from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.manifest import verify
from pregon.publication.promote import Retention, promote, rollback
from transforms.publication import Publication
from transforms.records import RecordForm
from transforms.snapshot import Notice

FIRST = datetime(2026, 3, 1, 5, tzinfo=UTC)
Records = dict[str, dict[str, Any]]


def day(number: int) -> datetime:
    return FIRST + timedelta(days=number)


def publish(
    root: Path, source: MemorySource, as_of: datetime, publication: Publication = PUBLICATION, **options: Any
) -> Snapshot:
    made = build_snapshot(
        root, source, publication, as_of=as_of, code_version="1", formats=("jsonl", "packages"), **options
    )
    promote(made.path, retention=Retention(1000))
    verify(made.path)
    return made


def change(source: MemorySource, number: int, as_of: datetime, *tags: str) -> None:
    """Release a new title of a process."""
    ocid = f"ocds-213czf-S{number:05d}"
    compiled = source.compiled_of[ocid]
    date = as_of.strftime("%Y-%m-%dT%H:%M:%SZ")
    tender = {**compiled["tender"], "title": f"Title of {date}"}
    release = {
        "ocid": ocid, "id": f"{ocid}-{date}", "date": date, "tag": list(tags or ("tenderUpdate",)), "tender": tender,
    }  # fmt: skip
    source.commit(release, {**compiled, "date": date, "tender": tender}, as_of)


def index(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "changes/index.json").read_bytes())
    return found


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]


def downloaded(folder: Path) -> Records:
    return {one["ocid"]: one for one in lines(folder / index(folder)["whole"])}


def followed(folder: Path, held: str, records: Records) -> Records | None:
    """Do what a reader does who holds the records of a publication; None where there is no way from it."""
    deltas = index(folder)["deltas"]
    names = [one["publication"] for one in deltas]
    if held not in names:
        return None
    found = dict(records)
    for one in deltas[names.index(held) + 1 :]:
        if one["base"] is None:
            return None
        for line in lines(folder / one["path"]) if one["path"] else []:
            found[line["record"]["ocid"]] = line["record"]
    return found


@pytest.mark.parametrize("form", [RecordForm(), RecordForm("linked")], ids=["embedded", "linked"])
def test_who_follows_holds_what_others_download(tmp_path: Path, form: RecordForm) -> None:
    source = made_up_source(12)
    held: list[tuple[str, Records]] = []
    for number in range(8):
        if number:
            change(source, number, day(number))
            change(source, (number * 5) % 12, day(number) + timedelta(minutes=1))
            if number % 3 == 0:
                source.commit(*process(100 + number, "2026"), as_of=day(number))
        made = publish(tmp_path, source, day(number), records=form)
        expected = downloaded(made.path)
        for name, records in held:
            assert followed(made.path, name, records) == expected
        held.append((made.manifest.snapshot, expected))
    assert len({json.dumps(records, sort_keys=True) for _, records in held}) == 8


def test_the_index_tells_what_kind_of_changes_there_were(tmp_path: Path) -> None:
    source = made_up_source(6)
    first = publish(tmp_path, source, day(0))
    assert index(first.path)["deltas"] == [
        {
            "publication": first.manifest.snapshot, "published": "2026-03-01T05:00:00Z", "base": None, "path": None,
            "new": 0, "updated": 0, "cancelled": 0,
        }
    ]  # fmt: skip
    change(source, 1, day(1))
    change(source, 1, day(1) + timedelta(hours=1))
    change(source, 2, day(1), "tenderCancellation")
    source.commit(*process(50, "2026"), as_of=day(1))
    second = publish(tmp_path, source, day(2))
    delta = index(second.path)["deltas"][-1]
    assert (delta["base"], delta["new"], delta["updated"], delta["cancelled"]) == (first.manifest.snapshot, 1, 1, 1)
    told = {line["change"]["ocid"][-5:]: line["change"] for line in lines(second.path / delta["path"])}
    assert {ocid: one["kind"] for ocid, one in told.items()} == {
        "00001": "updated", "00002": "cancelled", "00050": "new",
    }  # fmt: skip
    assert told["00001"]["tags"] == ["tenderUpdate"]
    assert told["00001"]["title"].startswith("Title of ")


def test_a_publication_without_new_releases_leads_on(tmp_path: Path) -> None:
    source = made_up_source(6)
    first = publish(tmp_path, source, day(0))
    held = downloaded(first.path)
    second = publish(tmp_path, source, day(1), replace(PUBLICATION, contact_name="Another office"))
    assert second.created
    assert index(second.path)["deltas"][-1]["path"] is None
    change(source, 3, day(2))
    third = publish(tmp_path, source, day(2), replace(PUBLICATION, contact_name="Another office"))
    assert followed(third.path, first.manifest.snapshot, held) == downloaded(third.path)


def test_what_was_taken_back_is_in_no_delta(tmp_path: Path) -> None:
    source = made_up_source(6)
    first = publish(tmp_path, source, day(0))
    held = downloaded(first.path)
    change(source, 3, day(1))
    second = publish(tmp_path, source, day(1))
    assert list((second.path / "changes").glob("*.gz"))
    source.notices = [Notice(1, day(2), None, "tender/title", "a name")]
    for releases in source.releases_of.values():
        for release in releases:
            release["tender"].pop("title", None)
    for compiled in source.compiled_of.values():
        compiled["tender"].pop("title", None)
    third = publish(tmp_path, source, day(2))
    assert [one["base"] for one in index(third.path)["deltas"]] == [None]
    assert [file.name for file in (third.path / "changes").iterdir()] == ["index.json"]
    assert followed(third.path, first.manifest.snapshot, held) is None
    change(source, 4, day(3))
    fourth = publish(tmp_path, source, day(3))
    assert followed(fourth.path, third.manifest.snapshot, downloaded(third.path)) == downloaded(fourth.path)


def test_after_a_rollback_nobody_is_led_wrongly(tmp_path: Path) -> None:
    source = made_up_source(6)
    first = publish(tmp_path, source, day(0))
    change(source, 3, day(1))
    second = publish(tmp_path, source, day(1))
    rollback(tmp_path, first.manifest.snapshot)
    change(source, 4, day(2))
    third = publish(tmp_path, source, day(2))
    assert followed(third.path, first.manifest.snapshot, downloaded(first.path)) == downloaded(third.path)
    assert followed(third.path, second.manifest.snapshot, downloaded(second.path)) is None


def test_records_in_another_form_are_taken_anew(tmp_path: Path) -> None:
    source = made_up_source(6)
    first = publish(tmp_path, source, day(0))
    second = publish(tmp_path, source, day(1), records=RecordForm("linked"))
    assert followed(second.path, first.manifest.snapshot, downloaded(first.path)) is None
    assert index(second.path)["deltas"][-1]["base"] is None


def test_a_damaged_delta_is_not_handed_on(tmp_path: Path) -> None:
    source = made_up_source(6)
    publish(tmp_path, source, day(0))
    change(source, 3, day(1))
    second = publish(tmp_path, source, day(1))
    [file] = (second.path / "changes").glob("*.gz")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    change(source, 4, day(2))
    third = publish(tmp_path, source, day(2))
    assert [one["base"] for one in index(third.path)["deltas"]] == [None]


def test_deltas_are_kept_for_ninety_days(tmp_path: Path) -> None:
    source = made_up_source(6)
    names = []
    for number in (0, 50, 100, 139, 300):
        if number:
            change(source, 3, day(number))
        made = publish(tmp_path, source, day(number))
        names.append(made.manifest.snapshot)
        if number == 139:
            assert [one["publication"] for one in index(made.path)["deltas"]] == names[1:]
            assert len(list((made.path / "changes").glob("*.gz"))) == 3
            records = downloaded(made.path)
    # The publication before is listed however old it is: whoever has it is led on.
    assert [one["publication"] for one in index(made.path)["deltas"]] == names[3:]
    assert followed(made.path, names[3], records) == downloaded(made.path)


def test_a_delta_that_is_gone_is_no_reason_to_fail(tmp_path: Path) -> None:
    source = made_up_source(6)
    publish(tmp_path, source, day(0))
    change(source, 3, day(1))
    second = publish(tmp_path, source, day(1))
    for file in (second.path / "changes").glob("*.gz"):
        file.unlink()
    change(source, 4, day(2))
    third = publish(tmp_path, source, day(2))
    assert [one["base"] for one in index(third.path)["deltas"]] == [None]


def test_a_repeated_build_gives_the_same_bytes(tmp_path: Path) -> None:
    def made(root: Path) -> dict[str, bytes]:
        source = made_up_source(6)
        publish(root, source, day(0))
        change(source, 3, day(1))
        path = publish(root, source, day(1)).path
        return {file.name: file.read_bytes() for folder in ("changes", "feeds") for file in (path / folder).iterdir()}

    assert made(tmp_path / "a") == made(tmp_path / "b")
