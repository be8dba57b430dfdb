"""Runs, entries and findings of a made-up ledger, and calls at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from pregon.ledger import Entry, Ledger, QuarantineRow, Run

AS_OF = datetime(2025, 3, 1, 6, tzinfo=UTC)


def a_run(number: int, **changes: Any) -> Run:
    as_of = AS_OF.replace(day=number)
    return replace(Run(f"{as_of:%Y%m%dT%H%M%SZ}", as_of, number, "f" * 64, {"rows": 10 * number}), **changes)


def an_entry(key: str, number: int = 1, *, year: int = 2024, tags: tuple[str, ...] = ("tender",)) -> Entry:
    """The entry with the `number`th release of the process `key`."""
    ocid = f"ocds-213czf-{key}"
    date = f"{year + number - 1}-0{number}-15T00:00:00Z"
    release = {
        "ocid": ocid,
        "id": f"r{number}",
        "date": date,
        "tag": list(tags),
        "tender": {"id": key, "title": f"Ñ {number}"},
    }
    compiled = {**release, "id": f"{ocid}-{date}", "tag": ["compiled"]}
    return Entry(
        ocid,
        f"{number:064x}",
        release,
        compiled,
        f"r{number - 1}" if number > 1 else None,
        [["", "solicitations", key], ["tender", "solicitations", key]],
        {"solicitations": 1, "bids": number},
    )


def a_row(row: str, *, ocid: str | None = None, table: str = "bids") -> QuarantineRow:
    return QuarantineRow(table, row, "duplicate_row", "the row stands there twice", ocid, "tender/title", "x\0" * 400)


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Call all at the same moment, each in a thread; what each returned or raised."""
    gate = threading.Barrier(len(calls))

    def outcome(call: Callable[[], Any]) -> Any:
        gate.wait(30)
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - the test says what it was
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(outcome, calls))


def execute(ledger: Ledger, statement: str) -> None:
    """Do something behind the ledger's back."""
    with ledger._database.engine.begin() as connection:
        connection.execute(text(statement))
