"""What servers need to run: programs of Debian packages, a port, and an answer on it."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path


class ServerMissing(Exception):
    """A server's program is not installed; `package` is the Debian package that has it."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(f"{program} is not installed: Debian package {package}")
        self.package = package


def found(program: str, package: str, *folders: str) -> str:
    """Give the path of a program, which may lie in folders that PATH has not.

    Raises:
        ServerMissing: it is not installed.
    """
    path = shutil.which(program, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))
    if path is None:
        raise ServerMissing(program, package)
    return path


def free_port() -> int:
    """Give a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    """Wait until a server answers.

    Raises:
        RuntimeError: it ended, or does not answer within 20 seconds; with what it wrote to its log.
    """
    for _ in range(1000):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: {log.read_text()}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"the server does not answer: {log.read_text()}")
