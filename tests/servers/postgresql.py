"""PostgreSQL on loopback, with an empty database that whoever comes may do everything in."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers.programs import ServerMissing, free_port

FOLDERS = "/usr/lib/postgresql"
PACKAGE = "postgresql"
ACCOUNT = "postgres"


def _programs() -> Path:
    """Folder of initdb and pg_ctl: that of the newest Debian package, else the one on PATH."""
    versions = Path(FOLDERS).glob("*/bin/initdb")
    newest = sorted(versions, key=lambda path: float(path.parts[-3]), reverse=True)
    if newest:
        return newest[0].parent
    found = shutil.which("initdb")
    if found is None:
        raise ServerMissing("PostgreSQL", PACKAGE)
    return Path(found).parent


def _account(folder: Path) -> list[str]:
    """Give the folder, and the command to begin with, to whom PostgreSQL may run as: it refuses to run as root."""
    if os.geteuid() != 0:
        return []
    runuser = shutil.which("runuser")
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise ServerMissing(f"the account {ACCOUNT}", PACKAGE) from None
    if runuser is None:
        raise ServerMissing("runuser", "util-linux")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return [runuser, "-u", ACCOUNT, "--"]


@contextmanager
def postgresql_server(port: int = 0) -> Iterator[str]:
    """Serve until the block ends; gives the SQLAlchemy URL. The user may create databases.

    Raises:
        ServerMissing: it is not installed.
        RuntimeError: it does not start.
    """
    programs = _programs()
    port = port or free_port()
    folder = Path(tempfile.mkdtemp(prefix="pregon-postgresql-"))
    data = folder / "data"
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    prefix: list[str] = []

    def run(*command: str) -> None:
        done = subprocess.run(
            [*prefix, *command], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
        )  # fmt: skip
        if done.returncode:
            log = folder / "log"
            raise RuntimeError(f"{Path(command[0]).name}: {done.stdout}{log.read_text() if log.exists() else ''}")

    stop = [str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"]
    try:
        prefix += _account(folder)
        run(str(programs / "initdb"), "-D", str(data), "-U", "pregon", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        run(str(programs / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
        yield f"postgresql+psycopg://pregon@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            run(*stop)
        shutil.rmtree(folder, ignore_errors=True)
