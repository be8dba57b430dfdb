"""SFTP on loopback, by OpenSSH's own server, which lets the user in who runs it, with a key made for the occasion."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers.programs import found, free_port, wait_for

FOLDERS = ("/usr/sbin", "/usr/local/sbin")
"""Where sshd is: outside of the PATH of most users."""
PACKAGE = "openssh-server"


@dataclass(frozen=True)
class SftpServer:
    """A server; `folder` is what it serves below, on this machine."""

    host: str
    port: int
    folder: Path
    user: str
    host_key: str
    private_key: str

    def address(self, pattern: str) -> str:
        """Give the address of files below the folder."""
        return f"sftp://{self.host}:{self.port}{self.folder}/{pattern}"

    def connection(self, **changes: Any) -> dict[str, Any]:
        """Give an Airflow connection to it, as JSON; `changes` of the extra, None removes."""
        extra = {"host_key": self.host_key, "private_key": self.private_key, **changes}
        extra = {name: value for name, value in extra.items() if value is not None}
        return {"conn_type": "sftp", "login": self.user, "extra": extra}


@contextmanager
def sftp_server(folder: Path, port: int = 0) -> Iterator[SftpServer]:
    """Serve below `folder`, which must be absolute and empty, until the block ends.

    Raises:
        ServerMissing: it is not installed.
        RuntimeError: it does not start.
    """
    sshd = found("sshd", PACKAGE, *FOLDERS)
    if os.geteuid() == 0:
        # As a service it would be made at boot.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    own, served = folder / "server", folder / "files"
    own.mkdir(mode=0o700)
    served.mkdir()
    host_key, user_key = own / "host_key", own / "user_key"
    for key in (host_key, user_key):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "made-up", "-f", key], check=True)
    (own / "authorized_keys").write_bytes(user_key.with_suffix(".pub").read_bytes())
    port = port or free_port()
    (own / "config").write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {host_key}\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        f"AuthorizedKeysFile {own / 'authorized_keys'}\nSubsystem sftp internal-sftp\nMaxStartups 100\n"
    )
    with (own / "log").open("wb") as log:
        process = subprocess.Popen([sshd, "-D", "-e", "-f", own / "config"], stdin=subprocess.DEVNULL, stderr=log)
    try:
        wait_for(process, port, own / "log")
        yield SftpServer(
            "127.0.0.1",
            port,
            served,
            pwd.getpwuid(os.geteuid()).pw_name,
            host_key.with_suffix(".pub").read_text(),
            user_key.read_text(),
        )
    finally:
        process.terminate()
        process.wait(30)
