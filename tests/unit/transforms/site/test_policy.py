"""The page of the policy answers every point in both languages, from configuration and what is published."""

import re
from dataclasses import replace
from typing import Any

import pytest
from made_up_catalogue import HOSTILE, MANIFEST, without_files
from made_up_publication import PUBLICATION
from unit.transforms.site.test_index import Page

from transforms.site.policy import NO_POLICY, Policy, Withheld, is_own, policy_pages
from transforms.snapshot import Manifest
from transforms.texts import texts

POLICY = Policy(
    sources=("files", "sql", "sql"),
    persons=(("supplier", "publish"), ("tenderer", "withhold"), ("payee", "pseudonym")),
    contact_points="withhold",
    withheld=(
        Withheld("bids", "tender/status", ("planned", "active"), when=False),
        Withheld("tender/value", "tender/procurementMethod", ("open",), when=True),
    ),
    codes=(("documentType", ("bidTabulation",)),),
    schemes=("US-LD-VENDOR",),
    said={"changes": {"en": "Payments from 2027 on.", "es": "Pagos a partir de 2027."}, "delay": {"es": "Mañana."}},
)


def rendered(
    policy: Policy = POLICY, manifest: Manifest = MANIFEST, quality: bool = False, **changes: Any
) -> dict[str, Page]:
    pages = policy_pages(manifest, replace(PUBLICATION, **changes), policy, quality=quality)
    return {name: Page(page.decode()) for name, page in pages}


def said(page: Page) -> str:
    return re.sub(r"\s+", " ", page.text)


def links(page: Page) -> set[str]:
    return {value for tag, name, value in page.attributes if (tag, name) == ("a", "href")}


def test_every_point_is_answered_in_every_language() -> None:
    pages = rendered()
    assert list(pages) == ["policy.html", "policy.es.html"]
    for language, page in zip(("en", "es"), pages.values(), strict=True):
        assert page.open == []
        for name, heading in texts(language, "policy")["sections"].items():
            assert ("h2", "id", name) in page.attributes
            assert heading in page.text


def test_what_the_city_decided_is_said_in_words() -> None:
    english, spanish = map(said, rendered().values())
    assert "a database of the city (2)" in english
    assert "una base de datos de la ciudad (2)" in spanish
    assert "Supplier published as they stand in the source" in english
    assert "Proveedor se publican como están en el sistema de origen" in spanish
    assert "not published while Tender › Tender status is one of: Planned, Open or under evaluation" in english
    assert "published only while Tender › Procurement method is one of: Open to all" in english
    assert "documentType bidTabulation" in english
    assert "US-LD-VENDOR" in spanish
    assert "Payments from 2027 on." in english
    # In the language that it was written in, where there is no other.
    assert "Mañana." in english


def test_published_ids_are_said_to_be_kept_where_they_are() -> None:
    made, kept = (said(rendered(replace(POLICY, kept=kept))["policy.html"]) for kept in (False, True))
    assert "begins with the prefix ocds-213czf. The prefix is followed by the identifier" in made
    assert "keep their ocid" in kept
    assert "{" not in made + kept
    assert ("Only the columns" in made, "Only the columns" in kept) == (True, False)


def test_what_is_published_is_said() -> None:
    english, spanish = map(said, rendered().values())
    assert "Contracting processes: 7. Releases: 12." in english
    assert "Workbooks (XLSX)" in english
    assert "SQLite" not in english.split("How the formats differ")[1].split("Licence")[0]
    assert "awards" in english
    assert "First publication: December 31, 2024. Newest change: February 28, 2026." in english
    assert "Primera publicación: 31 de diciembre de 2024." in spanish
    empty = said(rendered(manifest=without_files())["policy.html"])
    assert "First publication" not in empty
    assert "Every column is explained" not in empty


def test_a_policy_elsewhere_is_linked_and_one_here_is_not() -> None:
    elsewhere = "https://lindenau.example/open-contracting/policy"
    assert elsewhere in links(rendered()["policy.html"])
    for own in ("policy.html", "policy.es.html"):
        address = PUBLICATION.url(own)
        assert is_own(replace(PUBLICATION, publication_policy=address))
        assert address not in links(rendered(publication_policy=address)["policy.html"])
    assert not any(
        "javascript" in link for link in links(rendered(publication_policy="javascript:alert(1)")["policy.html"])
    )


def test_it_links_to_what_exists() -> None:
    assert "dictionary.es.html" in links(rendered()["policy.es.html"])
    assert "dictionary.html" not in links(rendered(manifest=without_files())["policy.html"])
    assert "reports/quality.es.html" in links(rendered(quality=True)["policy.es.html"])
    assert not [link for link in links(rendered()["policy.html"]) if link.startswith("reports")]


def test_a_city_that_decided_nothing_has_the_page_all_the_same() -> None:
    text = said(rendered(NO_POLICY)["policy.html"])
    assert "The city has not said from which systems" in text
    assert "No changes have been announced." in text
    assert "Natural persons" not in text


@pytest.mark.parametrize("field", ["name", "publisher_name", "licence_name", "contact_name", "contact_email"])
def test_nothing_given_becomes_markup(field: str) -> None:
    given: Any = {"en": HOSTILE, "es": HOSTILE} if field == "name" else HOSTILE
    hostile = rendered(replace(POLICY, said={"scope": {"en": HOSTILE}}), **{field: given})
    plain = rendered(replace(POLICY, said={"scope": {"en": "All."}}))
    for name, page in hostile.items():
        assert page.tags == plain[name].tags
        assert page.open == []
        assert "49" not in page.text


def test_the_fingerprint_changes_with_every_decision() -> None:
    changed: list[dict[str, Any]] = [
        {"sources": ("sql",)}, {"kept": True}, {"history": "events"}, {"persons": ()}, {"contact_points": "publish"},
        {"withheld": ()}, {"codes": ()}, {"schemes": ()}, {"said": {}},
    ]  # fmt: skip
    found = [POLICY.fingerprint, *(replace(POLICY, **change).fingerprint for change in changed)]
    assert len(set(found)) == len(found)
    assert replace(POLICY).fingerprint == POLICY.fingerprint
