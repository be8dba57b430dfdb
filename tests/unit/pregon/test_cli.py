"""Every command helps, ends with a code that a script can read, and never shows a traceback."""

import gzip
import io
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from command_line import pregon
from unit.pregon.checking.made_up import release, release_package, tender, write

from pregon import commands
from pregon.errors import PregonError

COMMANDS = ["run", "cities", "check", "synth", "serve"]


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal as wide as a message, so that help is not broken within words."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")


def test_help_lists_every_command() -> None:
    done = pregon("--help")
    assert done.code == 0
    assert all(f" {command} " in done.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_and_its_options(command: str) -> None:
    done = pregon(command, "--help")
    assert done.code == 0
    assert f"pregon {command}" in done.out
    options = [line for line in done.out.splitlines() if line.strip("│ ").startswith("--")]
    assert options
    for line in options:
        words = line.strip("│ ").split("  ")
        assert len([word for word in words if word.strip()]) >= 2, f"{line} says nothing"


def test_without_a_command_help_is_shown() -> None:
    assert "Usage" in pregon().out + pregon().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["publish"], "No such command"),
        (["run"], "Missing argument"),
        (["run", "riverbend", "--as-of", "tomorrow"], "'tomorrow' is not a time such as 2026-11-22T12:00:00Z"),
        (["run", "riverbend", "--as-of", "2026-11-22T12:00:00"], "has no zone"),
        (["run", "riverbend", "--from", "/no/such/folder"], "does not exist"),
        (["check"], "Missing argument"),
        (["check", "/no/such/file.json"], "/no/such/file.json does not exist"),
        (["check", "x", "--limit", "-1"], "--limit"),
        (["synth"], "--out"),
        (["synth", "--out", "x.sqlite", "--processes", "0"], "--processes"),
    ],
)
def test_a_command_that_can_not_be_understood_ends_with_2(arguments: list[str], words: str) -> None:
    done = pregon(*arguments)
    assert done.code == 2
    assert words in done.err
    assert "Traceback" not in done.err


def test_a_city_that_is_not_there_ends_with_1_and_a_hint(tmp_path: Path) -> None:
    done = pregon("run", "riverbent", "--home", tmp_path)
    assert done.code == 1
    assert "error: there is no city 'riverbent'" in done.err
    assert "hint: did you mean riverbend?" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_files_for_a_city_of_databases_is_refused(tmp_path: Path) -> None:
    done = pregon("run", "riverbend", "--from", tmp_path, "--home", tmp_path / "home")
    assert done.code == 1
    assert "riverbend has no source of kind files" in done.err
    assert not (tmp_path / "home").exists()


def test_nothing_to_serve_says_what_to_do_first(tmp_path: Path) -> None:
    done = pregon("serve", "--home", tmp_path)
    assert done.code == 1
    assert "there is nothing to serve" in done.err
    assert "hint: run `pregon run CITY` first" in done.err


def test_the_traceback_is_there_for_those_who_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREGON_TRACEBACK", "1")
    with pytest.raises(PregonError):
        pregon("serve", "--home", tmp_path)


def test_an_interrupt_is_no_error_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "slugs", interrupted)
    done = pregon("cities")
    assert done.code == 130
    assert done.err == "interrupted; the same command may be given again at any time\n"


# cities ---------------------------------------------------------------------------------------------------------------


def test_the_cities_of_the_project_are_in_order() -> None:
    done = pregon("cities", "--json")
    found = json.loads(done.out)
    assert done.code == 0
    assert {"riverbend", "chicago", "toronto"} <= {entry["city"] for entry in found}
    assert all(entry["problems"] == [] for entry in found)


def test_a_city_with_a_problem_is_listed_with_it_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path))
    (tmp_path / "lampton").mkdir()
    (tmp_path / "lampton" / "city.yaml").write_text("nam: x\n")
    done = pregon("cities")
    assert done.code == 1
    assert "lampton" in done.out
    assert "cities/lampton/city.yaml:1: nam: is not a known key" in done.out
    (found,) = json.loads(pregon("cities", "--json").out)
    assert any("nam" in problem for problem in found["problems"])


@pytest.mark.parametrize(("name", "words"), [("none", "is not there"), ("", "holds no city")])
def test_a_folder_without_cities_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path / name))
    done = pregon("cities")
    assert done.code == 1
    assert f"the folder of cities, {tmp_path / name}, {words}" in done.err


def test_a_city_that_can_not_be_read_does_not_hide_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREGON_CITIES", str(tmp_path))
    for name in ("alba", "boreal"):
        (tmp_path / name / "city.yaml").mkdir(parents=True)
    found = {entry["city"]: entry["problems"] for entry in json.loads(pregon("cities", "--json", "--check").out)}
    assert found == {name: [f"cities/{name}/city.yaml: is missing"] for name in ("alba", "boreal")}


# check ----------------------------------------------------------------------------------------------------------------


def test_a_file_without_fault_ends_with_0(tmp_path: Path) -> None:
    done = pregon("check", write(tmp_path, release_package()))
    assert done.code == 0
    assert "release package, 1 release" in done.out
    assert "no findings" in done.out


def test_findings_end_with_1_kinds_first_then_examples(tmp_path: Path) -> None:
    package = release_package(*({**tender(colour="blue"), "id": str(number)} for number in range(1200)))
    done = pregon("check", "--structure-only", write(tmp_path, package))
    assert done.code == 1
    assert [line.strip() for line in done.out.splitlines()][1:] == [
        "1,200 × undeclared_field  tender/colour",
        "/releases/0/tender/colour: is no field of OCDS 1.1 or of a declared extension",
        "/releases/1/tender/colour: is no field of OCDS 1.1 or of a declared extension",
        "/releases/2/tender/colour: is no field of OCDS 1.1 or of a declared extension",
        "… and 1,197 more",
    ]


def test_the_limit_says_how_many_examples_are_shown(tmp_path: Path) -> None:
    package = release_package(*({**tender(colour="blue"), "id": str(number)} for number in range(10)))
    file = write(tmp_path, package)
    assert pregon("check", "--limit", "0", file).out.count("/releases/") == 0
    assert pregon("check", "--limit", "5", file).out.count("/releases/") == 5


def test_json_is_one_object_a_file(tmp_path: Path) -> None:
    good = write(tmp_path, release_package(), "good.json")
    bad = write(tmp_path, "rubbish [bold] \x1b[31m", "bad.json")
    done = pregon("check", "--json", good, bad)
    assert done.code == 1
    first, second, _quality = map(json.loads, done.out.splitlines())
    assert (first["file"], first["findings"]) == (str(good), 0)
    assert (second["kind"], second["kinds"][0]["code"]) == ("no OCDS data", "unreadable")


def test_what_a_file_says_is_not_taken_for_markup(tmp_path: Path) -> None:
    done = pregon("check", write(tmp_path, tender(**{"[red]": "x"})))
    assert "/tender/[red]" in done.out


def test_a_folder_is_checked_file_by_file(tmp_path: Path) -> None:
    write(tmp_path, release_package(), "a.json")
    write(tmp_path, gzip.compress(json.dumps(release()).encode()), "b.jsonl.gz")
    write(tmp_path, "a,b\n", "c.csv")
    done = pregon("check", "--structure-only", tmp_path)
    assert done.code == 0
    assert [line.split(":")[0] for line in done.out.splitlines()] == [
        str(tmp_path / "a.json"),
        str(tmp_path / "b.jsonl.gz"),
    ]


def test_a_folder_without_json_is_a_mistake(tmp_path: Path) -> None:
    done = pregon("check", tmp_path)
    assert done.code == 2
    assert "holds no file" in done.err


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Piped:
        buffer = io.BytesIO(gzip.compress(json.dumps(release_package(tender(colour="blue"))).encode()))

    monkeypatch.setattr(sys, "stdin", Piped)
    done = pregon("check", "-")
    assert done.code == 1
    assert done.out.startswith("-: release package")
    assert "/releases/0/tender/colour" in done.out


def test_extensions_of_bare_releases_are_named_and_hinted(tmp_path: Path) -> None:
    file = write(tmp_path, tender(lots=[{"id": "1"}]))
    done = pregon("check", file)
    assert done.code == 1
    assert "try: --extension lots" in done.out
    assert pregon("check", "--extension", "lots", file).code == 0
    assert pregon("check", "--extension", "all", file).code == 0


def test_an_extension_that_nobody_knows_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    done = pregon("check", "--extension", "lotz", write(tmp_path, release()))
    assert done.code == 1
    assert "'lotz'" in done.err
    assert "lots" in done.err


def test_one_of_a_kind_is_told_in_the_singular(tmp_path: Path) -> None:
    done = pregon("check", write(tmp_path, release_package(tender(colour="blue"))))
    assert "release package, 1 release, 1 finding\n" in done.out


def test_the_version_is_told() -> None:
    done = pregon("--version")
    assert (done.code, done.out) == (0, f"pregon {version('pregon')}\n")


# synth ----------------------------------------------------------------------------------------------------------------


def test_synth_makes_a_database_and_does_not_overwrite_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "city.sqlite"
    arguments = ("synth", "--out", file, "--processes", "3", "--as-of", "2026-03-01T00:00:00Z")
    done = pregon(*arguments)
    assert (done.code, file.is_file()) == (0, True)
    assert "3 processes" in done.out
    again = pregon(*arguments)
    assert again.code == 1
    assert "--replace" in again.err
    assert pregon(*arguments, "--replace").code == 0


def test_time_can_not_pass_in_a_database_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "none.sqlite"
    done = pregon("synth", "--advance", "1", "--out", file)
    assert done.code == 1
    assert f"{file} is not there" in done.err
    assert "without --advance" in done.err
    assert not file.exists()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("postgresql://me:secret@127.0.0.1:1/x", "postgresql+psycopg://me:***@127.0.0.1:1/x can't be used"),
        ("oracle://me:secret@127.0.0.1:1/x", "has no driver here"),
        ("nosuch://me:secret@127.0.0.1:1/x", "has no driver here"),
        ("://me:secret@x", "is not an address of a database"),
    ],
)
def test_a_database_that_can_not_be_opened_is_named_without_its_password(address: str, words: str) -> None:
    done = pregon("synth", "--out", address.replace("postgresql:", "postgresql+psycopg:"), "--processes", 1)
    assert done.code == 1
    assert words in done.err
    assert "hint: " in done.err
    assert "secret" not in done.err


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("buy milk\n" * 300)
    for options in ((), ("--advance", "1"), ("--replace",)):
        done = pregon("synth", "--out", file, *options)
        assert done.code == 1
        assert f"{file} can't be used: file is not a database" in done.err
    assert file.read_text().startswith("buy milk")


# terminals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("cities",), ("cities", "--json"), ("--help",)])
def test_a_terminal_without_the_letters_gets_what_it_can_show(arguments: tuple[str, ...]) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "pregon.cli", *arguments], env=environment, capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()
    if "--json" in arguments:
        assert "City of Bogotá" in {entry["name"] for entry in json.loads(done.stdout)}
