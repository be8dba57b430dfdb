"""States against a real ledger: what becomes a release, what only moves the source rows, what is left alone."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pregon.json_lines import JsonLinesWriter, read_json_lines
from pregon.ledger import Entry, Ledger, Run
from pregon.stages.release import ReleaseCounts, release_states
from transforms.ocds import release_schema
from transforms.releases import MergeRules
from transforms.releases.merging import first_compiled

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = MergeRules.from_schema(release_schema(()))

Process = tuple[str, dict[str, Any], list[list[str]]]
"""Local id, state, provenance."""


def process(name: str, title: str = "Lamps", *rows: str) -> Process:
    state = {"tender": {"id": name, "title": title}}
    return name, state, [["", f"tenders:{name}"], *(["tender", row] for row in rows)]


class Stage:
    """The stage over a ledger of its own, run after run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger.open(folder / "ledger.sqlite", "hamlet")
        self.runs = 0

    def release(
        self, processes: Iterable[Process], withdrawn: Collection[str] = ()
    ) -> tuple[ReleaseCounts, list[Any], list[Any]]:
        """Give the counts, the releases, and the processes whose source rows alone changed."""
        paths = [self.folder / name for name in ("states", "provenance", "releases", "moved")]
        with JsonLinesWriter(paths[0]) as states, JsonLinesWriter(paths[1]) as provenance:
            for name, state, rows in processes:
                ocid = f"ocds-213czf-{name}"
                states.write({"ocid": ocid, "process": name, "modified": None, "state": state})
                provenance.write({"ocid": ocid, "provenance": rows})
        as_of = AS_OF + timedelta(days=self.runs)
        counts = release_states(
            paths[0], paths[1], paths[2], paths[3], self.ledger, rules=RULES, language="en", as_of=as_of,
            withdrawn=withdrawn,
        )  # fmt: skip
        return counts, list(read_json_lines(paths[2])), list(read_json_lines(paths[3]))

    def commit(self, processes: list[Process]) -> None:
        """Run the stage, and commit what it made."""
        _, releases, moved = self.release(processes)
        rows = {f"ocds-213czf-{name}": rows for name, _, rows in processes}
        entries = [
            Entry(
                line["ocid"],
                line["state_hash"],
                line["release"],
                line["compiled"] or first_compiled(line["release"]),
                line["previous"],
                rows[line["ocid"]],
            )
            for line in releases
        ]
        entries += [Entry(line["ocid"], line["state_hash"], provenance=line["provenance"]) for line in moved]
        as_of = AS_OF + timedelta(days=self.runs)
        self.runs += 1
        self.ledger.commit(Run(f"run-{self.runs}", as_of, self.runs, "f"), entries)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_new_process_is_a_release_and_nothing_else(stage: Stage) -> None:
    counts, releases, moved = stage.release([process("1"), process("ñ2", "Señales", "documents:2|a")])
    assert counts == ReleaseCounts(processes=2, releases=2, quarantined=0)
    assert [line["ocid"] for line in releases] == ["ocds-213czf-1", "ocds-213czf-ñ2"]
    assert moved == []


def test_what_is_as_before_is_neither(stage: Stage) -> None:
    known = [process("1"), process('quoted "2"', "Señales", 'documents:quoted "2"|\\|')]
    stage.commit(known)
    counts, releases, moved = stage.release(known)
    assert counts == ReleaseCounts(processes=2, releases=0, quarantined=0)
    assert (releases, moved) == ([], [])


def test_other_source_rows_of_the_same_state_go_to_the_ledger_without_a_release(stage: Stage) -> None:
    stage.commit([process("1", "Lamps", "documents:a", "documents:b"), process("2"), process("3")])
    before = stage.ledger.state_hashes(["ocds-213czf-1"])
    changed = [process("1", "Lamps", "documents:a"), process("2", "Lights", "documents:x"), process("3")]
    counts, releases, moved = stage.release(changed)
    assert counts == ReleaseCounts(processes=3, releases=1, quarantined=0)
    assert [line["ocid"] for line in releases] == ["ocds-213czf-2"]
    assert [(line["ocid"], line["provenance"]) for line in moved] == [("ocds-213czf-1", changed[0][2])]
    stage.commit(changed)
    assert stage.ledger.provenance(["ocds-213czf-1"]) == {"ocds-213czf-1": changed[0][2]}
    assert stage.ledger.state_hashes(["ocds-213czf-1"]) == before
    assert stage.release(changed)[1:] == ([], [])


def test_thousands_of_processes_are_compared_in_parts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pregon.stages.release.CHUNK", 7)
    known = [process(f"{number:03d}") for number in range(50)]
    stage.commit(known)
    changed = [
        process(name, "Lights" if number % 5 == 1 else "Lamps", *(["documents:x"] if number % 5 < 3 else []))
        for number, (name, _, _) in enumerate(known)
    ]
    _, releases, moved = stage.release(changed)
    assert [line["ocid"][-3:] for line in releases] == [f"{number:03d}" for number in range(1, 50, 5)]
    assert [line["ocid"][-3:] for line in moved] == [f"{n:03d}" for n in range(50) if n % 5 in (0, 2)]


def test_a_state_that_can_be_no_release_moves_nothing(stage: Stage) -> None:
    stage.commit([process("1")])
    name, _, rows = process("1", "Lamps", "documents:x")
    counts, releases, moved = stage.release([(name, {"awards": [{"id": "A"}, {"id": "A"}]}, rows)])
    assert counts == ReleaseCounts(processes=1, releases=0, quarantined=1)
    assert [line["problem"]["code"] for line in releases] == ["UnmergeableState"]
    assert moved == []


def test_no_release_is_made_of_a_process_that_was_taken_back(stage: Stage) -> None:
    stage.commit([process("1", "A"), process("2", "A")])
    counts, lines, moved = stage.release([process("1", "B"), process("2", "B")], {"ocds-213czf-1"})
    assert (counts.processes, counts.releases, counts.quarantined) == (2, 1, 1)
    assert [(line["ocid"], line.get("problem", {}).get("code")) for line in lines] == [
        ("ocds-213czf-1", "redacted"), ("ocds-213czf-2", None),
    ]  # fmt: skip
    assert moved == []
