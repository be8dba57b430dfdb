"""The badge is a drawing by itself, which says its score to everybody."""

import pytest
from defusedxml import ElementTree

from transforms.site.badge import badge

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("score", "language", "country", "expected"),
    [
        (96.78, "en", "US", "data quality: 96.7 of 100"),
        (96.78, "es", "CO", "calidad de los datos: 96,7 de 100"),
        (100.0, "es", "MX", "calidad de los datos: 100 de 100"),
        (99.999, "en", "US", "data quality: 99.9 of 100"),
        (None, "en", "US", "data quality: not rated"),
    ],
)
def test_it_says_its_score(score: float | None, language: str, country: str, expected: str) -> None:
    svg = ElementTree.fromstring(badge(score, language, country))
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == expected
    assert svg.findtext(f"{SVG}title") == expected
    assert ": ".join(text.text or "" for text in svg.iter(f"{SVG}text")) == expected


def test_it_asks_nobody_for_anything() -> None:
    text = badge(50, "en", "US").decode().replace('xmlns="http://www.w3.org/2000/svg"', "")
    for word in ("http", "url(", "@import", "<script", "<image", "href"):
        assert word not in text


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("score", [100, 85, 10, None])
def test_white_letters_stand_out(score: float | None) -> None:
    svg = ElementTree.fromstring(badge(score, "en", "US"))
    fills = {one.get("fill") for one in svg if one.get("fill", "").startswith("#") and one.tag != f"{SVG}g"}
    assert len(fills) == 2
    for fill in fills:
        assert 1.05 / (_luminance(str(fill)) + 0.05) >= 4.5


def test_colours_differ_by_score() -> None:
    fills = {ElementTree.fromstring(badge(score, "en", "US"))[2].get("fill") for score in (100, 85, 10, None)}
    assert len(fills) == 4
