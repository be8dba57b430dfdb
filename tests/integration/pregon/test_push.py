"""`pregon push`: every target gets what readers see, whatever becomes of the others."""

import json
from pathlib import Path

import pytest
from city_copies import edit
from command_line import pregon
from made_up_city import MOMENT, Hamlet, write_hamlet

from pregon.publication.manifest import verify


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    """The made-up city, published once, with three folders as targets: the second one can't be written."""
    made = write_hamlet(tmp_path / "hamlet")
    (tmp_path / "no-folder").write_text("a file")
    folders = {"archive": "archive", "broken": "no-folder/share", "web": "web"}
    lines = "".join(f"  {name}: {{kind: filesystem, path: {tmp_path / folder}}}\n" for name, folder in folders.items())
    edit(made.folder / "city.yaml", "sources:\n", f"targets:\n{lines}sources:\n")
    monkeypatch.setenv("PREGON_CITIES", str(made.cities))
    monkeypatch.setenv("PREGON_HOME", str(made.home))
    return made


def test_a_target_that_fails_blocks_no_other(hamlet: Hamlet, tmp_path: Path) -> None:
    done = pregon(*hamlet.arguments(MOMENT))
    assert done.code == 1
    assert "did not reach 1 target (2 reached)" in done.err
    assert "pregon push hamlet broken" in done.err
    current = verify((hamlet.home / "public/hamlet/current").resolve())
    for name in ("archive", "web"):
        assert verify((tmp_path / name / "current").resolve()) == current
        report = json.loads((hamlet.home / f"internal/hamlet/targets/{name}.json").read_bytes())
        assert (report["snapshot"], report["verified"]) == (current.snapshot, True)
        assert report["files"] == len(current.files) + 1
    assert not (hamlet.home / "internal/hamlet/targets/broken.json").exists()

    (tmp_path / "no-folder").unlink()
    planned = pregon("push", "hamlet", "--dry-run")
    assert planned.code == 0, planned.err
    archive, broken = planned.out.split("broken:")[:2]
    assert f"keep   {len(current.files)} unchanged" in archive
    assert "put    bulk/releases/full.json.zip" in broken
    assert "Dry run: nothing was sent." in planned.out
    assert not (tmp_path / "no-folder").exists()

    mended = pregon("push", "hamlet", "broken")
    assert mended.code == 0, mended.err
    assert f"{current.snapshot} is at broken." in mended.out
    assert verify((tmp_path / "no-folder/share/current").resolve()) == current
    assert (hamlet.home / "internal/hamlet/targets/broken.json").exists()

    unknown = pregon("push", "hamlet", "pigeon")
    assert unknown.code == 1
    assert "there is no target 'pigeon'" in unknown.err
    assert "archive, broken, web" in unknown.err


def test_nothing_published_is_nothing_to_push(hamlet: Hamlet) -> None:
    done = pregon("push", "hamlet", "web")
    assert done.code == 1
    assert "nothing is published" in done.err
