"""An HTTP server that answers what a test scripts, on good days and on bad ones, and may break every rule."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What it gets: `length` may lie, `drop` breaks off after so many bytes, `drip` waits between bytes.

    `drip_headers`: the headers drip, too.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    drop: int | None = None
    drip: float = 0.0
    drip_headers: bool = False
    wait: float = 0.0


Script = Callable[[Request], Reply]


@dataclass
class Scripted:
    """The server at work. `script` decides on each request; `requests` are those that came."""

    address: str
    script: Script = lambda _: Reply()
    requests: list[Request] = field(default_factory=list)

    def answers(self, *replies: Reply) -> None:
        """Give these in turn, the last one for ever."""
        left = list(replies)

        def script(_: Request) -> Reply:
            return left.pop(0) if len(left) > 1 else left[0]

        self.script = script


def json_reply(value: Any, **headers: str) -> Reply:
    """A JSON document."""
    return Reply(body=json.dumps(value).encode(), headers={"content-type": "application/json", **headers})


def later(seconds: int) -> str:
    """A moment from now, as HTTP writes dates."""
    return formatdate(time.time() + seconds, usegmt=True)


@contextmanager
def scripted_server(*, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Serve on loopback until the block ends; with `tls` over HTTPS."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            names = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, names, self.rfile.read(length))
            server.requests.append(request)
            reply = server.script(request)
            time.sleep(reply.wait)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body) if reply.length is None else reply.length))
            try:
                if reply.drip_headers:
                    self._drip(b"".join(self._headers_buffer) + b"\r\n", reply.drip)
                    self._headers_buffer = []
                else:
                    self.end_headers()
                self._write(reply)
            except OSError:
                self.close_connection = True

        def _write(self, reply: Reply) -> None:
            body = reply.body if reply.drop is None else reply.body[: reply.drop]
            if reply.drip:
                self._drip(body, reply.drip)
            else:
                self.wfile.write(body)
            if reply.drop is not None or reply.length is not None:
                self.close_connection = True

        def _drip(self, data: bytes, seconds: float) -> None:
            for byte in data:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(seconds)

        do_GET = do_POST = do_HEAD = _any  # noqa: N815 - the base class's names

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        if tls is not None:
            http.socket = tls.wrap_socket(http.socket, server_side=True)
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        server = Scripted(f"{'https' if tls else 'http'}://127.0.0.1:{http.server_address[1]}")
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
