"""A run tells everybody what is wrong with its publication in counts, and the city which source rows it comes from."""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from city_copies import edit
from command_line import pregon
from leak_search import files_with
from made_up_city import LATER, MOMENT, Hamlet, copy_hamlet, write_hamlet
from openpyxl import load_workbook

from expectations.checks import process
from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Outcome, ProcessCheck, Texts, failure
from expectations.checks.registry import checks_by_id
from pregon.stages.assessing import assessor_of

pytestmark = pytest.mark.integration

HOSTILE = '=cmd|"Señora Quill"<script>'
THIRD = "2026-03-03T12:00:00Z"


def _no_benches(compiled: CompiledRelease) -> Outcome | None:
    title = compiled.tender.get("title")
    if not isinstance(title, str):
        return None
    return Outcome(1, [failure(("tender", "title"), title, "lamps")] if "Lamps" not in title else [])


def _awards(compiled: CompiledRelease) -> Outcome | None:
    return Outcome(len(compiled.awards)) if compiled.awards else None


def forget_checks() -> None:
    """Let the next question find the checks that are registered then."""
    checks_by_id.cache_clear()
    assessor_of.cache_clear()


CHECKS = [
    ProcessCheck(
        id="made_up.title", version="1", severity="critical", paths=("tender/title",), source="made up",
        title=Texts("Titles are of lamps", "Los títulos son de lámparas"),
        message=Texts("{value} is not of {other}", "{value} no es de {other}"),
        cost=Texts("Nobody finds lamps.", "Nadie encuentra lámparas."), run=_no_benches,
    ),
    ProcessCheck(
        id="made_up.awards", version="1", severity="warning", source="made up", paths=("awards",),
        title=Texts("Awards are awards", "Las adjudicaciones son adjudicaciones"), message=Texts("no", "nada"),
        cost=Texts("Nothing.", "Nada."), run=_awards,
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Hamlet:
    """The city after its first run."""
    hamlet = write_hamlet(tmp_path_factory.mktemp("hamlet"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "CHECKS", CHECKS)
        forget_checks()
        patch.setenv("PREGON_CITIES", str(hamlet.cities))
        done = pregon(*hamlet.arguments(MOMENT))
        assert done.code == 0, done.err
    forget_checks()
    return hamlet


@pytest.fixture
def hamlet(first: Hamlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hamlet]:
    """A copy of it that a test may change."""
    copy_hamlet(first, tmp_path)
    monkeypatch.setattr(process, "CHECKS", CHECKS)
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path / "cities"))
    forget_checks()
    yield Hamlet(tmp_path)
    forget_checks()


def run(hamlet: Hamlet, as_of: str) -> None:
    done = pregon(*hamlet.arguments(as_of))
    assert done.code == 0, done.err


def quality(hamlet: Hamlet, *options: object) -> Any:
    return pregon("quality", "hamlet", "--home", hamlet.home, *options)


def public(hamlet: Hamlet) -> Path:
    return hamlet.public / "hamlet" / "current" / "reports"


def internal(hamlet: Hamlet) -> Path:
    return hamlet.home / "internal" / "hamlet" / "quality"


def report(hamlet: Hamlet) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((public(hamlet) / "quality.json").read_bytes())
    return found


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_everybody_reads_counts_and_no_value(hamlet: Hamlet) -> None:
    found = report(hamlet)
    title = next(one for one in found["checks"] if one["id"] == "made_up.title")
    assert (title["outcome"], title["failed_processes"], title["processes"]) == ("failed", 2, 3)
    assert title["places"] == [{"path": "tender/title", "processes": 2}]
    assert found["checks"][0] == title
    assert [one["as_of"] for one in found["trend"]] == [MOMENT]
    for file in public(hamlet).iterdir():
        text = file.read_text(encoding="utf-8")
        for word in ("Benches", "Paint<", "tenders:", "tenders.title", "lamps "):
            assert word not in text, (file.name, word)


def test_the_trend_grows_with_each_snapshot_only(hamlet: Hamlet) -> None:
    run(hamlet, LATER)
    assert len(report(hamlet)["trend"]) == 1
    edit(hamlet.sources / "tenders.csv", "Paint", "Lamps painted")
    run(hamlet, THIRD)
    trend = report(hamlet)["trend"]
    assert [one["as_of"] for one in trend] == [MOMENT, THIRD]
    assert [one["failing_processes"]["critical"] for one in trend] == [2, 1]
    assert trend[0]["score"] < trend[1]["score"]


def test_the_city_reads_which_rows_it_comes_from(hamlet: Hamlet) -> None:
    listed = rows(internal(hamlet) / "issues.csv")
    assert [(one["system"], one["table"], one["key"], one["column"]) for one in listed] == [
        ("files", "tenders", "T1", "tenders.title"), ("files", "tenders", "T3", "tenders.title"),
    ]  # fmt: skip
    assert listed[0]["problem_es"] == "Benches no es de lamps"
    page = (internal(hamlet) / "report.es.html").read_text(encoding="utf-8")
    assert "Benches no es de lamps" in page
    assert "files.tenders" in page
    workbook = load_workbook(internal(hamlet) / "issues.xlsx")
    assert workbook["Issues"].max_row == 3


def test_the_same_run_again_gives_the_same_files(hamlet: Hamlet) -> None:
    before = digests(internal(hamlet))
    assert quality(hamlet).code == 0
    assert digests(internal(hamlet)) == before
    shutil.rmtree(internal(hamlet))
    assert quality(hamlet).code == 0
    assert digests(internal(hamlet)) == before


def test_what_was_not_kept_is_found_anew(hamlet: Hamlet) -> None:
    before = digests(internal(hamlet))
    shutil.rmtree(hamlet.home / "lake" / "hamlet" / "committed")
    shutil.rmtree(internal(hamlet))
    done = quality(hamlet)
    assert done.code == 0, done.err
    after = digests(internal(hamlet))
    assert after["issues.csv"] == before["issues.csv"]
    assert after.keys() == before.keys()


def test_the_command_shows_what_matters_in_one_screen(hamlet: Hamlet) -> None:
    done = quality(hamlet)
    assert done.code == 0
    assert "One critical check fails. 2 of 3 processes" in done.out.replace("\N{NO-BREAK SPACE}", " ")
    assert "made_up.title" in done.out
    assert len(done.out.splitlines()) <= 25
    spanish = quality(hamlet, "--lang", "es").out
    assert "Falla una comprobación crítica." in spanish
    assert "report.es.html" in spanish


def test_the_command_shows_one_check_with_examples(hamlet: Hamlet) -> None:
    done = quality(hamlet, "--check", "made_up.title", "--lang", "es")
    assert "Benches no es de lamps" in done.out
    assert "files.tenders, clave T1, columna tenders.title" in done.out
    assert "en orden; revisados: 1" in quality(hamlet, "--check", "made_up.awards", "--lang", "es").out


def test_the_command_gives_json_of_what_is_asked_for(hamlet: Hamlet) -> None:
    found = json.loads(quality(hamlet, "--json", "--severity", "critical").out)
    assert [one["id"] for one in found["checks"] if one["id"].startswith("made_up")] == ["made_up.title"]
    title = found["checks"][0]
    assert title["examples"][0]["columns"] == ["tenders.title"]
    assert title["source_tables"] == [{"name": "files.tenders", "table": "tenders", "failures": 2}]


def test_the_command_writes_lists_to_hand_on(hamlet: Hamlet, tmp_path: Path) -> None:
    done = quality(hamlet, "--issues", tmp_path / "out" / "list.csv", "--severity", "critical")
    assert done.code == 0, done.err
    assert len(rows(tmp_path / "out" / "list.csv")) == 2
    quality(hamlet, "--issues", tmp_path / "list.xlsx", "--lang", "es")
    assert load_workbook(tmp_path / "list.xlsx").sheetnames == ["Resumen", "Incidencias"]
    quality(hamlet, "--issues", tmp_path / "none.csv", "--check", "made_up.awards")
    assert rows(tmp_path / "none.csv") == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--check", "made_up.titel"), "did you mean"), (("--severity", "grave"), "critical, warning, info"),
        (("--issues", "list.pdf"), "neither in .csv nor in"),
    ],
)  # fmt: skip
def test_the_command_says_what_it_does_not_know(hamlet: Hamlet, options: tuple[str, str], expected: str) -> None:
    done = quality(hamlet, *options)
    assert done.code == 2
    assert expected in " ".join(done.err.replace("│", " ").split())


def test_nothing_committed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    done = quality(hamlet)
    assert done.code == 1
    assert "nothing of hamlet was committed yet" in done.err


def test_hostile_values_are_text_everywhere(hamlet: Hamlet) -> None:
    quoted = HOSTILE.replace('"', '""')
    edit(hamlet.sources / "tenders.csv", "Benches", f'"{quoted}"')
    run(hamlet, LATER)
    listed = rows(internal(hamlet) / "issues.csv")
    assert {one["value"] for one in listed} == {"'" + HOSTILE, "Paint"}
    for page in internal(hamlet).glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text
        assert "&lt;script&gt;" in text
    for row in load_workbook(internal(hamlet) / "issues.xlsx")["Issues"].iter_rows(min_row=2):
        assert all(cell.data_type != "f" for cell in row)


def test_what_is_redacted_is_in_no_report_any_more(hamlet: Hamlet) -> None:
    quoted = HOSTILE.replace('"', '""')
    edit(hamlet.sources / "tenders.csv", "Benches", f'"{quoted}"')
    run(hamlet, LATER)
    assert any("quality/issues.csv" in file for file in files_with(hamlet.home, "Señora Quill"))
    done = pregon(
        "redact", "hamlet", "ocds-213czf-T1:tender/title", "--reason", "personal", "--by", "A. Clerk", "--home",
        hamlet.home, "--as-of", THIRD, "--yes",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert not internal(hamlet).exists()
    assert files_with(hamlet.home, "Señora Quill") == []
    title = next(one for one in report(hamlet)["checks"] if one["id"] == "made_up.title")
    assert (title["failed_processes"], title["processes"]) == (1, 2)
    assert quality(hamlet).code == 0
    assert len(rows(internal(hamlet) / "issues.csv")) == 1
    assert files_with(hamlet.home, "Señora Quill") == []
