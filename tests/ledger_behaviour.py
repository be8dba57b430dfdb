"""What every ledger does, whatever its database (not a test module; the tests of each database inherit from it)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from ledger_opening import LedgerOpening
from ledger_reading import LedgerReading
from ledger_redacting import LedgerRedacting
from made_up_ledger import AS_OF, a_row, a_run, an_entry

from pregon.ledger import (
    Entry,
    EntryOutOfStep,
    Examined,
    Ledger,
    Publication,
    PublicationConflict,
    RunConflict,
    StaleManifest,
    UnknownProcess,
)


class LedgerBehaviour(LedgerReading, LedgerRedacting, LedgerOpening):
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

    def test_a_snapshot_is_recorded_once(self, ledger: Ledger) -> None:
        first = Publication("20250301", AS_OF, a_run(1).run_id, 4)
        second = Publication("20250302", AS_OF.replace(day=2), a_run(2).run_id, 4)
        for publication in (first, second, first):
            ledger.record_publication(publication)
        assert ledger.publications() == [first, second]
        with pytest.raises(PublicationConflict):
            ledger.record_publication(replace(first, sequence=5))
