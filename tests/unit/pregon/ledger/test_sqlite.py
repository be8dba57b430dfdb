"""The ledger on SQLite."""

import os
import sqlite3
import threading
from functools import partial
from pathlib import Path

import orjson
import pytest
from ledger_behaviour import LedgerBehaviour
from ledger_restoring import LedgerRestoring
from made_up_ledger import a_run, an_entry, at_once, execute

from pregon.ledger import ForeignLedger, Ledger, LedgerBusy, LedgerUnreachable, Publication
from pregon.ledger.database import missing_triggers


class TestSqliteLedger(LedgerBehaviour, LedgerRestoring):
    @pytest.fixture
    def location(self, tmp_path: Path) -> Path:
        return tmp_path / "internal" / "ledger.sqlite"

    @pytest.fixture
    def second(self, tmp_path: Path, city: str) -> Ledger:
        return Ledger.open(tmp_path / "second" / "ledger.sqlite", city)

    @pytest.mark.usefixtures("ledger")
    def test_the_file_of_another_city_is_refused(self, location: Path) -> None:
        with pytest.raises(ForeignLedger) as refused:
            Ledger.open(location, "chicago")
        assert refused.value.owner == "riverbend"

    def test_a_file_that_is_no_database_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "ledger.sqlite"
        file.write_text("a letter, not a ledger; " * 50)
        with pytest.raises(LedgerUnreachable, match=r"ledger\.sqlite"):
            Ledger.open(file, "riverbend")

    def test_a_url_names_the_same_file(self, ledger: Ledger, location: Path) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        assert len(list(Ledger.open(f"sqlite:///{location}", "riverbend").releases())) == 1

    @pytest.mark.parametrize("key", ["sequence", "release_id", "date"])
    def test_a_release_is_not_replaced_by_insert_or_replace(self, ledger: Ledger, location: Path, key: str) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        keys = {"sequence": 2, "release_id": "r2", "date": "2030-01-01T00:00:00Z"}
        keys = {name: name if name == key else repr(value) for name, value in keys.items()}
        statement = (
            "INSERT OR REPLACE INTO release SELECT {sequence}, ocid, {release_id}, previous_id, {date}, segment, "
            "month, tags, content_hash, run, bucket, x'00' FROM release"
        ).format(**keys)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), sqlite3.connect(location) as connection:
            connection.execute(statement)
        connection.close()

    @pytest.mark.parametrize("table", ["run", "publication", "redaction", "owner"])
    def test_no_row_is_replaced_by_insert_or_replace(self, ledger: Ledger, location: Path, table: str) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        ledger.record_publication(Publication("s1", a_run(1).as_of, a_run(1).run_id, 1))
        execute(ledger, "INSERT INTO redaction VALUES (1, '2025-03-01T00:00:00Z', 'x', NULL, 'r', 'a', 1)")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"), sqlite3.connect(location) as connection:
            connection.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
        connection.close()

    def test_a_ledger_of_an_earlier_version_is_upgraded_and_keeps_what_it_holds(
        self, location: Path, ledger: Ledger
    ) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        execute(ledger, "UPDATE alembic_version SET version_num = '0002'")
        for table in ("run", "publication", "redaction", "owner"):
            execute(ledger, f"DROP TRIGGER {table}_is_not_replaced")
        opened = Ledger.open(location, "riverbend")
        with opened._database.read() as connection:
            assert missing_triggers(connection) == []
        assert [release.sequence for release in opened.releases()] == [1]

    @pytest.mark.parametrize("text", ["plain", 'quo"ted\\', "Ñ\U0001f3db", "line\nbreak\t", "after\0NUL"])
    def test_texts_and_bodies_are_kept_exactly(self, ledger: Ledger, location: Path, text: str) -> None:
        ledger.commit(a_run(1), [an_entry("1"), an_entry(text), an_entry("3")])
        found = {release.ocid: orjson.loads(release.json) for release in ledger.releases()}
        assert list(found) == [an_entry(one).ocid for one in ("1", text, "3")]
        assert all(release["ocid"] == ocid for ocid, release in found.items())
        connection = sqlite3.connect(location)
        types = connection.execute(
            "SELECT DISTINCT typeof(sequence), typeof(ocid), typeof(body) FROM release"
        ).fetchall()
        assert types == [("integer", "text", "blob")]
        connection.close()

    def test_an_open_ledger_serves_a_forked_process(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, str(ledger.commit(a_run(2), [an_entry("2")]).sequence).encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert os.read(reader, 10) == b"2"
        os.close(reader)
        os.close(writer)
        assert [release.sequence for release in ledger.releases()] == [1, 2]

    def test_a_new_file_in_which_another_writes_is_opened_when_it_is_done(self, tmp_path: Path) -> None:
        file = tmp_path / "ledger.sqlite"
        other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        end = threading.Timer(0.2, lambda: other.execute("COMMIT"))
        end.start()
        assert Ledger.open(file, "riverbend").head() is None
        end.join()
        other.close()

    def test_a_new_file_in_which_another_writes_for_too_long_is_busy(self, tmp_path: Path) -> None:
        file = tmp_path / "ledger.sqlite"
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerBusy):
            Ledger.open(file, "riverbend", patience=0.1)
        other.close()

    def test_the_ledgers_of_many_cities_may_be_opened_at_once(self, tmp_path: Path) -> None:
        cities = [f"city-{number}" for number in range(6)]
        outcomes = at_once([partial(Ledger.open, tmp_path / f"{city}.sqlite", city) for city in cities])
        assert [type(outcome) for outcome in outcomes] == [Ledger] * len(cities), outcomes

    def test_importing_the_ledger_loads_neither_alembic_nor_a_driver(self) -> None:
        import subprocess
        import sys

        program = "import sys, pregon.ledger; print(sorted({'alembic', 'psycopg', 'pandas'} & set(sys.modules)))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"
