"""Dates as a calendar that programs subscribe to: iCalendar (RFC 5545), written by icalendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from transforms.xml_text import xml_text

MEDIA_TYPE = "text/calendar"
_FIRST, _LAST = date(2026, 1, 1), date(2027, 1, 1)
"""Time zones are described by what their clocks do in this year."""

_END = b"END:VCALENDAR\r\n"


@dataclass(frozen=True, eq=False)
class Event:
    """A moment, or a day, in a calendar.

    `id` never changes, `sequence` grows with every change. A day is one of the calendar's time zone. It is equal to
    itself alone, so that what is made of it can be kept.
    """

    id: str
    title: str
    start: datetime | date
    updated: datetime
    published: datetime
    sequence: int
    description: str
    url: str
    place: str = ""
    categories: Sequence[str] = ()
    cancelled: bool = False


@dataclass(frozen=True)
class Calendar:
    """A calendar in one language; `url` is its own address."""

    title: str
    description: str
    language: str
    time_zone: str
    url: str
    events: Sequence[Event]


def icalendar(calendar: Calendar) -> bytes:
    """Write a calendar to subscribe to.

    Moments are in UTC, so no time zone has to be described (RFC 5545, section 3.3.5). There is no METHOD, because
    nobody is invited (RFC 5546).
    """
    from icalendar import Calendar as Made
    from icalendar import Timezone

    made = Made()
    made.add("prodid", f"-//Pregon//{calendar.language.upper()}")
    made.add("version", "2.0")
    # RFC 7986, and the names that programs knew before it.
    made.add("name", _text(calendar.title))
    made.add("x-wr-calname", _text(calendar.title))
    made.add("description", _text(calendar.description))
    made.add("x-wr-caldesc", _text(calendar.description))
    made.add("x-wr-timezone", calendar.time_zone)
    made.add("refresh-interval", timedelta(days=1), parameters={"value": "DURATION"})
    made.add("url", calendar.url)
    if not calendar.events:
        # A calendar has at least one component (RFC 5545, section 3.6).
        made.add_component(Timezone.from_tzid(calendar.time_zone, first_date=_FIRST, last_date=_LAST))
    head: bytes = made.to_ical()
    return b"".join([head.removesuffix(_END), *map(_event, calendar.events), _END])


@lru_cache(maxsize=16384)
def _event(event: Event) -> bytes:
    """Write an event, which may be in many calendars."""
    text: bytes = _component(event).to_ical()
    return text


def _component(event: Event) -> Any:
    from icalendar import Event as Component

    made = Component()
    made.add("uid", event.id)
    start = event.start.astimezone(UTC) if isinstance(event.start, datetime) else event.start
    made.add("dtstart", start)
    made.add("dtstamp", event.updated.astimezone(UTC))
    made.add("created", event.published.astimezone(UTC))
    made.add("last-modified", event.updated.astimezone(UTC))
    made.add("sequence", event.sequence)
    made.add("summary", _text(event.title))
    made.add("description", _text(event.description))
    if event.place:
        made.add("location", _text(event.place))
    made.add("url", event.url)
    if event.categories:
        made.add("categories", [_text(one) for one in event.categories])
    made.add("status", "CANCELLED" if event.cancelled else "CONFIRMED")
    made.add("transp", "TRANSPARENT")
    return made


def _text(text: str) -> str:
    """Leave out control characters; line breaks are escaped by the library."""
    return xml_text(text).replace("\r\n", "\n").replace("\r", "\n")
