"""Serving publications from this machine until it is stopped."""

import contextlib
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from pregon.errors import PregonError
from pregon.web.app import create_app


class AddressUnusable(PregonError):
    """Nobody can listen at this address; `host` and `port` say which."""

    def __init__(self, host: str, port: int, problem: str) -> None:
        super().__init__(
            f"can't serve at {host}, port {port}: {problem}",
            hint="choose another --port (0: any that is free) or --host",
        )
        self.host = host
        self.port = port


def listen(host: str, port: int) -> socket.socket:
    """Take an address before anything is said of it; port 0 is any free one. Raises AddressUnusable."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise AddressUnusable(host, port, str(getattr(error, "strerror", None) or error)) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise AddressUnusable(host, port, error.strerror or str(error)) from error
    return listener


def serve(public: Path, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve a folder of publications until Ctrl-C; `announce` is told the address. Raises AddressUnusable."""
    with listen(host, port) as listener:
        name = f"[{host}]" if listener.family == socket.AF_INET6 else host
        announce(f"http://{name}:{listener.getsockname()[1]}/")
        server = uvicorn.Server(uvicorn.Config(create_app(public), log_level="warning"))
        # Ctrl-C is how serving ends.
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
