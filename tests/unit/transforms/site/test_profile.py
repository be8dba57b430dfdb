"""The page of a source profile: for internal use, in the language of the source, and safe whatever the source holds."""

import html
import re
from pathlib import Path

import pytest
from made_up_profiles import HOSTILE, profile

from transforms.site.profile import printable, profile_page, share


@pytest.mark.parametrize(("language", "words"), [("en", "Suspected personal data"), ("es", "Posibles datos personales"),
                                                 ("fr", "Suspected personal data")])  # fmt: skip
def test_it_speaks_the_source_s_language(tmp_path: Path, language: str, words: str) -> None:
    page = profile_page(profile(tmp_path, language), country="US").decode()
    assert words in page
    assert f'<html lang="{"es" if language == "es" else "en"}">' in page


def test_it_needs_nothing_from_elsewhere_and_runs_nothing(tmp_path: Path) -> None:
    page = profile_page(profile(tmp_path), country="US").decode()
    assert not re.search(r"<script|<link|<img|src=|url\(|@import|https?://", page)
    assert html.escape(HOSTILE, quote=False)[:14] in page


def test_values_that_may_be_personal_are_not_on_it(tmp_path: Path) -> None:
    page = profile_page(profile(tmp_path), country="US").decode()
    assert "Maria" not in page
    assert "•••••" in page


def test_it_says_that_it_is_internal_and_of_a_sample(tmp_path: Path) -> None:
    assert "Do not publish it" in profile_page(profile(tmp_path), country="US").decode()
    assert "first 1,000 rows" in profile_page(profile(tmp_path, sample=1000), country="US").decode()


def test_every_finding_says_what_to_do(tmp_path: Path) -> None:
    page = profile_page(profile(tmp_path), country="US").decode()
    for words in ("amounts of zero", "negative amounts", "prices per unit", "markup", "List them under null_values",
                  "day and month can", "Ask the source"):  # fmt: skip
        assert words in page


def test_values_can_not_turn_a_line_around_or_obey(tmp_path: Path) -> None:
    assert printable("a\x1b[31m\nb\x07") == "a\ufffd[31m b\ufffd"
    assert printable("x" * 500).endswith("…")


def test_few_and_all_but_a_few_do_not_disappear() -> None:
    assert [share(value).replace("\N{NO-BREAK SPACE}", " ") for value in (0, 0.001, 0.5, 0.9999, 1)] == [
        "0 %", "<1 %", "50 %", ">99 %", "100 %",
    ]  # fmt: skip
