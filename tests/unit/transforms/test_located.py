"""YAML that knows its lines, reads words as words, and refuses what would win silently."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.located import InvalidYaml, parse

TEXT = """\
a: 1
# a comment
b:
  - x
  - {c: 2,
     d: 3}
"e f":
  on: yes
  country: NO
"""


def test_each_key_and_entry_has_its_line() -> None:
    document = parse(TEXT, "file.yaml")
    lines = {("a",): 1, ("b",): 3, ("b", 0): 4, ("b", 1): 5, ("b", 1, "c"): 5, ("b", 1, "d"): 6, ("e f",): 7}
    assert {path: document.line(path) for path in lines} == lines


def test_a_path_that_is_not_there_has_the_line_of_its_deepest_part() -> None:
    document = parse(TEXT, "file.yaml")
    assert document.line(("b", 1, "missing", "deeper")) == 5
    assert document.line(("missing",)) == 1


def test_on_and_yes_and_no_are_words() -> None:
    assert parse(TEXT, "file.yaml").data["e f"] == {"on": "yes", "country": "NO"}
    assert parse("{a: true, b: FALSE, c: off, d: y}", "f").data == {"a": True, "b": False, "c": "off", "d": "y"}


def test_numbers_and_nothing_are_read_as_yaml_does() -> None:
    assert parse("{a: 1, b: 1.5, c: , d: ~, e: '1'}", "f").data == {"a": 1, "b": 1.5, "c": None, "d": None, "e": "1"}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' stands here a second time"),
        ("x:\n  y: 1\n  y: 2\n", 3, "the key 'y' stands here a second time"),
        ("a: [1, 2\nb: 3\n", 2, ""),
        ("a: 'open\n", 2, ""),
        ("a:\n\t- b\n", 2, ""),
        ("a: *nowhere\n", 1, "undefined alias"),
        ("a: !!python/object:os.system {}\n", 1, "python/object"),
        ("a: 1\n---\nb: 2\n", 2, "document"),
        ("{[1]: 2}", 1, "a key must be a word"),
        ("a: !include other.yaml\n", 1, "!include"),
        ("x: 1\na: 2026-13-45\n", 2, "'2026-13-45' can't be read"),
        ("a: !!int many\n", 1, "'many' can't be read"),
        ("a: &a [*a]\n", 1, "refers to itself"),
    ],
)
def test_what_can_not_be_read_is_refused_with_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(InvalidYaml) as refused:
        parse(text, "cities/x/city.yaml")
    assert (refused.value.file, refused.value.line) == ("cities/x/city.yaml", line)
    assert str(refused.value).startswith(f"cities/x/city.yaml:{line}: ")
    assert problem in refused.value.problem


def test_an_empty_text_is_nothing() -> None:
    assert parse("", "f").data is None
    assert parse("# only a comment\n", "f").data is None


@given(st.text(max_size=200) | st.text("-:[]{}&*!? \n\t'\"#a1", max_size=40))
def test_no_text_raises_anything_but_invalid_yaml(text: str) -> None:
    with suppress(InvalidYaml):
        assert parse(text, "f").line(()) == 1


def test_a_tab_is_named() -> None:
    with pytest.raises(InvalidYaml, match=r"f\.yaml:2: .*holds a tab: YAML is indented with spaces"):
        parse("a:\n\tb: 1\n", "f.yaml")
