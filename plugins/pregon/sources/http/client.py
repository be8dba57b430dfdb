"""The client of a source behind HTTP: patient within a budget, bounded in size and time, and careful whom it asks.

What may pass by itself (429, 202, 408, 5xx, time-outs, dropped or cut off answers, a web page where JSON was due) is
tried again with growing delays, or when the server says so (Retry-After, RFC 9110, 10.2.3). What does not is an error
at once. Redirects are followed by hand, and credentials are never sent to another host.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from pregon.sources.base import SourceError, SourceSpec
from pregon.sources.exact import exact_json
from pregon.sources.http.credentials import Credentials, credentials_of
from pregon.sources.http.errors import (
    AddressNotFound,
    AnswerTooLarge,
    AuthenticationRejected,
    BadRedirect,
    NotJson,
    PrivateAddressRefused,
    RequestRefused,
    ServerFailed,
    StillWorking,
    Throttled,
)
from pregon.sources.http.safety import PrivateAddressError, transport

if TYPE_CHECKING:
    import httpx

TRIES = 6
BUDGET_SECONDS = 600.0
"""The tries for one answer end after so many, or when the next would begin later than this."""
FIRST_DELAY, LONGEST_DELAY = 1.0, 60.0
CONNECT_SECONDS, READ_SECONDS = 20.0, 120.0
ANSWER_SECONDS = 900.0
"""One answer of a page may take no longer, however steadily it drips; a download `DOWNLOAD_SECONDS`."""
DOWNLOAD_SECONDS = 4 * 3600.0
MAX_ANSWER = 256 << 20
MAX_DOWNLOAD = 5 << 30
MAX_REDIRECTS = 5
RENEW_SECONDS = 60.0
"""An OAuth token is renewed so long before it expires."""

_SAID = 2_000
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient a client is: tries, seconds until the last of them, seconds and bytes of one answer."""

    tries: int = TRIES
    budget: float = BUDGET_SECONDS
    answer_seconds: float = ANSWER_SECONDS
    answer_bytes: int = MAX_ANSWER
    download_seconds: float = DOWNLOAD_SECONDS
    download_bytes: int = MAX_DOWNLOAD
    read_seconds: float = READ_SECONDS


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `address` is without anything secret; names of `headers` are in lower case."""

    address: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    document: Any = field(default=None, repr=False)

    def json(self) -> Any:
        """Give the document, every number as the text that the source wrote.

        Raises:
            ValueError: it is not JSON; not where the client was asked to accept nothing else.
        """
        return exact_json(self.body) if self.document is None else self.document


@contextmanager
def open_client(
    source: SourceSpec, *, sleep: Callable[[float], None] = time.sleep, limits: Limits | None = None
) -> Iterator["HttpClient"]:
    """Open the client of a source: credentials from its connection, and its option `private_addresses`.

    Raises:
        SourceConfigurationError: its connection is not defined, or lacks something.
    """
    import httpx

    credentials = credentials_of(source)
    private = bool(source.options.get("private_addresses"))
    limits = limits or Limits()
    timeout = httpx.Timeout(limits.read_seconds, connect=CONNECT_SECONDS)
    with httpx.Client(
        timeout=timeout, headers={"User-Agent": "pregon"}, transport=transport(private_addresses=private)
    ) as client:
        yield HttpClient(source, client, credentials, limits, sleep)


class HttpClient:
    """Asks one source. The host of the first request is the one that may see the credentials."""

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
        self._bearer = _Bearer()

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
            Throttled, ServerFailed, NotJson: there was no whole answer within the budget.
            AnswerTooLarge, PrivateAddressRefused, BadRedirect: the answer, or where it comes from, is not safe.
        """
        return self._ask("GET", address, table, params=params, headers=headers, accept_json=accept_json)

    def post(
        self,
        address: str,
        *,
        json: Any,
        table: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a JSON document and take one; raises as `get`."""
        return self._ask("POST", address, table, json=json, headers=headers, accept_json=True)

    def download(
        self, address: str, target: Path, *, table: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, str] | None:
        """Save a file; give the headers of the answer, None where a conditional request found nothing new (304).

        Raises as `get`.
        """
        answer = self._ask("GET", address, table, headers=headers, target=target)
        return None if answer.status == 304 else answer.headers

    def _ask(self, method: str, address: str, table: str | None, **what: Any) -> Answer:
        from tenacity import Retrying, retry_if_exception

        request = _Request(self, method, address, table, **what)
        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, ServerFailed)),
            wait=_delay,
            stop=lambda state: (
                state.attempt_number >= self._limits.tries
                or (state.seconds_since_start or 0) + _delay(state) > self._limits.budget
            ),
            sleep=self._sleep,
            reraise=True,
        )
        answer: Answer = retrying(request.once)
        return answer

    def authorization(self, *, renewed: bool = False) -> dict[str, str]:
        """Give the headers that prove who asks; an OAuth token is fetched if need be, or `renewed`."""
        if self.credentials.way != "oauth_client_credentials":
            return self.credentials.headers()
        if renewed or not self._bearer.valid():
            self._bearer = self._fetch_token()
        return {"Authorization": f"Bearer {self._bearer.token}"}

    def _fetch_token(self) -> "_Bearer":
        """Ask the authorization server (RFC 6749, 4.4.2): the client proves itself with HTTP Basic (2.3.1)."""
        extra, credentials = self.credentials.extra, self.credentials
        address = str(extra["token_url"])
        form = {"grant_type": "client_credentials", **({"scope": str(extra["scope"])} if extra.get("scope") else {})}
        basic = Credentials("basic", credentials.user, credentials.password).headers()
        answer = self._ask("POST", address, None, headers=basic, form=form, accept_json=True, anonymous=True)
        found = answer.json()
        token = found.get("access_token") if isinstance(found, dict) else None
        if not token:
            raise AuthenticationRejected(
                answer.status, "no access_token in its answer", source=self._source.name, file=answer.address
            )
        return _Bearer(str(token), time.monotonic() + float(found.get("expires_in") or 3600) - RENEW_SECONDS)


@dataclass(frozen=True, slots=True)
class _Bearer:
    token: str = field(default="", repr=False)
    until: float = 0.0

    def valid(self) -> bool:
        return bool(self.token) and time.monotonic() < self.until


class _Request:
    """One request, to be made once or several times."""

    def __init__(
        self,
        client: HttpClient,
        method: str,
        address: str,
        table: str | None,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        target: Path | None = None,
        accept_json: bool = False,
        anonymous: bool = False,
    ) -> None:
        self._client = client
        self._method = method
        self._address = address
        self._params = dict(params) if params else None
        self._headers = dict(headers or {})
        self._json = json
        self._form = dict(form) if form else None
        self._target = target
        self._accept_json = accept_json
        self._anonymous = anonymous
        self._place: dict[str, Any] = {"source": client._source.name, "table": table, "file": public_name(address)}

    def once(self) -> Answer:
        """Make it once.

        Raises ServerFailed where another try may help.
        """
        import httpx

        try:
            return self._follow()
        except PrivateAddressError as error:
            raise PrivateAddressRefused(error.host, **self._place) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise BadRedirect(f"is no address of the web ({error})", **self._place) from error
        except httpx.HTTPError as error:
            raise ServerFailed(f"gives no whole answer ({type(error).__name__}: {error})", **self._place) from error

    def _follow(self) -> Answer:
        """Send it, and go where redirects lead."""
        import httpx

        url = httpx.URL(self._address, params=self._params) if self._params else httpx.URL(self._address)
        origin = (url.host, url.port)
        renewed = False
        redirects = 0
        while True:
            if url.scheme not in ("http", "https"):
                raise BadRedirect(f"leads to an address that is neither http nor https ({url.scheme}:)", **self._place)
            own = (url.host, url.port) == origin
            headers = {**self._headers, **self._authorization(renewed=renewed)} if own else {}
            if self._accept_json:
                headers.setdefault("Accept", "application/json")
            started = time.monotonic()
            with self._client._client.stream(
                self._method, url, headers=headers, json=self._json, data=self._form
            ) as response:
                following = response.next_request
                if following is None or not 300 <= response.status_code < 400:
                    if response.status_code == httpx.codes.UNAUTHORIZED and self._may_renew and not renewed and own:
                        renewed = True
                        continue
                    return self._answer(response, started)
            redirects += 1
            if redirects > MAX_REDIRECTS:
                raise BadRedirect(f"redirects more than {MAX_REDIRECTS} times", **self._place)
            if url.scheme == "https" and following.url.scheme == "http":
                raise BadRedirect("redirects to an address without encryption", **self._place)
            url = following.url

    @property
    def _may_renew(self) -> bool:
        return not self._anonymous and self._client.credentials.way == "oauth_client_credentials"

    def _authorization(self, *, renewed: bool) -> dict[str, str]:
        return {} if self._anonymous else self._client.authorization(renewed=renewed)

    def _answer(self, response: "httpx.Response", started: float) -> Answer:
        status = response.status_code
        if status == 304 and self._target is not None:
            return self._whole(response, b"")
        if status != 200:
            raise self._refusal(response, started)
        if self._target is not None:
            with self._target.open("wb") as stream:
                self._save(response, stream, started)
            return self._whole(response, b"")
        body = b"".join(self._blocks(response, started, self._limits.answer_bytes, self._limits.answer_seconds))
        document = self._document(response, body) if self._accept_json else None
        return self._whole(response, body, document)

    @property
    def _limits(self) -> Limits:
        return self._client._limits

    def _save(self, response: "httpx.Response", stream: BinaryIO, started: float) -> None:
        limits = self._limits
        for block in self._blocks(response, started, limits.download_bytes, limits.download_seconds):
            stream.write(block)

    def _blocks(self, response: "httpx.Response", started: float, size: int, seconds: float) -> Iterator[bytes]:
        """Give the decoded body; what a server may send is bounded after decompression, and in time as a whole."""
        total = 0
        for block in response.iter_bytes(_BLOCK):
            total += len(block)
            if total > size:
                raise AnswerTooLarge(
                    f"is larger than {size:,} bytes", **self._place, hint="ask for less at once, or split the file"
                )
            if time.monotonic() - started > seconds:
                raise AnswerTooLarge(
                    f"takes longer than {seconds:,.0f} s",
                    **self._place,
                    hint="ask for less at once, or later",
                )
            yield block

    def _whole(self, response: "httpx.Response", body: bytes, document: Any = None) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(str(self._place["file"]), response.status_code, headers, body, document)

    def _document(self, response: "httpx.Response", body: bytes) -> Any:
        try:
            return exact_json(body)
        except (ValueError, RecursionError) as error:
            page = body.lstrip()[:1] == b"<" or "html" in response.headers.get("content-type", "")
            what = "a web page" if page else f"no JSON ({error})"
            raise NotJson(f"gives {what} where data were due", **self._place, status=response.status_code) from error

    def _refusal(self, response: "httpx.Response", started: float) -> SourceError:
        """Give the error for a status that is not 200."""
        status, place = response.status_code, self._place
        after = _retry_after(response.headers.get("retry-after"))
        if status == 429:
            return Throttled("the server asks to wait (429)", **place, status=status, retry_after=after)
        if status == 202:
            return StillWorking("the server still prepares its answer (202)", **place, status=status, retry_after=after)
        if status in (408, 425) or status >= 500:
            problem = f"the server answered {status} {response.reason_phrase}".rstrip()
            return ServerFailed(problem, **place, status=status, retry_after=after)
        body = self._said(response, started)
        if status in (401, 403):
            return AuthenticationRejected(status, body, **place)
        if status in (404, 410):
            return AddressNotFound(status, body, **place)
        return RequestRefused(status, body, **place)

    def _said(self, response: "httpx.Response", started: float) -> str:
        """Give the beginning of what a server says about an error, on one line, without what was sent."""
        said = bytearray()
        for block in self._blocks(response, started, MAX_ANSWER, self._limits.answer_seconds):
            said += block
            if len(said) >= _SAID:
                break
        text = " ".join(said[:_SAID].decode("utf-8", "replace").split())
        for secret in (self._client.credentials.password, self._client._bearer.token):
            if secret:
                text = text.replace(secret, "***")
        return text


def public_name(address: str) -> str:
    """Give an address without what may be secret in it: user, password, query and fragment."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _retry_after(value: str | None) -> int | None:
    """Give the seconds that a server asks to wait: it may name them, or a date."""
    if not value:
        return None
    if value.strip().isdigit():
        return int(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0, round(moment.timestamp() - time.time()))


def _delay(state: Any) -> float:
    """Give the seconds before the next try: as the server asks, else growing, a little different for everybody."""
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        return float(asked)
    growing = min(LONGEST_DELAY, FIRST_DELAY * 2 ** (state.attempt_number - 1))
    spread = random.Random(f"{state.attempt_number} {error}").random()  # noqa: S311 - not for secrets
    return float(growing * (0.5 + spread / 2))
