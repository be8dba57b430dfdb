"""Feeds as topics of WebSub (https://www.w3.org/TR/websub/): what a hub is told of, and how readers find the hub."""

from collections.abc import Iterable
from urllib.parse import quote

from transforms.feeds.forms import CALENDAR
from transforms.snapshot import PublishedFile

_SIGNS = "%/:=&?~#+!$,;'@()*[]"
"""Signs of an address that stay as they are (RFC 3986); others can't stand in a header."""


def topics(files: Iterable[PublishedFile]) -> list[PublishedFile]:
    """Give the feeds that name their hub; calendars have no place for it."""
    return [one for one in files if one.content == "feed" and one.format != CALENDAR.name]


def discovery_link(hub: str, topic: str) -> str:
    """Write the HTTP header `Link` by which a subscriber finds the hub and the address of a topic (WebSub, 4)."""
    return f'<{hub}>; rel="hub", <{quote(topic, safe=_SIGNS)}>; rel="self"'
