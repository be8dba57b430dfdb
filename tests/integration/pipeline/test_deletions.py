"""What becomes of a process whose row is gone from its source: as the city's policy says."""

from pathlib import Path
from typing import Any

import pytest
from command_line import pregon
from made_up_city import CITY, LATER, MOMENT, SOURCES, Hamlet, write_hamlet
from publication_files import json_lines

pytestmark = pytest.mark.integration

SHORTER = "".join(line for line in SOURCES["tenders.csv"].splitlines(keepends=True) if not line.startswith("T2"))
ENDED = "".join(line for line in SOURCES["tenders.csv"].splitlines(keepends=True) if not line.startswith("T1"))


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    return hamlet


def follow(hamlet: Hamlet, policy: str, *tenders: str) -> None:
    """Run the city under a policy, with one content of its tenders after the other."""
    key = "        key: [number]\n"
    text = CITY.replace(key, f"{key}        deletions: {policy}\n", 1)
    (hamlet.folder / "city.yaml").write_text(text, encoding="utf-8")
    for number, content in enumerate((SOURCES["tenders.csv"], *tenders)):
        (hamlet.sources / "tenders.csv").write_text(content, encoding="utf-8")
        done = pregon(*hamlet.arguments(MOMENT if number == 0 else LATER.replace("-02T", f"-{number + 1:02d}T")))
        assert done.code == 0, done.err


def compiled(hamlet: Hamlet) -> dict[str, Any]:
    lines = json_lines(hamlet.public / "hamlet" / "current", "compiled/full")
    return {line["ocid"].rpartition("-")[2]: line for line in lines}


def releases(hamlet: Hamlet, process: str) -> list[dict[str, Any]]:
    lines = json_lines(hamlet.public / "hamlet" / "current", "releases/full")
    return [line for line in lines if line["ocid"].endswith(f"-{process}")]


def test_a_lost_row_changes_nothing_where_losses_are_ignored(hamlet: Hamlet) -> None:
    follow(hamlet, "ignore", SHORTER)
    assert len(releases(hamlet, "T2")) == 1


def test_a_lost_row_cancels_its_process_and_all_that_was_known_stays(hamlet: Hamlet) -> None:
    follow(hamlet, "cancel", SHORTER)
    first, second = releases(hamlet, "T2")
    assert second["tag"] == ["tenderCancellation"]
    assert second["tender"]["status"] == "cancelled"
    tender = compiled(hamlet)["T2"]["tender"]
    assert (tender["title"], tender["value"]["amount"], len(tender["documents"])) == ("Lamps", 800, 1)
    assert {line["tender"]["status"] for key, line in compiled(hamlet).items() if key != "T2"} == {"active", "complete"}
    assert first["tender"]["status"] == "active"


def test_a_process_that_had_ended_is_not_cancelled_by_the_loss_of_its_row(hamlet: Hamlet) -> None:
    follow(hamlet, "cancel", ENDED)
    assert len(releases(hamlet, "T1")) == 1


def test_a_row_that_comes_back_is_open_again(hamlet: Hamlet) -> None:
    follow(hamlet, "cancel", SHORTER, SOURCES["tenders.csv"])
    assert [line["tender"]["status"] for line in releases(hamlet, "T2")] == ["active", "cancelled", "active"]


def test_a_run_that_changes_nothing_more_gives_no_release(hamlet: Hamlet) -> None:
    follow(hamlet, "cancel", SHORTER, SHORTER)
    assert len(releases(hamlet, "T2")) == 2


def test_a_full_run_keeps_the_cancellation(hamlet: Hamlet) -> None:
    follow(hamlet, "cancel", SHORTER)
    done = pregon(*hamlet.arguments(LATER.replace("-02T", "-09T")), "--full")
    assert done.code == 0, done.err
    assert len(releases(hamlet, "T2")) == 2
