"""Start PostgreSQL, Redis, S3, SFTP and CKAN on loopback, say how they are reached, and stop them at Ctrl-C.

What starts them is what the tests start: `tests/servers`, which has to be on PYTHONPATH.
"""

import argparse
import json
import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from servers.objects import moto_server
from servers.portal import ACCOUNT, GROUP, ORGANIZATION, ckan_portal
from servers.postgresql import postgresql_server
from servers.programs import ServerMissing
from servers.redis import redis_server
from servers.sshd import sftp_server

BUCKET = "drop"


def _postgresql(opened: ExitStack, port: int) -> dict[str, str]:
    return {"LOCAL_POSTGRESQL": opened.enter_context(postgresql_server(port))}


def _redis(opened: ExitStack, port: int) -> dict[str, str]:
    return {"LOCAL_REDIS": opened.enter_context(redis_server(port))}


def _s3(opened: ExitStack, port: int) -> dict[str, str]:
    server = opened.enter_context(moto_server(port))
    server.client.create_bucket(Bucket=BUCKET)
    return {
        "LOCAL_S3": server.endpoint,
        "LOCAL_S3_ADDRESS": f"s3://{BUCKET}/",
        "AIRFLOW_CONN_LOCAL_S3": json.dumps(server.connection()),
    }


def _sftp(opened: ExitStack, port: int) -> dict[str, str]:
    folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="pregon-sftp-")))
    server = opened.enter_context(sftp_server(folder, port))
    return {
        "LOCAL_SFTP_FOLDER": str(server.folder),
        "LOCAL_SFTP_ADDRESS": server.address(""),
        "AIRFLOW_CONN_LOCAL_SFTP": json.dumps(server.connection()),
    }


def _ckan(opened: ExitStack, port: int) -> dict[str, str]:
    portal = opened.enter_context(ckan_portal(port=port))
    return {
        "LOCAL_CKAN": portal.url,
        "LOCAL_CKAN_ORGANIZATION": ORGANIZATION,
        "LOCAL_CKAN_GROUP": GROUP,
        "LOCAL_CKAN_ACCOUNT": ACCOUNT,
        "AIRFLOW_CONN_LOCAL_CKAN": json.dumps(portal.connection()),
    }


SERVERS: dict[str, Callable[[ExitStack, int], dict[str, str]]] = {
    "PostgreSQL": _postgresql,
    "Redis": _redis,
    "S3": _s3,
    "SFTP": _sftp,
    "CKAN": _ckan,
}
"""Name → what starts it, at a port or (0) at any, and gives the variables by which it is reached."""


def main() -> None:
    """Run until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ports", type=int, default=0, help="the first of five ports; default: any that are free")
    first = parser.parse_args().ports
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    with ExitStack() as opened:
        for index, (name, start) in enumerate(SERVERS.items()):
            try:
                variables = start(opened, first + index if first else 0)
            except ServerMissing as missing:
                sys.stdout.write(f"# {name}: {missing}\n")
                continue
            for variable, value in variables.items():
                sys.stdout.write(f"export {variable}={shlex.quote(value)}\n")
        sys.stdout.write("# Ctrl-C stops them.\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
