"""A Socrata server on loopback: SODA 2.1 and SODA 3 over datasets in memory, with faults at chosen requests.

Rules: https://dev.socrata.com/docs/queries/, /docs/paging, /docs/app-tokens.html, /docs/response-codes,
/docs/system-fields, /docs/queries/page. Where the platform leaves something open, this server takes the unkind way:
rows without `$order` come in another order each time, and so do rows that an order leaves equal.

    with SocrataServer() as server:
        contracts = server.dataset("abcd-1234", {"number": "text", "amount": "number"}, rows)
        server.at(page=2, fault=status(503))
"""

import base64
import json
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from servers.socrata_datasets import Clock, Dataset
from servers.soql import Query, Refused, Selection, Soql, split_query

DEFAULT_LIMIT = 1_000
_PARAMETERS = {"$select", "$where", "$order", "$limit", "$offset", "$$app_token"}


@dataclass
class Answer:
    """What will be sent; faults change it."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    dropped: bool = False
    cut: int | None = None


Fault = Callable[[Answer], Answer]


def status(code: int, body: Any = None, **headers: str) -> Fault:
    """Answer with this status; headers by name with underscores (`retry_after="2"`)."""

    def fault(_: Answer) -> Answer:
        document = (
            body
            if body is not None
            else {"code": "internal_error", "error": True, "message": f"made to fail with {code}"}
        )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer(code, json.dumps(document).encode(), {"Content-Type": "application/json", **named})

    return fault


def throttled(retry_after: str | None = None) -> Fault:
    """Answer 429, with `Retry-After` or without."""
    body = {"code": "too_many_requests", "error": True, "message": "Throttled: try again later, or use an app token"}
    return status(429, body, **({"retry_after": retry_after} if retry_after else {}))


def processing() -> Fault:
    """Answer 202: the same address gives the rows when it is asked again."""
    return status(202, {"code": "accepted", "message": "Request is processing; try again later"})


def web_page(code: int = 200) -> Fault:
    """Answer with a page for people where data was due."""
    return lambda _: Answer(code, b"<!DOCTYPE html><title>Down for maintenance</title>", {"Content-Type": "text/html"})


def dropped() -> Fault:
    """Close the connection without an answer."""

    def fault(answer: Answer) -> Answer:
        answer.dropped = True
        return answer

    return fault


def cut(keep: int = 20) -> Fault:
    """Send only the first bytes of the body that was announced."""

    def fault(answer: Answer) -> Answer:
        answer.cut = keep
        return answer

    return fault


def delayed(seconds: float) -> Fault:
    """Answer late."""

    def fault(answer: Answer) -> Answer:
        time.sleep(seconds)
        return answer

    return fault


@dataclass
class Request:
    """A request as it came. `page` numbers those for rows, from 1; None for metadata and aggregates."""

    number: int
    method: str
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]
    body: Any = None
    page: int | None = None
    raw: bytes = b""


@dataclass
class _Planned:
    number: int | None
    page: int | None
    times: int
    action: Callable[[], None] | None
    fault: Fault | None


class SocrataServer:
    """A portal with datasets. `tokens` are valid application tokens, `users` may sign in (name → password).

    `envelope`: SODA 3 wraps rows in `{"data": […]}`. `largest_anonymous`: bigger pages without token are refused, as
    some domains do. `requests` tells what was asked.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.datasets: dict[str, Dataset] = {}
        self.tokens: set[str] = set()
        self.users: dict[str, str] = {}
        self.envelope = False
        self.largest_anonymous: int | None = None
        self.requests: list[Request] = []
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def pages(self) -> list[Request]:
        """The requests for rows."""
        return [request for request in self.requests if request.page is not None]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def dataset(
        self, dataset: str, types: Mapping[str, str], rows: Iterable[Mapping[str, Any]] = (), **settings: Any
    ) -> Dataset:
        """Add a dataset with rows."""
        made = Dataset(dataset, dict(types), self.clock, **settings)
        made.insert(*rows)
        made.view_last_modified = made.rows_updated_at
        self.datasets[dataset] = made
        return made

    def at(
        self,
        *,
        page: int | None = None,
        request: int | None = None,
        times: int = 1,
        fault: Fault | None = None,
        action: Callable[[], None] | None = None,
    ) -> None:
        """Plan a fault, or an action before the answer is made, for a page or request, counted from now on.

        `times`: for so many requests from that one on. Without page and request: from the next one on.
        """
        start = None if page is not None else (request or 1) + len(self.requests)
        page = None if page is None else page + len(self.pages)
        self._planned.append(_Planned(start, page, times, action, fault))

    def forget(self) -> None:
        """Drop all that was planned: the portal is well again."""
        self._planned.clear()

    def answer(self, request: Request) -> Answer:
        """Note a request, and give the answer."""
        with self._lock:
            request.number = len(self.requests) + 1
            if _asks_for_rows(request):
                request.page = len(self.pages) + 1
            self.requests.append(request)
            planned = [plan for plan in self._planned if _due(plan, request)]
            for plan in planned:
                if plan.action:
                    plan.action()
            answer = self._answer(request)
            answer.headers["X-Socrata-RequestId"] = f"request{request.number}"
        for plan in planned:
            if plan.fault:
                answer = plan.fault(answer)
        return answer

    def _answer(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        token = request.headers.get("x-app-token") or request.parameters.get("$$app_token")
        signed_in = self._signed_in(request.headers.get("authorization"))
        if token and token not in self.tokens:
            return _error(403, {"code": "permission_denied", "error": True, "message": "Invalid app_token specified"})
        try:
            match parts:
                case ["api", "views", name] if name.endswith(".json"):
                    return _json(self._open(name.removesuffix(".json"), signed_in=signed_in).metadata())
                case ["resource", name] if name.endswith(".json") and request.method == "GET":
                    dataset = self._open(name.removesuffix(".json"), signed_in=signed_in)
                    return self._rows(dataset, _parameters(request.parameters), anonymous=not (token or signed_in))
                case ["api", "v3", "views", name, "query.json"] if request.method == "POST":
                    if not (token or signed_in):
                        return _error(403, {"error": True, "message": "An app token or a signed-in user is required"})
                    return self._rows(self._open(name, signed_in=signed_in), _posted(request.body), version=3)
        except _Forbidden as error:
            return _error(403, error.body)
        except KeyError:
            return _error(404, {"code": "not_found", "error": True, "message": f"Cannot find view {parts[-1]}"})
        except Refused as error:
            body = {"code": error.code, "error": True, "message": str(error), "data": {"dataset": parts[-1]}}
            return _error(400, body)
        return _error(404, {"code": "not_found", "error": True, "message": f"No service found for {request.path}"})

    def _open(self, name: str, *, signed_in: bool) -> Dataset:
        dataset = self.datasets[name]
        if dataset.private and not signed_in:
            raise _Forbidden({"message": "You must be logged in to access this resource", "error": True})
        return dataset

    def _signed_in(self, header: str | None) -> bool:
        if not header or not header.startswith("Basic "):
            return False
        name, _, password = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        return self.users.get(name) == password

    def _rows(self, dataset: Dataset, query: Query, *, version: int = 2, anonymous: bool = False) -> Answer:
        limit = DEFAULT_LIMIT if query.limit is None else query.limit
        if dataset.most is not None and limit > dataset.most:
            raise Refused("invalid_request", f"Query limit of {limit} exceeds the maximum of {dataset.most}")
        if anonymous and self.largest_anonymous is not None and limit > self.largest_anonymous:
            raise Refused("invalid_request", "Requests of this size need an app token")
        soql = Soql(dataset.types, dataset.decode, system=dataset.has_ids)
        selection = soql.select(query.select)
        rows = [row.all_values() for row in dataset.rows]
        if query.where:
            where = soql.where(query.where)
            rows = [row for row in rows if where(row)]
        if selection.aggregates:
            made = {name: soql.aggregate(rows, *function) for name, function in selection.aggregates.items()}
            return _table([{name: value for name, value in made.items() if value is not None}], dataset, selection)
        random.Random(len(self.requests)).shuffle(rows)
        for column, descending in reversed(soql.order(query.order) if query.order else []):
            known = [row for row in rows if row.get(column) is not None]
            known.sort(key=lambda row, by=column: soql.comparable(by, row[by]), reverse=descending)
            unknown = [row for row in rows if row.get(column) is None]
            rows = unknown + known if descending else known + unknown
        rows = rows[query.offset : query.offset + min(limit, dataset.clip or limit)]
        shown = [{name: row[name] for name in selection.columns if row.get(name) is not None} for row in rows]
        return _table(shown, dataset, selection, wrapped=version == 3 and self.envelope)


class _Forbidden(Exception):
    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__()
        self.body = body


class _Http(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no problem of the server."""


def _handler(server: SocrataServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            self._serve(self._sent())

        do_PUT = do_POST  # noqa: N815 - the base class's names

        def _sent(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found = bytearray()
            while size := int(self.rfile.readline().split(b";")[0], 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return bytes(found)

        def _serve(self, raw: bytes) -> None:
            try:
                body = json.loads(raw) if raw else None
            except ValueError:
                body = None
            address = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = dict(parse_qsl(address.query, keep_blank_values=True))
            answer = server.answer(Request(0, self.command, address.path, asked, headers, body, raw=raw))
            if answer.dropped:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            # A connection that is closed after each answer leaves no thread waiting for the next request.
            self.send_header("Connection", "close")
            self.close_connection = True
            self.end_headers()
            self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
            pass

    return Handler


def _asks_for_rows(request: Request) -> bool:
    posted = request.body if isinstance(request.body, dict) else {}
    query = str(posted.get("query", "")) if posted else request.parameters.get("$select", "")
    return "/views/" not in request.path.replace("/v3/views/", "/v3/") and "(" not in query.partition("WHERE")[0]


def _due(plan: _Planned, request: Request) -> bool:
    counted, start = (request.page, plan.page) if plan.page is not None else (request.number, plan.number)
    return counted is not None and start is not None and start <= counted < start + plan.times


def _parameters(given: Mapping[str, str]) -> Query:
    if unknown := given.keys() - _PARAMETERS:
        raise Refused("query.soql.no-such-column", f"Unrecognized arguments {sorted(unknown)}")
    limit, offset = given.get("$limit"), given.get("$offset", "0")
    if not offset.isdigit() or not (limit is None or limit.isdigit()):
        raise Refused("query.compiler.malformed", f"$limit {limit!r} and $offset {offset!r} must be whole numbers")
    rows = None if limit is None else int(limit)
    return Query(given.get("$select", "*"), given.get("$where"), given.get("$order"), rows, int(offset))


def _posted(body: Mapping[str, Any] | None) -> Query:
    given = dict(body or {})
    query = split_query(str(given.pop("query", "SELECT *")))
    page = given.pop("page", None)
    given.pop("includeSynthetic", None)
    if given:
        raise Refused("invalid_request", f"unknown options {sorted(given)}")
    if page is not None:
        if set(page) != {"pageNumber", "pageSize"} or page["pageNumber"] < 1 or page["pageSize"] < 1:
            raise Refused("invalid_request", f"page must hold pageNumber and pageSize, from 1, not {page}")
        if query.limit is not None or query.offset:
            raise Refused("invalid_request", "page and LIMIT contradict each other")
        query.limit, query.offset = page["pageSize"], (page["pageNumber"] - 1) * page["pageSize"]
        query.order = query.order or ":id"
    return query


def _table(rows: list[dict[str, Any]], dataset: Dataset, selection: Selection, *, wrapped: bool = False) -> Answer:
    # The platform separates rows by a newline and a comma.
    body = "[" + "\n,".join(json.dumps(row, ensure_ascii=False) for row in rows) + "]\n"
    if wrapped:
        body = '{"data":' + body + "}"
    names = selection.columns or list(selection.aggregates)
    modified = format_datetime(dataset.clock.now, usegmt=True)
    headers = {
        "Content-Type": "application/json;charset=utf-8",
        "Last-Modified": modified,
        "ETag": f'"{dataset.dataset}.{dataset.clock.now.timestamp()}"',
        "X-SODA2-Fields": json.dumps(names),
        "X-SODA2-Types": json.dumps([dataset.types.get(name, "text") for name in names]),
        "X-SODA2-Data-Out-Of-Date": "true" if dataset.stale else "false",
        "X-SODA2-Truth-Last-Modified": modified,
    }
    return Answer(200, body.encode(), headers)


def _json(value: Any) -> Answer:
    return Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def _error(code: int, body: Mapping[str, Any]) -> Answer:
    return Answer(code, json.dumps(body).encode(), {"Content-Type": "application/json"})
