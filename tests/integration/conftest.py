"""Real servers for the tests that need them, private to one session and gone after it."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

POSTGRESQL_FOLDERS = "/usr/lib/postgresql"
ACCOUNT = "postgres"


def _postgresql_programs() -> Path | None:
    """Folder of initdb and pg_ctl: that of the newest Debian package, else the one on PATH."""
    versions = Path(POSTGRESQL_FOLDERS).glob("*/bin/initdb")
    newest = sorted(versions, key=lambda path: float(path.parts[-3]), reverse=True)
    if newest:
        return newest[0].parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """SQLAlchemy URL of an empty database on a PostgreSQL server of this session; the user may create databases."""
    programs = _postgresql_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: Debian package postgresql")
    # PostgreSQL refuses to run as root: then the account of the Debian package runs it.
    prefix: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="pregon-postgresql-"))
    if os.geteuid() == 0:
        runuser = shutil.which("runuser")
        try:
            account = pwd.getpwnam(ACCOUNT)
        except KeyError:
            account = None
        if runuser is None or account is None:
            shutil.rmtree(folder)
            pytest.skip(
                "running as root without runuser or the account postgres: Debian packages util-linux, postgresql"
            )
        prefix = [runuser, "-u", ACCOUNT, "--"]
        os.chown(folder, account.pw_uid, account.pw_gid)
    data = folder / "data"
    port = _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"

    def run(*command: str) -> None:
        done = subprocess.run(
            [*prefix, *command], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
        )  # fmt: skip
        if done.returncode:
            log = folder / "log"
            pytest.fail(f"{Path(command[0]).name}: {done.stdout}{log.read_text() if log.exists() else ''}")

    stop = [str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"]
    try:
        run(str(programs / "initdb"), "-D", str(data), "-U", "pregon", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        run(str(programs / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
        yield f"postgresql+psycopg://pregon@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            run(*stop)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_postgresql_url(postgresql_url: str) -> Iterator[str]:
    """SQLAlchemy URL of a new, empty database of its own for one test."""
    name = f"test_{uuid.uuid4().hex}"
    server = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()
