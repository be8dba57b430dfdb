"""An interrupted benchmark goes on with what it measured, and only with what is comparable."""

import json
from pathlib import Path

import pytest
from kept import AnotherRun, Kept, fingerprint


def test_a_part_is_measured_once(tmp_path: Path) -> None:
    Kept(tmp_path / "measured.json", {"code": "a"}).part("floor", lambda: {"cpu": 1.5})
    again = Kept(tmp_path / "measured.json", {"code": "a"})
    assert again.part("floor", lambda: {"cpu": 9.9}) == {"cpu": 1.5}


def test_a_part_that_failed_is_not_kept(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "measured.json", {})
    with pytest.raises(ZeroDivisionError):
        kept.part("map", lambda: 1 / 0)
    assert Kept(tmp_path / "measured.json", {}).part("map", lambda: 2) == 2


def test_a_dropped_part_is_measured_again(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "measured.json", {})
    kept.part("pregon/1", lambda: 1)
    kept.drop("pregon/1")
    kept.drop("never there")
    assert Kept(tmp_path / "measured.json", {}).part("pregon/1", lambda: 2) == 2


def test_numbers_of_another_code_or_size_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    Kept(file, {"code": "a", "--processes": 500, "--seed": 1}).part("floor", lambda: 1)
    with pytest.raises(AnotherRun) as refused:
        Kept(file, {"code": "b", "--processes": 2000, "--seed": 1})
    assert refused.value.differences == ["--processes", "code"]
    assert json.loads(file.read_text())["parts"] == {"floor": 1}


def test_code_that_changed_has_another_fingerprint(tmp_path: Path) -> None:
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("x = 1\n")
    two.write_text("y = 2\n")
    before = fingerprint(tmp_path, [one, two])
    assert fingerprint(tmp_path, [two, one]) == before
    two.write_text("y = 3\n")
    assert fingerprint(tmp_path, [one, two]) != before
    two.rename(tmp_path / "three.py")
    (tmp_path / "three.py").write_text("y = 2\n")
    assert fingerprint(tmp_path, [one, tmp_path / "three.py"]) != before
