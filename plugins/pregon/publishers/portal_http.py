"""Talking to a portal over HTTP: what targets that are not files share.

Where the portal is and who writes to it stands in an Airflow connection, and nowhere else. Nothing of it is ever told:
what a portal says of an error is shown without it. Time and size of every answer are bounded; credentials go to the
portal's own server only.
"""

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

from pregon.publishers.base import TargetFailed
from pregon.publishers.portal_access import PortalAccess, said_yes
from pregon.sources.http.bodies import ACCEPTED, BrokenCoding, UnknownCoding, unpacked
from pregon.sources.http.exchange import public_name, retry_after
from pregon.sources.http.safety import PrivateAddressError, transport, within

if TYPE_CHECKING:
    import httpx

_SAID = 1_000
_SHORTEST_SECRET = 4
"""A shorter text is no secret worth the name, and would blot out whatever a portal says."""
_REDIRECTS = 5
_PASSING = frozenset({408, 425, 429})
_LEADS_ON = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class PortalLimits:
    """How patient we are with a portal, and how much we take from it.

    `read_seconds` may pass without a byte; an answer takes at most `answer_seconds` and `answer_bytes`, unpacked. A
    portal that asks to wait (429, or 503 with Retry-After) is asked again `tries` times in all, and never waited for
    longer than `longest_wait` seconds at once.
    """

    connect_seconds: float = 20.0
    read_seconds: float = 300.0
    answer_seconds: float = 900.0
    answer_bytes: int = 64 << 20
    tries: int = 4
    longest_wait: float = 120.0


class PortalRefused(TargetFailed):
    """A portal answered with an error. `status` is that of HTTP, `said` the beginning of what it says, on one line.

    `document` is its answer where that is JSON; `wait` the seconds that it asks to wait, None where it doesn't ask.
    """

    def __init__(
        self, target: str, resource: str, reason: str, *, status: int, said: str, document: Any, wait: float | None
    ) -> None:
        super().__init__(target, resource, reason, retryable=status in _PASSING or status >= 500)
        self.status = status
        self.said = said
        self.document = document
        self.wait = wait


@dataclass(frozen=True, slots=True)
class PortalAnswer:
    """A whole answer; names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Give the document, numbers with a fraction as `Decimal`; None where it is not JSON."""
        try:
            return json.loads(self.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            return None


class PortalClient:
    """Asks one portal. `credentials` are the headers that prove who asks, `secrets` what must never be told.

    Every method raises `TargetFailed`: retryable where a connection is lost, time is up, or the portal is busy or
    broken (408, 425, 429, 5xx); a request whose answer was lost may have been carried out.
    """

    def __init__(
        self,
        access: PortalAccess,
        *,
        credentials: Mapping[str, str],
        secrets: Collection[str] = (),
        limits: PortalLimits = PortalLimits(),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.access = access
        self._credentials = dict(credentials)
        own = [access.fields.login, access.fields.password, *secrets, *credentials.values()]
        self._secrets = sorted({one for one in own if one and len(one) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._limits = limits
        self._sleep = sleep

    def ask(
        self,
        method: str,
        path: str,
        *,
        resource: str,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | Iterator[bytes] | None = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, IO[bytes], str]] | None = None,
        headers: Mapping[str, str] | None = None,
        accepted: Collection[int] = (),
    ) -> PortalAnswer:
        """Send a request to the portal, and take its answer. `path` follows the portal's address.

        `files` (field → name, open file, media type) are sent as multipart, a stretch at a time; so is `content` that
        is an iterator. An answer with another status than 2xx or one of `accepted` is `PortalRefused`. `resource` says
        in messages what it was about.
        """
        what = {"params": params, "json": json, "content": content, "data": form, "files": files, "headers": headers}
        repeatable = content is None or isinstance(content, bytes)
        for remaining in reversed(range(self._limits.tries)):
            for _, stream, _ in (files or {}).values():
                stream.seek(0)
            try:
                return self._once(method, f"{self.access.address}/{path.lstrip('/')}", resource, what, accepted)
            except PortalRefused as refused:
                patient = refused.wait is not None and refused.wait <= self._limits.longest_wait
                if not (remaining and repeatable and patient):
                    raise
                self._sleep(refused.wait or 0)
        raise AssertionError("unreachable: the last try gives an answer or an error")

    def read(self, address: str, *, resource: str, size: int, accepted: Collection[int] = ()) -> "ReadBack":
        """Read a file back, wherever the portal leads, and say what it is; more than `size` bytes are not taken.

        Credentials go to the portal's own server only. Raises as `ask`.
        """
        with self._failures(resource), self._following(address, resource, {}) as response:
            if response.status_code in accepted:
                return ReadBack(response.status_code, 0, frozenset())
            if response.status_code != 200:
                raise self._refused(response, resource)
            sent, plain = _Digest(), _Digest()
            blocks = sent.passing(response.iter_raw(), size)
            for block in unpacked(blocks, response.headers.get("content-encoding", "")):
                plain.add(block)
                if plain.bytes > size:
                    break  # as it was sent it may still be right
            for _ in blocks:
                pass
        whole = (sent, plain) if sent.bytes <= size else ()
        return ReadBack(200, sent.bytes, frozenset(one.sha256 for one in whole if one.bytes <= size))

    def close(self) -> None:
        """Close what connections are open."""
        for name in ("_own", "_others"):
            if name in vars(self):
                vars(self).pop(name).close()

    def told(self, text: str) -> str:
        """Give a text of the portal on one line, cut short and without secrets."""
        found = " ".join(text.split())
        for secret in self._secrets:
            found = found.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return found[:_SAID]

    def _once(
        self, method: str, address: str, resource: str, what: Mapping[str, Any], accepted: Collection[int]
    ) -> PortalAnswer:
        given = {name: value for name, value in what.items() if value is not None}
        with self._failures(resource):
            if method == "GET":
                with self._following(address, resource, given) as response:
                    return self._taken(response, resource, accepted)
            given["headers"] = self._headers() | dict(given.get("headers", {}))
            with within(self._limits.answer_seconds), self._own.stream(method, address, **given) as response:
                if response.status_code in _LEADS_ON:
                    where = public_name(str(response.next_request.url)) if response.next_request else "it does not say"
                    raise self._failed(
                        resource,
                        f"the portal leads elsewhere ({where}), where what is "
                        f"sent does not follow: write that address into the connection {self.access.connection!r}",
                    )
                return self._taken(response, resource, accepted)

    @contextmanager
    def _following(self, address: str, resource: str, given: Mapping[str, Any]) -> Iterator["httpx.Response"]:
        """Ask for something, and go where redirects lead; to another server without credentials."""
        import httpx

        given = dict(given)
        own_headers = dict(given.pop("headers", {}))
        url = httpx.URL(address, params=given.pop("params")) if given.get("params") else httpx.URL(address)
        home = httpx.URL(self.access.address)
        for _ in range(_REDIRECTS + 1):
            if url.scheme not in ("http", "https") or (home.scheme, url.scheme) == ("https", "http"):
                raise self._failed(resource, f"leads to {public_name(str(url))}, which is not encrypted")
            own = _server(url) == _server(home)
            client = self._own if own else self._others
            headers = self._headers() | own_headers if own else {"Accept-Encoding": ACCEPTED}
            with within(self._limits.answer_seconds), client.stream("GET", url, headers=headers, **given) as response:
                if response.status_code not in _LEADS_ON or response.next_request is None:
                    yield response
                    return
                url = response.next_request.url
        raise self._failed(resource, f"redirects more than {_REDIRECTS} times")

    def _headers(self) -> dict[str, str]:
        return {"Accept-Encoding": ACCEPTED, **self._credentials}

    def _taken(self, response: "httpx.Response", resource: str, accepted: Collection[int]) -> PortalAnswer:
        if not (200 <= response.status_code < 300 or response.status_code in accepted):
            raise self._refused(response, resource)
        return self._whole(response, resource)

    def _whole(self, response: "httpx.Response", resource: str) -> PortalAnswer:
        body = bytearray()
        for block in unpacked(response.iter_raw(), response.headers.get("content-encoding", "")):
            body += block
            if len(body) > self._limits.answer_bytes:
                raise self._failed(resource, f"the answer is larger than {self._limits.answer_bytes:,} bytes")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return PortalAnswer(response.status_code, headers, bytes(body))

    def _refused(self, response: "httpx.Response", resource: str) -> PortalRefused:
        import httpx

        status = response.status_code
        try:
            answer = self._whole(response, resource)
        except (httpx.HTTPError, UnknownCoding, BrokenCoding, TargetFailed):  # refused is refused, even if cut off
            answer = PortalAnswer(status, {}, b"")
        page = answer.body.lstrip()[:1] == b"<"
        said = "" if page else self.told(answer.body[: 4 * _SAID].decode("utf-8", "replace"))
        reason = f"the portal answered {status} {response.reason_phrase}".rstrip() + (f": {said}" if said else "")
        asked = retry_after(response.headers.get("retry-after"))
        waits = status == 429 or (status == 503 and asked is not None)
        return PortalRefused(
            self.access.target, resource, reason, status=status, said=said, document=answer.json(),
            wait=float(1 if asked is None else asked) if waits else None,
        )  # fmt: skip

    def _failed(self, resource: str, reason: str, *, retryable: bool = False) -> TargetFailed:
        return TargetFailed(self.access.target, resource, reason, retryable=retryable)

    @contextmanager
    def _failures(self, resource: str) -> Iterator[None]:
        """Say in our words why there is no whole answer; what httpx says may repeat the address or a header."""
        import httpx

        try:
            yield
        except PrivateAddressError as error:
            raise self._failed(resource, f"the portal leads to {error.host}, which is a private address") from None
        except httpx.TimeoutException as error:
            raise self._failed(
                resource, f"the portal takes too long ({type(error).__name__})", retryable=True
            ) from None
        except UnknownCoding as error:
            raise self._failed(resource, f"the answer is packed as {error}, which was not asked for") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise self._failed(resource, "the portal gives an address that is none of the web") from None
        except (httpx.HTTPError, BrokenCoding) as error:
            reason = f"the portal can't be reached, or its answer broke off ({type(error).__name__})"
            raise self._failed(resource, reason, retryable=True) from None

    @cached_property
    def _own(self) -> "httpx.Client":
        # Who wrote the connection knows where the portal is, in the city's own network or not.
        return self._client(private_addresses=True)

    @cached_property
    def _others(self) -> "httpx.Client":
        return self._client(private_addresses=said_yes(self.access.fields.extra.get("private_addresses")))

    def _client(self, *, private_addresses: bool) -> "httpx.Client":
        import httpx

        limits = self._limits
        timeout = httpx.Timeout(limits.read_seconds, connect=limits.connect_seconds)
        careful = transport(private_addresses=private_addresses)
        return httpx.Client(timeout=timeout, headers={"User-Agent": "pregon"}, transport=careful, trust_env=False)


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a file at a portal is: its bytes as they were sent, and its checksums, as it was sent and unpacked.

    Servers call a file packed that is an archive by itself, and pack what is not: one of the checksums is the file's.
    There is none where it is larger than it may be.
    """

    status: int
    bytes: int
    sha256: frozenset[str]


class _Digest:
    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.bytes = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def add(self, block: bytes) -> None:
        self.bytes += len(block)
        self._digest.update(block)

    def passing(self, blocks: Iterator[bytes], size: int) -> Iterator[bytes]:
        for block in blocks:
            self.add(block)
            if self.bytes > size:
                return
            yield block


def _server(url: "httpx.URL") -> tuple[str, str, int | None]:
    return (url.scheme, url.host, url.port)
