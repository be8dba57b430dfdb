"""The reference names what the code knows, no less and, where that can be told, no more."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel

from pregon.checking import extension_ids
from pregon.city import City
from pregon.commands import app
from pregon.ledger.tables import metadata
from pregon.orchestration.local.command import parser
from pregon.sources import batches
from transforms.mapping.events import events_macro
from transforms.mapping.model import Mapping
from transforms.mapping.sql import macros
from transforms.profile.model import Confidence, Kind, PersonalData, Profile
from transforms.texts import LANGUAGES, texts

SET_BY_PREGON = {"slug", "folder", "located"}
INSIDE_OTHERS = {"written", "zoned_instant", "utc", "utc_instant"}
"""Macros that only the mapping uses."""


@pytest.fixture(scope="module")
def page(repository: Path) -> Any:
    """Text of a page of the reference, by name."""
    return lambda name: (repository / "docs" / "reference" / name).read_text(encoding="utf-8")


def _models(annotation: Any) -> set[type[BaseModel]]:
    """Every model below an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        found = {annotation}
        for field in annotation.model_fields.values():
            found |= _models(field.annotation)
        return found
    return set().union(*(_models(inner) for inner in get_args(annotation)), set())


def _keys(model: type[BaseModel]) -> set[str]:
    return {
        field.alias or name for found in _models(model) for name, field in found.model_fields.items()
    } - SET_BY_PREGON


def _names(text: str) -> set[str]:
    """Words in code spans, headings of one word, and keys in code blocks."""
    spans = {word for span in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"\w+", span)}
    headings = set(re.findall(r"^#+ (\w+)$", text, re.MULTILINE))
    return spans | headings | set(re.findall(r"(\w+):", text))


def _first_column(text: str) -> set[str]:
    """Code spans in the first cells of the tables."""
    return {span for row in re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE) for span in re.findall(r"`([^`]+)`", row)}


def test_every_key_of_a_city_is_explained(page: Any) -> None:
    assert _keys(City) - _names(page("city-yaml.md")) - _names(page("targets.md")) == set()


def test_no_key_of_a_city_is_made_up(page: Any) -> None:
    assert {name for name in _first_column(page("city-yaml.md")) if name.isidentifier()} - _keys(City) == set()


def test_every_key_of_a_mapping_is_explained(page: Any) -> None:
    assert _keys(Mapping) - _names(page("mapping-yaml.md")) == set()


def test_no_key_of_a_mapping_is_made_up(page: Any) -> None:
    assert _first_column(page("mapping-yaml.md")) - _keys(Mapping) == set()


def test_the_macros_are_those_there_are(page: Any) -> None:
    statements = [*macros("UTC"), events_macro(rebuilt=True)]
    defined = {re.search(r"MACRO (\w+)\(", statement)[1] for statement in statements}  # type: ignore[index]
    explained = {name.partition("(")[0] for name in _first_column(page("prepare.md")) if "(" in name}
    assert explained == defined - INSIDE_OTHERS


def _commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with its whole name, those of groups too."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


def test_every_command_and_option_is_explained(page: Any) -> None:
    text = page("command-line.md")
    for name, command in _commands(typer.main.get_command(app)):
        section = text.partition(f"## pregon {name}")[2].partition("\n## ")[0]
        options = {option for part in command.params for option in part.opts if option.startswith("--")}
        explained = set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))
        assert explained == options - {"--help"}, name


def test_every_field_of_a_profile_is_explained(page: Any) -> None:
    text = page("source-profile.md")
    fields = {name for found in _models(Profile) for name in found.model_fields}
    assert fields - _names(text.partition("## The JSON")[2]) == set()
    kinds = {*get_args(Kind), *get_args(PersonalData), *get_args(Confidence)}
    assert kinds - _names(text) == set()


def test_every_finding_of_a_profile_is_explained(page: Any) -> None:
    for language in LANGUAGES:
        assert _first_column(page("source-profile.md").rpartition("| finding |")[2]) == set(
            texts(language, "profile")["finding"]
        )


def test_every_option_of_the_local_airflow_is_explained(page: Any) -> None:
    section = page("command-line.md").partition("## bin/run")[2].partition("\n## ")[0]
    options = {option for action in parser()._actions for option in action.option_strings if option.startswith("--")}
    assert options - set(re.findall(r"--[a-z-]+", section)) == {"--help"}


def test_every_environment_variable_is_explained(page: Any, repository: Path) -> None:
    sources = [*(repository / "plugins").rglob("*.py"), repository / "bin" / "setup"]
    used = {name for file in sources for name in re.findall(r"\bPREGON_[A-Z_]+\b", file.read_text(encoding="utf-8"))}
    assert used - _names(page("command-line.md")) == set()


def test_every_table_of_the_ledger_is_explained(page: Any) -> None:
    assert set(metadata.tables) - _first_column(page("ledger-and-lake.md")) == set()


def test_every_reason_for_a_rejected_row_is_explained(page: Any) -> None:
    reasons = {
        batches.RAGGED_ROW, batches.UNREADABLE_ROW, batches.CAST_FAILURE, batches.EMPTY_KEY, batches.DUPLICATE_ROW,
        batches.DUPLICATE_KEY, batches.UNKNOWN_LAYOUT,
    }  # fmt: skip
    assert reasons - _first_column(page("ledger-and-lake.md")) == set()


def test_the_extensions_are_those_there_are(page: Any) -> None:
    section = page("releases.md").partition("## Extensions")[2]
    assert _first_column(section) == set(extension_ids())
