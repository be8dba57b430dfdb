"""What every ledger does when it is restored or verified (not a test module; the tests of each database inherit it)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from made_up_ledger import execute
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pregon.ledger import (
    BrokenHistory,
    Entry,
    Ledger,
    LedgerNotEmpty,
    Publication,
    RedactionsLost,
    RestoredRelease,
    Run,
)
from transforms.ocds import release_schema
from transforms.releases import MergeRules, Previous, make_release

RULES = MergeRules.from_schema(release_schema([]))
START = datetime(2024, 12, 30, 6, tzinfo=UTC)


def moment(day: int) -> datetime:
    return START + timedelta(days=day)


def a_run(day: int) -> Run:
    return Run(f"{moment(day):%Y%m%dT%H%M%SZ}", moment(day), day, "f" * 64)


def a_state(key: str, day: int) -> dict[str, Any]:
    """A state that differs each day; an amendment comes with the second, and the description goes with the third."""
    contract: dict[str, Any] = {"id": f"C{key}", "awardID": "A", "value": {"amount": day + 0.5, "currency": "USD"}}
    if day > 1:
        contract["amendments"] = [{"id": f"M{number}", "rationale": "More"} for number in range(2, day + 1)]
    described = {} if day > 2 else {"description": "Ñ"}
    return {"tender": {"id": key, "title": f"T{day}", **described}, "contracts": [contract]}


def an_entry(ledger: Ledger, key: str, day: int) -> Entry:
    """The entry of a process that a run of this day would make."""
    ocid = f"ocds-213czf-{key}"
    previous: Previous | None = ledger.previous([ocid]).get(ocid)
    made = make_release(ocid, a_state(key, day), None, previous, moment(day), RULES, "en")
    assert made is not None
    rows = {"calls": 1, "contracts": 1}
    provenance = [["", f"calls:{key}"], [f"contracts/C{key}", f"contracts:C{key}"]]
    return Entry(ocid, made.state_hash, made.release, made.compiled, made.previous_id, provenance, rows)


def fill(ledger: Ledger) -> None:
    """Three runs with releases over two years, and one that brought none."""
    ledger.commit(a_run(1), [an_entry(ledger, key, 1) for key in ("b", "a", "c")])
    ledger.commit(a_run(2), [an_entry(ledger, key, 2) for key in ("c", "a")])
    ledger.commit(a_run(3), [])
    ledger.commit(a_run(4), [an_entry(ledger, key, 4) for key in ("d", "a")])
    ledger.record_publication(Publication("s1", moment(4), a_run(4).run_id, 7))


def published(ledger: Ledger) -> tuple[list[datetime], list[RestoredRelease], list[tuple[str, bytes]]]:
    """What is published of a ledger: moments of commit, releases by segment, compiled releases."""
    runs: list[datetime] = []
    place: dict[int, int] = {}
    sequence = 0
    for stretch in ledger.stretches():
        if stretch.as_of not in runs:
            runs.append(stretch.as_of)
        for _ in range(stretch.releases):
            sequence += 1
            place[sequence] = len(runs)
    releases = [
        RestoredRelease(one.sequence, place[one.sequence], one.json)
        for segment in sorted(ledger.segments().releases)
        for one in ledger.releases(segment=segment)
    ]
    return runs, releases, [(process.ocid, process.compiled) for process in ledger.processes(with_releases=False)]


class LedgerRestoring:
    """Tests; a subclass gives the fixtures `location`, `city` and `ledger` of `LedgerBehaviour`, and `second`."""

    @pytest.fixture
    def second(self) -> Ledger:
        """Another empty ledger."""
        raise NotImplementedError

    def test_the_order_of_commit_is_told_in_stretches(self, ledger: Ledger) -> None:
        fill(ledger)
        told = [(stretch.as_of, stretch.segment, stretch.releases) for stretch in ledger.stretches()]
        assert told == [(moment(1), "2024", 3), (moment(2), "2025", 2), (moment(4), "2025", 2)]

    def test_what_was_published_restores_releases_and_processes(self, ledger: Ledger, second: Ledger) -> None:
        fill(ledger)
        runs, releases, compiled = published(ledger)
        restored = second.restore(runs, releases, compiled, RULES)
        assert (restored.releases, restored.processes, restored.merged_otherwise) == (7, 4, 0)
        assert list(second.releases()) == list(ledger.releases())
        assert list(second.processes()) == list(ledger.processes())
        assert list(second.stretches()) == list(ledger.stretches())
        assert second.contents("releases") == ledger.contents("releases")
        assert second.contents("processes") == ledger.contents("processes")
        assert second.verify(RULES).findings == []
        kept, known = ledger.previous(["ocds-213czf-a", "ocds-213czf-b"]), second.previous(["ocds-213czf-a"])
        assert replace(kept["ocds-213czf-a"], state_hash="") == known["ocds-213czf-a"]
        assert second.previous(["ocds-213czf-b"]) == {"ocds-213czf-b": kept["ocds-213czf-b"]}

    def test_a_restored_ledger_goes_on_where_the_lost_one_stood(self, ledger: Ledger, second: Ledger) -> None:
        fill(ledger)
        second.restore(*published(ledger), RULES)
        head = second.head()
        assert head is not None
        assert (head.run_id, head.as_of, head.fingerprint) == (a_run(4).run_id, moment(4), "")
        for book in (ledger, second):
            book.commit(a_run(6), [an_entry(book, key, 6) for key in ("a", "b", "e")])
        assert list(second.releases()) == list(ledger.releases())
        assert list(second.processes()) == list(ledger.processes())
        assert second.verify(RULES).findings == []

    def test_only_an_empty_ledger_can_be_restored(self, ledger: Ledger, second: Ledger) -> None:
        fill(ledger)
        second.commit(a_run(9), [])
        with pytest.raises(LedgerNotEmpty):
            second.restore(*published(ledger), RULES)
        assert list(second.releases()) == []

    @pytest.mark.parametrize("spoil", ["date", "order", "gap"])
    def test_releases_that_do_not_follow_each_other_are_refused_and_nothing_stays(
        self, ledger: Ledger, second: Ledger, spoil: str
    ) -> None:
        fill(ledger)
        runs, releases, compiled = published(ledger)
        last = releases[-1]
        if spoil == "date":
            document = orjson.loads(last.json)
            releases[-1] = last._replace(json=orjson.dumps({**document, "date": "2024-01-01T00:00:00Z"}))
        elif spoil == "order":
            releases.insert(0, releases.pop())
        else:
            releases[-1] = last._replace(sequence=9)
        with pytest.raises(BrokenHistory):
            second.restore(runs, releases, compiled, RULES)
        assert second.head() is None
        assert list(second.processes()) == []

    def test_a_compiled_release_without_releases_is_refused(self, ledger: Ledger, second: Ledger) -> None:
        fill(ledger)
        runs, releases, compiled = published(ledger)
        with pytest.raises(BrokenHistory, match="none of its releases"):
            second.restore(runs, releases, [*compiled, ("ocds-213czf-z", b"{}")], RULES)

    def test_a_compiled_release_stays_as_it_was_published(self, ledger: Ledger, second: Ledger) -> None:
        fill(ledger)
        runs, releases, compiled = published(ledger)
        compiled[0] = (compiled[0][0], b'{"ocid":"ocds-213czf-a"}')
        assert second.restore(runs, releases, compiled, RULES).merged_otherwise == 1
        (process,) = second.processes(ocids=["ocds-213czf-a"])
        assert process.compiled == b'{"ocid":"ocds-213czf-a"}'

    def test_rewritten_releases_are_restored_only_for_who_knows_it(self, ledger: Ledger, second: Ledger) -> None:
        fill(ledger)
        runs, releases, compiled = published(ledger)
        place = next(number for number, one in enumerate(releases) if b'"ocds-213czf-b"' in one.json)
        releases[place] = releases[place]._replace(json=releases[place].json.replace(b'"T1"', b'"[]"'))
        with pytest.raises(RedactionsLost) as refused:
            second.restore(runs, releases, compiled, RULES)
        assert refused.value.ocids == ("ocds-213czf-b",)
        assert second.head() is None
        restored = second.restore(runs, releases, compiled, RULES, redacted=True)
        assert (restored.rewritten, restored.redacted) == (1, ["ocds-213czf-b"])

    def test_a_sound_ledger_is_verified(self, ledger: Ledger) -> None:
        assert ledger.verify(RULES).sound
        fill(ledger)
        told: list[tuple[str, int]] = []
        found = ledger.verify(RULES, lambda what, number: told.append((what, number)))
        assert (found.releases, found.processes, found.runs, found.publications) == (7, 4, 4, 1)
        assert found.findings == []
        assert told == [("processes", 4)]

    @pytest.mark.parametrize(
        ("statement", "kinds"),
        [
            ("UPDATE release SET body = (SELECT body FROM release WHERE sequence = 1) WHERE sequence = 2",
             {"release", "content", "identity", "compiled"}),
            ("UPDATE release SET content_hash = 'x' WHERE sequence = 4", {"content"}),
            ("UPDATE release SET previous_id = 'x' WHERE sequence = 5", {"release"}),
            ("UPDATE release SET segment = '1999' WHERE sequence = 1", {"release", "process"}),
            ("DELETE FROM release WHERE sequence = 2",
             {"sequence", "run", "release", "identity", "tags", "process"}),
            ("UPDATE release SET run = 2 WHERE sequence = 1", {"run", "process"}),
            ("UPDATE run SET releases = 9 WHERE number = 2", {"run"}),
            ("DELETE FROM run WHERE number = 3", {"run"}),
            ("UPDATE process SET compiled = (SELECT body FROM release WHERE sequence = 1) WHERE ocid LIKE '%a'",
             {"compiled"}),
            ("UPDATE process SET last_date = '2030-01-01T00:00:00Z' WHERE ocid LIKE '%a'", {"process"}),
            ("UPDATE process SET tags = '[]' WHERE ocid LIKE '%a'", {"process"}),
            ("DELETE FROM process WHERE ocid LIKE '%a'", {"process", "source_rows"}),
            ("UPDATE process SET rows = '{}' WHERE ocid LIKE '%a'", {"process", "source_rows"}),
            ("UPDATE source_rows SET rows = 1 WHERE source_table = 'calls'", {"source_rows"}),
            ("UPDATE publication SET sequence = 8", {"publication"}),
            ("UPDATE publication SET run_id = 'x'", {"publication"}),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_found(self, ledger: Ledger, statement: str, kinds: set[str]) -> None:
        fill(ledger)
        self.without_triggers(ledger, [statement])
        found = ledger.verify(RULES)
        assert set(found.counts) == {"append_only"} | kinds
        assert found.counts["append_only"] >= 8, "the triggers are gone, too"
        assert not found.sound

    def test_a_redacted_process_is_excused_from_the_hash_that_its_ids_are(self, ledger: Ledger) -> None:
        fill(ledger)
        statements = ["UPDATE release SET body = body WHERE sequence = 1"]
        row = "INSERT INTO redaction (number, as_of, ocid, path, reason, author, open) VALUES "
        statements.append(row + "(1, '2025-03-01T00:00:00Z', 'ocds-213czf-b', 'tender/title', 'r', 'a', 0)")
        self.without_triggers(ledger, statements)
        assert ledger.verify(RULES).redacted == 1

    def test_everything_on_record_about_a_process_is_told(self, ledger: Ledger) -> None:
        fill(ledger)
        found = ledger.recorded("ocds-213czf-a")
        assert found is not None
        assert [(one.sequence, one.run_id, one.manifest, one.publication) for one in found.releases] == [
            (2, a_run(1).run_id, 1, "s1"), (5, a_run(2).run_id, 2, "s1"), (7, a_run(4).run_id, 4, "s1"),
        ]  # fmt: skip
        assert [one.previous_id for one in found.releases][1:] == [one.release_id for one in found.releases][:-1]
        assert found.provenance == (("", "calls:a"), ("contracts/Ca", "contracts:Ca"))
        assert ledger.recorded("ocds-213czf-z") is None
        assert list(ledger.ocids()) == [f"ocds-213czf-{key}" for key in "abcd"]
        assert dict(ledger.own_rows())["ocds-213czf-b"] == {"calls:b"}

    def test_a_commit_whose_process_is_killed_leaves_nothing(
        self, ledger: Ledger, location: str | Path, city: str
    ) -> None:
        fill(ledger)
        before = list(ledger.releases())
        program = (
            "import sys; from pregon.ledger import Ledger; from ledger_restoring import dying; dying(*sys.argv[1:])"
        )
        tests = str(Path(__file__).parent)
        done = subprocess.run(
            [sys.executable, "-c", program, str(location), city],
            env={**os.environ, "PYTHONPATH": tests}, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert list(ledger.releases()) == before
        assert ledger.head() == Ledger.open(location, city).head()
        assert ledger.verify(RULES).findings == []
        assert ledger.commit(a_run(9), [an_entry(ledger, "x", 9)]).sequence == len(before) + 1

    def test_two_committers_in_two_processes_take_turns(self, ledger: Ledger, location: str | Path, city: str) -> None:
        program = "import sys; from ledger_restoring import committing; committing(*sys.argv[1:])"
        tests = str(Path(__file__).parent)
        both = [
            subprocess.Popen(
                [sys.executable, "-c", program, str(location), city, str(day)],
                env={**os.environ, "PYTHONPATH": tests}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for day in (1, 2)
        ]  # fmt: skip
        said = [one.communicate("go\n", timeout=120)[0].strip() for one in both]
        # Whoever comes first commits; the other finds its manifest too old, or follows.
        assert sorted(said) in (["300", "600"], ["300", "StaleManifest"]), said
        assert [one.sequence for one in ledger.releases()] == list(range(1, 1 + 300 * sum(s.isdigit() for s in said)))
        assert ledger.verify(RULES).findings == []

    @pytest.mark.parametrize("table", ["release", "process", "run", "publication", "redaction", "owner"])
    def test_nothing_is_truncated_or_replaced_by_hand(self, ledger: Ledger, table: str) -> None:
        fill(ledger)
        postgresql = ledger._database.postgresql
        statement = f"TRUNCATE {table} CASCADE" if postgresql else f"DELETE FROM {table} WHERE true"
        if table == "redaction" and not postgresql:
            execute(ledger, "INSERT INTO redaction (number, as_of, ocid, path, reason, author, open) VALUES "
                                 "(1, '2025-03-01T00:00:00Z', 'x', NULL, 'r', 'a', 0)")  # fmt: skip
        with pytest.raises(DBAPIError, match="append-only"):
            execute(ledger, statement)
        assert ledger.verify(RULES).findings == []

    @pytest.mark.parametrize("table", ["release", "run", "publication", "owner"])
    def test_no_row_is_overwritten_by_an_upsert(self, ledger: Ledger, table: str) -> None:
        fill(ledger)
        key = {"release": "sequence", "run": "number", "publication": "number", "owner": "city"}[table]
        over = f"ON CONFLICT ({key}) DO UPDATE SET {key} = excluded.{key}"
        statement = f"INSERT INTO {table} SELECT * FROM {table} WHERE true {over}"
        with pytest.raises(DBAPIError, match="append-only"):
            execute(ledger, statement)
        assert ledger.verify(RULES).findings == []

    def without_triggers(self, ledger: Ledger, statements: list[str]) -> None:
        """Do what the triggers would refuse."""
        with ledger._database.engine.begin() as connection:
            if ledger._database.postgresql:
                found = connection.execute(text(
                    "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
                    "WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
                ))  # fmt: skip
                drops = [f"DROP TRIGGER {name} ON {table}" for name, table in found]
            else:
                names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
                drops = [f"DROP TRIGGER {name}" for name in names]
            for statement in (*drops, *statements):
                connection.execute(text(statement))


def dying(location: str, city: str) -> None:
    """Commit, and be killed in the middle of it: after a batch is written, before the transaction ends."""
    ledger = Ledger.open(location, city)

    def entries() -> Iterator[Entry]:
        for number in range(1500):
            yield an_entry(ledger, f"k{number:04}", 9)
        os.kill(os.getpid(), signal.SIGKILL)

    ledger.commit(a_run(9), entries())


def committing(location: str, city: str, day: str) -> None:
    """Commit 300 processes; say the sequence, or why it was refused."""
    ledger = Ledger.open(location, city)
    number = int(day)
    entries = [an_entry(ledger, f"{day}-{place}", number) for place in range(300)]
    sys.stdin.readline()
    try:
        sys.stdout.write(f"{ledger.commit(a_run(number), entries).sequence}\n")
    except Exception as error:  # noqa: BLE001 - the test says which
        sys.stdout.write(f"{type(error).__name__}\n")
