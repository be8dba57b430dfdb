"""The demonstration city's database is made once, and never left half."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pregon import demo, synth

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


def test_it_is_made_on_first_use_and_left_alone_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "DEMO_PROCESSES", 3)
    made = demo.ensure_demo_source(tmp_path, MOMENT)
    assert made == tmp_path / "sources" / "riverbend.sqlite"
    content = made.read_bytes()
    assert content.startswith(b"SQLite format 3")
    assert demo.ensure_demo_source(tmp_path, MOMENT.replace(year=2027)) == made
    assert made.read_bytes() == content


def test_one_that_was_killed_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(url: str, **_: Any) -> None:
        Path(url.removeprefix("sqlite:///")).write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as first:
        first.setattr(synth, "generate", killed)
        with pytest.raises(KeyboardInterrupt):
            demo.ensure_demo_source(tmp_path, MOMENT)
    assert not (tmp_path / "sources" / "riverbend.sqlite").exists()

    monkeypatch.setattr(demo, "DEMO_PROCESSES", 3)
    assert demo.ensure_demo_source(tmp_path, MOMENT).read_bytes().startswith(b"SQLite format 3")
    assert [path.name for path in (tmp_path / "sources").iterdir()] == ["riverbend.sqlite"]
