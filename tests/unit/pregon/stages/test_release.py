"""States against a real ledger: what becomes a release, what only moves the source rows, what is left alone."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pregon.json_lines import JsonLinesWriter, read_json_lines
from pregon.ledger import Entry, Ledger, RestoredRelease, Run
from pregon.stages.release import ReleaseCounts, release_states
from transforms.ocds import release_schema
from transforms.releases import MergeRules, merge_releases, state_hash
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
        self, processes: Iterable[Process], past: Path | None = None, withdrawn: Collection[str] = ()
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
            paths[0], paths[1], paths[2], paths[3], self.ledger, rules=RULES, language="en", as_of=as_of, earlier=past,
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
    assert counts == ReleaseCounts(processes=2, releases=0, quarantined=0, known=2)
    assert (releases, moved) == ([], [])


def test_other_source_rows_of_the_same_state_go_to_the_ledger_without_a_release(stage: Stage) -> None:
    stage.commit([process("1", "Lamps", "documents:a", "documents:b"), process("2"), process("3")])
    before = stage.ledger.state_hashes(["ocds-213czf-1"])
    changed = [process("1", "Lamps", "documents:a"), process("2", "Lights", "documents:x"), process("3")]
    counts, releases, moved = stage.release(changed)
    assert counts == ReleaseCounts(processes=3, releases=1, quarantined=0, known=3)
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
    assert counts == ReleaseCounts(processes=1, releases=0, quarantined=1, known=1)
    assert [line["problem"]["code"] for line in releases] == ["UnmergeableState"]
    assert moved == []


def earlier(stage: Stage, *states: tuple[str, str, dict[str, Any]]) -> Path:
    path = stage.folder / "earlier"
    with JsonLinesWriter(path) as out:
        for name, at, state in states:
            out.write({"ocid": f"ocds-213czf-{name}", "at": at, "state": state})
    return path


def plan(name: str, amount: int) -> dict[str, Any]:
    return {"planning": {"budget": {"id": name, "amount": {"amount": amount, "currency": "USD"}}}}


def test_earlier_states_become_releases_before_the_present_one(stage: Stage) -> None:
    past = [
        # Nothing that a tag could name yet; twice the same.
        ("1", "2025-01-01T00:00:00Z", {"title": "Lamps"}),
        ("1", "2025-01-02T00:00:00Z", plan("B", 5)),
        ("1", "2025-01-03T00:00:00Z", plan("B", 5)),
        ("1", "2025-01-04T00:00:00Z", plan("B", 7)),
    ]
    counts, releases, _ = stage.release([process("0"), process("1"), process("2")], earlier(stage, *past))
    assert counts == ReleaseCounts(processes=3, releases=5, quarantined=0)
    first, second, last = releases[1:4]
    assert [line["ocid"][-1] for line in releases] == ["0", "1", "1", "1", "2"]
    assert [line.get("followed", False) for line in releases] == [False, True, True, False, False]
    assert [line["release"]["date"] for line in (first, second, last)] == [
        "2025-01-02T00:00:00Z",
        "2025-01-04T00:00:00Z",
        "2026-03-01T12:00:00Z",
    ]
    assert [line["release"]["tag"] for line in (first, second, last)] == [
        ["planning"],
        ["planningUpdate"],
        ["planningUpdate", "tender"],
    ]
    assert [line["previous"] for line in (first, second, last)] == [
        None,
        first["release"]["id"],
        second["release"]["id"],
    ]
    assert last["compiled"] == merge_releases([line["release"] for line in (first, second, last)], RULES)
    assert (first["compiled"], second["compiled"]) == (None, None)
    assert last["state_hash"] == state_hash(process("1")[1])


def test_a_present_state_that_says_nothing_new_leaves_the_last_release_of_the_past_the_last(stage: Stage) -> None:
    name, state, _ = process("1")
    states = ((name, "2025-01-02T00:00:00Z", plan("B", 5)), (name, "2025-01-04T00:00:00Z", state))
    _, releases, _ = stage.release([process("1")], earlier(stage, *states))
    assert [line.get("followed", False) for line in releases] == [True, False]
    assert releases[-1]["compiled"]["tender"] == state["tender"]
    assert releases[-1]["state_hash"] == state_hash(state)


def test_of_what_was_released_the_past_is_not_told(stage: Stage) -> None:
    stage.commit([process("1"), process("3")])
    states = (("1", "2025-01-02T00:00:00Z", plan("B", 5)), ("2", "2025-01-02T00:00:00Z", plan("B", 5)))
    _, releases, _ = stage.release([process("1"), process("2"), process("3")], earlier(stage, *states))
    assert [(line["ocid"][-1], line["release"]["tag"]) for line in releases] == [
        ("2", ["planning"]),
        ("2", ["planningUpdate", "tender"]),
    ]


def test_an_earlier_state_that_can_be_no_release_holds_all_of_its_process(stage: Stage) -> None:
    doubled = {"awards": [{"id": "A"}, {"id": "A"}]}
    states = (
        ("1", "2025-01-02T00:00:00Z", plan("B", 5)),
        ("1", "2025-01-03T00:00:00Z", doubled),
        ("1", "2025-01-04T00:00:00Z", doubled),
    )
    counts, releases, _ = stage.release([process("1"), process("2")], earlier(stage, *states))
    assert counts == ReleaseCounts(processes=2, releases=1, quarantined=1)
    assert [line["ocid"][-1] for line in releases] == ["1", "2"]
    assert releases[0]["problem"]["code"] == "UnmergeableState"


def test_a_state_hash_that_a_restored_ledger_does_not_know_is_found_out(stage: Stage) -> None:
    stage.commit([process("1", "A")])
    stage.commit([process("1", "B")])
    whole = stage.ledger.state_hashes(["ocds-213czf-1"])
    releases = [
        RestoredRelease(release.sequence, release.sequence, release.json) for release in stage.ledger.releases()
    ]
    stage.ledger = Ledger.open(stage.folder / "restored.sqlite", "hamlet")
    stage.ledger.restore([AS_OF, AS_OF + timedelta(days=1)], releases, [], RULES)
    assert stage.ledger.state_hashes(["ocds-213czf-1"]) != whole
    counts, made, _ = stage.release([process("1", "B")])
    assert (counts.releases, counts.known, made) == (0, 1, [])
    stage.commit([process("1", "B")])
    assert stage.ledger.state_hashes(["ocds-213czf-1"]) == whole
    assert stage.release([process("1", "B")])[2] == []


def test_no_release_is_made_of_a_process_that_was_taken_back(stage: Stage) -> None:
    stage.commit([process("1", "A"), process("2", "A")])
    counts, lines, moved = stage.release([process("1", "B"), process("2", "B")], withdrawn={"ocds-213czf-1"})
    assert (counts.processes, counts.releases, counts.quarantined) == (2, 1, 1)
    assert [(line["ocid"], line.get("problem", {}).get("code")) for line in lines] == [
        ("ocds-213czf-1", "redacted"), ("ocds-213czf-2", None),
    ]  # fmt: skip
    assert moved == []
