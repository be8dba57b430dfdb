"""What may be served and what never is lie in different folders."""

from pathlib import Path

import pytest

from pregon.home import Home, default_home


def test_public_and_internal_are_apart(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.public("lampton") == tmp_path / "public" / "lampton"
    for private in (home.internal("lampton"), home.ledger("lampton"), home.sources, home.lake.root):
        assert not private.is_relative_to(tmp_path / "public")
    assert home.ledger("lampton").is_relative_to(home.internal("lampton"))


def test_cities_never_share_a_ledger(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.ledger("lampton") != home.ledger("poleville")


def test_the_folder_is_that_of_the_environment_else_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PREGON_HOME", raising=False)
    assert default_home() == tmp_path / ".pregon"
    monkeypatch.setenv("PREGON_HOME", "")
    assert default_home() == tmp_path / ".pregon"
    monkeypatch.setenv("PREGON_HOME", "elsewhere")
    assert default_home() == tmp_path / "elsewhere"
