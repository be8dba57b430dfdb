"""How a ledger is opened, by one and by several at once, and what version it is of: the same on every database."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest
from made_up_ledger import a_run, an_entry, at_once, execute
from sqlalchemy.exc import DBAPIError

from pregon.ledger import Entry, Ledger, LedgerBusy, LedgerTooNew, StaleManifest


class LedgerOpening:
    """Tests to inherit; see `LedgerBehaviour`."""

    def test_a_ledger_of_the_first_version_keeps_what_it_holds(
        self, location: str | Path, city: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("pregon.ledger.database.REVISION", "0001")
            old = Ledger.open(location, city)
        execute(old, "INSERT INTO redaction VALUES (1, '2025-03-01T00:00:00Z', 'x', 'tender', 'r', 'a', 1)")
        upgraded = Ledger.open(location, city)
        (kept,) = upgraded.redacting.all()
        assert (kept.number, kept.ocid, kept.path, kept.reason, kept.author, kept.open) == (
            1, "x", "tender", "r", "a", True,
        )  # fmt: skip
        upgraded.commit(a_run(1, redactions=1), [an_entry("1")])
        for refused in ("UPDATE release SET body = compiled FROM process", "DELETE FROM redaction"):
            with pytest.raises(DBAPIError, match="append-only"):
                execute(upgraded, refused)

    def test_the_second_of_two_committers_waits_and_then_finds_its_manifest_old(self, ledger: Ledger) -> None:
        entered, may_go = threading.Event(), threading.Event()

        def slow() -> Iterator[Entry]:
            entered.set()
            assert may_go.wait(30)
            yield an_entry("1")

        first = threading.Thread(target=lambda: ledger.commit(a_run(1), slow()))
        refusals: list[StaleManifest] = []

        def late() -> None:
            try:
                ledger.commit(a_run(2, manifest=1), [an_entry("2")])
            except StaleManifest as refusal:
                refusals.append(refusal)

        second = threading.Thread(target=late)
        first.start()
        assert entered.wait(30)
        second.start()
        second.join(0.3)
        assert second.is_alive(), "the second must wait"
        assert list(ledger.releases()) == [], "readers do not wait, and see what was there before"
        may_go.set()
        first.join(30)
        second.join(30)
        assert [refusal.run_id for refusal in refusals] == [a_run(2).run_id]
        assert [release.ocid for release in ledger.releases()] == ["ocds-213czf-1"]

    def test_a_committer_gives_up_when_another_goes_on_for_too_long(
        self, ledger: Ledger, location: str | Path, city: str
    ) -> None:
        impatient = Ledger.open(location, city, patience=0.2)

        def blocked() -> Iterator[Entry]:
            with pytest.raises(LedgerBusy):
                impatient.commit(a_run(2), [an_entry("2")])
            yield an_entry("1")

        assert ledger.commit(a_run(1), blocked()).releases == 1

    def test_opening_again_keeps_everything(self, ledger: Ledger, location: str | Path, city: str) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        assert [release.sequence for release in Ledger.open(location, city).releases()] == [1]

    def test_many_threads_may_open_a_new_ledger_at_once(self, location: str | Path, city: str) -> None:
        outcomes = at_once([lambda: Ledger.open(location, city)] * 4)
        assert [type(outcome) for outcome in outcomes] == [Ledger] * 4, outcomes

    def test_many_processes_may_open_a_new_ledger_at_once(self, location: str | Path, city: str) -> None:
        program = "import sys; from pregon.ledger import Ledger; sys.stdin.readline(); Ledger.open(*sys.argv[1:])"
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", program, str(location), city], stdin=PIPE, stdout=DEVNULL, stderr=PIPE, text=True
            )
            for _ in range(3)
        ]
        with ThreadPoolExecutor(len(processes)) as pool:
            ended = list(pool.map(lambda process: process.communicate("open\n", timeout=60)[1], processes))
        assert [process.returncode for process in processes] == [0, 0, 0], "".join(ended)

    def test_a_ledger_of_a_newer_version_is_not_touched(self, ledger: Ledger, location: str | Path, city: str) -> None:
        execute(ledger, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(LedgerTooNew):
            Ledger.open(location, city)

    def test_the_tables_are_what_the_code_says_they_are(self, ledger: Ledger) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        from pregon.ledger.tables import metadata

        with ledger._database.read() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
