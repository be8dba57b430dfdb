"""S3 on loopback, by moto's server: `with moto_server() as server`, then `server.put(…)`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

KEY, SECRET = "made-up-key", "made-up-secret"


@dataclass(frozen=True)
class S3Server:
    """A server of S3; any keys are right, unless it checks them."""

    endpoint: str
    client: Any

    def put(self, bucket: str, **objects: bytes | str) -> None:
        """Store objects by key."""
        for key, body in objects.items():
            self.client.put_object(Bucket=bucket, Key=key, Body=body)

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
