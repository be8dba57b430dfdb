"""The page of a quality report: what matters first, in words, in both languages, whatever anybody wrote anywhere."""

import re
from dataclasses import replace

import pytest
from made_up_publication import PUBLICATION
from made_up_quality import BROKEN, finding, inside, report, trend

from transforms.quality import Place, SeverityCount
from transforms.quality.inside import Example, Inside, SourceCount
from transforms.site.quality import internal_pages, quality_link, quality_pages

HOSTILE = "</code></style><script>alert(1)</script><img src=x onerror=alert(2)>\"'&lt;{{ 7 * 7 }}{x}"


def english(**given: object) -> str:
    return quality_pages(report(**given), PUBLICATION)["quality.html"].decode()  # type: ignore[arg-type]


def spanish(**given: object) -> str:
    return quality_pages(report(**given), PUBLICATION)["quality.es.html"].decode()  # type: ignore[arg-type]


def text_of(page: str) -> str:
    body = re.sub(r"<(style)>.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).replace("\N{NO-BREAK SPACE}", " ")


def test_the_first_language_has_the_short_name() -> None:
    assert set(quality_pages(report(), PUBLICATION)) == {"quality.html", "quality.es.html"}
    turned = replace(PUBLICATION, languages=("es", "en"))
    pages = quality_pages(report(), turned)
    assert 'lang="es"' in pages["quality.html"].decode()
    assert 'href="../index.en.html"' in pages["quality.en.html"].decode()


def test_the_verdict_comes_first() -> None:
    page = text_of(english())
    assert "2 critical checks fail. 12 of 1,985 processes (0.6 %) have at least one critical problem." in page
    page = text_of(spanish())
    assert "Fallan 2 comprobaciones críticas. 12 de 1,985 procesos (0.6 %) tienen al menos un problema crítico." in page


def test_one_is_not_many() -> None:
    counts = (SeverityCount("critical", 1, 0, 0, 1), SeverityCount("warning", 1, 0, 0, 1), *report().severities[2:])
    page = text_of(english(severities=counts))
    assert "One critical check fails. One of 1,985 processes (<0.1 %) has" in page.replace("&lt;", "<")
    assert "One warning needs a look." in page


def test_a_city_without_a_finding_is_told_so() -> None:
    counts = tuple(SeverityCount(one.severity, 0, 5, 0, 0) for one in report().severities)
    good = tuple(one for one in report().findings if one.outcome == "passed")
    page = text_of(english(severities=counts, findings=good))
    assert "Everything that was checked is in order." in page
    assert "Nothing critical was found." in page
    assert "Warnings" not in re.sub(r"With warnings|Warnings \(dashed line\)", "", page)


def test_what_matters_most_stands_above_what_matters_less() -> None:
    page = english()
    places = [page.index(f'id="{one["id"]}"') for one in BROKEN]
    assert places == sorted(places)
    assert page.index('id="trend"') > places[-1]


def test_a_finding_says_how_often_what_it_costs_and_where() -> None:
    page = text_of(english())
    assert "fails in 12 of 1,255 processes" in page
    assert "Nobody can tell which decision a contract carries out." in page
    assert "contracts/awardID 12 processes" in page
    assert "fails against the last publication" in page
    assert "before: 1,990; lost: 5" in page
    assert "buyers: 1; share of the most frequent: 100 %; unheard of: 3.7" in page
    assert "A city that is its only buyer fails this by design." in page


def test_checks_that_pass_or_do_not_apply_are_folded_with_their_reasons() -> None:
    page = english()
    assert page.count("<details open") == 0
    assert "Show the 70 checks that pass" in page
    assert "fewer than 100 values" in page
    assert "there is nothing of the kind to look at" in page


def test_figures_are_named_and_written_as_what_they_are() -> None:
    figures = {"p90_days": 0.5, "top_share": 0.25, "share/open": 0.125, "change/awards/value 2025 USD": -0.4,
               "fewer/2024": 3, "score_now": 97.25, "several_words_here": 4}  # fmt: skip
    broken = finding(**{**BROKEN[1], "figures": figures})
    page = text_of(spanish(findings=(broken,)))
    assert (
        "días de demora en nueve de cada diez: 0.5; proporción del más frecuente: 25 %; proporción de open: 12.5 %;"
        " cambio de awards/value 2025 USD: -40 %; menos en 2024: 3; puntuación actual: 97.2; several words here: 4"
    ) in page


def test_what_fails_by_design_is_told_apart() -> None:
    page = english()
    assert "The city is its only buyer." in page[page.index('id="by_design"') :]
    assert 'id="designed"' not in page
    assert 'id="by_design"' not in english(findings=())


def test_charts_come_with_the_second_publication() -> None:
    assert "<svg" not in english(entries=1)
    assert "This is the first report." in english(entries=1)
    page = english(entries=2)
    assert page.count('<svg class="chart"') == 2
    assert "This is the first report." not in page


def test_every_value_of_a_chart_is_in_the_table_too() -> None:
    page = english(entries=20)
    for entry in trend(20):
        assert f'<time datetime="{entry.as_of}">' in page
    assert "8 older publications" in page
    assert page.count("other checks from here on") == 1


def test_a_trend_without_a_score_or_processes_is_shown() -> None:
    entries = (replace(trend(1)[0], score=None, processes=0, failing_processes={}), *trend(3)[1:])
    assert "–" in english(trend=entries)


def test_nothing_published_is_nothing_to_check() -> None:
    page = text_of(english(processes=0, score=None, findings=(), parts=(), years=()))
    assert "Nothing has been published yet, so there is nothing to check." in page
    assert "not rated" in page


def test_the_public_page_has_no_example() -> None:
    page = english()
    assert "A-1" not in page
    assert "eproc" not in page


def test_the_internal_page_names_source_rows() -> None:
    pages = internal_pages(report(), PUBLICATION, inside())
    assert set(pages) == {"report.en.html", "report.es.html"}
    page = text_of(pages["report.es.html"].decode())
    assert "el awardID A-3 no es el id de exactamente una adjudicación de este proceso" in page
    assert "eproc.contracts clave C-3 columna contracts.award_no, agreements.award" in page
    assert "origen desconocido constante en mapping.yaml: USD" in page
    assert "eproc.contracts 11 hallazgos" in page
    assert "ocds-213czf-S7 , ocds-213czf-S8" in page
    assert "noindex" in pages["report.en.html"].decode()


@pytest.mark.parametrize("text", [HOSTILE, "\u202egnipal", "a\x00b\x1b[31m\ud800", "x" * 10_000, "مدينة"])
def test_what_a_source_says_is_text(text: str) -> None:
    broken = finding(**{**BROKEN[0], "places": (Place(text, 3),)})
    shown = Inside(
        10,
        {broken.id: [Example(text, text, text, {"en": text, "es": text}, text, text, (text,), text)]},
        {broken.id: [SourceCount(text, text, 1)]},
        {broken.id: [text]},
    )
    plain = Inside(
        10,
        {broken.id: [Example("x", "x", "x", {"en": "x", "es": "x"}, "x", "x", ("x",), "x")]},
        {broken.id: [SourceCount("x", "x", 1)]},
        {broken.id: ["x"]},
    )
    page = internal_pages(report(findings=(broken,)), PUBLICATION, shown)["report.en.html"].decode()
    other = internal_pages(report(findings=(broken,)), PUBLICATION, plain)["report.en.html"].decode()
    tags = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*")
    assert tags.findall(page) == tags.findall(other)
    for sign in ("\u202e", "\x00", "\x1b", "\ud800", "x" * 500):
        assert sign not in page


def test_the_home_page_is_told_score_and_place() -> None:
    link = quality_link(report(), PUBLICATION, "es")
    assert (link.score, link.page) == ("96.7 de 100", "reports/quality.es.html")


@pytest.mark.parametrize("name", ["quality"])
def test_both_languages_have_the_same_texts(name: str) -> None:
    from transforms.texts import texts

    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {key: shape(member) for key, member in value.items()}
        if isinstance(value, list):
            return [shape(member) for member in value]
        return sorted(re.findall(r"\{(\w+)\}", str(value)))

    assert shape(texts("en", name).entries) == shape(texts("es", name).entries)
