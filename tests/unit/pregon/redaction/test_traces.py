"""Texts that were taken back are found in whatever form a file writes them, and cleared where people read them."""

from pathlib import Path

import orjson
import pytest

from pregon.redaction.traces import CLEARED, MANY, clear_accounts, files_with, tells_of

PERSON = 'Señora "Quill"'


@pytest.mark.parametrize(
    "text",
    [PERSON, f"at {PERSON}'s", orjson.dumps({"name": PERSON}).decode(), '{"name": "Se\\u00f1ora \\"Quill\\""}'],
)
def test_a_text_is_found_as_it_is_and_as_json_writes_it(text: str) -> None:
    assert tells_of([PERSON])(text)


def test_other_texts_are_not_found() -> None:
    assert not tells_of([PERSON])("Señora Quill")
    assert not tells_of([])("anything")


def test_of_very_many_texts_only_whole_values_are_compared() -> None:
    tells = tells_of([f"value {number}" for number in range(MANY + 1)])
    assert tells("value 7")
    assert not tells("a value 7")


def test_examples_in_accounts_are_cleared_and_counts_stay(tmp_path: Path) -> None:
    account = {
        "run": "1",
        "findings": [
            {"path": "a", "count": 9, "examples": [
                {"value": "x", "row": "people:1"}, {"value": f"is {PERSON}", "row": "people:2"},
                {"value": "y", "row": "people:3"},
            ]},
        ],
    }  # fmt: skip
    file = tmp_path / "runs" / "1" / "summary.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(orjson.dumps(account))
    assert clear_accounts(tmp_path, {"people:1"}, tells_of([PERSON])) == 1
    (finding,) = orjson.loads(file.read_bytes())["findings"]
    assert finding["count"] == 9
    assert [example["value"] for example in finding["examples"]] == [CLEARED, CLEARED, "y"]
    assert clear_accounts(tmp_path, {"people:1"}, tells_of([PERSON])) == 0


def test_other_internal_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "profile.html").write_text(f"<td>{PERSON}</td>")
    (tmp_path / "clean.html").write_text("<td>Señora</td>")
    (tmp_path / "note.json").write_text(PERSON)
    found = files_with(tmp_path, tells_of([PERSON]), beside=[tmp_path / "note.json"])
    assert [path.name for path in found] == ["profile.html"]
