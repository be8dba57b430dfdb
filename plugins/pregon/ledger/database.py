"""The ledger's database: SQLite (a file per city) or PostgreSQL (a schema per city).

Connections are opened when used and closed after, so that a ledger may be opened before a process forks and used on
both sides. Nothing is opened when this module is imported.
"""

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from pregon.ledger.errors import ForeignLedger, LedgerBusy, LedgerDriverMissing, LedgerTooNew, LedgerUnreachable
from pregon.ledger.tables import owner

#: revision of the newest migration
REVISION = "0003"
_KNOWN_REVISIONS = frozenset({"0001", "0002", "0003"})
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCKED = "database is locked"
_TRIGGERS = (
    *(
        f"{table}_is_kept"
        for table in ("release", "process", "run", "publication", "redaction", "owner", "masked_cell")
    ),
    *(f"{table}_is_not_changed" for table in ("release", "run", "publication", "owner", "masked_cell")),
    "redaction_is_only_closed",
)
_SQLITE_TRIGGERS = tuple(
    f"{table}_is_not_replaced" for table in ("release", "run", "publication", "redaction", "owner")
)
# Alembic keeps the migration it runs in names of the whole process: two at once would change each other's database.
_MIGRATING = threading.Lock()
_SLUG = re.compile(r"[a-z][a-z0-9_-]{0,50}")


@dataclass(frozen=True)
class Database:
    """One city's database. `read` and `write` open transactions."""

    engine: Engine
    city: str
    #: path or URL, without password
    location: str
    #: seconds a writer waits for another
    patience: float

    @property
    def postgresql(self) -> bool:
        """Whether this is PostgreSQL (else SQLite)."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the ledger, whatever is committed meanwhile."""
        engine = self.engine
        if self.postgresql:
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open the one transaction that may write; a second one waits for the first. Raises LedgerBusy."""
        with self.engine.execution_options(pregon_writes=True).connect() as connection:
            with self._refusing_to_wait():
                transaction = connection.begin()
                if self.postgresql:
                    connection.execute(text(f"SET LOCAL lock_timeout = '{int(self.patience * 1000)}ms'"))
                    connection.execute(
                        text("SELECT pg_advisory_xact_lock(hashtextextended(:city, 0))"),
                        {"city": f"pregon/{self.city}"},
                    )
            with transaction:
                yield connection

    @contextmanager
    def _refusing_to_wait(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            if _LOCKED in str(error.orig) or "lock timeout" in str(error.orig):
                raise LedgerBusy(self.location, self.patience) from error
            raise


def open_database(location: str | Path, city: str, *, patience: float) -> Database:
    """Open a city's database, creating or upgrading its tables where needed.

    Safe to repeat and to run at the same time as others: the upgrade is one transaction behind the writers' lock.
    Raises LedgerUnreachable, LedgerDriverMissing, LedgerTooNew, ForeignLedger, LedgerBusy.
    """
    if not _SLUG.fullmatch(city):
        raise ValueError(f"{city!r} is no name of a city folder")
    url = _url(location)
    shown = url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    try:
        engine = _sqlite(url, patience) if url.get_backend_name() == "sqlite" else _postgresql(url, city)
        database = Database(engine, city, shown, patience)
        with database.read() as connection:
            current = _revision(connection)
        if current != REVISION:
            _upgrade(database)
        with database.read() as connection:
            found = connection.execute(select(owner.c.city)).scalar_one()
    except ModuleNotFoundError as error:
        raise LedgerDriverMissing(shown, error.name or url.drivername) from error
    except (DBAPIError, OSError) as error:
        if _LOCKED in str(error):
            raise LedgerBusy(shown, patience) from error
        raise LedgerUnreachable(shown, str(getattr(error, "orig", error))) from error
    if found != city:
        raise ForeignLedger(shown, city, found)
    return database


def _url(location: str | Path) -> URL:
    if isinstance(location, str) and "://" in location:
        url = make_url(location)
        return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url
    return URL.create("sqlite", database=str(Path(location).absolute()))


def _sqlite(url: URL, patience: float) -> Engine:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": patience, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        del record
        # The driver's own transaction control would begin late and never IMMEDIATE.
        connection.isolation_level = None
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")  # a committed release is on disk
        connection.execute("PRAGMA cache_size = -65536")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("pregon_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers go on while a run commits; the file remembers it.

    SQLite does not wait for another writer here, as it does elsewhere: where two open a new file at the same time, the
    later one is refused at once. Then wait as for any other lock, and ask again.
    """
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _LOCKED not in str(error):
                raise
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        else:
            return


def _postgresql(url: URL, city: str) -> Engine:
    schema = schema_of(city)
    engine = create_engine(url, poolclass=NullPool, connect_args={"options": f"-csearch_path={schema}"})
    with engine.begin() as connection:
        if not inspect(connection).has_schema(schema):
            # Two at once: the loser's CREATE may fail on the catalogue's unique index despite IF NOT EXISTS.
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('pregon', 0))"))
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
    return engine


def schema_of(city: str) -> str:
    """Name of the PostgreSQL schema that holds a city's ledger."""
    return "pregon_" + city.replace("-", "_")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def missing_triggers(connection: Connection) -> list[str]:
    """Name the triggers that keep the book append-only and are not there, as the newest migration leaves them."""
    if connection.dialect.name == "postgresql":
        query = (
            "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE NOT tgisinternal AND tgenabled <> 'D' AND relnamespace = current_schema()::regnamespace"
        )
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    there = set(connection.execute(text(query)).scalars())
    wanted = _TRIGGERS if connection.dialect.name == "postgresql" else (*_TRIGGERS, *_SQLITE_TRIGGERS)
    return [name for name in wanted if name not in there]


def _upgrade(database: Database) -> None:
    from alembic import command
    from alembic.config import Config

    with database.write() as connection:
        current = _revision(connection)
        if current is not None and current not in _KNOWN_REVISIONS:
            raise LedgerTooNew(database.location, current)
        if current == REVISION:
            return
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["connection"] = connection
        with _MIGRATING:
            command.upgrade(config, REVISION)
        if current is None:
            connection.execute(owner.insert(), {"city": database.city})
