"""`pregon history`: what a city published of a process, since when, and from which source rows."""

import json
import re
from pathlib import Path

import pytest
from city_copies import edit
from command_line import Outcome, pregon
from made_up_city import Hamlet, write_hamlet

pytestmark = pytest.mark.integration

HOSTILE = "<script>alert(1)</script> & \u202ebenches\x1b[31m"


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Hamlet:
    """The city after three runs."""
    hamlet = write_hamlet(tmp_path_factory.mktemp("hamlet"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREGON_CITIES", str(hamlet.cities))
        _run(hamlet, 1)
        edit(hamlet.sources / "awards.csv", "A1,T1,F1,1150", "A1,T1,F1,1175\nA2,T1,F2,20")
        edit(hamlet.sources / "tenders.csv", "T1,Benches,C,1200.50,2026-01-05", f"T1,{HOSTILE},C,,2026-02-20")
        _run(hamlet, 2)
        edit(hamlet.sources / "awards.csv", "1175", "1150")
        _run(hamlet, 3)
    return hamlet


@pytest.fixture(autouse=True)
def _cities(hamlet: Hamlet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")


def _run(hamlet: Hamlet, day: int) -> None:
    done = pregon(*hamlet.arguments(f"2026-03-{day:02d}T12:00:00Z"))
    assert done.code == 0, done.err


def history(hamlet: Hamlet, *arguments: object) -> Outcome:
    return pregon("history", "hamlet", *arguments, "--home", hamlet.home)


def test_each_release_tells_when_by_whom_and_what_it_changed(hamlet: Hamlet) -> None:
    done = history(hamlet, "ocds-213czf-T1")
    assert done.code == 0, done.err
    assert "ocds-213czf-T1: 3 releases" in done.out
    assert "1. 2026-01-05T15:00:00Z  tender, award  (the source's own time of change)" in done.out
    assert "3. 2026-03-03T12:00:00Z  awardUpdate  (when a run first saw it)" in done.out
    assert "run 20260303T120000Z, manifest 3, first published in 20260303T120000Z-" in done.out
    assert "~ awards/A1/value/amount: 1175 → 1150   [awards:A1]" in done.out
    assert "+ awards/A2/value/amount: 20   [awards:A2]" in done.out
    assert "- tender/value/amount: was 1200.5\n" in done.out
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out


def test_the_prefix_may_be_left_out_and_a_wrong_ocid_names_near_ones(hamlet: Hamlet) -> None:
    assert history(hamlet, "T1").out == history(hamlet, "ocds-213czf-T1").out
    done = history(hamlet, "t1")
    assert done.code == 1
    assert "did you mean ocds-213czf-T1" in done.err
    assert "no ocid like it" in history(hamlet, "zzzzzzzzzzzz").err


def test_json_has_every_release_with_its_changes_and_the_state(hamlet: Hamlet) -> None:
    told = json.loads(history(hamlet, "T1", "--json").out)
    assert [release["date_rule"] for release in told["releases"]] == ["modified", "modified", "first_seen"]
    assert [release["manifest"] for release in told["releases"]] == [1, 2, 3]
    assert told["releases"][2]["previous"] == told["releases"][1]["id"]
    assert told["releases"][2]["changes"] == [
        {"path": "awards/A1/value/amount", "kind": "changed", "old": 1175, "new": 1150, "rows": ["awards:A1"]}
    ]
    changed = {change["path"]: change for change in told["releases"][1]["changes"]}
    assert changed["tender/value/amount"] == {
        "path": "tender/value/amount", "kind": "removed", "old": 1200.5, "rows": ["tenders:T1"],
    }  # fmt: skip
    assert changed["tender/title"]["new"] == HOSTILE
    assert told["state"]["awards"][0]["value"] == {"amount": 1150, "currency": "USD"}


@pytest.mark.parametrize("path", ["awards/A1/value/amount", "awards/value/amount", "awards"])
def test_the_history_of_a_field_is_every_value_it_had(hamlet: Hamlet, path: str) -> None:
    told = json.loads(history(hamlet, "T1", "--path", path, "--json").out)
    fields = {field["path"]: field for field in told["fields"]}
    values = [(value["date"][:10], value["value"]) for value in fields["awards/A1/value/amount"]["values"]]
    assert values == [("2026-01-05", 1150), ("2026-02-20", 1175), ("2026-03-03", 1150)]
    assert fields["awards/A1/value/amount"]["rows"] == ["awards:A1"]
    out = history(hamlet, "T1", "--path", path).out
    assert "awards/A1/value/amount  now from awards:A1" in out
    assert "20260302T120000Z" in out


def test_a_removed_value_and_a_path_without_any(hamlet: Hamlet) -> None:
    assert "(removed)" in history(hamlet, "T1", "--path", "tender/value/amount").out
    done = history(hamlet, "T1", "--path", "tender/none")
    assert done.code == 0
    assert "It has:" in done.out
    assert "tender/title" in done.out


def test_what_was_known_at_a_time(hamlet: Hamlet) -> None:
    told = json.loads(history(hamlet, "T1", "--at", "2026-02-20", "--json").out)
    assert (len(told["releases"]), told["later"]) == (2, 1)
    assert told["state"]["awards"][0]["value"]["amount"] == 1175
    out = history(hamlet, "T1", "--at", "2026-02-01T00:00:00Z").out
    assert "Known at 2026-02-01T00:00:00Z; 2 releases came later:" in out
    assert "  tender/title: Benches" in out
    assert "Nothing was known at 2025-01-01" in history(hamlet, "T1", "--at", "2025-01-01").out
    done = history(hamlet, "T1", "--at", "yesterday")
    assert done.code == 2
    assert "neither a day" in done.err


def test_the_page_escapes_everything_and_needs_nothing_from_elsewhere(hamlet: Hamlet, tmp_path: Path) -> None:
    file = tmp_path / "new" / "history.html"
    done = history(hamlet, "T1", "--html", file)
    assert (done.code, done.out) == (0, "")
    page = file.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in page
    assert not re.search(r"<script|<link|<img|src=|url\(|@import|href=\"http", page)
    assert "\x1b" not in page
    assert "\u202e" not in page
    for words in ("Do not publish it", "1175", "1150", "awards:A1", "20260303T120000Z"):
        assert words in page
    again = tmp_path / "again.html"
    history(hamlet, "T1", "--html", again)
    assert again.read_bytes() == file.read_bytes()


def test_a_process_that_is_held_back_says_so(hamlet: Hamlet, tmp_path: Path) -> None:
    from made_up_city import copy_hamlet

    other = copy_hamlet(hamlet, tmp_path / "other")
    edit(other.sources / "documents.csv", "https://hamlet.example/d2", "no address")
    done = pregon(*other.arguments("2026-03-04T12:00:00Z"))
    assert done.code == 0, done.err
    told = json.loads(pregon("history", "hamlet", "T2", "--home", other.home, "--json").out)
    assert [row["row"] for row in told["held"]] == ["documents:T2|D2"]
    assert "held back now: structure" in pregon("history", "hamlet", "T2", "--home", other.home).out
