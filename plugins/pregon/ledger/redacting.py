"""Taking back what was published: the rules on record, and the one way to rewrite committed bodies.

Why a second time is safe: a rule that is on record and open is found again, bodies are replaced by what they are
already, and cells are put on record once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, select, text, update

from pregon.ledger import tables
from pregon.ledger.bodies import compress_all, decompressor, to_json
from pregon.ledger.database import Database
from pregon.ledger.entries import MaskedCell, QuarantineRow, Redaction, Rewriting
from pregon.ledger.errors import LedgerBusy
from pregon.ledger.filters import chunks
from pregon.ledger.reading import written
from transforms.releases import content_hash

_PAGE = 200
_REWRITTEN = ("release", "process", "quarantine")


class Redacting:
    """What was taken back from the publication of a city; reached through `Ledger.redacting`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Redaction]:
        """Return every redaction on record, oldest first."""
        with self._database.read() as connection:
            return _all(connection)

    def newest(self) -> int:
        """Return the number of the newest redaction, 0 if there is none."""
        with self._database.read() as connection:
            return connection.execute(select(func.max(tables.redaction.c.number))).scalar() or 0

    def masked_cells(self) -> list[MaskedCell]:
        """Return the cells of source rows that are emptied whenever they are read, in order."""
        columns = tables.masked_cell.c
        query = select(columns.source_table, columns.row_key, columns.source_column).order_by(
            columns.source_table, columns.row_key, columns.source_column
        )
        with self._database.read() as connection:
            return [MaskedCell(*row) for row in connection.execute(query)]

    def open(
        self, targets: Sequence[tuple[str | None, str | None]], *, as_of: datetime, reason: str, author: str
    ) -> list[Redaction]:
        """Put rules (ocid, path) on record, open; those that are open already are returned as they stand."""
        with self._database.write() as connection:
            known = {(one.ocid, one.path): one for one in _all(connection) if one.open}
            number = connection.execute(select(func.max(tables.redaction.c.number))).scalar() or 0
            for ocid, path in targets:
                if (ocid, path) in known:
                    continue
                number += 1
                row = {"number": number, "as_of": written(as_of), "ocid": ocid, "path": path, "reason": reason}
                connection.execute(tables.redaction.insert(), {**row, "author": author, "open": 1})
                known[ocid, path] = Redaction(number, as_of, ocid, path, reason, author, open=True)
            return [known[target] for target in targets]

    def histories(self, ocids: Iterable[str] | None) -> Iterator[tuple[str, bytes, list[tuple[int, bytes]]]]:
        """Stream ocid, compiled release and (sequence, release), oldest first, of these processes, or of all.

        JSON texts as they stand, also of processes that were taken back. A page of processes is read at once, so that
        they may be rewritten while this goes on.
        """
        if ocids is None:
            yield from self._all_histories()
            return
        for chunk in chunks(ocids, _PAGE):
            yield from self._page(chunk)

    def _all_histories(self) -> Iterator[tuple[str, bytes, list[tuple[int, bytes]]]]:
        columns, last = tables.process.c, ""
        while True:
            query = select(columns.ocid).where(columns.ocid > last).order_by(columns.ocid).limit(_PAGE)
            with self._database.read() as connection:
                page = list(connection.execute(query).scalars())
            if not page:
                return
            yield from self._page(page)
            last = page[-1]

    def _page(self, ocids: Sequence[str]) -> list[tuple[str, bytes, list[tuple[int, bytes]]]]:
        decompress = decompressor()
        process, release = tables.process.c, tables.release.c
        histories: dict[str, list[tuple[int, bytes]]] = {}
        with self._database.read() as connection:
            bodies = select(release.ocid, release.sequence, release.body).where(release.ocid.in_(ocids))
            for row in connection.execute(bodies.order_by(release.ocid, release.date)):
                histories.setdefault(row[0], []).append((row[1], decompress(row[2])))
            found = select(process.ocid, process.compiled).where(process.ocid.in_(ocids)).order_by(process.ocid)
            return [(row[0], decompress(row[1]), histories[row[0]]) for row in connection.execute(found)]

    def rewrite(self, rewritings: Iterable[Rewriting]) -> int:
        """Replace bodies in one transaction; return how many releases were rewritten.

        Raises a database error where no open redaction names their process.
        """
        count = 0
        with self._database.write() as connection:
            if not self._database.postgresql:
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            for one in rewritings:
                count += len(one.releases)
                _replace(connection, one)
        return count

    def quarantine(self, row: QuarantineRow, run_id: str) -> None:
        """Put a row in quarantine that a redaction holds back, once."""
        columns = tables.quarantine.c
        with self._database.write() as connection:
            query = select(func.count()).where(columns.ocid == row.ocid, columns.reason == row.reason)
            if connection.execute(query).scalar_one():
                return
            number = connection.execute(select(func.max(columns.number))).scalar() or 0
            connection.execute(
                tables.quarantine.insert(),
                {
                    "number": number + 1,
                    "run_id": run_id,
                    "source_table": row.table,
                    "row_key": row.row,
                    "ocid": row.ocid,
                    "path": row.path,
                    "value": row.value,
                    "reason": row.reason,
                    "message": row.message,
                },
            )

    def clear_quarantine(self, telling: Callable[[QuarantineRow], bool], message: str) -> int:
        """Empty value and message of the quarantine rows that tell something; return how many did."""
        table = tables.quarantine
        with self._database.write() as connection:
            if not self._database.postgresql:
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            found = []
            for row in connection.execute(select(table)):
                held = QuarantineRow(
                    row.source_table, row.row_key, row.reason, row.message, row.ocid, row.path, row.value
                )
                if telling(held) and (held.value, held.message) != (None, message):
                    found.append(row.number)
            for number in found:
                connection.execute(update(table).where(table.c.number == number).values(value=None, message=message))
        return len(found)

    def mask(self, cells: Iterable[MaskedCell], redaction: int) -> None:
        """Put cells on record that are emptied from now on whenever they are read; known ones stay."""
        known = set(self.masked_cells())
        new = [
            {"source_table": cell.table, "row_key": cell.row, "source_column": cell.column, "redaction": redaction}
            for cell in sorted(set(cells) - known)
        ]
        if new:
            with self._database.write() as connection:
                connection.execute(tables.masked_cell.insert(), new)

    def close(self, numbers: Iterable[int]) -> None:
        """Say that redactions are complete; those that were closed before stay so."""
        columns = tables.redaction.c
        with self._database.write() as connection:
            for number in numbers:
                connection.execute(
                    update(tables.redaction).where(columns.number == number, columns.open == 1).values(open=0)
                )

    def purge(self) -> None:
        """Let nothing of replaced bodies stay in the database's files: free pages and the write-ahead log included.

        On PostgreSQL this rewrites three tables; its own write-ahead log and its backups are not in reach. Raises
        LedgerBusy where somebody is still reading.
        """
        engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        if self._database.postgresql:
            with engine.connect() as connection:
                for table in _REWRITTEN:
                    connection.execute(text(f"VACUUM (FULL) {table}"))
            return
        raw = self._database.engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute("VACUUM")
            # Readers of the moment keep the log; it holds what was there before.
            ((busy, *_),) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            cursor.close()
        finally:
            raw.close()
        if busy:
            raise LedgerBusy(self._database.location, self._database.patience)

    @property
    def file(self) -> Path | None:
        """The database's file, where it is one."""
        name = self._database.engine.url.database
        return None if self._database.postgresql or not name else Path(name)


def _all(connection: Connection) -> list[Redaction]:
    table = tables.redaction
    return [
        Redaction(
            row.number,
            datetime.fromisoformat(row.as_of),
            row.ocid,
            row.path,
            row.reason,
            row.author,
            open=row.open == 1,
        )
        for row in connection.execute(select(table).order_by(table.c.number))
    ]


def _replace(connection: Connection, one: Rewriting) -> None:
    release, process = tables.release, tables.process
    compiled, *bodies = compress_all([orjson.dumps(one.compiled), *map(to_json, one.releases.values())])
    rows: list[dict[str, Any]] = [
        {"of": sequence, "new_body": packed, "new_hash": content_hash(body)}
        for (sequence, body), packed in zip(one.releases.items(), bodies, strict=True)
    ]
    if rows:
        connection.execute(
            update(release)
            .where(release.c.sequence == bindparam("of"))
            .values(body=bindparam("new_body"), content_hash=bindparam("new_hash")),
            rows,
        )
    connection.execute(
        update(process).where(process.c.ocid == one.ocid).values(compiled=compiled, state_hash=one.state_hash)
    )
