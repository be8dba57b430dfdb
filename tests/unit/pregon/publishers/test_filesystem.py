"""A folder as a target holds what was published, changes at once, and a repeated push changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from made_up_publication import PUBLICATION, made_up_source, process

from pregon.city_targets import FilesystemTarget
from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.manifest import BrokenSnapshot, read_current, verify
from pregon.publication.promote import RollbackRefused, promote
from pregon.publishers import FilesystemPublisher, UnofficialPrefix, publisher, push
from pregon.publishers.base import PushIncomplete, allow
from transforms.snapshot import Notice

AS_OF = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return build_snapshot(tmp_path / "public", made_up_source(), PUBLICATION, as_of=AS_OF, code_version="1")


class RemoteFolder(FilesystemPublisher):
    """A folder that stands for somebody else's portal."""

    remote = True


def test_a_push_copies_the_snapshot(snapshot: Snapshot, tmp_path: Path) -> None:
    target = FilesystemPublisher(tmp_path / "share")
    plan = push(target, snapshot.path, snapshot.manifest, PUBLICATION)
    assert {step.action for step in plan.steps} == {"put"}
    assert "put    bulk/releases/full.json.zip" in plan.describe()
    assert verify(tmp_path / "share/current") == snapshot.manifest


def test_a_second_push_sends_only_what_changed(snapshot: Snapshot, tmp_path: Path) -> None:
    target = FilesystemPublisher(tmp_path / "share")
    push(target, snapshot.path, snapshot.manifest, PUBLICATION)
    promote(snapshot.path)
    source = made_up_source()
    source.commit(*process(500, "2026", awarded=False))
    later = build_snapshot(tmp_path / "public", source, PUBLICATION, as_of=AS_OF + timedelta(days=1), code_version="1")
    steps = {step.path: step.action for step in push(target, later.path, later.manifest, PUBLICATION).steps}
    assert steps["bulk/releases/2024.json.zip"] == "keep"
    assert steps["bulk/releases/2026.json.zip"] == "put"
    assert read_current(tmp_path / "share") == (tmp_path / "share/snapshots" / later.path.name, later.manifest)
    again = push(target, later.path, later.manifest, PUBLICATION)
    assert [step.path for step in again.steps if step.action == "put"] == ["manifest.json"]


def test_readers_see_nothing_of_an_unfinished_push(snapshot: Snapshot, tmp_path: Path) -> None:
    target = FilesystemPublisher(tmp_path / "share")
    plan = target.plan(snapshot.path, snapshot.manifest)
    for step in plan.steps[:-3]:
        target.execute(plan, step)
    assert read_current(tmp_path / "share") is None
    with pytest.raises(BrokenSnapshot):
        target.finish(plan)
    (tmp_path / "share/snapshots" / f".{snapshot.path.name}.partial" / plan.steps[0].path).write_bytes(b"cut off")
    push(target, snapshot.path, snapshot.manifest, PUBLICATION)
    assert verify(tmp_path / "share/current") == snapshot.manifest


def test_a_target_that_loses_a_file_is_reported(snapshot: Snapshot, tmp_path: Path) -> None:
    target = FilesystemPublisher(tmp_path / "share")
    push(target, snapshot.path, snapshot.manifest, PUBLICATION)
    (tmp_path / "share/current/index.html").unlink()
    with pytest.raises((PushIncomplete, BrokenSnapshot), match=r"index\.html is missing"):
        push(target, snapshot.path, snapshot.manifest, PUBLICATION)


def test_records_with_the_unofficial_prefix_stay_here(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(UnofficialPrefix, match="ocds-213czf"):
        push(RemoteFolder(tmp_path / "portal"), snapshot.path, snapshot.manifest, PUBLICATION)
    assert not (tmp_path / "portal").exists()
    allow(RemoteFolder(tmp_path / "portal"), replace(PUBLICATION, ocid_prefix="ocds-abc123"))


def test_publishers_are_made_by_kind(tmp_path: Path) -> None:
    target = FilesystemTarget(kind="filesystem", path=str(tmp_path))
    assert isinstance(publisher("share", target, PUBLICATION), FilesystemPublisher)


def test_copies_from_before_a_redaction_are_removed_after_a_newer_push(snapshot: Snapshot, tmp_path: Path) -> None:
    target = FilesystemPublisher(tmp_path / "share")
    push(target, snapshot.path, snapshot.manifest, PUBLICATION)
    assert "backups" in target.remove_older(1)[0]
    assert read_current(tmp_path / "share") is not None, "what readers see is not taken away"
    source = made_up_source()
    source.notices.append(Notice(1, AS_OF, None, "tender/title", "a secret"))
    later = build_snapshot(tmp_path / "public", source, PUBLICATION, as_of=AS_OF + timedelta(days=1), code_version="1")
    push(target, later.path, later.manifest, PUBLICATION)
    target.remove_older(1)
    assert [path.name for path in (tmp_path / "share/snapshots").iterdir()] == [later.path.name]
    with pytest.raises(RollbackRefused):
        push(target, snapshot.path, snapshot.manifest, PUBLICATION)
