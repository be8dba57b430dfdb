"""`pregon source profile` and `pregon source test` as a person uses them."""

import json
from pathlib import Path

import pytest
from command_line import Outcome, pregon
from made_up_city import MOMENT, Hamlet, write_hamlet

from pregon import printing
from transforms.profile.model import Profile


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    made = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(made.cities))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    return made


def source(command: str, hamlet: Hamlet, *more: object) -> Outcome:
    """Run a command of the group for the hamlet's files."""
    return pregon("source", command, "hamlet", "--from", hamlet.sources, "--home", hamlet.home, *more)


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_profile_shows_tables_columns_and_references(hamlet: Hamlet) -> None:
    rewrite(hamlet.sources / "awards.csv", "A1,T1,F1,1150\n", "A1,T1,F1,1150\nA2,T2,F2,800\n")
    done = source("profile", hamlet, "--as-of", MOMENT)
    assert done.code == 0, done.err
    assert "files.tenders: 3 rows, 5 columns, about solicitations" in done.out
    assert "tender/title" in done.out
    assert "files.awards.firm occurs in files.firms.firm" in done.out


def test_json_is_a_profile_and_nothing_else(hamlet: Hamlet) -> None:
    done = source("profile", hamlet, "--json", "--as-of", MOMENT)
    made = Profile.model_validate_json(done.out)
    assert (made.city, made.as_of, made.version) == ("hamlet", "2026-03-01T12:00:00+00:00", 1)
    assert [table.name for table in made.sources[0].tables] == ["tenders", "documents", "firms", "awards"]


def test_the_same_sources_give_the_same_json_and_page(hamlet: Hamlet, tmp_path: Path) -> None:
    first, second = (
        source("profile", hamlet, "--json", "--as-of", MOMENT, "--html", tmp_path / f"{number}.html").out
        for number in (1, 2)
    )
    assert first == second
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes()


def test_a_page_is_written_where_it_is_asked_for(hamlet: Hamlet, tmp_path: Path) -> None:
    page = tmp_path / "new" / "profile.html"
    done = source("profile", hamlet, "--html", page)
    assert done.code == 0, done.err
    assert f"Profile: {page}" in done.err
    assert done.out == ""
    assert "<h1>Source profile</h1>" in page.read_text(encoding="utf-8")


def test_lines_to_paste(hamlet: Hamlet) -> None:
    done = source("profile", hamlet, "--paste")
    assert "-- prepare.sql: files.tenders\nCREATE VIEW tenders AS" in done.out
    assert "tender/title: {from: tenders.title}" in done.out


def test_a_sample_says_so(hamlet: Hamlet) -> None:
    done = source("profile", hamlet, "--sample", "2")
    assert "Only the first 2 rows of each table were read" in done.out
    assert "files.tenders: 2 rows (first rows only)" in done.out


def test_a_narrow_terminal_gets_lines(hamlet: Hamlet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing.out, "width", 60)
    done = source("profile", hamlet)
    assert "title: Holds text, Filled 100 %" in done.out


def test_null_words_and_undeclared_columns_are_shown(hamlet: Hamlet) -> None:
    rewrite(hamlet.sources / "firms.csv", "firm,name\n", "firm,name,Owner Email\n")
    rewrite(hamlet.sources / "firms.csv", "Carpenters\n", "Carpenters,a@b.example\n")
    rewrite(hamlet.sources / "firms.csv", "Painters\n", "N/A,c@d.example\n")
    done = source("profile", hamlet)
    assert "name: No value, written as 'N/A' (1)" in done.out
    assert "Owner Email: e-mail addresses, parties/contactPoint/email" in done.out
    assert "a@b.example" not in done.out


def test_json_and_paste_exclude_each_other(hamlet: Hamlet) -> None:
    done = source("profile", hamlet, "--json", "--paste")
    assert done.code == 2
    assert "--paste" in done.err


@pytest.mark.parametrize("command", ["profile", "test"])
def test_a_city_of_databases_has_no_folder_of_files(command: str, tmp_path: Path) -> None:
    done = pregon("source", command, "riverbend", "--from", tmp_path, "--home", tmp_path / "home")
    assert done.code == 1
    assert "riverbend has no source of kind files" in done.err
    assert not (tmp_path / "home").exists()


def test_a_source_that_can_not_be_read_ends_the_profile_with_its_reason(hamlet: Hamlet) -> None:
    (hamlet.sources / "awards.csv").unlink()
    done = source("profile", hamlet)
    assert done.code == 1
    assert "error: files.awards: awards.csv: is not in the folder" in done.err
    assert "Traceback" not in done.err


def test_a_source_that_can_be_read_passes(hamlet: Hamlet) -> None:
    done = source("test", hamlet)
    assert done.code == 0, done.out
    assert "Everything that a run needs is there" in done.out
    assert not hamlet.home.exists()


def test_every_problem_is_told_with_what_to_do_and_the_rest_is_tried(hamlet: Hamlet) -> None:
    rewrite(hamlet.sources / "tenders.csv", "title,status", "Title,State of it")
    (hamlet.sources / "awards.csv").unlink()
    done = source("test", hamlet)
    assert done.code == 1
    assert "✗ files.tenders, columns: not there: 'title', perhaps 'Title'; 'status', perhaps 'State of it'" in done.out
    assert "✗ files.awards, table: awards.csv: is not in the folder" in done.out
    assert "2 problems" in done.out
    assert "files.firms" in done.out


def test_the_test_gives_json(hamlet: Hamlet) -> None:
    (hamlet.sources / "awards.csv").unlink()
    done = source("test", hamlet, "--json")
    answer = json.loads(done.out)
    assert (answer["city"], answer["ok"]) == ("hamlet", False)
    [failed] = [check for check in answer["checks"] if check["outcome"] == "failed"]
    assert (failed["source"], failed["table"], failed["subject"]) == ("files", "awards", "table")
    assert failed["hint"]


def test_columns_that_nobody_declared_are_listed(hamlet: Hamlet) -> None:
    rewrite(
        hamlet.sources / "firms.csv", "firm,name\nF1,Carpenters\nF2,Painters\n", "firm,name,phone\nF1,A,1\nF2,B,2\n"
    )
    assert "files.firms: 1 other not declared: phone" in source("test", hamlet).out
