"""How a ledger obeys redactions, and lets nothing else change what it holds: the same on every database."""

from dataclasses import replace

import orjson
import pytest
from made_up_ledger import AS_OF, a_row, a_run, an_entry, execute
from sqlalchemy.exc import DBAPIError

from pregon.ledger import Ledger, MaskedCell, Publication, RedactedMeanwhile, Rewriting


class LedgerRedacting:
    """Tests to inherit; see `LedgerBehaviour`."""

    @pytest.mark.parametrize("table", ["release", "process", "run", "publication", "redaction", "owner"])
    def test_nothing_is_deleted_from_the_book(self, ledger: Ledger, table: str) -> None:
        ledger.commit(a_run(1), [an_entry("1")])
        ledger.record_publication(Publication("s1", AS_OF, a_run(1).run_id, 1))
        execute(ledger, "INSERT INTO redaction VALUES (1, '2025-03-01T00:00:00Z', 'x', NULL, 'r', 'a', 1)")
        with pytest.raises(DBAPIError, match="append-only"):
            execute(ledger, f"DELETE FROM {table}")

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
            execute(ledger, statement)

    def test_only_an_open_redaction_lets_a_body_and_nothing_else_be_rewritten(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [an_entry("1"), an_entry("2")])
        execute(
            ledger,
            "INSERT INTO redaction VALUES (1, '2025-03-01T00:00:00Z', 'ocds-213czf-1', 'tender/title', 'r', 'a', 1)",
        )
        rewrite = "UPDATE release SET body = compiled, content_hash = '' FROM process WHERE process.ocid = release.ocid"
        execute(ledger, f"{rewrite} AND release.ocid = 'ocds-213czf-1'")
        for refused in (
            f"{rewrite} AND release.ocid = 'ocds-213czf-2'",
            "UPDATE release SET date = '2020-01-01T00:00:00Z' WHERE ocid = 'ocds-213czf-1'",
            "UPDATE redaction SET author = 'b'",
        ):
            with pytest.raises(DBAPIError, match="append-only"):
                execute(ledger, refused)
        execute(ledger, "UPDATE redaction SET open = 0")
        with pytest.raises(DBAPIError, match="append-only"):
            execute(ledger, f"{rewrite} AND release.ocid = 'ocds-213czf-1'")
        # One that concerns every process opens every body, and nothing more.
        execute(ledger, "INSERT INTO redaction VALUES (2, '2025-03-02T00:00:00Z', NULL, 'tender/title', 'r', 'a', 1)")
        execute(ledger, f"{rewrite} AND release.ocid = 'ocds-213czf-2'")
        with pytest.raises(DBAPIError, match="append-only"):
            execute(ledger, "UPDATE release SET tags = '[]'")
        execute(ledger, "UPDATE redaction SET open = 0 WHERE number = 2")
        with pytest.raises(DBAPIError, match="append-only"):
            execute(ledger, f"{rewrite} AND release.ocid = 'ocds-213czf-2'")

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
                execute(ledger, statement)

    def test_quarantine_forgets_what_was_taken_back(self, ledger: Ledger) -> None:
        ledger.commit(a_run(1), [], [a_row("1"), a_row("2")])
        assert ledger.redacting.clear_quarantine(lambda row: row.row == "1", "gone") == 1
        assert ledger.redacting.clear_quarantine(lambda row: row.row == "1", "gone") == 0
        assert [(one.row.row, one.row.value is None, one.row.message == "gone") for one in ledger.quarantined()] == [
            ("1", True, True), ("2", False, False),
        ]  # fmt: skip
