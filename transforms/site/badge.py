"""The badge of a publication's quality: a small SVG that a page elsewhere can show, with nothing to be loaded."""

from transforms.site.environment import environment
from transforms.texts import texts
from transforms.texts.numbers import decimal

_GOOD, _FAIR = 95, 80

_CHARACTER = 6.6
"""Width of a letter at 11 units, on average; the text is stretched to the width that it is given."""

_COLOURS = {"good": "#2b6a30", "fair": "#8a5300", "poor": "#a8281f", "none": "#5a6570"}
"""Each against white letters: at least 4.5 to one (WCAG 2.2, 1.4.3)."""


def badge(score: float | None, language: str, country: str) -> bytes:
    """Draw the badge of a score (0 to 100, None: nothing could be checked) in a language."""
    words = texts(language, "quality")["badge"]
    label: str = words["label"]
    value = words["none"] if score is None else words["score"].format(score=decimal(score, language, country))
    grade = "none" if score is None else "good" if score >= _GOOD else "fair" if score >= _FAIR else "poor"
    widths = [round(len(text) * _CHARACTER) for text in (label, value)]
    svg: str = (
        environment()
        .get_template("badge.svg.jinja")
        .render(
            label=label, value=value, label_width=widths[0], value_width=widths[1], colour=_COLOURS[grade],
            language=language,
        )
    )  # fmt: skip
    return svg.encode()
