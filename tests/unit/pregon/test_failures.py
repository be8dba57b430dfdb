"""An error says what is wrong and what to do; one that nobody foresaw is told in two lines."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from sqlalchemy.exc import OperationalError

from pregon.errors import PregonError
from pregon.failures import explain
from transforms.errors import TransformError


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PregonError("the lamp is out", hint="change the bulb"), ("the lamp is out", "change the bulb")),
        (TransformError("no such path"), ("no such path", None)),
        (FileNotFoundError(errno.ENOENT, "No such file", "x.csv"), ("x.csv: No such file", None)),
        (OSError("odd"), ("odd", None)),
    ],
)  # fmt: skip
def test_what_a_person_can_mend_is_told_in_its_words(error: Exception, told: tuple[str, str | None]) -> None:
    assert explain(error) == told


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EROFS, "another folder: --home"),
        (errno.EACCES, "permissions"),
        (errno.ENOTDIR, "a file stands where a folder is needed"),
    ],
)
def test_an_error_of_the_disk_says_what_to_do(number: int, words: str) -> None:
    told = explain(OSError(number, os.strerror(number), "/srv/pregon"))
    assert told is not None
    assert told[0].startswith("/srv/pregon: ")
    assert words in str(told[1])


def test_databases_are_told_without_their_statements() -> None:
    told = explain(OperationalError("INSERT INTO secret", {}, Exception("database or disk is full")))
    assert told is not None
    assert told[0] == "the database of the ledger refuses: database or disk is full"
    told = explain(duckdb.IOException("IO Error: gone\n\nLINE 1: SELECT"))
    assert told is not None
    assert told[0] == "IO Error: gone"


def test_a_defect_is_not_explained_away() -> None:
    assert explain(KeyError("x")) is None


@pytest.mark.parametrize("wanted", [False, True])
def test_a_defect_is_told_with_its_place_and_in_full_to_those_who_ask(tmp_path: Path, wanted: bool) -> None:
    code = "import pregon.commands as c\ndef broken(): raise KeyError('x')\nc.slugs = broken\n"
    code += "import sys; sys.argv = ['pregon', 'cities']\nfrom pregon.cli import main\nmain()\n"
    environment = {**os.environ, "PREGON_TRACEBACK": "1" if wanted else ""}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) is wanted
    assert "KeyError: 'x'" in done.stderr
