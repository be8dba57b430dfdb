"""The page of the dictionary explains every column of every table, and every code that they use."""

import re
from dataclasses import replace

from made_up_catalogue import HOSTILE, MANIFEST, TABLES, without_files
from made_up_publication import PUBLICATION
from unit.transforms.site.test_index import Page

from transforms.site.dictionary_page import dictionary_pages
from transforms.snapshot import Manifest, TableColumn, TableSummary


def rendered(manifest: Manifest = MANIFEST) -> dict[str, Page]:
    return {name: Page(page.decode()) for name, page in dictionary_pages(manifest, PUBLICATION)}


def said(page: Page) -> str:
    return re.sub(r"\s+", " ", page.text)


def test_every_column_is_explained_in_every_language() -> None:
    pages = rendered()
    assert list(pages) == ["dictionary.html", "dictionary.es.html"]
    english, spanish = map(said, pages.values())
    assert "tender/value/amount Tender › Estimated value › Amount number" in english
    assert "tender/value/amount Licitación › Valor estimado › Monto número" in spanish
    # Columns that place a row come first, as in the files.
    assert re.search(r"awards_suppliers.*ocid .*pointer Place in the process.*awards/id .*awards/suppliers/id", english)
    assert "tender/madeUp/thing tender/madeUp/thing text" in english


def test_codelists_are_explained_where_they_are_used() -> None:
    column = TableColumn("tender/status")
    table = TableSummary("processes", (), (), (TableColumn("ocid"), column), 7)
    page = rendered(replace(MANIFEST, tables=(table,)))["dictionary.es.html"]
    assert ("a", "href", "#list-tenderStatus") in page.attributes
    assert ("h3", "id", "list-tenderStatus") in page.attributes
    assert "unsuccessful Desierta complete Concluida" in said(page)
    assert "list-awardStatus" not in {value for _, name, value in page.attributes if name == "id"}


def test_anchors_lead_somewhere_and_are_not_repeated() -> None:
    for page in rendered().values():
        identifiers = [value for _, name, value in page.attributes if name == "id"]
        assert len(set(identifiers)) == len(identifiers)
        anchors = {value[1:] for _, name, value in page.attributes if name == "href" and value.startswith("#")}
        assert anchors <= set(identifiers)
        assert page.open == []


def test_names_of_columns_become_no_markup() -> None:
    strange = TableSummary("processes", (), (), (TableColumn("ocid"), TableColumn(HOSTILE)), 7)
    page = rendered(replace(MANIFEST, tables=(strange, *TABLES[1:])))["dictionary.html"]
    assert {"script", "img"}.isdisjoint(page.tags)


def test_without_tables_nothing_is_explained() -> None:
    assert "Nothing has been published yet." in said(rendered(without_files())["dictionary.html"])
