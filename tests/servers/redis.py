"""Redis on loopback, in memory only."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from servers.programs import found, free_port, wait_for

PACKAGE = "redis-server"


@contextmanager
def redis_server(port: int = 0) -> Iterator[str]:
    """Serve until the block ends; gives the address.

    Raises:
        ServerMissing: it is not installed.
        RuntimeError: it does not start.
    """
    program = found("redis-server", PACKAGE)
    port = port or free_port()
    with TemporaryDirectory(prefix="pregon-redis-") as folder:
        log = Path(folder) / "log"
        settings = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder, "--logfile", str(log)]
        log.touch()
        process = subprocess.Popen([program, *settings], stdin=subprocess.DEVNULL)
        try:
            wait_for(process, port, log)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(30)
