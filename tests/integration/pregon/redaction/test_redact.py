"""Somebody's home address went out: one command takes it back everywhere, and it does not come back."""

import datetime as dt
import gzip
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ocdsmerge
import orjson
import pytest
from command_line import pregon
from leak_search import cells, files_with
from sqlalchemy import NullPool, create_engine, text

from pregon import pipeline
from pregon.home import Home
from pregon.ledger import RedactedMeanwhile
from pregon.publication.promote import RollbackRefused
from pregon.redaction import carrying_out
from pregon.redaction.note import note_path
from pregon.synth import advance
from transforms.ocds import release_schema

from .conftest import FIRST_RUN, HOME_ADDRESS, REASON, REDACTED, Town, history

pytestmark = pytest.mark.integration


def _documents(town: Town, name: str) -> list[dict[str, Any]]:
    lines = gzip.decompress((town.current / "bulk" / name / "full.jsonl.gz").read_bytes()).splitlines()
    return [orjson.loads(line) for line in lines]


def _contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_symlink() or (path.is_file() and path.suffix not in {".sqlite", ".sqlite-shm", ".sqlite-wal"})
    }


def _process_with_address(town: Town) -> str:
    for process in _documents(town, "compiled"):
        if HOME_ADDRESS in orjson.dumps(process).decode():
            return str(process["ocid"])
    raise AssertionError("nobody published the address")


def test_the_search_finds_the_address_wherever_it_is(published_town: Town) -> None:
    found = {path.rpartition("/")[2] for path in published_town.leaks()}
    assert {"ledger.sqlite", "full.jsonl.gz", "full.csv.zip", "full.json.zip"} <= found
    assert any(path.startswith("lake/riverbend/raw/") for path in published_town.leaks())


def test_a_value_leaves_every_file_and_does_not_come_back(town: Town, judge: Any) -> None:
    before = {one["id"]: one for one in _documents(town, "releases")}
    done = town.redact(town.address)
    assert done.code == 0, done.err
    assert town.leaks() == []
    assert "vendors, 1 row: street" in done.out
    assert f"eprocurement.vendors:{town.vendor}" in done.out
    assert HOME_ADDRESS not in done.out + done.err

    after = {one["id"]: one for one in _documents(town, "releases")}
    assert list(after) == list(before)
    changed = {identifier for identifier in after if after[identifier] != before[identifier]}
    assert changed
    for identifier in changed:
        for party in before[identifier]["parties"]:
            if party["id"] == town.party:
                party["address"].pop("streetAddress", None)
        assert after[identifier] == before[identifier]
    merger = ocdsmerge.Merger(
        release_schema(pipeline.Run.start("riverbend", home=town.home, as_of=REDACTED).city.extensions)
    )
    for record in _documents(town, "records"):
        assert record["compiledRelease"] == merger.create_compiled_release(record["releases"])

    # The source still has it, in a row that is read again, and even changes it: nothing is released.
    town.change_source(
        "UPDATE vendors SET street = ?, updated_at = '2026-06-04 09:00:00' WHERE vendor_id = ?",
        f"{HOME_ADDRESS} (moved)", town.vendor,
    )  # fmt: skip
    assert "0 new releases" in town.run(3).out
    assert "0 new releases" in town.run(4, "--full").out
    assert town.leaks() == []
    advance(f"sqlite:///{town.home}/sources/riverbend.sqlite", days=2, share=0.3)
    assert "0 new releases" not in town.run(5).out
    assert town.leaks() == []

    files = sorted((town.current / "bulk").glob("re*/full.json.zip"))
    packages = []
    for file in files:
        shutil.unpack_archive(file, town.home / file.parent.name)
        packages += sorted((town.home / file.parent.name).glob("*.json"))
    assert packages
    for findings in judge(*packages).values():
        # Where later releases nulled every leaf, merging leaves an empty object in the compiled release (ocds.md 1.5).
        shells = findings.get("additional_checks", {}).pop("empty_field", [])
        assert all("/compiledRelease/" in one["json_location"] for one in shells)
        assert not any(findings.values())


def test_what_was_done_is_on_record_and_told_to_the_public_without_value_or_name(town: Town) -> None:
    town.redact(town.address)
    listed = orjson.loads((town.current / "redactions.json").read_bytes())["redactions"]
    assert listed == [
        {"number": 1, "date": "2026-06-03T15:00:00Z", "ocid": None, "path": "parties/address/streetAddress",
         "reason": REASON},
    ]  # fmt: skip
    assert orjson.loads((town.current / "manifest.json").read_bytes())["redactions"] == 1
    assert files_with(town.home / "public", "A. Clerk") == []
    shown = pregon("redactions", "riverbend", "--home", town.home, "--json")
    assert shown.code == 0
    assert orjson.loads(shown.out) == [
        {"number": 1, "date": "2026-06-03T15:00:00+00:00", "ocid": None, "path": town.address, "reason": REASON,
         "by": "A. Clerk", "completed": True},
    ]  # fmt: skip
    again = town.redact(town.address)
    assert again.code == 0
    assert "taken back before, by redaction 1" in again.out


def test_a_dry_run_counts_and_changes_nothing(town: Town) -> None:
    before, releases = _contents(town.home), list(town.ledger.releases())
    done = town.redact(town.address, "--dry-run")
    assert done.code == 0, done.err
    assert "hold it" in done.out
    assert HOME_ADDRESS not in done.out
    assert _contents(town.home) == before
    assert list(town.ledger.releases()) == releases
    assert town.ledger.redacting.all() == []


def test_a_whole_process_is_released_no_more_and_accounted_for(town: Town) -> None:
    ocid = _process_with_address(town)
    before = _documents(town, "releases")
    done = town.redact(ocid)
    assert done.code == 0, done.err
    assert files_with(town.home / "public", ocid) == [
        path for path in files_with(town.home / "public", ocid) if path.endswith((".html", "redactions.json"))
    ]
    kept = [one for one in before if one["ocid"] != ocid]
    assert 0 < len(kept) < len(before)
    assert _documents(town, "releases") == kept
    # The ids stay on record, and the next releases are numbered after them.
    gone = list(town.ledger.redacting.histories([ocid]))
    assert [set(orjson.loads(body)) for _, body in gone[0][2]] == [
        {"ocid", "id", "date", "tag", "initiationType", "language"} for _ in gone[0][2]
    ]
    for options in ((), ("--full",)):
        town.run(3 + bool(options), *options)
        summary = orjson.loads(
            (sorted((town.home / "internal/riverbend/runs").iterdir())[-1] / "summary.json").read_bytes()
        )
        assert summary["tables"]["solicitations"]["reasons"]["redacted"] == 1
        assert sum(table["reasons"].get("redacted", 0) for table in summary["tables"].values()) > 1
        # What was taken back speaks against no run: nothing does but checks of other processes.
        weighed = [one["text"]["en"] for one in summary["quality"]["weighed"]]
        assert summary["reasons"] == weighed
        assert summary["problems"] == []
        held = [one.row for one in town.ledger.quarantined(ocid=ocid)]
        assert [one.reason for one in held] == ["redacted"]
    assert _documents(town, "releases") == kept
    advance(f"sqlite:///{town.home}/sources/riverbend.sqlite", days=2, share=0.5)
    town.run(5)
    assert ocid not in {one["ocid"] for one in _documents(town, "releases")}
    # Each promoted snapshot is on record with the newest release in it.
    newest = max(release.sequence for release in town.ledger.releases())
    assert town.ledger.publications()[-1].sequence >= newest


def test_a_value_in_one_process_stays_in_others(town: Town) -> None:
    ocid = _process_with_address(town)
    title = next(one["tender"]["title"] for one in _documents(town, "compiled") if one["ocid"] == ocid)
    done = town.redact(f"{ocid}:tender/title")
    assert done.code == 0, done.err
    states = {one["ocid"]: one for one in _documents(town, "compiled")}
    assert "title" not in states[ocid]["tender"]
    assert sum("title" in one["tender"] for one in states.values()) == len(states) - 1
    assert "the same text is still published at" in done.out or title not in str(states)
    assert "0 new releases" in town.run(3, "--full").out


def test_a_path_in_every_process_goes_everywhere(town: Town) -> None:
    done = town.redact("parties/address/streetAddress", "tender/enquiries/answer")
    assert done.code == 0, done.err
    assert town.leaks() == []
    for document in [*_documents(town, "releases"), *_documents(town, "compiled")]:
        assert not any("streetAddress" in party.get("address", {}) for party in document.get("parties", ()))
        assert not any("answer" in one for one in document.get("tender", {}).get("enquiries", ()))
    assert "vendors" in done.out
    assert "departments" in done.out
    assert "0 new releases" in town.run(3, "--full").out
    assert town.leaks() == []


def test_rows_that_serve_others_are_kept_where_one_process_alone_is_concerned(town: Town) -> None:
    ocid = _process_with_address(town)
    before = {one["ocid"] for one in _documents(town, "compiled") if HOME_ADDRESS in orjson.dumps(one).decode()}
    done = town.redact(f"{ocid}:{town.address}")
    assert done.code == 0, done.err
    for name in ("compiled", "releases"):
        held = {one["ocid"] for one in _documents(town, name) if HOME_ADDRESS in orjson.dumps(one).decode()}
        assert held == before - {ocid}
    assert ("the same text is still published at parties/address/streetAddress" in done.out) is (len(before) > 1)
    assert "vendors: its rows serve other processes too" in done.out
    assert "the lake still holds the same text: vendors.street" in done.out
    assert town.ledger.redacting.masked_cells() == []
    assert "0 new releases" in town.run(3, "--full").out


@pytest.mark.parametrize(
    ("target", "reason", "told"),
    [
        ("parties/US-RB-VENDOR-V0/address/streetAddress", REASON, "no release holds"),
        ("tender/titel", REASON, "did you mean 'tender/title'"),
        ("parties/address/streetAddress", f"it said {HOME_ADDRESS}", "reasons are published"),
    ],
)
def test_mistakes_are_refused_before_anything_is_changed(town: Town, target: str, reason: str, told: str) -> None:
    before = _contents(town.home)
    done = town.redact(target, reason=reason)
    assert done.code == 1
    assert told in done.err
    assert _contents(town.home) == before
    assert town.ledger.redacting.all() == []


def test_older_snapshots_are_gone_and_refused_when_they_come_back(town: Town) -> None:
    snapshots = town.home / "public" / "riverbend" / "snapshots"
    old = sorted(snapshots.iterdir())[-1]
    shutil.copytree(old, town.home / "backup" / old.name)
    town.redact(town.address)
    assert [path.name for path in snapshots.iterdir()] == [town.current.resolve().name]
    current = town.current.resolve()
    shutil.copytree(town.home / "backup" / old.name, old)
    run = pipeline.Run.start("riverbend", home=town.home, as_of=REDACTED)
    with pytest.raises(RollbackRefused):
        pipeline.promote(run, pipeline.Built(old.name, True, 1, 1))
    assert town.current.resolve() == current


def test_every_copy_at_a_target_is_replaced(town: Town, with_target: Path) -> None:
    town.run(2.1, "--full")
    assert files_with(with_target, HOME_ADDRESS)
    done = town.redact(town.address)
    assert done.code == 0, done.err
    assert files_with(with_target, HOME_ADDRESS) == []
    assert len(list((with_target / "snapshots").iterdir())) == 1
    assert "target portal: backups" in done.out


def test_a_run_that_began_before_can_not_commit(town: Town) -> None:
    advance(f"sqlite:///{town.home}/sources/riverbend.sqlite", days=1, share=0.3)
    run = pipeline.Run.start("riverbend", home=town.home, as_of=FIRST_RUN + dt.timedelta(days=2.5))
    prepared = pipeline.prepare(run, pipeline.extract(run))
    checked = [
        pipeline.check(run, pipeline.release(run, pipeline.map_states(run, prepared, bucket)))
        for bucket in prepared.buckets
    ]
    verdict = pipeline.decide(run, prepared, checked)
    work = shutil.copytree(town.home / "lake" / run.work, town.home / "kept")
    assert town.redact(town.address).code == 0
    shutil.copytree(work, town.home / "lake" / run.work)  # as if it had gone on writing
    with pytest.raises(RedactedMeanwhile):
        pipeline.commit(run, prepared, verdict, checked)
    shutil.rmtree(work)
    town.run(3)
    assert town.leaks() == []


def test_killed_after_each_step_in_turn_the_same_command_goes_on(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, (name, step) in enumerate(carrying_out.STEPS):

        def dies(work: carrying_out.Work, step: Callable[[carrying_out.Work], None] = step) -> None:
            step(work)
            raise KeyboardInterrupt

        steps = [(one, dies if one == name else do) for one, do in carrying_out.STEPS]
        with monkeypatch.context() as patch:
            patch.setattr(carrying_out, "STEPS", tuple(steps))
            done = town.redact(town.address, when=REDACTED + dt.timedelta(hours=number))
        assert done.code == 130, done.err
        note = note_path(Home(town.home), "riverbend")
        if name == "close":
            assert not note.exists()
            continue
        assert note.stat().st_mode & 0o077 == 0
        assert town.ledger.redacting.all()[0].open
        other = town.redact("tender/title")
        assert other.code == 1
        assert f"complete it first: pregon redact riverbend {town.address}" in other.err
    assert "taken back before" in town.redact(town.address).out
    assert town.leaks() == []
    (found,) = town.ledger.redacting.all()
    assert (found.open, found.as_of) == (False, REDACTED)
    assert town.current.resolve().name.startswith("20260603T150000Z")
    assert "0 new releases" in town.run(3).out


def test_nothing_is_published_while_a_redaction_is_not_completed(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_: carrying_out.Work) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(carrying_out, "STEPS", (carrying_out.STEPS[0], ("killed", killed)))
        assert town.redact(town.address).code == 130
    assert pregon("redactions", "riverbend", "--home", town.home).code == 1
    before = _contents(town.home / "public")
    advance(f"sqlite:///{town.home}/sources/riverbend.sqlite", days=1, share=0.3)
    as_of = (FIRST_RUN + dt.timedelta(days=3)).isoformat()
    done = pregon("run", "riverbend", "--home", town.home, "--as-of", as_of)
    assert done.code == 1
    assert "redaction 1 was begun and has not been completed" in done.err
    assert _contents(town.home / "public") == before
    assert town.redact(town.address).code == 0
    assert town.leaks() == []
    assert town.run(4).code == 0
    assert town.leaks() == []


def test_on_postgresql_it_leaves_every_table(
    tmp_path: Path, empty_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREGON_LEDGER", "city_books")
    monkeypatch.setenv("AIRFLOW_CONN_CITY_BOOKS", empty_postgresql_url.replace("postgresql+psycopg", "postgres"))
    town = history(tmp_path / "home")

    def in_tables() -> bool:
        engine = create_engine(empty_postgresql_url, poolclass=NullPool)
        with engine.connect() as connection:
            tables = connection.execute(
                text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'pregon_riverbend'")
            ).scalars()
            return any(
                HOME_ADDRESS.encode() in value
                for table in list(tables)
                for value in cells(connection.execute(text(f'SELECT * FROM pregon_riverbend."{table}"')))
            )

    assert in_tables()
    done = town.redact(town.address)
    assert done.code == 0, done.err
    assert not in_tables()
    assert town.leaks() == []
    assert "write-ahead log" in done.out
    assert "0 new releases" in town.run(3, "--full").out
