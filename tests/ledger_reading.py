"""What is read of a ledger: the same on every database."""

import gc

import orjson
from made_up_ledger import AS_OF, a_run, an_entry

from pregon.ledger import Ledger


class LedgerReading:
    """Tests to inherit; see `LedgerBehaviour`."""

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

    def test_a_stream_of_which_only_the_beginning_is_read_leaves_nothing_open(self, ledger: Ledger) -> None:
        # A cursor that is left open is a warning on PostgreSQL, and so a failure here.
        ledger.commit(a_run(1), [an_entry("1"), an_entry("2")])
        assert next(ledger.releases()).sequence == 1
        assert next(ledger.stretches()).releases == 2
        assert next(ledger.placed("releases")).sequence == 1
        assert next(ledger.placed("processes")).sequence == 1
        assert next(ledger.listed("releases", "2024")).sequence == 1
        assert next(ledger.listed("processes", "2024")).sequence == 1
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

    def test_what_a_segment_holds_is_told_in_the_order_of_its_files(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("2"), an_entry("1"), an_entry("3")])
        before = {one.ocid: one for one in ledger.listed("processes", "2024")}
        ledger.commit(a_run(2), [an_entry("1", 2), an_entry("0")])
        releases = list(ledger.listed("releases", "2024"))
        assert [(one.sequence, one.ocid[12:]) for one in releases] == [(1, "2"), (2, "1"), (3, "3"), (5, "0")]
        assert [one.sequence for one in ledger.listed("releases", "2025")] == [4]
        assert list(ledger.listed("releases", "2024", 1)) == releases
        assert list(ledger.listed("releases", "2024", 2)) == []
        processes = list(ledger.listed("processes", "2024"))
        assert [(one.sequence, one.ocid[12:]) for one in processes] == [(5, "0"), (4, "1"), (1, "2"), (3, "3")]
        assert [one.ocid[12:] for one in processes if before.get(one.ocid) != one] == ["0", "1"]
        ledger.redacting.open([("ocds-213czf-2", None)], as_of=AS_OF.replace(day=9), reason="why", author="who")
        left = [*ledger.listed("processes", "2024"), *ledger.listed("releases", "2024")]
        assert [one.sequence for one in left] == [5, 4, 3, 2, 3, 5]
        # A redaction may have changed whatever is left.
        assert not {one.fingerprint for one in left} & {one.fingerprint for one in [*processes, *releases]}

    def test_the_run_of_a_release_is_known(self, ledger: Ledger) -> None:
        assert ledger.run_of(0) is None
        ledger.commit(a_run(1), [])
        ledger.commit(a_run(2), [an_entry("1"), an_entry("2")])
        ledger.commit(a_run(3), [])
        assert [ledger.run_of(sequence) for sequence in range(4)] == [
            a_run(1).run_id, a_run(2).run_id, a_run(2).run_id, None,
        ]  # fmt: skip

    def test_a_reader_keeps_seeing_the_state_it_began_with(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), (an_entry(f"{number:04}") for number in range(1100)))
        reader = ledger.processes(with_releases=False)
        next(reader)
        ledger.commit(a_run(2), [an_entry("9999")])
        assert len(list(reader)) == 1099
