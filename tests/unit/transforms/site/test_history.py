"""The page of a process's history: for internal use, in the city's language, and safe whatever the source holds."""

import re

import pytest
from made_up_history import OCID, page

from transforms.site.history import told
from transforms.texts import texts


@pytest.mark.parametrize(("language", "words"), [("en", "Do not publish it"), ("es", "No la publique")])
def test_it_speaks_the_city_s_language_and_says_that_it_is_internal(language: str, words: str) -> None:
    text = page(language).decode()
    assert words in text
    assert f'<html lang="{language}">' in text
    assert '<meta name="robots" content="noindex">' in text


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_needs_nothing_from_elsewhere_and_runs_nothing(language: str) -> None:
    text = page(language).decode()
    assert not re.search(r"<script|<link|<img|src=|url\(|@import|href=\"http", text)
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; {{ 7*7 }}" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "2026/001<b>" not in text


def test_it_shows_releases_newest_first_with_values_before_and_after() -> None:
    text = page().decode()
    places = [text.index(f'id="release-{number}"') for number in (3, 2, 1)]
    assert places == sorted(places)
    for words in ("Benches", "1200.5", "lines:1|a", "Tender › Value › Amount", "20260601T120000Z-0064f94e",
                  "in no publication on record", "It changes nothing that is compiled", "Held back now", "A. Clerk",
                  "March 5, 2026"):  # fmt: skip
        assert words in text


def test_a_history_that_was_cut_says_so() -> None:
    text = page(releases=1, at="2026-01-31").decode()
    assert "What was known at <bdi>2026-01-31</bdi>" in text
    assert "2 later releases are left out" in text
    assert "Nothing had been released then" in page(releases=0, at="2025-01-31").decode()


def test_both_languages_have_the_same_texts() -> None:
    def keys(value: object, path: str = "") -> set[str]:
        if isinstance(value, dict):
            return {inner for name, member in value.items() for inner in keys(member, f"{path}/{name}")}
        return {path}

    english, spanish = texts("en", "history").entries, texts("es", "history").entries
    assert keys(english) == keys(spanish)
    same = {name for name in english if isinstance(english[name], str) and english[name] == spanish[name]}
    assert same == {"release"}


def test_values_are_told_on_one_line() -> None:
    assert told("a\nb") == "a b"
    assert told(["x", 1, None]) == '["x", 1, null]'
    assert told({"id": "ñ"}) == '{"id": "ñ"}'
    assert len(told("x" * 1000)) == 160


def test_the_ocid_is_in_the_title() -> None:
    assert OCID.replace("<b>", "&lt;b&gt;") in page().decode().partition("</title>")[0]
