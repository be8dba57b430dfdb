"""feedparser, which many readers are built on, and the rules of JSON Feed find the changes as they were published."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_publication import PUBLICATION, made_up_source, process

from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.opportunities import KeptOpportunities
from pregon.publication.promote import promote
from transforms.feeds.topics import discovery_link, topics
from transforms.opportunities import OpportunityOptions

AS_OF = datetime(2026, 3, 2, 5, tzinfo=UTC)
HOSTILE = "</title><script>alert(1)</script> & \x07 ]]> “ñ”"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    root = tmp_path_factory.mktemp("public")
    source = made_up_source(6)

    def publish(as_of: datetime) -> Snapshot:
        made = build_snapshot(root, source, PUBLICATION, as_of=as_of, code_version="1", formats=("jsonl",))
        promote(made.path)
        return made

    publish(AS_OF)
    for number in range(3):
        release, compiled = process(50 + number, "2026")
        compiled["tender"]["title"] = HOSTILE
        source.commit(release, compiled, AS_OF + timedelta(days=1))
        if number == 1:
            compiled["tender"]["documents"] = [{"id": "d", "url": "javascript:alert(1)"}]
    publish(AS_OF + timedelta(days=1))
    release, compiled = process(0, "2024")
    later = {**release, "id": "later", "date": "2026-03-04T05:00:00Z", "tag": ["tenderCancellation"]}
    source.commit(
        later, {**compiled, "tender": {**compiled["tender"], "status": "cancelled"}}, AS_OF + timedelta(days=2)
    )
    return publish(AS_OF + timedelta(days=2))


@pytest.mark.parametrize(("language", "suffix"), [("en", ""), ("es", ".es")])
def test_feedparser_reads_the_atom_feed(snapshot: Snapshot, language: str, suffix: str) -> None:
    found = feedparser.parse((snapshot.path / f"feeds/changes{suffix}.atom").read_bytes())
    assert found.version == "atom10"
    assert not found.bozo
    assert found.feed.language == language
    assert found.feed.title == {
        "en": "City of Lindenau: changes in contracting", "es": "Ciudad de Lindenau: cambios en la contratación",
    }[language]  # fmt: skip
    assert {"en": "synthetic", "es": "sintéticos"}[language] in found.feed.subtitle
    assert found.feed.updated == "2026-03-04T05:00:00+00:00"
    links = {(link.rel, link.get("hreflang")): link.href for link in found.feed.links}
    base = PUBLICATION.base_url
    assert links["self", None] == f"{base}/feeds/changes{suffix}.atom"
    other = "es" if language == "en" else "en"
    assert links["alternate", other] == f"{base}/feeds/changes{'.es' if other == 'es' else ''}.atom"
    assert [entry.title.split(":")[0] for entry in found.entries] == {
        "en": ["Cancelled", "New", "New", "New"], "es": ["Cancelado", "Nuevo", "Nuevo", "Nuevo"],
    }[language]  # fmt: skip
    assert len({entry.id for entry in found.entries}) == 4
    assert all(
        entry.id.startswith("tag:data.lindenau.example,2026-01-01:ocds-213czf-S") and entry.id.endswith(f"/{language}")
        for entry in found.entries
    )
    assert [entry.updated[:10] for entry in found.entries] == ["2026-03-04", *["2026-03-03"] * 3]
    assert all(entry.link.startswith("https://") for entry in found.entries)
    first = found.entries[0]
    assert "Parks Department" in first.summary
    assert ("tenderCancellation", {"en": "Tender cancelled", "es": "Licitación cancelada"}[language]) in {
        (tag.term, tag.label) for tag in first.tags
    }


def test_no_text_of_a_process_becomes_markup(snapshot: Snapshot) -> None:
    raw = (snapshot.path / "feeds/changes.atom").read_text(encoding="utf-8")
    assert "<script" not in raw
    assert "javascript:" not in raw
    assert "alert(1)" in raw


@pytest.mark.parametrize(("language", "suffix"), [("en", ""), ("es", ".es")])
def test_the_json_feed_follows_its_rules(snapshot: Snapshot, language: str, suffix: str) -> None:
    found: dict[str, Any] = json.loads((snapshot.path / f"feeds/changes{suffix}.json").read_bytes())
    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert found["language"] == language
    assert found["feed_url"] == f"{PUBLICATION.base_url}/feeds/changes{suffix}.json"
    assert len({item["id"] for item in found["items"]}) == 4
    for item in found["items"]:
        assert {"id", "url", "title", "content_text", "date_published", "date_modified", "tags", "_ocds"} <= item.keys()
        assert datetime.fromisoformat(item["date_modified"]).tzinfo
    assert found["items"][0]["_ocds"] == {
        "ocid": "ocds-213czf-S00000", "release": "later", "date": "2026-03-04T05:00:00Z", "change": "cancelled",
        "tag": ["tenderCancellation"], "publication": snapshot.manifest.snapshot,
    }  # fmt: skip


def test_a_first_publication_has_feeds_without_entries(tmp_path: Path) -> None:
    made = build_snapshot(tmp_path, made_up_source(3), PUBLICATION, as_of=AS_OF, code_version="1", formats=("jsonl",))
    found = feedparser.parse((made.path / "feeds/changes.atom").read_bytes())
    assert (found.version, bool(found.bozo), found.entries) == ("atom10", False, [])
    assert json.loads((made.path / "feeds/changes.json").read_bytes())["items"] == []


HUB = "https://hub.example/websub?a=1&b=2"


def test_every_form_of_feed_names_its_hub_and_itself(tmp_path: Path) -> None:
    publication = replace(PUBLICATION, hub=HUB)
    options = KeptOpportunities(OpportunityOptions(), "1")
    made = build_snapshot(
        tmp_path, made_up_source(3), publication, as_of=AS_OF, code_version="1", formats=("jsonl",),
        opportunities=options,
    )  # fmt: skip
    feeds = topics(made.manifest.files)
    assert {Path(one.path).suffix for one in feeds} == {".atom", ".rss", ".json"}
    for one in feeds:
        data = (made.path / one.path).read_bytes()
        if one.format == "JSON Feed":
            found = json.loads(data)
            assert (found["hubs"], found["feed_url"]) == ([{"type": "WebSub", "url": HUB}], publication.url(one.path))
            continue
        read = feedparser.parse(data)
        assert not read.bozo, one.path
        links = [(link.rel, link.href) for link in read.feed.links if link.rel in ("hub", "self")]
        assert sorted(links) == [("hub", HUB), ("self", publication.url(one.path))], one.path
    assert made.manifest.hub == HUB
    assert b'"hub"' in (made.path / "manifest.json").read_bytes()


def test_without_a_hub_no_feed_and_no_manifest_says_a_word_of_one(snapshot: Snapshot) -> None:
    for path in ("feeds/changes.atom", "feeds/changes.json", "manifest.json"):
        assert b"hub" not in (snapshot.path / path).read_bytes()


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_a_header_holds_any_address(name: str) -> None:
    header = discovery_link(HUB, f"https://data.lindenau.example/{name}/feeds/changes.atom")
    assert header.isascii()
    assert header.isprintable()
    hub, topic = header.split(", ", 1)
    assert hub == f'<{HUB}>; rel="hub"'
    assert topic.count("<") == topic.count(">") == 1
