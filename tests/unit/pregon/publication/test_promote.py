"""Readers see the old snapshot or the new one; what is damaged or was redacted is never promoted."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process

from pregon.publication.build import build_snapshot
from pregon.publication.manifest import BrokenSnapshot, read_current
from pregon.publication.promote import (
    Retention,
    RollbackRefused,
    UnknownSnapshot,
    promote,
    remove_older,
    resolve_current,
    rollback,
    snapshots,
)
from transforms.snapshot import Notice

AS_OF = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def publish(root: Path, source: MemorySource, day: int, **kept: Any) -> str:
    source.commit(*process(100 + day))
    snapshot = build_snapshot(root, source, PUBLICATION, as_of=AS_OF + timedelta(days=day), code_version="1")
    return promote(snapshot.path, retention=Retention(**kept)).manifest.snapshot


def current(root: Path) -> str:
    found = read_current(root)
    assert found is not None
    return found[1].snapshot


def test_nothing_is_current_before_the_first_promotion(tmp_path: Path) -> None:
    build_snapshot(tmp_path, made_up_source(), PUBLICATION, as_of=AS_OF, code_version="1")
    assert read_current(tmp_path) is None
    assert resolve_current(tmp_path) is None


def test_the_pointer_moves_to_the_new_snapshot(tmp_path: Path) -> None:
    source = made_up_source()
    first = publish(tmp_path, source, 0)
    assert (tmp_path / "current").readlink() == Path("snapshots") / first
    second = publish(tmp_path, source, 1)
    assert current(tmp_path) == second
    assert promote(tmp_path / "snapshots" / second).before == second
    assert sorted(one.name for one in tmp_path.iterdir()) == ["current", "snapshots"]


@pytest.mark.parametrize("damage", ["change", "truncate", "remove", "add"])
def test_a_damaged_snapshot_leaves_the_pointer_where_it_is(tmp_path: Path, damage: str) -> None:
    source = made_up_source()
    first = publish(tmp_path, source, 0)
    source.commit(*process(200))
    snapshot = build_snapshot(tmp_path, source, PUBLICATION, as_of=AS_OF + timedelta(days=1), code_version="1").path
    file = snapshot / "bulk/releases/full.json.zip"
    if damage == "remove":
        file.unlink()
    elif damage == "add":
        (snapshot / "bulk/internal.csv").write_text("secret")
    else:
        data = bytearray(file.read_bytes())
        data[50] ^= 1
        file.write_bytes(data[:-1] if damage == "truncate" else data)
    with pytest.raises(BrokenSnapshot) as error:
        promote(snapshot)
    assert len(error.value.problems) == 1
    assert current(tmp_path) == first


def test_old_snapshots_go_but_never_the_current_one(tmp_path: Path) -> None:
    source = made_up_source()
    names = [publish(tmp_path, source, day, count=2) for day in range(5)]
    assert [one.snapshot for one in snapshots(tmp_path)] == names[:1:-1]
    rollback(tmp_path, names[2])
    assert promote(tmp_path / "snapshots" / names[2], retention=Retention(0)).removed == (names[4], names[3])
    assert current(tmp_path) == names[2]
    assert read_current(tmp_path) is not None


def test_old_snapshots_go_by_age_and_those_that_were_promised_stay(tmp_path: Path) -> None:
    source = made_up_source()
    names = [publish(tmp_path, source, day, count=10) for day in range(5)]
    last = tmp_path / "snapshots" / names[4]
    promised = frozenset({names[0]})
    assert promote(last, retention=Retention(10, days=2, permanent=promised)).removed == (names[1],)
    assert promote(last, retention=Retention(1, permanent=promised)).removed == (names[2],)
    assert [one.snapshot for one in snapshots(tmp_path)] == [names[4], names[3], names[0]]


def test_rollback_goes_one_publication_back(tmp_path: Path) -> None:
    source = made_up_source()
    names = [publish(tmp_path, source, day) for day in range(3)]
    assert rollback(tmp_path).manifest.snapshot == names[1]
    assert rollback(tmp_path).manifest.snapshot == names[0]
    with pytest.raises(UnknownSnapshot):
        rollback(tmp_path)
    assert rollback(tmp_path, names[2]).manifest.snapshot == names[2]
    with pytest.raises(UnknownSnapshot) as error:
        rollback(tmp_path, "nothing")
    assert error.value.known == names[::-1]


def test_what_was_redacted_does_not_come_back(tmp_path: Path) -> None:
    source = made_up_source()
    names = [publish(tmp_path, source, day) for day in range(2)]
    source.notices.append(Notice(1, AS_OF, None, "tender/title", "a secret"))
    names.append(publish(tmp_path, source, 2))
    shutil.copytree(tmp_path / "snapshots" / names[0], tmp_path / "backup")
    (tmp_path / "snapshots" / ".left.partial").mkdir()
    with pytest.raises(RollbackRefused, match="before redaction 1"):
        rollback(tmp_path, redactions=1)
    # Nor without asking the ledger: what readers see obeys it already.
    with pytest.raises(RollbackRefused, match="before redaction 1"):
        rollback(tmp_path, names[0])
    assert current(tmp_path) == names[2]
    assert set(remove_older(tmp_path, 1)) == {names[1], names[0], ".left.partial"}
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == [names[2]]
    # What comes back from a backup, and looks newer by its name, is known by what it obeys.
    shutil.copytree(tmp_path / "backup", tmp_path / "snapshots" / names[0])
    with pytest.raises(RollbackRefused):
        promote(tmp_path / "snapshots" / names[0], redactions=1)
    assert current(tmp_path) == names[2]


def test_the_snapshot_that_readers_see_is_never_removed(tmp_path: Path) -> None:
    name = publish(tmp_path, made_up_source(), 0)
    assert remove_older(tmp_path, 1) == ()
    assert current(tmp_path) == name


def test_what_was_taken_back_is_told_to_the_public_and_changes_the_publication(tmp_path: Path) -> None:
    source = made_up_source()
    publish(tmp_path, source, 0)
    assert not (tmp_path / "current" / "redactions.json").exists()
    source.notices += [
        Notice(1, AS_OF, "ocds-213czf-1", None, "published by <mistake>"),
        Notice(2, AS_OF, None, "parties/address", "home addresses"),
    ]
    publish(tmp_path, source, 1)
    listed = json.loads((tmp_path / "current" / "redactions.json").read_text())["redactions"]
    assert listed == [
        {"number": 1, "date": "2026-03-02T05:00:00Z", "ocid": "ocds-213czf-1", "path": None,
         "reason": "published by <mistake>"},
        {"number": 2, "date": "2026-03-02T05:00:00Z", "ocid": None, "path": "parties/address",
         "reason": "home addresses"},
    ]  # fmt: skip
    assert read_current(tmp_path)[1].redactions == 2  # type: ignore[index]
    for page, words in (("index.html", "in every process"), ("index.es.html", "en todos los procesos")):
        text = (tmp_path / "current" / page).read_text()
        assert "<code>parties/address</code>" in text
        assert words in text
        assert "published by &lt;mistake&gt;" in text
