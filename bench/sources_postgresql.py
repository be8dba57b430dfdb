"""The part of the benchmark of sources that reads PostgreSQL: the extract stage, and `COPY … TO STDOUT` to nowhere.

It starts a server of its own on loopback, of the newest PostgreSQL that is installed, and ends it with the part. Run as
root, the server is the account `postgres`. The reference is what the server itself needs to give the rows, as text.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from source_part import Part, extracted, run_step

ACCOUNT = "postgres"
PORT = "port.txt"
TYPES = {
    "number": "text",
    "department": "integer",
    "title": "text",
    "amount": "decimal",
    "ordered": "date",
    "changed": "timestamptz",
    "vendor": "text",
    "open": "boolean",
    "note": "text",
    "line": "integer",
}
"""Column → declared type of the table that is read."""

_MAKE = """
    DROP TABLE IF EXISTS purchases;
    CREATE TABLE purchases AS
    SELECT 'PO-' || lpad(n::text, 9, '0') AS number, n % 500 AS department,
           'Suministro de ' || md5(n::text) || ' para el distrito ' || n % 97 AS title,
           (n::bigint * 7919 % 90000000)::numeric / 100 AS amount, date '2015-01-01' + n % 4000 AS ordered,
           timestamptz '2015-01-01Z' + n * interval '1 minute' AS changed, 'V' || n % 9000 AS vendor,
           n % 3 = 0 AS open, CASE WHEN n % 7 > 0 THEN 'nota ' || n % 100 END AS note, n::bigint AS line
    FROM generate_series(1, {rows}) AS n;
    ALTER TABLE purchases ADD PRIMARY KEY (number);
    ANALYZE purchases;
"""


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """Hold a server while the steps run; its port is written into the folder."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), default=None)
    if programs is None:
        raise SystemExit("PostgreSQL is not installed (on Debian: apt-get install postgresql)")
    data = Path(tempfile.mkdtemp(prefix="pregon-bench-postgresql-"))
    prefix = []
    if os.geteuid() == 0:
        account = pwd.getpwnam(ACCOUNT)
        os.chown(data, account.pw_uid, account.pw_gid)
        prefix = ["runuser", "-u", ACCOUNT, "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(*command: str | Path) -> None:
        subprocess.run([*prefix, *command], cwd=data, check=True, stdout=subprocess.DEVNULL)

    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
    try:
        run(programs / "initdb", "-D", data / "db", "-U", "pregon", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
        run(programs / "pg_ctl", "-D", data / "db", "-o", options, "-l", data / "log", "-w", "start")
        (folder / PORT).write_text(str(port))
        yield
    finally:
        if (data / "db" / "postmaster.pid").exists():
            run(programs / "pg_ctl", "-D", data / "db", "-m", "fast", "-w", "stop")
        shutil.rmtree(data, ignore_errors=True)


def make(folder: Path, rows: int) -> int:
    """Fill the table."""
    import psycopg

    with psycopg.connect(_address(folder), autocommit=True) as connection:
        for statement in _MAKE.format(rows=rows).split(";")[:-1]:
            connection.execute(statement.encode())
    return rows


def pregon(folder: Path, _rows: int) -> int:
    """Extract the table at one moment."""
    from pregon.sources.base import ColumnSpec, SourceSpec, TableSpec

    columns = {name: ColumnSpec(name, declared) for name, declared in TYPES.items()}
    table = TableSpec("purchases", ("number",), columns, cursor="changed")
    return extracted(folder, SourceSpec("erp", "sql", (table,), url=_address(folder)))


def reference(folder: Path, _rows: int) -> int:
    """Take the rows as the server gives them, and drop them."""
    import psycopg

    rows = 0
    with (
        psycopg.connect(_address(folder)) as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY purchases TO STDOUT") as copy,
    ):
        for block in copy:
            rows += bytes(block).count(b"\n")
    return rows


def _address(folder: Path) -> str:
    return f"postgresql://pregon@127.0.0.1:{(folder / PORT).read_text()}/postgres"


PART = Part(
    name="postgresql",
    program="sources_postgresql.py",
    reference="COPY TO STDOUT to nowhere",
    target=3.0,
    steps={"make": make, "pregon": pregon, "reference": reference},
    running=running,
)

if __name__ == "__main__":
    run_step(PART)
