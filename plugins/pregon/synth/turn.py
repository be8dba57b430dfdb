"""One day in the life of an existing database: what the moves of a day work with."""

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, DateTime, Select, Table, delete, func, select, update
from sqlalchemy import Row as Record

from pregon.synth.catalogue import CATEGORIES
from pregon.synth.facts import Facts, Outcome, Stage
from pregon.synth.generate import Counter, empty_batch
from pregon.synth.schema import CHANGES, SOLICITATIONS
from pregon.synth.world import World

OPEN_CODES: Final = ("OPEN", "Open", "open ")
AWARDED_CODES: Final = ("AWD", "Awarded", "awd")
_CATEGORY_BY_CODE: Final = {category.code: number for number, category in enumerate(CATEGORIES)}
_TRIES: Final = 12


class Turn:
    """A day on which things happen: `day` counts from the base date, `rng` is the day's own random stream."""

    def __init__(
        self, connection: Connection, world: World, counter: Counter, rng: random.Random, *, day: int, round_: int,
        processes: int, change: int,
    ) -> None:  # fmt: skip
        self.connection = connection
        self.world = world
        self.rng = rng
        self.day = day
        self.round = round_
        self.processes = processes
        self.change = change
        """Number of the latest change; makes keys of new rows unique."""
        self.batch = empty_batch()
        self.counts: dict[str, int] = {}
        self._counter = counter

    @property
    def tomorrow(self) -> int:
        """The day whose beginning the database stands for when this one is over."""
        return self.day + 1

    def count(self, kind: str, number: int = 1) -> None:
        """Note that something happened."""
        if number:
            self.counts[kind] = self.counts.get(kind, 0) + number

    def next_change(self) -> int:
        """Give a number that no change had before."""
        self.change += 1
        return self.change

    def stamp(self, pick: int, day: int | None = None) -> str:
        """Spell a working time of today, or of another day."""
        return self.world.days.at(self.day if day is None else day, pick)

    def flush(self) -> None:
        """Write the rows added so far, so that queries see them."""
        self._counter.flush(self.batch, commit=False)

    def rows(self, statement: Select[Any]) -> Sequence[Record[Any]]:
        """Run a query that gives few rows."""
        return self.connection.execute(statement).all()

    def set(self, table: Table, key: dict[str, str], values: dict[str, object]) -> None:
        """Change columns of the rows with these keys, and their `updated_at`. One of the keys needs an index."""
        if "updated_at" in table.c:
            values = {**values, "updated_at": dt.datetime.fromisoformat(self.stamp(self.next_change()))}
        where = [table.c[column] == value for column, value in key.items()]
        self.connection.execute(update(table).where(*where).values(values))

    def change_value(self, table: Table, key: tuple[str, str], column: str, old: object, new: object) -> None:
        """Change one value, and remember the old one so that a later turn can change it back."""
        number = self.next_change()
        self.set(table, {key[0]: key[1]}, {column: new})
        self.connection.execute(
            CHANGES.insert().values(
                change_no=number, round=self.round, table_name=table.name, key_column=key[0], key_value=key[1],
                column_name=column, old_value=None if old is None else str(old),
            )
        )  # fmt: skip

    def remove(self, table: Table, column: str, start: str) -> bool:
        """Delete the row whose key follows `start` in order; False if there is none."""
        key = self.connection.execute(
            select(table.c[column]).where(table.c[column] >= start).order_by(table.c[column]).limit(1)
        ).scalar()
        if key is None:
            return False
        self.connection.execute(delete(table).where(table.c[column] == key))
        return True

    def solicitations(self, codes: Iterable[str], *extra: Any, limit: int) -> Sequence[Record[Any]]:
        """Give solicitations of these statuses, oldest numbers first."""
        return self.rows(
            _solicitation().where(SOLICITATIONS.c.status_code.in_(tuple(codes)), *extra)
            .order_by(SOLICITATIONS.c.record_id).limit(limit)
        )  # fmt: skip

    def some_solicitation(self, codes: Iterable[str]) -> "Record[Any] | None":
        """Give a random solicitation of one of these statuses, or None if some tries find none."""
        wanted = tuple(codes)
        for _ in range(_TRIES):
            number = 1 + int(self.rng.random() * self.processes)
            found = self.connection.execute(_solicitation().where(SOLICITATIONS.c.record_id == number).limit(1)).first()
            if found is not None and found.status_code in wanted:
                return found
        return None

    def day_of(self, moment: dt.datetime) -> int:
        """Give the day number of a timestamp."""
        return (moment.date() - self.world.days.base).days

    def facts(self, record: "Record[Any]", estimate: float) -> Facts:
        """Rebuild the facts of a process from its solicitation, as one that is awarded today."""
        made = Facts()
        made.number = record.record_id
        made.category_number = _CATEGORY_BY_CODE[record.category_code]
        made.category = CATEGORIES[made.category_number]
        made.department = record.dept_code
        made.method = record.method_code
        made.publish_day = self.day_of(record.published_at)
        made.close_day = self.day_of(record.closes_at)
        made.award_day = self.day
        made.fiscal_year = self.world.days.fiscal_year(made.publish_day)
        made.sol_no = record.sol_no
        made.tail = f"{record.record_id:07d}"
        made.title = record.title.strip()
        made.spanish = record.lang == "ES"
        made.estimate = estimate
        made.outcome = Outcome.AWARDED
        made.stage = Stage.ENDED
        made.bidders = 3
        made.items = 1
        made.previous = None
        return made


def _solicitation() -> Select[Any]:
    table = SOLICITATIONS.c
    return select(
        table.sol_no, table.record_id, table.title, table.lang, table.method_code, table.category_code, table.dept_code,
        table.status_code, table.published_at, table.closes_at, table.estimate, table.description,
    )  # fmt: skip


def parsed(column: Any, value: str | None) -> object:
    """Give a remembered value in the type of its column."""
    return dt.datetime.fromisoformat(value) if value and isinstance(column.type, DateTime) else value


def lower(column: Any) -> Any:
    """Compare a column of mixed case."""
    return func.lower(func.trim(column))
