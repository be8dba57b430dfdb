"""Feeds as RSS 2.0 (https://www.rssboard.org/rss-specification), written by feedgen."""

from functools import lru_cache
from html import escape
from typing import Any

from transforms.feeds.model import Entry, Feed
from transforms.xml_text import xml_text

MEDIA_TYPE = "application/rss+xml"


def rss(feed: Feed) -> bytes:
    """Write a feed as RSS; `pubDate` of an item is the time of its newest change, so that readers show it anew."""
    from feedgen.feed import FeedGenerator

    made = FeedGenerator()
    made.title(xml_text(feed.title))
    made.description(xml_text(feed.description))
    made.language(feed.language)
    made.copyright(xml_text(feed.licence))
    made.lastBuildDate(feed.updated)
    made.pubDate(feed.updated)
    made.generator("Pregón")
    # The last link that is not `self` becomes that of the channel.
    made.link(href=feed.url, rel="self", type=MEDIA_TYPE)
    made.link(href=feed.home, rel="alternate")
    if feed.hub:
        _link_hub(made, feed.hub)
    for entry in feed.entries:
        made.add_entry(_made(entry), order="append")
    text: bytes = made.rss_str(pretty=True)
    return text


def _link_hub(made: Any, hub: str) -> None:
    """Let the channel name its hub (WebSub, 4): of the links of a feed feedgen writes only `self` into RSS."""
    from feedgen.ext.base import BaseExtension
    from feedgen.util import xml_elem

    class Hub(BaseExtension):  # type: ignore[misc]
        def extend_rss(self, feed: Any) -> Any:
            xml_elem("{http://www.w3.org/2005/Atom}link", feed[0], href=hub, rel="hub")
            return feed

    made.register_extension("hub", Hub, BaseExtension, atom=False)


@lru_cache(maxsize=4096)
def _made(entry: Entry) -> Any:
    """Make an item, which may be in many feeds."""
    from feedgen.entry import FeedEntry

    made = FeedEntry()
    made.guid(entry.id, permalink=False)
    made.title(xml_text(entry.title))
    made.link(href=entry.url)
    # Readers take the description for HTML, so what looks like markup in a text must not be it.
    made.description(escape(xml_text(entry.summary), quote=False).replace("\n", "<br>"))
    made.pubDate(entry.updated)
    made.category([{"term": xml_text(one.label), "scheme": one.scheme} for one in entry.categories])
    return made
