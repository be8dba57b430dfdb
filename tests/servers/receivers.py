"""The WebSub hub and the receiver of webhooks among the judges, as a process of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Receivers:
    """Where they are; what happened there."""

    address: str

    @property
    def hub(self) -> str:
        return f"{self.address}/hub"

    def discover(self, url: str) -> dict[str, str]:
        """The hub and the topic that a subscriber finds at an address."""
        answer = httpx.get(f"{self.address}/discover", params={"url": url})
        answer.raise_for_status()
        return dict(answer.json())

    def subscribe(self, topic: str, callback: str, secret: str) -> None:
        """Ask the hub to tell a callback of a topic; it asks there whether that is so."""
        form = {"hub.mode": "subscribe", "hub.topic": topic, "hub.callback": callback, "hub.secret": secret}
        assert httpx.post(self.hub, data=form).status_code == 202

    def seen(self) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.address}/seen").json())


@contextmanager
def receivers(folder: Path, secret: str) -> Iterator[Receivers]:
    """Run them until the block ends; the test is skipped where the judges' Python is not there."""
    python = Path(os.environ.get("PREGON_JUDGES") or REPOSITORY / ".venv-judges" / "bin" / "python")
    if not python.exists():
        pytest.skip(f"the judges are not at {python}: bin/test makes that environment, or set PREGON_JUDGES")
    command = [python, REPOSITORY / "tests/judges/receivers.py", folder / "hub.sqlite", secret]
    log = folder / "receivers.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port, log.read_text()
            yield Receivers(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
