"""infra/local starts what it says, and nothing of it stays."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import create_engine, make_url, text

pytestmark = pytest.mark.integration


@pytest.fixture
def variables(repository: Path) -> Iterator[dict[str, str]]:
    environment = {**os.environ, "PYTHONPATH": str(repository / "tests")}
    command = [sys.executable, repository / "infra" / "local" / "run.py"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            if line == "# Ctrl-C stops them.\n":
                break
            lines.append(line)
        assigned = [line.removeprefix("export ").rstrip("\n").partition("=") for line in lines if line[0] != "#"]
        yield {name: value.strip("'") for name, _, value in assigned}
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_every_server_that_is_installed_answers(variables: dict[str, str]) -> None:
    assert httpx.get(variables["LOCAL_S3"]).status_code == 200
    if url := variables.get("LOCAL_POSTGRESQL"):
        engine = create_engine(make_url(url))
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar() == 1
        engine.dispose()
    if folder := variables.get("LOCAL_SFTP_FOLDER"):
        place = urlsplit(variables["LOCAL_SFTP_ADDRESS"])
        with socket.create_connection((str(place.hostname), place.port or 0), 10) as connection:
            assert connection.recv(8) == b"SSH-2.0-"
        assert place.path == f"{folder}/"
    if url := variables.get("LOCAL_CKAN"):
        asked = {"id": variables["LOCAL_CKAN_ORGANIZATION"]}
        answer = httpx.get(f"{url}/api/3/action/organization_show", params=asked, timeout=60)
        assert answer.json()["result"]["title"] == "City of Lindenau"
