"""The server of a folder of publications, in a thread of the test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

from pregon.web import create_app


@contextmanager
def web_server(public: Path) -> Iterator[httpx.Client]:
    """Run the server on a free port; give a client of it that asks for nothing compressed."""
    server = uvicorn.Server(uvicorn.Config(create_app(public), host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Accept-Encoding": "identity"}) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
