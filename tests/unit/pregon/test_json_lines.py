"""Work files give back what was written, however long the lines are."""

from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pregon import json_lines
from pregon.json_lines import JsonLinesWriter, read_json_lines, read_lines

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(documents=st.lists(JSON, max_size=12), flush=st.sampled_from([1, 7, 64, 1 << 20]))
def test_documents_come_back_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, documents: list[Any], flush: int
) -> None:
    monkeypatch.setattr(json_lines, "FLUSH_BYTES", flush)
    path = tmp_path / "work.jsonl.zst"
    with JsonLinesWriter(path) as out:
        for document in documents:
            out.write(document)
    assert list(read_json_lines(path)) == documents


def test_the_same_documents_are_the_same_bytes(tmp_path: Path) -> None:
    contents = set()
    for name in ("a", "b"):
        with JsonLinesWriter(tmp_path / name) as out:
            for number in range(1000):
                out.write({"id": number})
        contents.add((tmp_path / name).read_bytes())
    assert len(contents) == 1


def test_lines_are_given_as_they_are(tmp_path: Path) -> None:
    with JsonLinesWriter(tmp_path / "work") as out:
        out.write({"b": 1, "a": "ñ"})
    assert list(read_lines(tmp_path / "work")) == ['{"b":1,"a":"ñ"}'.encode()]


def test_a_file_that_is_cut_off_is_not_taken_for_a_short_one(tmp_path: Path) -> None:
    path = tmp_path / "work"
    with JsonLinesWriter(path) as out:
        for number in range(200_000):
            out.write({"id": number, "text": str(number) * 3})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises((zstandard.ZstdError, EOFError, ValueError)):
        assert len(list(read_json_lines(path))) == 200_000, "a part of the file was taken for all of it"
