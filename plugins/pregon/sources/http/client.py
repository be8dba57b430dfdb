"""The client of a source behind HTTP: patient within a budget, bounded in size and time, and careful whom it asks.

What may pass by itself (429, 202, 408, 5xx, time-outs, dropped or cut off answers, a web page where data were due) is
tried again with growing delays, or when the server says so (Retry-After, RFC 9110, 10.2.3). What does not is an error
at once. Redirects are followed by hand, and credentials are never sent to another host.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregon.sources.base import SourceSpec
from pregon.sources.http.credentials import Credentials, credentials_of
from pregon.sources.http.errors import AuthenticationRejected
from pregon.sources.http.exchange import Answer, Exchange, once, public_name
from pregon.sources.http.safety import transport
from pregon.sources.patience import FIRST_DELAY, Limits, patiently

if TYPE_CHECKING:
    import httpx

__all__ = ["FIRST_DELAY", "Answer", "HttpClient", "Limits", "open_client", "public_name"]

CONNECT_SECONDS = 20.0
RENEW_SECONDS = 60.0
"""An OAuth token is renewed so long before it expires."""
LIFETIME_SECONDS = 3600.0
"""A token whose server does not tell when it expires is taken to be valid for so long."""


@contextmanager
def open_client(
    source: SourceSpec, *, sleep: Callable[[float], None] = time.sleep, limits: Limits | None = None
) -> Iterator["HttpClient"]:
    """Open the client of a source: credentials from its connection, limits and `private_addresses` from its options.

    Raises:
        SourceConfigurationError: its connection is not defined, or lacks something.
    """
    import httpx

    credentials = credentials_of(source)
    limits = limits or Limits.of(source.options)
    timeout = httpx.Timeout(limits.read_seconds, connect=CONNECT_SECONDS)
    careful = transport(private_addresses=bool(source.options.get("private_addresses")))
    with httpx.Client(timeout=timeout, headers={"User-Agent": "pregon"}, transport=careful) as client:
        yield HttpClient(source, client, credentials, limits, sleep)


class HttpClient:
    """Asks one source. The host of each request that is made is the one that may see the credentials."""

    def __init__(
        self,
        source: SourceSpec,
        client: "httpx.Client",
        credentials: Credentials,
        limits: Limits,
        sleep: Callable[[float], None],
    ) -> None:
        self.credentials = credentials
        self._source = source
        self._client = client
        self._limits = limits
        self._sleep = sleep
        self._authority = _Authority(credentials, self._fetch_token)

    def get(
        self,
        address: str,
        *,
        table: str | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept_json: bool = True,
    ) -> Answer:
        """Ask for a document; with `accept_json` nothing but JSON is taken for one.

        Raises:
            AuthenticationRejected, AddressNotFound, RequestRefused: the server says no.
            Throttled, StillWorking, ServerFailed, NotJson: there was no whole answer within the budget.
            AnswerTooLarge, PrivateAddressRefused, BadRedirect, UnknownAnswer: the answer, or where it comes from, is
                not safe.
        """
        return self._ask("GET", address, table, params=params, headers=headers or {}, accept_json=accept_json)

    def post(
        self,
        address: str,
        *,
        json: Any,
        table: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a JSON document and take one; raises as `get`."""
        return self._ask("POST", address, table, json=json, headers=headers or {}, accept_json=True)

    def download(
        self, address: str, target: Path, *, table: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, str] | None:
        """Save a file; give the headers of the answer, None where a conditional request found nothing new (304).

        Raises as `get`, and NotAFile: a web page came instead.
        """
        answer = self._ask("GET", address, table, headers=headers or {}, target=target)
        return None if answer.status == 304 else answer.headers

    def authorization(self, *, renewed: bool = False) -> dict[str, str]:
        """Give the headers that prove who asks; an OAuth token is fetched if need be, or `renewed`."""
        return self._authority.headers(renewed=renewed)

    def _ask(self, method: str, address: str, table: str | None, **what: Any) -> Answer:
        exchange = Exchange(method, address, self._source.name, table, authority=self._authority, **what)
        return self._patiently(exchange)

    def _patiently(self, exchange: Exchange) -> Answer:
        return patiently(
            lambda: once(exchange, self._client, self._limits),
            self._limits,
            sleep=self._sleep,
            first_delay=FIRST_DELAY,
        )

    def _fetch_token(self) -> "_Token":
        """Ask the authorization server (RFC 6749, 4.4.2): the client proves itself with HTTP Basic (2.3.1)."""
        extra, credentials = self.credentials.extra, self.credentials
        form = {"grant_type": "client_credentials", **({"scope": str(extra["scope"])} if extra.get("scope") else {})}
        basic = _Authority(Credentials("basic", credentials.user, credentials.password), self._fetch_token)
        exchange = Exchange(
            "POST", str(extra["token_url"]), self._source.name, None, form=form, accept_json=True, authority=basic
        )
        answer = self._patiently(exchange)
        found = answer.json()
        token = found.get("access_token") if isinstance(found, dict) else None
        if not token:
            raise AuthenticationRejected(
                answer.status, "no access_token in its answer", source=self._source.name, file=answer.address
            )
        return _Token(str(token), time.monotonic() + _lifetime(found.get("expires_in")) - RENEW_SECONDS)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(default="", repr=False)
    until: float = 0.0

    def valid(self) -> bool:
        return bool(self.text) and time.monotonic() < self.until


class _Authority:
    """Proves who asks: by what the connection says, or by a token that is fetched with it."""

    def __init__(self, credentials: Credentials, fetch: Callable[[], _Token]) -> None:
        self.renewable = credentials.way == "oauth_client_credentials"
        self._credentials = credentials
        self._fetch = fetch
        self._token = _Token()

    def headers(self, *, renewed: bool) -> dict[str, str]:
        if not self.renewable:
            return self._credentials.headers()
        if renewed or not self._token.valid():
            self._token = self._fetch()
        return {"Authorization": f"Bearer {self._token.text}"}

    def secrets(self) -> Iterator[str]:
        sent = [value.partition(" ")[2] for value in self._credentials.headers().values()]
        yield from filter(None, (*sent, self._credentials.password, self._token.text))


def _lifetime(seconds: Any) -> float:
    """Give the seconds that a token is valid, as its server says (RFC 6749, 5.1)."""
    try:
        return float(seconds)
    except (TypeError, ValueError):
        return LIFETIME_SECONDS
