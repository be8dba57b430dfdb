"""S3 on loopback, by two servers that have nothing in common: moto's, which knows more of the API, and rclone's, which
looks at signatures.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer
from servers.programs import free_port, wait_for

KEY, SECRET = "made-up-key", "made-up-secret"

RCLONE = shutil.which("rclone", path=str(Path(sys.executable).parent))
"""rclone of the environment; Debian's is older than its server of S3."""


@dataclass(frozen=True)
class S3Server:
    """A server of S3."""

    endpoint: str
    client: Any

    def connection(self, **extra: Any) -> dict[str, Any]:
        """Give an Airflow connection to it, as JSON."""
        return {
            "conn_type": "aws",
            "login": KEY,
            "password": SECRET,
            "extra": {"endpoint_url": self.endpoint, **extra},
        }


def connected(endpoint: str) -> S3Server:
    """Give a server that runs already."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    return S3Server(endpoint, client)


@contextmanager
def moto_server(port: int = 0) -> Iterator[S3Server]:
    """Serve until the block ends."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    moto.start()
    try:
        host, found = moto.get_host_and_port()
        server = connected(f"http://{host}:{found}")
        try:
            yield server
        finally:
            server.client.close()
    finally:
        moto.stop()


@contextmanager
def rclone_server(folder: Path, port: int = 0) -> Iterator[S3Server]:
    """Serve the folders below `folder` as buckets until the block ends, to whoever has the keys."""
    port = port or free_port()
    command = [str(RCLONE), "serve", "s3", folder, "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}"]
    with (folder.parent / "rclone.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--config", "", "--dir-cache-time", "0s"], stdin=subprocess.DEVNULL, stderr=log
        )
    try:
        wait_for(process, port, folder.parent / "rclone.log")
        server = connected(f"http://127.0.0.1:{port}")
        try:
            yield server
        finally:
            server.client.close()
    finally:
        process.terminate()
        process.wait(30)
