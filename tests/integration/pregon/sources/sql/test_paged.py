"""A database read page by page while it changes: PostgreSQL for real, and SQLite, whose times are text."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import AS_OF, CITY, image, rejects
from sqlalchemy import Engine, create_engine, text

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import ColumnSpec, SourceSpec, TableSpec
from pregon.sources.extract import Extraction, extract
from pregon.sources.sql import paged
from pregon.sources.sql.database import Database

DAY = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA = """
    CREATE TABLE orders (office text, number integer, title text, changed timestamptz, PRIMARY KEY (office, number));
    CREATE TABLE lines (line integer PRIMARY KEY, office text, number integer, item text);
"""


class Killed(BaseException):
    """Stands for a kill: nothing but the interpreter's own clean-up runs after it."""


@pytest.fixture(params=["postgresql", "sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with 40 orders in two offices and three lines each."""
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_postgresql_url")
    else:
        url = f"sqlite:///{tmp_path / 'erp.sqlite'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in SCHEMA.split(";")[:-1]:
            connection.execute(text(statement))
        for number in range(40):
            order(connection, "works" if number % 2 else "Parks", number, f"order {number}", day=number % 7)
        connection.execute(text("INSERT INTO orders VALUES ('works', 999, 'undated', NULL)"))
        for line in range(120):
            number = line % 40
            connection.execute(
                text("INSERT INTO lines VALUES (:line, :office, :number, :item)"),
                {"line": line, "office": "works" if number % 2 else "Parks", "number": number, "item": f"item {line}"},
            )
    yield engine
    engine.dispose()


def order(connection: Any, office: str, number: int, title: str, *, day: int) -> None:
    """Insert an order, or change one."""
    moment = DAY + timedelta(days=day)
    changed = moment if connection.dialect.name == "postgresql" else moment.isoformat(sep=" ")
    connection.execute(
        text("DELETE FROM orders WHERE office = :office AND number = :number"), {"office": office, "number": number}
    )
    connection.execute(
        text("INSERT INTO orders VALUES (:office, :number, :title, :changed)"),
        {"office": office, "number": number, "title": title, "changed": changed},
    )


def source(engine: Engine, *, overlap: int = 1, **options: Any) -> SourceSpec:
    orders = TableSpec(
        "orders",
        ("office", "number"),
        {"office": ColumnSpec("office"), "number": ColumnSpec("number", "integer"), "title": ColumnSpec("title"),
         "changed": ColumnSpec("changed", "timestamptz")},
        cursor="changed", overlap=timedelta(days=overlap), options=options,
    )  # fmt: skip
    lines = TableSpec(
        "lines",
        ("line",),
        {"line": ColumnSpec("line", "integer"), "office": ColumnSpec("office"),
         "number": ColumnSpec("number", "integer"), "item": ColumnSpec("item")},
        options={**options, "parent": {"table": "orders", "on": {"office": "office", "number": "number"}}},
    )  # fmt: skip
    url = engine.url.render_as_string(hide_password=False)
    return SourceSpec("erp", "sql", (orders, lines), url=url, options={"read": "paged"})


def extraction(lake: Lake, spec: SourceSpec, day: int = 0) -> Extraction:
    return Extraction(lake, CITY, [spec], AS_OF + timedelta(days=day), lake.root)


def known(lake: Lake, manifest: Manifest, name: str = "orders") -> dict[str, str]:
    column = "title" if name == "orders" else "item"
    return {row["_row"]: row[column] for row in image(lake, manifest, name)}


def stored(engine: Engine, name: str = "orders") -> dict[str, str]:
    asked = {"orders": "SELECT office, number, title FROM orders", "lines": "SELECT line, item FROM lines"}[name]
    with engine.connect() as connection:
        return {"|".join(map(str, row[:-1])): row[-1] for row in connection.execute(text(asked))}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.mark.parametrize("chunks", [1, 4])
@pytest.mark.parametrize("page_rows", [1, 7, 40, 500])
def test_the_rows_are_the_same_whatever_pages_and_chunks(
    lake: Lake, engine: Engine, chunks: int, page_rows: int
) -> None:
    manifest = extract(extraction(lake, source(engine, page_rows=page_rows, chunks=chunks)))
    for name, count in (("orders", 41), ("lines", 120)):
        assert known(lake, manifest, name) == stored(engine, name)
        assert manifest.tables[name].rows_read == count
        assert manifest.tables[name].rejected == {}


def test_killed_at_each_page_the_reading_goes_on_there(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = source(engine, page_rows=8)
    pages = 0
    kill_at: int | None = None
    whole = paged.PagedConnector._batch

    def counted(self: Any, *arguments: Any) -> Any:
        nonlocal pages
        if pages == kill_at:
            raise Killed
        pages += 1
        return whole(self, *arguments)

    monkeypatch.setattr(paged.PagedConnector, "_batch", counted)
    wanted = extract(extraction(Lake(tmp_path / "undisturbed"), spec))
    total, pages = pages, 0
    assert total > 20
    for moment in range(0, total, 3):
        lake = Lake(tmp_path / f"killed-{moment}")
        pages, kill_at = 0, moment
        with pytest.raises(Killed):
            extract(extraction(lake, spec))
        kill_at = None
        again = extract(extraction(lake, spec))
        assert pages <= total + 3  # the last pass of a table may be read again, its pages are not
        assert {name: entry.rows_read for name, entry in again.tables.items()} == {"orders": 41, "lines": 120}
        assert [ref.sha256 for ref in again.tables["orders"].image.base] == [
            ref.sha256 for ref in wanted.tables["orders"].image.base
        ]


def test_only_what_changed_is_read_and_the_lines_of_orders_that_changed(lake: Lake, engine: Engine) -> None:
    spec = source(engine, page_rows=5)
    extract(extraction(lake, spec))
    with engine.begin() as connection:
        order(connection, "works", 3, "changed", day=9)
        order(connection, "new | office", 3, "new", day=9)
        order(connection, "works", 5, "back-dated", day=5)
        connection.execute(text("UPDATE lines SET item = 'changed' WHERE number = 3"))
        connection.execute(text("UPDATE lines SET item = 'not seen' WHERE number = 9"))
        connection.execute(text("INSERT INTO lines VALUES (500, 'new | office', 3, 'new')"))
    second = extract(extraction(lake, spec, day=1))
    entry = second.tables["orders"]
    assert (entry.mode, entry.changed) == ("incremental", {"new": 1, "changed": 2})
    assert entry.rows_read < 20
    assert known(lake, second)["new \\| office|3"] == "new"
    lines = second.tables["lines"]
    assert (lines.mode, lines.changed) == ("incremental", {"new": 1, "changed": 3})
    found = known(lake, second, "lines")
    assert (found["3"], found["500"], found["9"]) == ("changed", "new", "item 9")


def test_rows_that_come_and_go_while_it_is_read_are_neither_lost_nor_doubled(
    lake: Lake, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody touches is there; what changed is there as it was before, or in between, or as it is now."""
    dice = random.Random(4)
    spec = source(engine, overlap=3, page_rows=3, chunks=3)
    before = stored(engine)
    touched: dict[str, set[str]] = {}
    lock = threading.Lock()

    def write() -> None:
        with lock, engine.begin() as connection:
            number = dice.randrange(60)
            office = dice.choice(["works", "Parks"])
            title = f"touched {dice.random()}"
            order(connection, office, number, title, day=8 + dice.randrange(3))
            touched.setdefault(f"{office}|{number}", set()).add(title)

    plain = Database.__init__

    def watched(self: Any, *arguments: Any) -> None:
        plain(self, *arguments)
        whole = self.connection.execute

        def executing(*asked: Any, **options: Any) -> Any:
            writer = threading.Thread(target=write)
            writer.start()
            writer.join()
            return whole(*asked, **options)

        if engine.dialect.name == "postgresql":
            monkeypatch.setattr(self.connection, "execute", executing)

    monkeypatch.setattr(Database, "__init__", watched)
    monkeypatch.setattr(paged.PagedConnector, "__init__", _with_writes(write, paged.PagedConnector.__init__))
    manifest = extract(extraction(lake, spec))
    found = known(lake, manifest)
    assert len(touched) > 5
    for key, title in before.items():
        assert found[key] == title if key not in touched else found[key] in {title, *touched[key]}
    assert set(found) <= {*before, *touched}
    monkeypatch.undo()
    again = known(lake, extract(extraction(lake, spec, day=1)))
    assert again == stored(engine)


def _with_writes(write: Callable[[], None], plain: Callable[..., None]) -> Callable[..., None]:
    def beginning(self: Any, *arguments: Any) -> None:
        plain(self, *arguments)
        keyset = self._keyset

        def pages(*asked: Any) -> Iterator[Any]:
            for page in keyset(*asked):
                write()
                yield page

        self._keyset = pages

    return beginning


def test_lines_without_their_order_are_told(lake: Lake, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO lines VALUES (700, 'nowhere', 1, 'lost'), (701, NULL, NULL, 'free')"))
        connection.execute(text("DELETE FROM orders WHERE number = 7"))
    manifest = extract(extraction(lake, source(engine)))
    notes = manifest.tables["lines"].notes
    assert (notes["orphans"], notes["orphans_of"]) == (4, ["nowhere|1", "works|7"])


def test_a_row_that_does_not_fit_is_rejected_once(lake: Lake, engine: Engine) -> None:
    with engine.begin() as connection:
        if engine.dialect.name != "sqlite":
            connection.execute(text("ALTER TABLE orders ALTER number TYPE numeric"))
        connection.execute(text("UPDATE orders SET number = 6.5 WHERE number = 6"))
    manifest = extract(extraction(lake, source(engine, page_rows=4)))
    assert [row["_reason"] for row in rejects(lake, manifest, "orders")] == ["cast_failure"]
    assert manifest.tables["orders"].rows_read == 41
