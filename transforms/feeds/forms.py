"""The forms in which feeds and calendars are written: suffix of their files, name for people, media type, writer."""

from collections.abc import Callable
from dataclasses import dataclass

from transforms.feeds.atom import MEDIA_TYPE as ATOM_TYPE
from transforms.feeds.atom import atom
from transforms.feeds.calendar import MEDIA_TYPE as CALENDAR_TYPE
from transforms.feeds.json_feed import MEDIA_TYPE as JSON_FEED_TYPE
from transforms.feeds.json_feed import json_feed
from transforms.feeds.model import Feed
from transforms.feeds.rss import MEDIA_TYPE as RSS_TYPE
from transforms.feeds.rss import rss


@dataclass(frozen=True)
class Form:
    """A form that files have."""

    suffix: str
    name: str
    media_type: str


@dataclass(frozen=True)
class FeedForm(Form):
    """A form of feeds, and what writes it."""

    write: Callable[[Feed], bytes]


ATOM = FeedForm("atom", "Atom", ATOM_TYPE, atom)
RSS = FeedForm("rss", "RSS", RSS_TYPE, rss)
JSON_FEED = FeedForm("json", "JSON Feed", JSON_FEED_TYPE, json_feed)
CALENDAR = Form("ics", "iCalendar", CALENDAR_TYPE)
