"""The form of records that `city.yaml` chooses is what a run publishes; another choice changes records only."""

import datetime as dt
import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from city_copies import edit
from command_line import pregon
from made_up_city import Hamlet, write_hamlet

pytestmark = pytest.mark.integration


def run(hamlet: Hamlet, day: int) -> Path:
    """Run the city; give the folder of the snapshot that readers see then."""
    done = pregon(*hamlet.arguments(dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC).isoformat()))
    assert done.code == 0, done.err
    return (hamlet.public / "hamlet" / "current").resolve()


def records(snapshot: Path) -> list[dict[str, Any]]:
    lines = gzip.decompress((snapshot / "bulk/records/full.jsonl.gz").read_bytes()).splitlines()
    return [json.loads(line) for line in lines]


def linked_ids(snapshot: Path, record: dict[str, Any]) -> list[str]:
    """Ids of the releases to which a record links, each found in the package that the link names."""
    found = []
    for link in record["releases"]:
        address, _, identifier = link["url"].partition("#")
        with zipfile.ZipFile(snapshot / address[address.index("bulk/") :]) as archive:
            package = json.loads(archive.read(archive.namelist()[0]))
        assert package["uri"] == address
        [release] = [one for one in package["releases"] if (one["ocid"], one["id"]) == (record["ocid"], identifier)]
        found.append(release["id"])
    return found


def test_a_city_may_link_releases_and_publish_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    run(hamlet, 1)
    edit(hamlet.sources / "tenders.csv", "Lamps", "Street lamps")
    embedded = run(hamlet, 2)
    before = {record["ocid"]: record for record in records(embedded)}
    file = hamlet.folder / "city.yaml"
    file.write_text(file.read_text() + "build: {records: {releases: linked, versioned: true}}\n")
    linked = run(hamlet, 3)
    assert linked != embedded
    after = records(linked)
    assert max(len(record["releases"]) for record in after) == 2
    for record in after:
        known = before[record["ocid"]]
        assert linked_ids(linked, record) == [release["id"] for release in known["releases"]]
        assert record["compiledRelease"] == known["compiledRelease"]
    [titles] = [one["versionedRelease"]["tender"]["title"] for one in after if len(one["releases"]) == 2]
    assert [version["value"] for version in titles] == ["Lamps", "Street lamps"]
    same = {
        path.relative_to(linked / "bulk").as_posix()
        for path in (linked / "bulk").rglob("*.*")
        if path.is_file() and path.stat().st_ino == (embedded / path.relative_to(linked)).stat().st_ino
    }
    every = {path.relative_to(linked / "bulk").as_posix() for path in (linked / "bulk").rglob("*.*") if path.is_file()}
    assert every - same == {name for name in every if name.startswith("records/")}
