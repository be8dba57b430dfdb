"""A JSON API on this machine's loopback: every style of paging and of authentication, and faults on order.

It is the judge of sources of kind `rest`: it keeps to the rules of RFC 8288 (Link), RFC 6749 section 4.4 (client
credentials), RFC 6750 (bearer tokens), RFC 7617 (basic) and OData JSON Format 4.01, and notes every request.
"""

import base64
import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Fault:
    """What happens to one request: another status, a delay, a connection that is dropped, half a body, a web page."""

    kind: Literal["status", "delay", "drop", "truncate", "html", "change"]
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    change: Callable[[Rows], object] | None = None


@dataclass(frozen=True)
class Seen:
    """A request for rows, as it arrived."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass
class RestApi:
    """The API's state; tests change it while the server runs.

    Each path of `_STYLES` serves the same `rows`, in their order. `faults` are by the number of the request, from 1.
    """

    rows: Rows
    address: str = ""
    largest: int = 1000
    usual: int = 10
    past_end: Literal["empty", "404", "last"] = "empty"
    endless: bool = False
    ignores_paging: bool = False
    counts: bool = True
    counted: int | None = None
    next_host: str | None = None
    loops: bool = False
    authentication: Literal["none", "bearer", "basic", "key", "oauth"] = "none"
    secret: str = "opal-secret"  # noqa: S105 - made up
    user: str = "harvester"
    key_header: str = "X-Api-Key"
    token_uses: int = 1_000_000
    token_lives: int = 3600
    cursors_expire: bool = False
    faults: dict[int, Fault] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    token_requests: list[dict[str, str]] = field(default_factory=list)
    _uses: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def new_token(self) -> str:
        with self._lock:
            self._uses = 0
            self.tokens.append(f"token-{len(self.tokens) + 1}")
            return self.tokens[-1]

    def admits(self, headers: Mapping[str, str]) -> bool:
        given = headers.get("authorization", "")
        if self.authentication == "none":
            return True
        if self.authentication == "bearer":
            return given == f"Bearer {self.secret}"
        if self.authentication == "basic":
            return given == "Basic " + base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()
        if self.authentication == "key":
            return headers.get(self.key_header.lower()) == self.secret
        with self._lock:
            self._uses += 1
            return bool(self.tokens) and given == f"Bearer {self.tokens[-1]}" and self._uses <= self.token_uses

    def selected(self, params: Mapping[str, str]) -> Rows:
        """Rows changed since the moment that is asked for, if one is."""
        since = params.get("updated_from", "")
        if "$filter" in params:
            name, _, since = params["$filter"].partition(" ge ")
            assert name == "updated"
        return [row for row in self.rows if row.get("updated", "") >= since] if since else list(self.rows)


@contextlib.contextmanager
def rest_api(rows: Rows, **settings: Any) -> Iterator[RestApi]:
    """Run the API until the block ends."""
    api = RestApi(rows, **settings)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.api = api  # type: ignore[attr-defined]
    server.daemon_threads = True
    api.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class _Reply:
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: else each answer waits for the reader's acknowledgement
    disable_nagle_algorithm = True

    @property
    def api(self) -> RestApi:
        return self.server.api  # type: ignore[attr-defined, no-any-return]

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if urlsplit(self.path).path != "/token":
            self._send(_Reply({"error": "not found"}, status=404))
            return
        form = dict(parse_qsl(body))
        self.api.token_requests.append(form)
        basic = "Basic " + base64.b64encode(f"{self.api.user}:{self.api.secret}".encode()).decode()
        known = self.headers.get("Authorization") == basic or (
            (form.get("client_id"), form.get("client_secret")) == (self.api.user, self.api.secret)
        )
        if form.get("grant_type") != "client_credentials":
            self._send(_Reply({"error": "unsupported_grant_type"}, status=400))
        elif not known:
            self._send(_Reply({"error": "invalid_client"}, status=401))
        else:
            token = {"access_token": self.api.new_token(), "token_type": "Bearer", "expires_in": self.api.token_lives}
            self._send(_Reply(token))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.api._lock:
            self.api.seen.append(Seen(parts.path, params, headers))
            number = len(self.api.seen)
        fault = self.api.faults.get(number)
        if fault and fault.kind == "change" and fault.change:
            fault.change(self.api.rows)
        if fault and self._spoiled(fault):
            return
        if not self.api.admits(headers):
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            self._send(_Reply({"error": "invalid_token"}, challenge, status=401))
            return
        serve = _STYLES.get(parts.path)
        reply = serve(self.api, params) if serve else _Reply({"error": "not found"}, status=404)
        self._send(reply, half=bool(fault and fault.kind == "truncate"))

    def _spoiled(self, fault: Fault) -> bool:
        """Answer a request wrongly, or not at all; whether that was done."""
        if fault.kind == "delay":
            time.sleep(fault.seconds)
        if fault.kind == "status":
            self._send(_Reply({"error": "on order"}, dict(fault.headers), fault.status))
        if fault.kind == "html":
            self._send(_Reply(b"<!DOCTYPE html><html><body>Down for maintenance</body></html>"))
        if fault.kind == "drop":
            # Without lingering the connection is reset, not closed.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        return fault.kind in ("status", "html", "drop")

    def _send(self, reply: _Reply, *, half: bool = False) -> None:
        page = isinstance(reply.body, bytes)
        body = reply.body if page else json.dumps(reply.body, ensure_ascii=False, cls=_Encoder).encode()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(reply.status)
            self.send_header("Content-Type", "text/html" if page else "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if half else body)
        if half:
            self.close_connection = True


class Number(float):
    """A JSON number that is written exactly so."""

    def __new__(cls, text: str) -> "Number":
        made = super().__new__(cls, text)
        made.text = text  # type: ignore[attr-defined]
        return made

    def __repr__(self) -> str:
        return self.text  # type: ignore[attr-defined, no-any-return]


class _Encoder(json.JSONEncoder):
    """Writes `Number` as it was given: json asks float for its text, whatever the class."""

    def iterencode(self, o: Any, _one_shot: bool = False) -> Iterator[str]:
        yield _written(o)

    def encode(self, o: Any) -> str:
        return _written(o)


def _written(value: Any) -> str:
    if isinstance(value, Number):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(name))}: {_written(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _size(api: RestApi, params: Mapping[str, str], name: str) -> int:
    return min(int(params.get(name) or api.usual), api.largest)


def _total(api: RestApi, rows: Rows) -> int:
    return len(rows) if api.counted is None else api.counted


def _by_page(api: RestApi, params: Mapping[str, str]) -> _Reply:
    rows, size = api.selected(params), _size(api, params, "per_page")
    page = 1 if api.ignores_paging else int(params.get("page") or 1)
    last = max(1, -(-len(rows) // size))
    if page > last and api.past_end == "404":
        return _Reply({"detail": "Invalid page."}, status=404)
    if page > last and api.past_end == "last":
        page = last
    items = rows[(page - 1) * size : page * size]
    return _Reply({"data": {"items": items}, "meta": {"total": _total(api, rows)} if api.counts else {}})


def _by_offset(api: RestApi, params: Mapping[str, str]) -> _Reply:
    rows, size = api.selected(params), _size(api, params, "limit")
    offset = 0 if api.ignores_paging else int(params.get("offset") or 0)
    found: dict[str, Any] = {"results": rows[offset : offset + size]}
    return _Reply(found | ({"count": _total(api, rows)} if api.counts else {}))


def _following(api: RestApi, params: Mapping[str, str], name: str, size: int) -> tuple[Rows, str | None]:
    """A page after a token, and the token of the next: it stands for the last row's place in the order of ids."""
    rows = sorted(api.selected(params), key=lambda row: str(row["id"]))
    token = params.get(name, "")
    if token.startswith("after:"):
        rows = [row for row in rows if str(row["id"]) > token.removeprefix("after:")]
    page = rows[:size]
    if api.loops and page:
        return page, "after:"
    if len(rows) > size:
        return page, f"after:{page[-1]['id']}"
    return page, (token or "after:") if api.endless else None


def _expired(api: RestApi, token: str) -> _Reply | None:
    return _Reply({"error": "cursor expired"}, status=400) if api.cursors_expire and token else None


def _by_cursor(api: RestApi, params: Mapping[str, str]) -> _Reply:
    if refused := _expired(api, params.get("cursor", "")):
        return refused
    page, token = _following(api, params, "cursor", _size(api, params, "limit"))
    total = {"total": _total(api, api.selected(params))} if api.counts else {}
    return _Reply({"items": page, "paging": {"next": token} | total})


def _by_cursor_header(api: RestApi, params: Mapping[str, str]) -> _Reply:
    page, token = _following(api, params, "cursor", _size(api, params, "limit"))
    return _Reply(page, {"X-Next-Token": token} if token else {})


def _by_last(api: RestApi, params: Mapping[str, str]) -> _Reply:
    """A page after the id of a row, as payment services do it."""
    rows = sorted(api.selected(params), key=lambda row: str(row["id"]))
    after = "" if api.ignores_paging else params.get("starting_after", "")
    return _Reply({"data": [row for row in rows if str(row["id"]) > after][: _size(api, params, "limit")]})


def _next_address(api: RestApi, path: str, params: Mapping[str, str], name: str, token: str) -> str:
    query = urlencode({**params, name: token})
    return f"{api.next_host if api.next_host is not None else api.address}{path}?{query}"


def _by_link(api: RestApi, params: Mapping[str, str]) -> _Reply:
    page, token = _following(api, params, "from", _size(api, params, "limit"))
    links = [f'<{api.address}/link?limit=10>; rel="first"; title="a, <b>; rel=next"']
    if token:
        links.append(f'<{_next_address(api, "/link", params, "from", token)}>; title=more; rel="last next"')
    count = {"X-Total-Count": str(_total(api, api.selected(params)))} if api.counts else {}
    return _Reply(page, {"Link": ", ".join(links), **count})


def _by_next_link(api: RestApi, params: Mapping[str, str]) -> _Reply:
    page, token = _following(api, params, "from", _size(api, params, "limit"))
    address = _next_address(api, "/next-link", params, "from", token) if token else None
    return _Reply({"results": page, "links": {"next": address}})


def _odata(api: RestApi, params: Mapping[str, str]) -> _Reply:
    rows = api.selected(params)
    wanted = int(params["$top"]) if "$top" in params else len(rows)
    skip = int(params.get("$skip") or 0)
    start = int(params.get("$skiptoken") or 0)
    page = rows[skip : skip + wanted][start : start + api.usual]
    body: dict[str, Any] = {"@odata.context": f"{api.address}/$metadata#awards"}
    if params.get("$count") == "true":
        body["@odata.count"] = _total(api, rows)
    body["value"] = page
    if start + len(page) < len(rows[skip : skip + wanted]):
        rest = {name: value for name, value in params.items() if name != "$skiptoken"}
        body["@odata.nextLink"] = "odata?" + urlencode({**rest, "$skiptoken": str(start + len(page))})
    return _Reply(body)


def _packages(api: RestApi, params: Mapping[str, str]) -> _Reply:
    """Release packages that lead to each other by `links.next`, as OCDS advises APIs to page."""
    page, token = _following(api, params, "from", _size(api, params, "limit"))
    links = {"next": _next_address(api, "/packages", params, "from", token)} if token else {}
    return _Reply({"uri": f"{api.address}/packages", "version": "1.1", "releases": page, "links": links})


def _all(api: RestApi, params: Mapping[str, str]) -> _Reply:
    return _Reply(api.selected(params))


_STYLES: dict[str, Callable[[RestApi, Mapping[str, str]], _Reply]] = {
    "/page": _by_page,
    "/offset": _by_offset,
    "/cursor": _by_cursor,
    "/cursor-header": _by_cursor_header,
    "/after": _by_last,
    "/link": _by_link,
    "/next-link": _by_next_link,
    "/odata": _odata,
    "/packages": _packages,
    "/all": _all,
}
