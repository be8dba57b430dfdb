"""Feeds as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from typing import Any

import orjson

from transforms.feeds.model import Entry, Feed
from transforms.packages import rfc3339

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(feed: Feed) -> bytes:
    """Write a feed as JSON Feed."""
    content: dict[str, Any] = {
        "version": VERSION,
        "title": feed.title,
        "description": feed.description,
        "home_page_url": feed.home,
        "feed_url": feed.url,
        "language": feed.language,
        "authors": [{"name": feed.author}],
        "items": [_item(entry, feed.language) for entry in feed.entries],
    }
    if feed.hub:
        content["hubs"] = [{"type": "WebSub", "url": feed.hub}]
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


def _item(entry: Entry, language: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_text": entry.summary,
        "date_published": rfc3339(entry.published),
        "date_modified": rfc3339(entry.updated),
        "language": language,
    }
    if entry.categories:
        item["tags"] = [category.label for category in entry.categories]
    if entry.data:
        item["_ocds"] = entry.data
    return item
