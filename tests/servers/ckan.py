"""A CKAN on loopback: the action API, dumps and files of a made-up portal, with faults and changes at any request.

with CkanServer() as server:
    notices = server.portal.add("notices", "Notices", [{"No": "1"}])
    server.fault_at(3, Fault(status=503))
    server.at(5, lambda: server.portal.reload(notices))
    …  # read from server.url
    assert server.requests[0].action == "package_show"
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit

from servers.ckan_tables import Portal, Quirks, Refused, Resource

_PAGE = b"<!DOCTYPE html>\n<html><head><title>Sorry</title></head><body>We are down for maintenance.</body></html>\n"


@dataclass(frozen=True)
class Fault:
    """What happens to one request instead of, or beside, its answer.

    `status`: this status with a page of HTML (and `headers`). `html`: the page with status 200. `drop`: the connection
    is closed without an answer. `truncate`: only this many bytes of the answer are sent. `delay`: seconds before it.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    html: bool = False
    drop: bool = False
    truncate: int | None = None
    delay: float = 0.0


@dataclass(frozen=True)
class Request:
    """A request as it was received."""

    action: str
    params: Mapping[str, Any]
    headers: Mapping[str, str]
    path: str


class CkanServer:
    """Serves a portal at `url`; `web_url` is its web host, which has no API.

    Requests are counted from 1, since the start or the last `forget`. `token`: private datasets need it, and another
    one is nobody's. `prefix` is the path below which the site lies.
    """

    def __init__(self, quirks: Quirks | None = None, *, token: str | None = None, prefix: str = "") -> None:
        self.portal = Portal(quirks or Quirks())
        self.requests: list[Request] = []
        self._token = token
        self._prefix = prefix
        self._faults: dict[int, Fault] = {}
        self._changes: dict[int, list[Callable[[], object]]] = {}
        self._lock = threading.Lock()
        server = self

        class Handler(_Handler):
            ckan = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        """Base of the API: `/api/3/action/…` lies below."""
        return self.host + self._prefix

    @property
    def web_url(self) -> str:
        """A host of web pages, as some portals have one beside their API: it knows no action."""
        return f"{self.host}/web"

    def fault_at(self, *numbers: int, fault: Fault) -> None:
        """Let requests fail, by number."""
        self._faults.update(dict.fromkeys(numbers, fault))

    def at(self, number: int, change: Callable[[], object]) -> None:
        """Change something just before a request is answered."""
        self._changes.setdefault(number, []).append(change)

    def forget(self) -> None:
        """Begin to count anew, without faults and changes."""
        self.requests.clear()
        self._faults.clear()
        self._changes.clear()

    def answered(self, action: str) -> list[Request]:
        """Give the requests for an action."""
        return [request for request in self.requests if request.action == action]

    def note(self, request: Request) -> Fault:
        """Count a request, make the changes that are due, and give its fault."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
            for change in self._changes.pop(number, []):
                change()
            return self._faults.get(number, Fault())

    def answer(self, request: Request) -> tuple[int, str, bytes]:
        """Give status, content type and body."""
        path = request.path.removeprefix(self._prefix)
        if path.startswith("/api/3/action/"):
            return self._act(request)
        parts = path.strip("/").split("/")
        try:
            if parts[:2] == ["datastore", "dump"]:
                return 200, "text/csv; charset=utf-8", self.portal.dump(self.portal.table(parts[2]))
            if parts[0] == "dataset" and parts[4:5] == ["download"] and (file := self.portal.find(parts[3]).file):
                return 200, "application/octet-stream", file
        except Refused:
            pass
        return 404, "text/html", _PAGE

    def _act(self, request: Request) -> tuple[int, str, bytes]:
        actions = {
            "package_show": self._package_show,
            "package_search": self._package_search,
            "resource_show": self._resource_show,
            "datastore_search": self._datastore_search,
            "datastore_search_sql": self._datastore_search_sql,
        }
        help_page = f"{self.url}/api/3/action/help_show?name={request.action}"
        if request.action not in actions:
            return 400, "application/json", json.dumps(f"Bad request: Action name not known: {request.action}").encode()
        try:
            result = actions[request.action](request)
        except Refused as error:
            return error.status, "application/json", _json({"help": help_page, "error": error.error, "success": False})
        return 200, "application/json;charset=utf-8", _json({"help": help_page, "success": True, "result": result})

    def _allowed(self, request: Request, *resources: Resource) -> None:
        given = {name.lower(): value for name, value in request.headers.items()}.get("authorization")
        if any(resource.private for resource in resources) and (self._token is None or given != self._token):
            raise Refused(403, "Authorization Error", message="Access denied: User not authorized to read it")

    def _package_show(self, request: Request) -> dict[str, Any]:
        name = str(request.params.get("id", ""))
        if name not in self.portal.packages:
            raise Refused(404, "Not Found Error", message="Not found")
        self._allowed(request, *self.portal.packages[name])
        return self._package(name)

    def _package_search(self, request: Request) -> dict[str, Any]:
        """Search by `fq=name:…` or a word; at most 1,000 datasets, whatever is asked for."""
        rows = min(int(request.params.get("rows", 10)), 1_000)
        start = int(request.params.get("start", 0))
        word = str(request.params.get("fq") or request.params.get("q") or "").removeprefix("name:").strip('"')
        names = [name for name in self.portal.packages if word in {"", "*:*"} or word in name]
        return {"count": len(names), "results": [self._package(name) for name in names[start : start + rows]]}

    def _resource_show(self, request: Request) -> dict[str, Any]:
        resource = self.portal.find(str(request.params.get("id", "")))
        self._allowed(request, resource)
        package = next(name for name, held in self.portal.packages.items() if resource in held)
        return self._resource(package, resource)

    def _datastore_search(self, request: Request) -> dict[str, Any]:
        params = dict(request.params)
        if isinstance(params.get("filters"), str):
            try:
                params["filters"] = json.loads(params["filters"])
            except ValueError:
                raise Refused(409, "Validation Error", filters=["Cannot parse JSON"]) from None
        if not params.get("resource_id"):
            raise Refused(409, "Validation Error", resource_id=["Missing value"])
        resource = self.portal.table(str(params["resource_id"]))
        self._allowed(request, resource)
        return self.portal.search(resource, params)

    def _datastore_search_sql(self, request: Request) -> dict[str, Any]:
        """Run real SQL, with the ceiling of the site; numbers come as texts, as CKAN gives them here."""
        import duckdb
        import pyarrow as pa

        quirks = self.portal.quirks
        if not quirks.sql:
            raise Refused(400, "Bad Request", message="Action name not known: datastore_search_sql")
        statement = str(request.params.get("sql", ""))
        with duckdb.connect() as connection:
            for resources in self.portal.packages.values():
                for resource in resources:
                    if resource.active and resource.id in statement:
                        self._allowed(request, resource)
                        names = ["_id", *resource.fields]
                        columns = {name: [row[name] for row in resource.rows] for name in names}
                        connection.register(resource.id, pa.table(columns))
            try:
                found = connection.execute(f"SELECT * FROM ({statement}) AS blah LIMIT {quirks.ceiling + 1}")
            except duckdb.Error as error:
                raise Refused(409, "Validation Error", query=[str(error)]) from None
            names = [column[0] for column in found.description or ()]
            rows = found.fetchall()
        result: dict[str, Any] = {
            "fields": [{"id": name, "type": "text"} for name in names],
            "records": [
                {name: value if value is None or isinstance(value, int) else str(value) for name, value in pairs}
                for pairs in (zip(names, row, strict=True) for row in rows[: quirks.ceiling])
            ],
            "sql": statement,
        }
        if len(rows) > quirks.ceiling:
            result["records_truncated"] = True
        return result

    def _package(self, name: str) -> dict[str, Any]:
        resources = self.portal.packages[name]
        return {
            "id": f"id-of-{name}",
            "name": name,
            "title": name.replace("-", " ").title(),
            "state": "active",
            "num_resources": len(resources),
            "resources": [self._resource(name, resource) for resource in resources],
        }

    def _resource(self, package: str, resource: Resource) -> dict[str, Any]:
        file = f"/dataset/{package}/resource/{resource.id}/download/{quote(resource.filename)}"
        return {
            "id": resource.id,
            "package_id": f"id-of-{package}",
            "name": resource.name,
            "format": resource.format,
            "url": self.url + (file if resource.file is not None else f"/datastore/dump/{resource.id}"),
            "url_type": "upload" if resource.file is not None else "datastore",
            "datastore_active": resource.active,
            "last_modified": resource.modified.replace(tzinfo=None).isoformat(timespec="microseconds"),
            "created": "2020-01-01T00:00:00.000000",
            "hash": resource.digest() if self.portal.quirks.hashes else "",
            "state": "active",
        }


class _Handler(BaseHTTPRequestHandler):
    ckan: CkanServer
    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize = -1
    """Head and body leave together: apart, the second waits for the other side to confirm the first."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._serve(_mixed(parts.query))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self._serve(json.loads(body or b"{}"))

    def _serve(self, params: Mapping[str, Any]) -> None:
        path = urlsplit(self.path).path
        request = Request(path.rpartition("/")[2], params, dict(self.headers.items()), path)
        fault = self.ckan.note(request)
        if fault.delay:
            time.sleep(fault.delay)
        if fault.drop:
            self.close_connection = True
            return
        status, kind, body = 200, "text/html", _PAGE
        if fault.status is not None:
            status = fault.status
        elif not fault.html:
            status, kind, body = self.ckan.answer(request)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fault.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if fault.truncate is None else body[: fault.truncate])
        if fault.truncate is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
        pass


def _mixed(query: str) -> dict[str, Any]:
    """Give parameters as CKAN takes them: a list where a name is repeated."""
    found = parse_qs(query, keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _json(value: Any) -> bytes:
    """Write JSON; a decimal becomes a number with all its digits, as PostgreSQL writes it."""
    if isinstance(value, Decimal):
        return format(value, "f").encode()
    if isinstance(value, dict):
        return b"{" + b",".join(json.dumps(name).encode() + b":" + _json(one) for name, one in value.items()) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(_json, value)) + b"]"
    return json.dumps(value).encode()
