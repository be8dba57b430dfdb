"""One request to a server, redirects included, and what its answer means."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from pregon.sources.base import SourceError
from pregon.sources.exact import exact_json
from pregon.sources.http.bodies import ACCEPTED, BrokenCoding, UnknownCoding, unpacked
from pregon.sources.http.errors import (
    AddressNotFound,
    AnswerTooLarge,
    AuthenticationRejected,
    BadRedirect,
    NotAFile,
    NotJson,
    PrivateAddressRefused,
    RequestRefused,
    ServerFailed,
    StillWorking,
    Throttled,
    UnknownAnswer,
)
from pregon.sources.http.safety import PrivateAddressError, within
from pregon.sources.patience import Limits

if TYPE_CHECKING:
    import httpx

MAX_REDIRECTS = 5

_SAID = 2_000
_BLOCK = 1 << 16
_PAGE_BEGINS = (b"<!doctype html", b"<html")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


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


class Authority(Protocol):
    """Proves who asks."""

    renewable: bool

    def headers(self, *, renewed: bool) -> Mapping[str, str]:
        """Give the headers that prove it; `renewed`: those given before were not accepted."""
        ...

    def secrets(self) -> Iterator[str]:
        """Give what must never be told."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is asked, of whom, and what will do as an answer.

    `authority` None: nobody's name is used. With `target` the body is saved there. `source` and `table` are for
    messages.
    """

    method: str
    address: str
    source: str
    table: str | None
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    target: Path | None = None
    accept_json: bool = False
    authority: Authority | None = None

    @property
    def place(self) -> dict[str, Any]:
        """Say where an error happened, without anything secret."""
        return {"source": self.source, "table": self.table, "file": public_name(self.address)}


def public_name(address: str) -> str:
    """Give an address without what may be secret in it: user, password, query and fragment."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def once(exchange: Exchange, client: "httpx.Client", limits: Limits) -> Answer:
    """Ask once, and go where redirects lead.

    Raises:
        ServerFailed: there is no whole answer; another try may help.
        SourceError: the answer is a refusal, or not safe to take.
    """
    import httpx

    place = exchange.place
    try:
        with within(limits.answer_seconds if exchange.target is None else limits.file_seconds):
            return _Asking(exchange, client, limits).answer()
    except PrivateAddressError as error:
        raise PrivateAddressRefused(error.host, **place) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        # Their words repeat the address, and what may be secret in it.
        raise BadRedirect(f"is no address of the web ({type(error).__name__})", **place) from None
    except UnknownCoding as error:
        raise UnknownAnswer(f"is packed as {error}, which was not asked for", **place) from None
    except BrokenCoding as error:
        raise ServerFailed(f"gives no whole answer (its packing {error})", **place) from error
    except httpx.HTTPError as error:
        raise ServerFailed(f"gives no whole answer ({type(error).__name__}: {error})", **place) from error


class _Asking:
    """One try."""

    def __init__(self, exchange: Exchange, client: "httpx.Client", limits: Limits) -> None:
        self._exchange = exchange
        self._client = client
        self._limits = limits
        self._place = exchange.place

    def answer(self) -> Answer:
        import httpx

        asked = self._exchange
        url = httpx.URL(asked.address, params=asked.params) if asked.params else httpx.URL(asked.address)
        first = url
        method, json, form = asked.method, asked.json, asked.form
        renewed = False
        redirects = 0
        while True:
            if url.scheme not in ("http", "https"):
                raise BadRedirect(f"leads to an address that is neither http nor https ({url.scheme}:)", **self._place)
            own = (url.host, url.port, url.scheme) in _owned(first)
            headers = self._headers(own=own, renewed=renewed)
            with self._client.stream(method, url, headers=headers, json=json, data=form) as response:
                if response.status_code not in _REDIRECTS or response.next_request is None:
                    if response.status_code == 401 and own and not renewed and self._may_renew():
                        renewed = True
                        continue
                    return self._taken(response)
                following = response.next_request.url
            redirects += 1
            if redirects > MAX_REDIRECTS:
                raise BadRedirect(f"redirects more than {MAX_REDIRECTS} times", **self._place)
            if url.scheme == "https" and following.scheme == "http":
                raise BadRedirect("redirects to an address without encryption", **self._place)
            if method != "GET" and response.status_code not in (307, 308):
                # As every browser does (RFC 9110, 15.4.4): the answer is fetched there, and nothing is sent again.
                method, json, form = "GET", None, None
            elif method != "GET" and (following.host, following.port, following.scheme) not in _owned(first):
                raise BadRedirect("redirects what was sent to another server", **self._place)
            url = following

    def _headers(self, *, own: bool, renewed: bool) -> dict[str, str]:
        """Give what is sent along; what a kind of source adds may be a secret, too: it stays with the first host."""
        asked = self._exchange
        headers = {"Accept-Encoding": ACCEPTED}
        if own:
            headers |= asked.headers
            if asked.authority is not None:
                headers |= asked.authority.headers(renewed=renewed)
        if asked.accept_json:
            headers.setdefault("Accept", "application/json")
        return headers

    def _may_renew(self) -> bool:
        return self._exchange.authority is not None and self._exchange.authority.renewable

    def _taken(self, response: "httpx.Response") -> Answer:
        status, target = response.status_code, self._exchange.target
        if status == 304 and target is not None:
            return self._whole(response, b"")
        if status != 200:
            raise self._refusal(response)
        if target is not None:
            self._save(response, target)
            return self._whole(response, b"")
        body = b"".join(self._blocks(response, self._limits.answer_bytes))
        document = self._document(response, body) if self._exchange.accept_json else None
        return self._whole(response, body, document)

    def _save(self, response: "httpx.Response", target: Path) -> None:
        begin = b""
        with target.open("wb") as stream:
            for block in self._blocks(response, self._limits.file_bytes):
                begin = begin if len(begin) > _BLOCK else begin + block
                stream.write(block)
        if begin.lstrip()[:15].lower().startswith(_PAGE_BEGINS):
            raise NotAFile("gives a web page where a file was due", **self._place, status=response.status_code)

    def _blocks(self, response: "httpx.Response", size: int) -> Iterator[bytes]:
        """Give the body, unpacked; what a server may send is bounded after that."""
        total = 0
        for block in unpacked(response.iter_raw(), response.headers.get("content-encoding", "")):
            total += len(block)
            if total > size:
                raise AnswerTooLarge(
                    f"is larger than {size:,} bytes", **self._place, hint="ask for less at once, or split the file"
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

    def _refusal(self, response: "httpx.Response") -> SourceError:
        """Give the error for a status that is not 200."""
        status, place = response.status_code, self._place
        after = retry_after(response.headers.get("retry-after"))
        if status == 429:
            return Throttled("the server asks to wait (429)", **place, status=status, retry_after=after)
        if status == 202:
            return StillWorking("the server still prepares its answer (202)", **place, status=status, retry_after=after)
        if status in (408, 425) or status >= 500:
            problem = f"the server answered {status} {response.reason_phrase}".rstrip()
            return ServerFailed(problem, **place, status=status, retry_after=after)
        body = self._said(response)
        if status in (401, 403):
            return AuthenticationRejected(status, body, **place)
        if status in (404, 410):
            return AddressNotFound(status, body, **place)
        return RequestRefused(status, body, **place)

    def _said(self, response: "httpx.Response") -> str:
        """Give the beginning of what a server says about an error, on one line, without what was sent.

        A refusal is told even where its end is cut off.
        """
        import httpx

        said = bytearray()
        try:
            for block in self._blocks(response, self._limits.answer_bytes):
                said += block
                if len(said) >= _SAID:
                    break
        except (httpx.HTTPError, UnknownCoding, BrokenCoding):
            pass
        text = " ".join(said[:_SAID].decode("utf-8", "replace").split())
        for secret in self._exchange.authority.secrets() if self._exchange.authority else ():
            text = text.replace(secret, "***")
        return text


def _owned(first: "httpx.URL") -> set[tuple[str, int | None, str]]:
    """Give who may see the credentials: the server that was meant, and the same one when it asks for encryption."""
    owned = {(first.host, first.port, first.scheme)}
    if first.scheme == "http" and first.port is None:
        owned.add((first.host, None, "https"))
    return owned


def retry_after(value: str | None) -> int | None:
    """Give the seconds that a server asks to wait: it may name them, or a date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0, round(moment.timestamp() - time.time()))
