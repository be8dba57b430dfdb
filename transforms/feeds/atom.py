"""Feeds as Atom 1.0 (RFC 4287), written by feedgen."""

from functools import lru_cache
from typing import Any

from transforms.feeds.model import Entry, Feed
from transforms.xml_text import xml_text

MEDIA_TYPE = "application/atom+xml"


def atom(feed: Feed) -> bytes:
    """Write a feed as Atom."""
    from feedgen.feed import FeedGenerator

    made = FeedGenerator()
    made.id(feed.id)
    made.title(xml_text(feed.title))
    made.subtitle(xml_text(feed.description))
    made.updated(feed.updated)
    made.author({"name": xml_text(feed.author)})
    made.rights(xml_text(feed.licence))
    made.language(feed.language)
    made.generator("Pregón")
    made.link(href=feed.url, rel="self", type=MEDIA_TYPE)
    if feed.hub:
        made.link(href=feed.hub, rel="hub")
    made.link(href=feed.home, rel="alternate", type="text/html", hreflang=feed.language)
    for language, address in feed.others:
        made.link(href=address, rel="alternate", type=MEDIA_TYPE, hreflang=language)
    for entry in feed.entries:
        made.add_entry(_made(entry), order="append")
    text: bytes = made.atom_str(pretty=True)
    return text


@lru_cache(maxsize=4096)
def _made(entry: Entry) -> Any:
    """Make an entry, which may be in many feeds."""
    from feedgen.entry import FeedEntry

    made = FeedEntry()
    made.id(entry.id)
    made.title(xml_text(entry.title))
    made.updated(entry.updated)
    made.published(entry.published)
    made.link(href=entry.url, rel="alternate")
    made.summary(xml_text(entry.summary))
    for category in entry.categories:
        made.category(term=xml_text(category.term), scheme=category.scheme, label=xml_text(category.label))
    return made
