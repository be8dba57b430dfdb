"""Asking for documents: whether something answers, never what.

    for link in ask(places, hosts=frozenset({"www.city.gov"})):
        link.status, link.error

Addresses come from a source, so nothing about them is trusted: only hosts that the city has named are asked, only at
public addresses, where redirects lead too, and of an answer no more than its head is read.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

from pregon.sources.http.safety import PrivateAddressError, transport, within

if TYPE_CHECKING:
    import httpx

SECONDS = 20.0
"""How long one document may take to answer, redirects included."""

PAUSE = 0.2
"""Seconds between two questions: the documents lie on a server that others use."""

MOST_REDIRECTS = 5

_PORTS = {"http": 80, "https": 443}

_NO_HEAD = frozenset({400, 403, 404, 405, 501})
"""Answers to HEAD after which GET is asked: many servers know HEAD badly or not at all."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document is linked: its process, and its address as it is published."""

    ocid: str
    url: str


@dataclass(frozen=True, slots=True)
class Link:
    """What came of asking: the status of the last answer, or why there was none."""

    ocid: str
    url: str
    status: int | None = None
    error: str | None = None

    @property
    def works(self) -> bool:
        """Whether a document, or a way to it, is there (Pelican, misc.url_availability: 200 to 399)."""
        return self.status is not None and 200 <= self.status < 400

    def told(self) -> str:
        """Say it in one line."""
        return f"{self.ocid}: {self.url} ({self.status if self.status is not None else self.error})"

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object for `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(value["ocid"], value["url"], value["status"], value["error"])


def host_of(url: str) -> str | None:
    """Give the host of an address of the web, in lower case, with the port where it is not the usual one.

    None for what is no such address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host:
        return None
    return host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"


def ask(
    places: Iterable[Place],
    *,
    hosts: Collection[str],
    private_addresses: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Link]:
    """Ask for each document, one after the other."""
    import httpx

    with closing(
        httpx.Client(
            timeout=SECONDS,
            headers={"User-Agent": "pregon", "Accept": "*/*"},
            transport=transport(private_addresses=private_addresses),
        )
    ) as client:
        for number, place in enumerate(places):
            if number:
                sleep(PAUSE)
            status, error = _asked(client, place.url, hosts)
            yield Link(place.ocid, place.url, status, error)


def _asked(client: "httpx.Client", url: str, hosts: Collection[str]) -> tuple[int | None, str | None]:
    import httpx

    try:
        with within(SECONDS):
            return _followed(client, url, hosts)
    except PrivateAddressError as error:
        return None, str(error)
    except httpx.InvalidURL:
        return None, "no address of the web"
    except httpx.HTTPError as error:
        return None, f"{type(error).__name__}: {error}"


def _followed(client: "httpx.Client", url: str, hosts: Collection[str]) -> tuple[int | None, str | None]:
    for _ in range(MOST_REDIRECTS + 1):
        host = host_of(url)
        if host is None:
            return None, "no address of the web"
        if host not in hosts:
            return None, f"leads to {host}, which is not among the hosts to ask"
        status, target = _head(client, url)
        if target is None:
            return status, None
        url = urljoin(url, target)
    return None, f"more than {MOST_REDIRECTS} redirects"


def _head(client: "httpx.Client", url: str) -> tuple[int, str | None]:
    """Give the status, and where a redirect leads."""
    for method in ("HEAD", "GET"):
        with client.stream(method, url) as answer:
            if method == "HEAD" and answer.status_code in _NO_HEAD:
                continue
            return answer.status_code, answer.headers.get("location") if answer.is_redirect else None
    raise AssertionError("GET is always answered")
