"""Home pages say the same in each language, escape what they are given, and run and load nothing."""

import re
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from made_up_publication import PUBLICATION

from transforms.site.cities import PublishedCity, cities_page
from transforms.site.dictionary import dictionary_csv
from transforms.site.environment import say
from transforms.site.index import Catalogued, index_pages
from transforms.snapshot import Content, Manifest, PublishedFile, TableColumn, TableSummary
from transforms.texts import LANGUAGES, UnknownLanguage, texts
from transforms.texts.numbers import date, number, size

HOSTILE = """<script>alert("x")</script>'"&--><img src=x onerror=alert(1)>{{ 7 * 7 }}{city}"""


def published(path: str, content: Content, segment: str, label: str, size: int, rows: int) -> PublishedFile:
    return PublishedFile(
        path, content, segment, label, "application/zip", "0" * 64, size, "2026-03-01T05:00:00Z", "f", rows
    )


MANIFEST = Manifest(
    snapshot="20260302T050000Z-0a1b2c3d",
    city="lindenau",
    name={"en": "City of Lindenau"},
    as_of="2026-03-02T05:00:00Z",
    published="2026-03-01T05:00:00Z",
    code_version="1",
    fingerprint="f",
    counts={"releases": 12345, "records": 6789},
    files=(
        published("bulk/compiled/full.jsonl.gz", "compiled", "full", "JSON Lines", 1_500_000, 6789),
        published("bulk/releases/full-001.json.zip", "releases", "full", "JSON", 9_960_000, 10_000),
        published("bulk/releases/full-002.json.zip", "releases", "full", "JSON", 2_000, 2_345),
        published("bulk/releases/2024.jsonl.gz", "releases", "2024", "JSON Lines", 999, 12_344),
        published("bulk/releases/undated.jsonl.gz", "releases", "undated", "JSON Lines", 5, 1),
    ),
    tables=(
        TableSummary("processes", (), (), (TableColumn("ocid"), TableColumn("tender/value/amount")), 6789),
        TableSummary("awards_items", ("awards", "awards/items"), ("awards/id",), (TableColumn("awards/items/id"),), 7),
        TableSummary("tender_unlisted", ("tender/unlisted",), (), (TableColumn("tender/unlisted/id"),), 1),
    ),
)


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in {"meta", "link", "br", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


def rendered(**changes: Any) -> dict[str, Page]:
    pages = index_pages(MANIFEST, replace(PUBLICATION, **changes))
    return {name: Page(page.decode()) for name, page in pages.items()}


def test_every_file_is_linked_in_every_language() -> None:
    pages = rendered()
    assert list(pages) == ["index.html", "index.es.html"]
    for page in pages.values():
        links = {value for tag, name, value in page.attributes if (tag, name) == ("a", "href")}
        assert {one.path for one in MANIFEST.files} <= links
        assert {"manifest.json", "data.json"} <= links
        assert page.open == []


def test_anchors_of_a_page_lead_somewhere() -> None:
    empty = replace(MANIFEST, files=(), tables=())
    for manifest in (MANIFEST, replace(MANIFEST, tables=()), empty):
        for text in index_pages(manifest, PUBLICATION).values():
            page = Page(text.decode())
            identifiers = [value for _, name, value in page.attributes if name == "id"]
            assert len(set(identifiers)) == len(identifiers)
            anchors = {value[1:] for _, name, value in page.attributes if name == "href" and value.startswith("#")}
            assert "content" in anchors
            assert anchors <= set(identifiers)


def test_links_to_files_of_the_same_name_are_told_apart() -> None:
    for page in rendered().values():
        named = [value for tag, name, value in page.attributes if (tag, name) == ("a", "aria-label")]
        assert len(set(named)) == len(named) == len(MANIFEST.files)
        assert "lindenau-releases-full-002.json.zip" in named
    assert "Download OCDS package (ZIP), part 2 2.0" in rendered()["index.html"].text
    assert "Descargar paquete OCDS (ZIP), parte 2 2.0" in rendered()["index.es.html"].text


def test_examples_name_the_file_as_it_is_saved() -> None:
    for page in rendered().values():
        assert 'pandas.read_json("lindenau-compiled-full.jsonl.gz", lines=True)' in page.text
    without = index_pages(replace(MANIFEST, files=MANIFEST.files[1:]), PUBLICATION)["index.html"].decode()
    assert 'pandas.read_json("full.jsonl.gz", lines=True)' in Page(without).text


def test_columns_are_counted_as_they_stand_in_the_file() -> None:
    text = re.sub(r"\s+", " ", rendered()["index.html"].text)
    assert "processes A contracting process, from planning to payment. 6,789 2 " in text
    # ocid, pointer and awards/id come before the columns of the field table.
    assert "awards_items A good, service or work awarded. 7 4 " in text
    assert "tender_unlisted An entry under tender/unlisted. 1 3 " in text


@pytest.mark.parametrize(("code", "said"), [("en", "Inglés"), ("es", "Español"), ("fr", None)])
def test_the_language_of_the_data_is_said_where_it_has_a_name(code: str, said: str | None) -> None:
    text = rendered(source_language=code)["index.es.html"].text
    assert ("Idioma de los datos" in text) is (said is not None)
    assert said is None or said in text


def test_before_the_first_release_nothing_is_said_to_be_published() -> None:
    pages = index_pages(replace(MANIFEST, files=(), tables=(), counts={"releases": 0, "records": 0}), PUBLICATION)
    text = Page(pages["index.html"].decode()).text
    assert "Nothing has been published yet" in text
    assert "February 28" not in text


def test_extensions_are_named_where_there_are_any() -> None:
    assert "1.1. Extensions: bids, lots." in rendered()["index.html"].text
    assert "Extensiones" not in rendered(extensions=())["index.es.html"].text


def test_the_first_language_has_the_index() -> None:
    assert list(rendered(languages=("es", "en"))) == ["index.html", "index.en.html"]
    page = rendered(languages=("es",))["index.html"]
    assert ("html", "lang", "es") in page.attributes
    assert "Leer en" not in page.text
    assert "Read in" not in page.text


def test_counts_sizes_and_dates_are_written_for_people() -> None:
    pages = rendered()
    assert "12,345" in pages["index.html"].text
    assert "1.5\N{NO-BREAK SPACE}MB" in pages["index.html"].text
    # Five in the morning in UTC is still the evening before in Chicago.
    assert "February 28, 2026" in pages["index.html"].text
    assert "28 de febrero de 2026" in pages["index.es.html"].text
    assert "sin fecha" in pages["index.es.html"].text
    colombian = rendered(country="CO", time_zone="America/Bogota")["index.es.html"].text
    assert "12.345" in colombian
    assert "1,5\N{NO-BREAK SPACE}MB" in colombian


@pytest.mark.parametrize(
    ("changes", "english", "spanish", "said"),
    [
        ({"synthetic": True}, "are synthetic", "son sintéticos", True),
        ({"synthetic": False}, "synthetic", "sintético", False),
        ({"ocid_prefix": "ocds-213czf"}, "unofficial ocid prefix", "prefijo de ocid no oficial", True),
        ({"ocid_prefix": "ocds-abc123"}, "nofficial", "no oficial", False),
    ],
)
def test_what_is_not_real_is_said_to_be(changes: dict[str, Any], english: str, spanish: str, said: bool) -> None:
    pages = rendered(**changes)
    assert (english in pages["index.html"].text) is said
    assert (spanish in pages["index.es.html"].text) is said


@pytest.mark.parametrize(
    "changes",
    [
        {"name": {"en": HOSTILE, "es": HOSTILE}},
        {"publisher_name": HOSTILE},
        {"licence_name": HOSTILE},
        {"contact_name": HOSTILE},
        {"contact_email": HOSTILE},
        {"slug": HOSTILE},
        {"ocid_prefix": HOSTILE},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_nothing_given_becomes_markup(changes: dict[str, Any]) -> None:
    plain, hostile = rendered(), rendered(**changes)
    for name, page in hostile.items():
        prefix_notice = ["p", "strong", "bdi"] if "ocid_prefix" in changes else []
        expected = sorted(plain[name].tags)
        for tag in prefix_notice:
            expected.remove(tag)
        assert sorted(page.tags) == expected
        assert page.open == []
        assert not any(attribute.startswith("on") for _, attribute, _ in page.attributes)
        assert "49" not in page.text


@pytest.mark.parametrize("field", ["licence_uri", "publication_policy"])
def test_addresses_that_would_run_code_are_not_linked(field: str) -> None:
    for page in rendered(**{field: "javascript:alert(1)"}).values():
        assert not any("javascript" in value for _, name, value in page.attributes if name == "href")


def test_pages_load_nothing_from_elsewhere() -> None:
    for page in rendered().values():
        assert {"script", "img", "iframe", "object"}.isdisjoint(page.tags)
        assert not [value for tag, name, value in page.attributes if tag == "link" and "://" in value]
        assert not [name for _, name, _ in page.attributes if name in {"src", "style"}]


def test_what_search_engines_read_is_data_in_the_page() -> None:
    text = '{"name":"\\u003c/script\\u003e"}'
    pages = index_pages(MANIFEST, PUBLICATION, catalogued=Catalogued(structured={"en": text}))
    page = pages["index.html"].decode()
    assert f'<script type="application/ld+json">{text}</script>' in page
    assert Page(page).tags.count("script") == 1
    assert "<script" not in pages["index.es.html"].decode()


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from strings(one, f"{path}/{key}")
    elif isinstance(value, list):
        for key, one in enumerate(value):
            yield from strings(one, f"{path}/{key}")
    else:
        yield path, str(value)


@pytest.mark.parametrize("page", [None, "profile", "catalogue", "dictionary", "policy"])
def test_languages_have_the_same_texts_with_the_same_blanks(page: str | None) -> None:
    def shape(language: str) -> dict[str, set[str | None]]:
        return {
            path: {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for path, text in strings(texts(language, page).entries)
        }

    first, *others = [shape(language) for language in LANGUAGES]
    for other in others:
        assert other == first


@pytest.mark.parametrize("page", [None, "profile", "catalogue", "dictionary", "policy"])
def test_no_text_is_left_untranslated(page: str | None) -> None:
    english, spanish = (dict(strings(texts(language, page).entries)) for language in LANGUAGES)
    same = {path for path, text in english.items() if text == spanish[path] and re.search(r"[a-z]{4} [a-z]{2}", text)}
    assert {path for path in same if not path.endswith("/code")} == set()


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(UnknownLanguage, match="fr"):
        texts("fr")


def test_numbers_and_dates() -> None:
    assert number(1234567, "en", "CO") == "1,234,567"
    assert [size(value, "en", "US").replace("\N{NO-BREAK SPACE}", " ") for value in (0, 999, 9_949, 9_950, 10**12)] == [
        "0 bytes",
        "999 bytes",
        "9.9 kB",
        "10 kB",
        "1.0 TB",
    ]
    assert date(datetime(2026, 1, 1, tzinfo=UTC), "UTC", texts("es")) == "1 de enero de 2026"


def test_given_values_do_not_turn_the_text_around_them() -> None:
    assert say("{a} & {b}", a="\u202e<i>", b="{a}") == "<bdi>\u202e&lt;i&gt;</bdi> &amp; <bdi>{a}</bdi>"


def listed(**changes: Any) -> Page:
    return Page(cities_page([PublishedCity(replace(MANIFEST, **changes))]))


def test_the_list_of_cities_escapes_names() -> None:
    page = listed(name={"en": HOSTILE, "es": "<b>"})
    assert {"script", "img", "b"}.isdisjoint(page.tags)
    assert HOSTILE in page.text
    assert page.open == []


def test_the_list_of_cities_is_in_both_languages() -> None:
    page = listed(time_zone="America/Bogota", country="CO", name={"en": "City", "es": "Ciudad"})
    assert "Contracting processes: 6,789. Published: March 1, 2026." in page.text
    assert "Procesos de contratación: 6.789. Publicado: 1 de marzo de 2026." in page.text
    assert "February 28, 2026" in listed(time_zone="America/Chicago").text
    # A name in one language only serves for both.
    assert listed(name={"es": "Puebla"}).text.count("Puebla") == 2


@pytest.mark.parametrize(
    ("pages", "links"),
    [
        (["index.html", "index.es.html"], ["lindenau/", "lindenau/index.es.html"]),
        (["index.html", "index.en.html"], ["lindenau/index.en.html", "lindenau/"]),
        (["index.html"], ["lindenau/", "lindenau/"]),
    ],
)
def test_the_list_of_cities_leads_to_the_page_in_its_language(pages: list[str], links: list[str]) -> None:
    files = tuple(published(path, "page", "full", "HTML", 1, 0) for path in pages)
    page = listed(files=files)
    assert [value for tag, name, value in page.attributes if (tag, name) == ("a", "href")] == links


def test_the_list_of_cities_says_what_is_synthetic() -> None:
    for synthetic in (True, False):
        page = listed(synthetic=synthetic)
        assert ("Synthetic data" in page.text) is synthetic
        assert ("Datos sintéticos" in page.text) is synthetic


def test_the_dictionary_explains_what_is_published() -> None:
    paths = ["ocid", "tender/value/amount", "bids/details/status", "tender/madeUp"]
    spanish = dictionary_csv(PUBLICATION, "es", paths).decode("utf-8-sig").splitlines()
    assert spanish[0].startswith("Ruta,Título,Tipo")
    assert [line.split(",")[0] for line in spanish[1:]] == [
        "ocid",
        "tender",
        "tender/value",
        "tender/value/amount",
        "bids",
        "bids/details",
        "bids/details/status",
    ]
    assert spanish[-1].split(",")[4:] == ["bidStatus", "no permitidos", "bids"]
