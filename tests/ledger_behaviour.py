"""What every ledger does, whatever its database (not a test module; the tests of each database inherit from it)."""

import gc
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pregon.ledger import (
    Entry,
    EntryOutOfStep,
    Examined,
    Ledger,
    LedgerBusy,
    LedgerTooNew,
    MaskedCell,
    Publication,
    PublicationConflict,
    QuarantineRow,
    RedactedMeanwhile,
    Rewriting,
    Run,
    RunConflict,
    StaleManifest,
    UnknownProcess,
)

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


class LedgerBehaviour:
    """Tests; a subclass gives the fixtures `location` (of an empty database) and `city` (a name not used before)."""

    @pytest.fixture
    def location(self) -> str | Path:
        raise NotImplementedError

    @pytest.fixture
    def city(self) -> str:
        return "riverbend"

    @pytest.fixture
    def ledger(self, location: str | Path, city: str) -> Ledger:
        return Ledger.open(location, city)

    def test_an_empty_ledger_says_that_nothing_was_released(self, ledger: Ledger) -> None:
        assert ledger.head() is None
        assert ledger.committed("20250301T060000Z") is None
        assert ledger.previous(["ocds-213czf-1"]) == {}
        assert list(ledger.releases()) == []
        assert list(ledger.processes()) == []
        assert ledger.segments().releases == {}
        assert ledger.publications() == []

    def test_the_next_run_starts_where_the_last_one_stood(self, ledger: Ledger) -> None:
        result = ledger.commit(a_run(3), [an_entry("1"), an_entry("2")])
        head = ledger.head()
        assert head is not None
        assert (head.run_id, head.as_of, head.manifest) == ("20250303T060000Z", AS_OF.replace(day=3), 3)
        assert head.counts == {"rows": 30}
        assert head.result == result == ledger.committed("20250303T060000Z")
        assert (result.sequence, result.releases, result.new_processes, result.changed_processes) == (2, 2, 2, 0)

    def test_a_release_comes_back_byte_for_byte_in_the_order_of_commit(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("2"), an_entry("1"), an_entry("ñ")])
        ledger.commit(a_run(2), [an_entry("1", 2)])
        stored = list(ledger.releases())
        assert [(release.sequence, release.ocid[12:], release.release_id) for release in stored] == [
            (1, "2", "r1"),
            (2, "1", "r1"),
            (3, "ñ", "r1"),
            (4, "1", "r2"),
        ]
        assert stored[3].json == orjson.dumps(an_entry("1", 2).release)
        assert stored[3].tags == ("tender",)
        assert [release.ocid[12:] for release in ledger.releases(order="ocid")] == ["1", "1", "2", "ñ"]
        assert [release.sequence for release in ledger.releases(after=2)] == [3, 4]
        assert [release.sequence for release in ledger.releases(ocids=["ocds-213czf-1"])] == [2, 4]

    def test_releases_are_found_by_the_segment_of_their_date(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1"), an_entry("2", year=2023)])
        ledger.commit(a_run(2), [an_entry("1", 2)])
        assert [release.date[:7] for release in ledger.releases(segment="2024")] == ["2024-01"]
        assert [release.date[:7] for release in ledger.releases(segment="2025", month=2)] == ["2025-02"]
        assert list(ledger.releases(segment="2025", month=3)) == []
        segments = ledger.segments()
        assert segments.releases == {"2023": 1, "2024": 1, "2025": 1}
        assert segments.processes == {"2023": 1, "2024": 1}
        assert ledger.segments(after=2).releases == {"2025": 1}
        assert ledger.segments(after=2).processes == {"2024": 1}

    def test_what_a_next_release_needs_is_there_for_thousands_of_processes(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), (an_entry(f"{number:05}") for number in range(6000)))
        ledger.commit(a_run(2), [an_entry("00007", 2, tags=("award", "contract"))])
        asked = [f"ocds-213czf-{number:05}" for number in range(7000)]
        found = ledger.previous(asked)
        assert len(found) == 6000
        previous = found["ocds-213czf-00007"]
        assert (previous.release_id, previous.date) == ("r2", "2025-02-15T00:00:00Z")
        assert previous.tags == {"tender", "award", "contract"}
        assert previous.compiled == an_entry("00007", 2).compiled | {"tag": ["compiled"]}
        assert ledger.state_hashes(asked[5999:]) == {"ocds-213czf-05999": f"{1:064x}"}
        assert previous.state_hash == f"{2:064x}"

    def test_processes_come_by_ocid_with_their_releases_oldest_first(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), (an_entry(f"{number:04}") for number in reversed(range(1200))))
        ledger.commit(a_run(2), [an_entry("0003", 2), an_entry("1199", 2), an_entry("zz", year=2021)])
        processes = list(ledger.processes())
        assert [process.ocid[12:] for process in processes] == [*(f"{number:04}" for number in range(1200)), "zz"]
        assert [release.release_id for release in processes[3].releases] == ["r1", "r2"]
        assert (processes[3].first_date[:4], processes[3].last_date[:4]) == ("2024", "2025")
        assert processes[3].compiled == orjson.dumps(an_entry("0003", 2).compiled)
        assert [process.ocid[12:] for process in ledger.processes(segment="2021")] == ["zz"]
        changed = list(ledger.processes(after=1200, with_releases=False))
        assert [process.ocid[12:] for process in changed] == ["0003", "1199", "zz"]
        assert changed[0].releases == ()
        one = list(ledger.processes(ocids=["ocds-213czf-zz", "ocds-213czf-none"]))
        assert [len(process.releases) for process in one] == [1]

    def test_a_process_may_get_several_releases_in_one_run(self, ledger: Ledger) -> None:
        result = ledger.commit(a_run(1), [an_entry("1"), an_entry("1", 2), an_entry("2"), an_entry("1", 3)])
        assert (result.releases, result.new_processes, result.changed_processes) == (4, 2, 0)
        result = ledger.commit(a_run(2), [an_entry("1", 4), an_entry("1", 5)])
        assert (result.releases, result.new_processes, result.changed_processes) == (2, 0, 1)
        assert [len(process.releases) for process in ledger.processes()] == [5, 1]
        assert ledger.previous(["ocds-213czf-1"])["ocds-213czf-1"].release_id == "r5"

    def test_of_thousands_of_releases_of_a_process_in_one_run_the_last_says_how_it_stands(self, ledger: Ledger) -> None:
        entries = []
        for number in range(1, 2502):
            date = (datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
            made = an_entry("a")
            release = {**made.release, "id": f"r{number}", "date": date}
            before = f"r{number - 1}" if number > 1 else None
            entries.append(Entry(made.ocid, f"{number:064x}", release, {}, before))
        last = an_entry("a")
        entries[-1] = replace(entries[-1], compiled=last.compiled, provenance=last.provenance, rows=last.rows)
        result = ledger.commit(a_run(1), [*entries, an_entry("b")])
        assert (result.releases, result.new_processes, result.changed_processes) == (2502, 2, 0)
        (process, _) = ledger.processes(with_releases=True)
        assert orjson.loads(process.compiled) == last.compiled
        assert len(process.releases) == 2501
        assert ledger.state_hashes([last.ocid]) == {last.ocid: f"{2501:064x}"}
        assert ledger.provenance([last.ocid]) == {last.ocid: last.provenance}
        assert ledger.accounting().published == {"solicitations": 2, "bids": 2}

    def test_what_was_released_before_a_run_is_known_during_and_after_it(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("a"), an_entry("b")])
        asked = [f"ocds-213czf-{key}" for key in "abcd"]
        second = a_run(2).run_id
        assert ledger.released(asked, before=second) == {*asked[:2]}
        ledger.commit(a_run(2), [an_entry("a", 2), an_entry("c")])
        assert ledger.released(asked, before=second) == {*asked[:2]}
        assert ledger.released(asked, before=a_run(3).run_id) == {*asked[:3]}
        assert ledger.released(asked, before=a_run(1).run_id) == frozenset()
        assert ledger.released([], before=second) == frozenset()

    def test_a_repeated_run_changes_nothing_and_gives_the_same_result(self, ledger: Ledger) -> None:
        entries = [an_entry("1"), an_entry("2")]
        first = ledger.commit(a_run(1), entries, [a_row("7")])
        assert ledger.commit(a_run(1), reversed(entries), [a_row("7")]) == first
        assert len(list(ledger.releases())) == 2
        assert len(list(ledger.quarantined())) == 1

    def test_a_run_of_the_same_name_with_other_content_is_refused(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        with pytest.raises(RunConflict):
            ledger.commit(a_run(1), [an_entry("1"), an_entry("2")])
        assert len(list(ledger.releases())) == 1

    @pytest.mark.parametrize("manifest", [4, 5])
    def test_a_manifest_that_is_not_newer_is_refused(self, ledger: Ledger, manifest: int) -> None:
        ledger.commit(a_run(5), [an_entry("1")])
        with pytest.raises(StaleManifest) as refused:
            ledger.commit(a_run(6, manifest=manifest), [an_entry("2")])
        assert refused.value.committed == 5
        assert len(list(ledger.releases())) == 1

    @pytest.mark.parametrize(
        "entry",
        [
            pytest.param(an_entry("1"), id="released again from the start"),
            pytest.param(an_entry("1", 3), id="a release between is missing"),
            pytest.param(an_entry("2", 2), id="follows nothing"),
            pytest.param(replace(an_entry("1", 2), release=an_entry("1").release), id="same date and id"),
        ],
    )
    def test_a_release_that_does_not_follow_the_last_one_is_refused(self, ledger: Ledger, entry: Entry) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        with pytest.raises(EntryOutOfStep):
            ledger.commit(a_run(2), [an_entry("3"), entry])
        assert len(list(ledger.releases())) == 1, "a refused run leaves nothing"
        head = ledger.head()
        assert head is not None
        assert head.manifest == 1

    def test_a_run_that_dies_while_it_commits_leaves_nothing(self, ledger: Ledger) -> None:
        def dying() -> Iterator[Entry]:
            for number in range(1500):
                yield an_entry(f"{number:04}")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            ledger.commit(a_run(1), dying())
        assert ledger.head() is None
        assert list(ledger.releases()) == []
        assert ledger.commit(a_run(1), [an_entry("1")]).sequence == 1

    def test_source_rows_are_accounted_for_where_they_are_now(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1"), an_entry("2")], [a_row("8"), a_row("8"), a_row("9", table="awards")])
        assert ledger.accounting().published == {"bids": 2, "solicitations": 2}
        assert ledger.accounting().quarantined == {"awards": 1, "bids": 1}
        ledger.commit(a_run(2), [an_entry("1", 2)])
        assert ledger.accounting().published == {"bids": 3, "solicitations": 2}
        same = Entry("ocds-213czf-2", "0" * 64, provenance=[["", "solicitations", "2b"]], rows={"solicitations": 1})
        result = ledger.commit(a_run(3), [same])
        assert (result.releases, result.sequence) == (0, 3)
        assert ledger.accounting().published == {"bids": 2, "solicitations": 2}
        assert ledger.provenance(["ocds-213czf-2"]) == {"ocds-213czf-2": [["", "solicitations", "2b"]]}
        assert ledger.state_hashes(["ocds-213czf-2"]) == {"ocds-213czf-2": "0" * 64}
        assert ledger.previous(["ocds-213czf-2"])["ocds-213czf-2"].release_id == "r1"

    def test_rows_of_a_released_process_that_is_held_back_now_are_not_published(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1"), an_entry("2")])
        ocid = "ocds-213czf-2"
        ledger.commit(a_run(2), [], [a_row("8", ocid=ocid), a_row("9", ocid=ocid), a_row("7")])
        assert ledger.accounting().published == {"bids": 1, "solicitations": 1}
        ledger.commit(a_run(3), [an_entry("1", 2)], [a_row("9", ocid="ocds-213czf-1")], examined=Examined(ocids=[ocid]))
        assert ledger.accounting().published == {"bids": 1, "solicitations": 1}
        ledger.commit(a_run(4), [], examined=Examined(everything=True))
        assert ledger.accounting().published == {"bids": 3, "solicitations": 2}

    def test_only_a_released_process_can_be_kept_up_to_date(self, ledger: Ledger) -> None:
        with pytest.raises(UnknownProcess):
            ledger.commit(a_run(1), [Entry("ocds-213czf-9", "0" * 64)])

    def test_findings_of_a_new_run_replace_those_about_what_it_looked_at(self, ledger: Ledger) -> None:
        rows = [a_row("1"), a_row("2"), a_row("3", ocid="ocds-213czf-3"), a_row("4", ocid="ocds-213czf-4")]
        assert ledger.commit(a_run(1), [], rows).quarantined == 4
        ledger.commit(a_run(2), [], [], examined=Examined(ocids=["ocds-213czf-3"]))
        assert [(found.row.row, found.run_id[6:8]) for found in ledger.quarantined()] == [
            ("1", "01"),
            ("2", "01"),
            ("4", "01"),
        ]
        ledger.commit(a_run(3), [], [a_row("2")], examined=Examined(rows=True))
        # What is found again stands since the run that found it first.
        assert [(found.row.row, found.run_id[6:8]) for found in ledger.quarantined()] == [("2", "01"), ("4", "01")]
        assert [found.row.row for found in ledger.quarantined(ocid="ocds-213czf-4")] == ["4"]
        assert list(ledger.quarantined(table="awards")) == []
        ledger.commit(a_run(4), [], [], examined=Examined(everything=True))
        assert list(ledger.quarantined()) == []
        ledger.commit(a_run(5), [], [a_row("2")], examined=Examined(everything=True))
        assert [found.run_id[6:8] for found in ledger.quarantined()] == ["05"]

    def test_a_quarantined_value_is_kept_readable_and_short(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [], [a_row("1")])
        (found,) = ledger.quarantined()
        assert found.row.value == "x␀" * 250

    @pytest.mark.parametrize("table", ["release", "process", "run", "publication", "redaction", "owner"])
    def test_nothing_is_deleted_from_the_book(self, ledger: Ledger, table: str) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        ledger.record_publication(Publication("s1", AS_OF, a_run(1).run_id, 1))
        self.execute(ledger, "INSERT INTO redaction VALUES (1, '2025-03-01T00:00:00Z', 'x', NULL, 'r', 'a', 1)")
        with pytest.raises(DBAPIError, match="append-only"):
            self.execute(ledger, f"DELETE FROM {table}")

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE release SET body = compiled FROM process WHERE process.ocid = release.ocid",
            "UPDATE release SET date = '2020-01-01T00:00:00Z'",
            "UPDATE run SET manifest = 0",
            "UPDATE owner SET city = 'other'",
        ],
    )
    def test_nothing_in_the_book_is_rewritten(self, ledger: Ledger, statement: str) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        with pytest.raises(DBAPIError, match="append-only"):
            self.execute(ledger, statement)

    def test_only_an_open_redaction_lets_a_body_and_nothing_else_be_rewritten(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1"), an_entry("2")])
        self.execute(
            ledger,
            "INSERT INTO redaction VALUES (1, '2025-03-01T00:00:00Z', 'ocds-213czf-1', 'tender/title', 'r', 'a', 1)",
        )
        rewrite = "UPDATE release SET body = compiled, content_hash = '' FROM process WHERE process.ocid = release.ocid"
        self.execute(ledger, f"{rewrite} AND release.ocid = 'ocds-213czf-1'")
        for refused in (
            f"{rewrite} AND release.ocid = 'ocds-213czf-2'",
            "UPDATE release SET date = '2020-01-01T00:00:00Z' WHERE ocid = 'ocds-213czf-1'",
            "UPDATE redaction SET author = 'b'",
        ):
            with pytest.raises(DBAPIError, match="append-only"):
                self.execute(ledger, refused)
        self.execute(ledger, "UPDATE redaction SET open = 0")
        with pytest.raises(DBAPIError, match="append-only"):
            self.execute(ledger, f"{rewrite} AND release.ocid = 'ocds-213czf-1'")
        # One that concerns every process opens every body, and nothing more.
        self.execute(
            ledger, "INSERT INTO redaction VALUES (2, '2025-03-02T00:00:00Z', NULL, 'tender/title', 'r', 'a', 1)"
        )
        self.execute(ledger, f"{rewrite} AND release.ocid = 'ocds-213czf-2'")
        with pytest.raises(DBAPIError, match="append-only"):
            self.execute(ledger, "UPDATE release SET tags = '[]'")
        self.execute(ledger, "UPDATE redaction SET open = 0 WHERE number = 2")
        with pytest.raises(DBAPIError, match="append-only"):
            self.execute(ledger, f"{rewrite} AND release.ocid = 'ocds-213czf-2'")

    def test_a_ledger_of_the_first_version_keeps_what_it_holds(
        self, location: str | Path, city: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("pregon.ledger.database.REVISION", "0001")
            old = Ledger.open(location, city)
        self.execute(old, "INSERT INTO redaction VALUES (1, '2025-03-01T00:00:00Z', 'x', 'tender', 'r', 'a', 1)")
        upgraded = Ledger.open(location, city)
        (kept,) = upgraded.redacting.all()
        assert (kept.number, kept.ocid, kept.path, kept.reason, kept.author, kept.open) == (
            1, "x", "tender", "r", "a", True,
        )  # fmt: skip
        upgraded.commit(a_run(1, redactions=1), [an_entry("1")])
        for refused in ("UPDATE release SET body = compiled FROM process", "DELETE FROM redaction"):
            with pytest.raises(DBAPIError, match="append-only"):
                self.execute(upgraded, refused)

    def test_a_redaction_is_put_on_record_once_and_closed(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        targets = [("ocds-213czf-1", "tender/title"), (None, "tender/description")]
        opened = ledger.redacting.open(targets, as_of=AS_OF, reason="why", author="who")
        assert opened == ledger.redacting.open(targets, as_of=AS_OF.replace(day=9), reason="else", author="else")
        assert opened == ledger.redacting.all()
        assert [(one.number, one.ocid, one.path, one.open) for one in opened] == [
            (1, "ocds-213czf-1", "tender/title", True),
            (2, None, "tender/description", True),
        ]
        ledger.redacting.close([1, 2])
        ledger.redacting.close([1, 2])
        assert [one.open for one in ledger.redacting.all()] == [False, False]
        assert ledger.redacting.newest() == 2

    def test_redacted_bodies_take_the_place_of_those_committed(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1"), an_entry("2")])
        ledger.commit(a_run(2), [an_entry("1", 2)])
        before = list(ledger.releases())
        contents = ledger.contents("releases"), ledger.contents("processes")
        ledger.redacting.open([("ocds-213czf-1", "tender/title")], as_of=AS_OF, reason="why", author="who")
        (found,) = ledger.redacting.histories(["ocds-213czf-1"])
        bodies = {sequence: {**orjson.loads(body), "tender": {}} for sequence, body in found[2]}
        assert list(bodies) == [1, 3]
        left = Rewriting("ocds-213czf-1", bodies, {"tender": {}}, "0" * 64)
        assert ledger.redacting.rewrite([left]) == 2
        ledger.redacting.purge()
        after = list(ledger.releases())
        assert [one[:5] for one in after] == [one[:5] for one in before]
        assert [orjson.loads(one.json)["tender"] == {} for one in after] == [True, False, True]
        assert ledger.previous(["ocds-213czf-1"])["ocds-213czf-1"].compiled == {"tender": {}}
        assert ledger.contents("releases") != contents[0]
        assert ledger.contents("processes") != contents[1]
        with pytest.raises(DBAPIError, match="append-only"):
            ledger.redacting.rewrite([replace(left, ocid="ocds-213czf-2", releases={2: {}})])

    def test_a_stream_of_which_only_the_beginning_is_read_leaves_nothing_open(self, ledger: Ledger) -> None:
        # A cursor that is left open is a warning on PostgreSQL, and so a failure here.
        ledger.commit(a_run(1), [an_entry("1"), an_entry("2")])
        assert next(ledger.releases()).sequence == 1
        assert next(ledger.stretches()).releases == 2
        assert next(ledger.placed("releases")).sequence == 1
        assert next(ledger.placed("processes")).sequence == 1
        assert next(ledger.ocids()) == "ocds-213czf-1"
        gc.collect()

    def test_a_year_of_releases_has_its_months_in_it(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1"), an_entry("2")])
        ledger.commit(a_run(2), [an_entry("1", 2)])
        before = ledger.contents("releases")
        assert [(part.name, [(month.name, month.entries) for month in part.months]) for part in before] == [
            ("2024", [("2024-01", 2)]), ("2025", [("2025-02", 1)]),
        ]  # fmt: skip
        assert [part.months for part in ledger.contents("processes")] == [()]
        ledger.commit(a_run(3), [an_entry("3")])
        after = ledger.contents("releases")
        assert before[0].months != after[0].months
        assert before[1].months == after[1].months

    def test_what_is_published_is_told_in_the_order_of_commit(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("2"), an_entry("1"), an_entry("3")])
        before = {one.ocid: one for one in ledger.placed("processes")}
        ledger.commit(a_run(2), [an_entry("1", 2), an_entry("0")])
        releases = list(ledger.placed("releases"))
        assert [(one.sequence, one.ocid[12:], one.committed.day) for one in releases] == [
            (1, "2", 1), (2, "1", 1), (3, "3", 1), (4, "1", 2), (5, "0", 2),
        ]  # fmt: skip
        assert [one.sequence for one in ledger.releases(after=1, until=4)] == [2, 3, 4]
        processes = list(ledger.placed("processes"))
        assert [(one.sequence, one.ocid[12:], one.committed.day) for one in processes] == [
            (1, "2", 1), (2, "1", 2), (3, "3", 1), (5, "0", 2),
        ]  # fmt: skip
        assert [one.ocid[12:] for one in processes if before.get(one.ocid) != one] == ["1", "0"]
        ledger.redacting.open([("ocds-213czf-2", None)], as_of=AS_OF.replace(day=9), reason="why", author="who")
        assert [one.sequence for one in ledger.placed("releases")] == [2, 3, 4, 5]
        # A redaction may have changed whatever is left.
        left = list(ledger.placed("processes"))
        assert [(one.sequence, one.committed.day) for one in left] == [(2, 9), (3, 9), (5, 9)]
        assert not {one.fingerprint for one in left} & {one.fingerprint for one in processes}

    def test_a_process_that_was_taken_back_is_in_no_publication(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1"), an_entry("2")])
        ledger.commit(a_run(2), [an_entry("1", 2), an_entry("3")])
        ledger.redacting.open([("ocds-213czf-1", None)], as_of=AS_OF, reason="why", author="who")
        assert [one.ocid[12:] for one in ledger.releases()] == ["2", "3"]
        assert [one.ocid[12:] for one in ledger.processes()] == ["2", "3"]
        assert list(ledger.processes(ocids=["ocds-213czf-1"])) == []
        assert sum(ledger.segments().releases.values()) == 2
        assert sum(part.entries for part in ledger.contents("releases")) == 2
        assert sum(part.entries for part in ledger.contents("processes")) == 2
        # Sequences keep their meaning: the second of those left is the fourth that was committed.
        assert ledger.sequence_of(2, 1) == 4
        assert ledger.sequence_of(4, 0) == 4
        assert [len(history) for _, _, history in ledger.redacting.histories(["ocds-213czf-1"])] == [2]

    def test_a_run_that_does_not_know_the_newest_redaction_is_refused(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        ledger.redacting.open([(None, "tender/title")], as_of=AS_OF, reason="why", author="who")
        with pytest.raises(RedactedMeanwhile):
            ledger.commit(a_run(2), [an_entry("1", 2)])
        assert len(list(ledger.releases())) == 1
        ledger.commit(a_run(2, redactions=1), [an_entry("1", 2)])
        assert len(list(ledger.releases())) == 2

    def test_masked_cells_are_on_record_for_ever(self, ledger: Ledger) -> None:
        cells = [MaskedCell("vendors", "V2", "street"), MaskedCell("vendors", "V1", "street")]
        ledger.redacting.mask(cells, 1)
        ledger.redacting.mask([*cells, MaskedCell("vendors", "V1", "city")], 2)
        assert ledger.redacting.masked_cells() == [
            ("vendors", "V1", "city"), ("vendors", "V1", "street"), ("vendors", "V2", "street"),
        ]  # fmt: skip
        for statement in ("DELETE FROM masked_cell", "UPDATE masked_cell SET source_column = 'x'"):
            with pytest.raises(DBAPIError, match="append-only"):
                self.execute(ledger, statement)

    def test_quarantine_forgets_what_was_taken_back(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [], [a_row("1"), a_row("2")])
        assert ledger.redacting.clear_quarantine(lambda row: row.row == "1", "gone") == 1
        assert ledger.redacting.clear_quarantine(lambda row: row.row == "1", "gone") == 0
        assert [(one.row.row, one.row.value is None, one.row.message == "gone") for one in ledger.quarantined()] == [
            ("1", True, True), ("2", False, False),
        ]  # fmt: skip

    def test_the_run_of_a_release_is_known(self, ledger: Ledger) -> None:
        assert ledger.run_of(0) is None
        ledger.commit(a_run(1), [])
        ledger.commit(a_run(2), [an_entry("1"), an_entry("2")])
        ledger.commit(a_run(3), [])
        assert [ledger.run_of(sequence) for sequence in range(4)] == [
            a_run(1).run_id, a_run(2).run_id, a_run(2).run_id, None,
        ]  # fmt: skip

    def test_a_snapshot_is_recorded_once(self, ledger: Ledger) -> None:
        first = Publication("20250301", AS_OF, a_run(1).run_id, 4)
        second = Publication("20250302", AS_OF.replace(day=2), a_run(2).run_id, 4)
        for publication in (first, second, first):
            ledger.record_publication(publication)
        assert ledger.publications() == [first, second]
        with pytest.raises(PublicationConflict):
            ledger.record_publication(replace(first, sequence=5))

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

    def test_a_reader_keeps_seeing_the_state_it_began_with(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), (an_entry(f"{number:04}") for number in range(1100)))
        reader = ledger.processes(with_releases=False)
        next(reader)
        ledger.commit(a_run(2), [an_entry("9999")])
        assert len(list(reader)) == 1099

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
        self.execute(ledger, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(LedgerTooNew):
            Ledger.open(location, city)

    def test_the_tables_are_what_the_code_says_they_are(self, ledger: Ledger) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        from pregon.ledger.tables import metadata

        with ledger._database.read() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []

    def execute(self, ledger: Ledger, statement: str) -> None:
        """Do something behind the ledger's back."""
        with ledger._database.engine.begin() as connection:
            connection.execute(text(statement))
