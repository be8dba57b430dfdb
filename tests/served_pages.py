"""Publications as `pregon serve` serves them, and a browser page that notes whatever goes wrong."""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

from playwright.sync_api import ConsoleMessage, Page, Request, Response
from servers.programs import free_port

OpenPage = Callable[..., Page]
"""Opens a page of the site as a reader: `open_page(path, width=…, …)`, options as of Playwright's new_context."""

PATIENCE = 30.0


@dataclass(frozen=True)
class Site:
    """The server of a HOME: its address without a slash at the end, and the folder of what one city publishes."""

    address: str
    current: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """What the city's manifest says."""
        return json.loads((self.current / "manifest.json").read_bytes())

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Files of the manifest by path."""
        return {one["path"]: one for one in self.manifest["files"]}


@contextlib.contextmanager
def serving(home: Path, city: str, port: int | None = None) -> Iterator[Site]:
    """Run `pregon serve` on a port of this machine, one that is free if none is given, until the block ends."""
    port = port or free_port()
    command = [Path(sys.executable).with_name("pregon"), "serve", "--home", home, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"}) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, server)
            yield Site(address, home / "public" / city / "current")
        finally:
            server.terminate()


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(URLError, ConnectionError), urllib.request.urlopen(address, timeout=5):  # noqa: S310
            return
        time.sleep(0.05)
    raise RuntimeError(f"pregon serve did not answer at {address} (exit status {server.poll()})")


@dataclass
class Watch:
    """Notes what a reader's browser would complain of, or ask somebody else for."""

    address: str
    problems: list[str] = field(default_factory=list)

    def over(self, page: Page) -> Page:
        """Watch a page; give it back."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.problems.append(f"dialog: {dialog.message}"))
        page.on("request", self._request)
        page.on("response", self._response)
        page.on("requestfailed", lambda request: self.problems.append(f"failed: {request.url} {request.failure}"))
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:")):
            self.problems.append(f"external: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"status {response.status}: {response.url}")


def sha256(data: bytes) -> str:
    """Checksum as the manifest writes it."""
    return hashlib.sha256(data).hexdigest()
