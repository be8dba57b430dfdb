"""A feed and its entries, whatever the form it is written in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class Category:
    """What an entry is about: a code, the list it is from (a URI), and its name for people."""

    term: str
    scheme: str
    label: str


@dataclass(frozen=True, eq=False)
class Entry:
    """One entry. `id` is a URI that never changes; `data` is for programs, and only in JSON Feed.

    It is equal to itself alone, so that what is made of it can be kept.
    """

    id: str
    title: str
    updated: datetime
    published: datetime
    url: str
    summary: str
    categories: Sequence[Category] = ()
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Feed:
    """A feed in one language, newest entries first. `url` is its own address, `home` that of the page for people.

    `others` are its addresses in other languages, by language. `hub` is the WebSub hub that tells of changes to it.
    """

    id: str
    title: str
    description: str
    updated: datetime
    author: str
    url: str
    home: str
    language: str
    licence: str
    entries: Sequence[Entry]
    others: Sequence[tuple[str, str]] = ()
    hub: str | None = None


def tag_uri(address: str, name: str) -> str:
    """Give a URI that names a thing and leads nowhere (RFC 4151); `name` may hold any characters.

    It stays the same as long as the host of `address` does. The date in it says when that was certainly the
    publisher's.
    """
    return f"tag:{urlsplit(address).hostname or 'localhost'},2026-01-01:{quote(name, safe='/:-._~')}"
