"""A commit to the ledger beside a bare bulk insert of the same rows: a part of the benchmark of histories.

With the environment of Pregón; each command prints one JSON object. DATABASE is `sqlite` or `postgresql` (its port is
in FOLDER/port.txt), and what is written is in FOLDER or on the server.
`history_commit.py export LEDGER FOLDER COUNT` takes the first releases of an SQLite ledger: entries, and their rows;
`history_commit.py commit DATABASE FOLDER` commits the entries to a new ledger;
`history_commit.py bare DATABASE FOLDER` inserts the rows into tables of the same columns, without keys and triggers;
`history_commit.py reset DATABASE FOLDER` removes what both have written.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Integer, LargeBinary, SmallInteger, Table

from pregon.ledger import Entry, Ledger, Run, tables
from pregon.ledger.bodies import decompressor
from pregon.memory import paused_collection
from transforms.releases.merging import first_compiled

CITY = "riverbend"
WRITTEN = (tables.release, tables.process)


def export(ledger: str, folder: str, count: str) -> dict[str, Any]:
    """Write entries (what a run has of a process before its commit) and rows (what the commit made of them)."""
    place = Path(folder)
    place.mkdir(parents=True)
    decompress = decompressor()
    source = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
    source.execute("ATTACH ? AS rows", (str(place / "rows.sqlite"),))
    for table in WRITTEN:  # a process that was released once has the sequence of its release
        source.execute(
            f"CREATE TABLE rows.{table.name} AS SELECT * FROM main.{table.name} WHERE sequence <= {int(count)}"
        )
    query = "SELECT r.body, p.state_hash, p.provenance, p.rows FROM rows.release r JOIN main.process p USING (ocid)"
    entries = 0
    with (place / "entries.jsonl").open("wb") as file:
        for entries, (body, state_hash, provenance, rows) in enumerate(source.execute(query), 1):  # noqa: B007
            parts = (orjson.dumps(state_hash), decompress(body), decompress(provenance), rows.encode())
            file.write(b'{"state_hash":%b,"release":%b,"provenance":%b,"rows":%b}\n' % parts)
    source.commit()
    source.close()
    return {"releases": entries}


def commit(database: str, folder: str) -> dict[str, Any]:
    """Commit the entries, as the stage does."""
    ledger = Ledger.open(_location(database, folder), CITY)
    with paused_collection():
        run = Run("run-1", datetime(2026, 1, 1, tzinfo=UTC), 1, "benchmark")
        return {"releases": ledger.commit(run, _entries(Path(folder))).releases}


def _entries(folder: Path) -> Iterator[Entry]:
    with (folder / "entries.jsonl").open("rb") as lines:
        for line in lines:
            found = orjson.loads(line)
            release = found["release"]
            yield Entry(
                ocid=release["ocid"],
                state_hash=found["state_hash"],
                release=release,
                compiled=first_compiled(release),
                provenance=found["provenance"],
                rows=found["rows"],
            )


def bare(database: str, folder: str) -> dict[str, Any]:
    """Insert the rows in one transaction, as fast as the database takes them."""
    return {"releases": (_bare_postgresql if database == "postgresql" else _bare_sqlite)(folder)}


def _bare_sqlite(folder: str) -> int:
    source = sqlite3.connect(f"{folder}/rows.sqlite")
    target = sqlite3.connect(_location("sqlite", folder), isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536"):  # those of the ledger
        target.execute(f"PRAGMA {setting}")
    target.execute("BEGIN IMMEDIATE")
    counts = []
    for table in WRITTEN:
        names = [column.name for column in table.columns]
        target.execute(f"CREATE TABLE {table.name} ({', '.join(names)})")
        marks = ", ".join("?" * len(names))
        found = source.execute(f"SELECT * FROM {table.name}")
        counts.append(target.executemany(f"INSERT INTO {table.name} VALUES ({marks})", found).rowcount)
    target.execute("COMMIT")
    target.close()
    return min(counts)


def _bare_postgresql(folder: str) -> int:
    import psycopg

    source = sqlite3.connect(f"{folder}/rows.sqlite")
    counts = []
    with psycopg.connect(_location("postgresql", folder)) as connection, connection.cursor() as cursor:
        for table in WRITTEN:
            types = _types(table)
            declared = ", ".join(f"{column.name} {kind}" for column, kind in zip(table.columns, types, strict=True))
            cursor.execute(f"CREATE TABLE bare_{table.name} ({declared})")
            with cursor.copy(f"COPY bare_{table.name} FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(types)
                for row in source.execute(f"SELECT * FROM {table.name}"):
                    copy.write_row(row)
            counts.append(cursor.rowcount)
    return min(counts)


def _types(table: Table) -> list[str]:
    kinds = ((LargeBinary, "bytea"), (SmallInteger, "int2"), (Integer, "int4"))
    return [next((name for kind, name in kinds if isinstance(column.type, kind)), "text") for column in table.columns]


def reset(database: str, folder: str) -> dict[str, Any]:
    """Remove what was written."""
    if database == "sqlite":
        for file in Path(folder).glob("target.sqlite*"):
            file.unlink()
        return {}
    import psycopg

    with psycopg.connect(_location(database, folder), autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS pregon_{CITY} CASCADE")
        for table in WRITTEN:
            connection.execute(f"DROP TABLE IF EXISTS bare_{table.name}")
        connection.execute("CHECKPOINT")
    return {}


def _location(database: str, folder: str) -> str:
    if database == "sqlite":
        return f"{folder}/target.sqlite"
    port = Path(folder, "port.txt").read_text(encoding="utf-8")
    return f"postgresql://pregon@127.0.0.1:{port}/postgres"


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {"export": export, "commit": commit, "bare": bare, "reset": reset}

if __name__ == "__main__":
    before = time.process_time()
    print(json.dumps({**COMMANDS[sys.argv[1]](*sys.argv[2:]), "start": before}))
