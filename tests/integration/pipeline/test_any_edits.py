"""Any sequence of edits of a source, runs, and crashes: what is published, judged by the reference merge library.

After every run that ends: the merge of all releases of each process is the state, but for the tombstones as predicted;
a process has a new release if, and only if, its state says something new; nothing that was published ever changes; tags
have their base and their section, dates increase, parties are there, and no release breaks the schema.
"""

import hashlib
import json
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from edited_city import COLUMNS, KEYS, SLUG, TENDERS, VALUES, Image, Row, write_city, write_sources
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from interruption import Interrupted, interrupted_at
from ocdsmerge import Merger
from publication_files import json_lines

from expectations.checks.structure import StructureCheck
from pregon import manifest, pipeline
from pregon.home import Home
from pregon.ledger import Ledger, StoredRelease
from transforms.ocds import release_schema, strict_release_schema, validator
from transforms.releases import MergeRules, with_tombstones
from transforms.releases.dates import EARLIEST
from transforms.releases.difference import referenced
from transforms.releases.merging import sections
from transforms.releases.tags import base_of

pytestmark = pytest.mark.integration

THREADS = 2

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PREFIX = "ocds-213czf-"
RULES = MergeRules.from_schema(release_schema())
MERGER = Merger(merge_rules=RULES.for_ocdsmerge())
STRUCTURE = StructureCheck(validator(strict_release_schema()))
SECTIONS = {"planning": "planning", "tender": "tender", "award": "awards", "contract": "contracts"}
ACTS = {"extract": 350, "prepare": 30, "map": 24, "release": 20, "check": 6, "commit": 27, "build": 57, "promote": 6}
"""Acts of a stage that change the disk or the ledger, about: one that has fewer ends undisturbed."""

CELLS = [(table, column) for table, columns in COLUMNS.items() for column in columns]
SEEDS = st.integers(0, 2**16)


class EditedCity(RuleBasedStateMachine):
    """The files of a city, edited at random, and the runs over them."""

    policies: ClassVar[tuple[str, ...]] = ("ignore", "mark", "cancel")

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="pregon-edits-"))
        self.before = os.environ.get("PREGON_CITIES")
        self.clock = START
        self.manifests = 0
        self.edits = 0
        self.form = 0
        self.tables: dict[str, list[Row]] = {name: [] for name in COLUMNS}
        self.replaced: list[tuple[str, tuple[str, ...], str, str]] = []
        self.known: dict[tuple[str, str], str] = {}
        self.items: dict[tuple[str, Any, int], str] = {}
        self.compiled: dict[str, dict[str, Any]] = {}
        self.snapshot: Path | None = None

    def teardown(self) -> None:
        try:
            if self.compiled:
                self.run(form=1, gap=86_400, full=False)
        finally:
            if self.before is None:
                os.environ.pop("PREGON_CITIES", None)
            else:
                os.environ["PREGON_CITIES"] = self.before
            shutil.rmtree(self.root)

    @initialize(seed=SEEDS, tenders=st.sampled_from(policies), others=st.sampled_from(policies[:2]))
    def begin(self, seed: int, tenders: str, others: str) -> None:
        self.deletions = dict.fromkeys(COLUMNS, others) | {
            "tenders": tenders,
            "lines": "mark",
            "firms": "mark",
            "amendments": "mark" if others == "ignore" else "ignore",
        }
        self.image = Image(self.deletions)
        write_city(self.root / "cities" / SLUG, self.deletions)
        os.environ["PREGON_CITIES"] = str(self.root / "cities")
        chosen = random.Random(seed)
        for name, count in (("tenders", 3), ("documents", 3), ("lines", 5), ("firms", 2), ("awards", 3),
                            ("contracts", 2), ("amendments", 1), ("payments", 2)):  # fmt: skip
            for _ in range(count):
                self._add(name, {column: chosen.choice(VALUES[column]) for column in COLUMNS[name]})
        self.run(form=0, gap=1, full=False)

    # Edits of the source ----------------------------------------------------------------------------------------------

    def _add(self, table: str, row: Row) -> None:
        """Put a row into a table, in place of one with its key."""
        key = KEYS[table]
        if key:
            self.tables[table] = [old for old in self.tables[table] if any(old[name] != row[name] for name in key)]
        self.tables[table].append(row)

    @rule(table=st.sampled_from(list(COLUMNS)), seed=SEEDS, blanks=st.sampled_from([0, 0.3]))
    def insert(self, table: str, seed: int, blanks: float) -> None:
        self.edits += 1
        chosen = random.Random(seed)
        row = {column: chosen.choice(VALUES[column]) for column in COLUMNS[table]}
        for column in set(row) - set(KEYS[table]):
            if chosen.random() < blanks:
                row[column] = ""
        self._add(table, row)

    @rule(cell=st.sampled_from(CELLS), place=st.integers(0, 5), data=st.data())
    def update(self, cell: tuple[str, str], place: int, data: st.DataObject) -> None:
        table, column = cell
        if column not in KEYS[table]:
            self._set(table, place, column, data.draw(st.sampled_from(VALUES[column])))

    @rule(cell=st.sampled_from(CELLS), place=st.integers(0, 5))
    def blank(self, cell: tuple[str, str], place: int) -> None:
        table, column = cell
        if column not in KEYS[table]:
            self._set(table, place, column, "")

    def _set(self, table: str, place: int, column: str, value: str) -> None:
        self.edits += 1
        rows = self.tables[table]
        if rows:
            row = rows[place % len(rows)]
            if KEYS[table]:
                self.replaced.append((table, tuple(row[name] for name in KEYS[table]), column, row[column]))
            row[column] = value

    @precondition(lambda self: self.replaced)
    @rule(back=st.integers(1, 4))
    def change_back(self, back: int) -> None:
        self.edits += 1
        table, key, column, value = self.replaced[-min(back, len(self.replaced))]
        for row in self.tables[table]:
            if tuple(row[name] for name in KEYS[table]) == key:
                row[column] = value

    @rule(table=st.sampled_from(list(COLUMNS)), place=st.integers(0, 5))
    def delete(self, table: str, place: int) -> None:
        self.edits += 1
        rows = self.tables[table]
        if len(rows) > 1:
            del rows[place % len(rows)]

    @rule(seed=SEEDS)
    def reorder(self, seed: int) -> None:
        """Other places in all files: to lines, which have no key, it gives other numbers too."""
        chosen = random.Random(seed)
        for rows in self.tables.values():
            chosen.shuffle(rows)

    @rule(tender=st.sampled_from(TENDERS), value=st.sampled_from(VALUES["title"]))
    def arrive_late(self, tender: str, value: str) -> None:
        """Something that changed long ago comes only now."""
        self.edits += 1
        for row in self.tables["tenders"]:
            if row["number"] == tender:
                row |= {"title": value, "changed": "2026-01-02 03:04:05"}

    # Runs ---------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.edits > 1)
    @rule(form=SEEDS, gap=st.sampled_from([1, 86_400]), full=st.booleans())
    def run(self, form: int, gap: int, full: bool) -> None:
        self.clock += timedelta(seconds=gap)
        self.form = form
        self._run(full=full)

    @precondition(lambda self: not self.edits)
    @rule(form=SEEDS)
    def run_again(self, form: int) -> None:
        """The same files, perhaps written otherwise: there is nothing new."""
        released = len(self.known)
        self.run(form, 86_400, full=False)
        assert len(self.known) == released

    @precondition(lambda self: self.edits > 1)
    @rule(form=SEEDS, stage=st.sampled_from(list(ACTS)), share=st.floats(0, 1), repeated=st.booleans())
    def crash(self, form: int, stage: str, share: float, repeated: bool) -> None:
        """A stage dies before one of its acts; the run is repeated with its clock, or the next one goes on from it."""
        self.clock += timedelta(days=1)
        self.form = form
        self.dying = (stage, int(share * ACTS[stage]))
        try:
            self._stages(full=False)
        except Interrupted:
            event(f"{stage} dies")
            self._read_by_a_run()
            if not repeated:
                if self._ledger().committed(f"{self.clock:%Y%m%dT%H%M%SZ}"):
                    self._judge(None)
                return
        finally:
            self.dying = None
        self._run(full=False)

    dying: tuple[str, int] | None = None

    def _run(self, *, full: bool) -> None:
        built = self._stages(full=full)
        self._read_by_a_run()
        self._judge(built)
        self.edits = 0

    def _stages(self, *, full: bool) -> pipeline.Built:
        """The nine stages but for the last, as tasks of one process that knows of no run before."""
        pipeline._context.cache_clear()
        write_sources(self.root / "sources", self.tables, self.form)
        run = pipeline.Run.start(
            SLUG, home=self.root / "home", as_of=self.clock, from_dir=self.root / "sources", full=full
        )
        extracted = self._stage("extract", pipeline.extract, run)
        prepared = self._stage("prepare", pipeline.prepare, run, extracted)
        states = [self._stage("map", pipeline.map_states, run, prepared, bucket) for bucket in prepared.buckets]
        released = [self._stage("release", pipeline.release, run, mapped) for mapped in states]
        checked = [self._stage("check", pipeline.check, run, one) for one in released]
        verdict = pipeline.decide(run, prepared, checked)
        assert verdict.quarantined == 0
        self._stage("commit", pipeline.commit, run, prepared, verdict, checked)
        built = self._stage("build", pipeline.build, run)
        self._stage("promote", pipeline.promote, run, built)
        return built

    def _stage(self, name: str, work: Callable[..., Any], *arguments: Any) -> Any:
        if self.dying and self.dying[0] == name:
            with interrupted_at(self.dying[1], self.root / "home"):
                return work(*arguments)
        return work(*arguments)

    def _read_by_a_run(self) -> None:
        """Bring the image up to date if the run's extract ended."""
        lake = Home(self.root / "home").lake
        numbers = manifest.numbers(lake, SLUG)
        if numbers and numbers[-1] > self.manifests:
            self.manifests = numbers[-1]
            self.image.read(self.tables)

    def _ledger(self) -> Ledger:
        return Ledger.open(Home(self.root / "home").ledger(SLUG), SLUG)

    # What must hold ---------------------------------------------------------------------------------------------------

    def _judge(self, built: pipeline.Built | None) -> None:
        """Judge the ledger, and what was built of it; None: that is left to the next run."""
        ledger = self._ledger()
        stored: dict[str, list[StoredRelease]] = {}
        for release in ledger.releases():
            stored.setdefault(release.ocid, []).append(release)
        compiled = {one.ocid: json.loads(one.compiled) for one in ledger.processes(with_releases=False)}
        self._judge_identity([release for releases in stored.values() for release in releases], built)
        self._learn_items(compiled)
        for tender in (*TENDERS, "T9"):
            ocid = PREFIX + tender
            releases = [json.loads(release.json) for release in stored.get(ocid, [])]
            self._judge_history(releases)
            before, after = self.compiled.get(ocid), compiled.get(ocid)
            state = (
                self.published(self.image.state(tender, self._items(ocid, tender))) if self.image.has(tender) else None
            )
            # A process whose row is gone stays as it was last published.
            expected = sections(before or {}) if state is None else with_tombstones(state, before, RULES)
            assert without_links(sections(after or {})) == without_links(expected)
            assert after == (MERGER.create_compiled_release(releases) if releases else None)
            changed = without_links(expected) != without_links(sections(before or {}))
            new = len(releases) - self.counts.get(ocid, 0)
            assert new == changed, f"{ocid}: {new} new releases"
            if new:
                assert releases[-1]["date"] == self._date(tender, before)
        self.compiled = compiled
        self.counts = {ocid: len(releases) for ocid, releases in stored.items()}

    counts: Mapping[str, int] = {}

    def published(self, state: dict[str, Any]) -> dict[str, Any]:
        """What of a state may be published: all of it here; a machine with rules that withhold something says what."""
        return state

    def _judge_identity(self, releases: list[StoredRelease], built: pipeline.Built | None) -> None:
        """What was published stays as it is, in the ledger and in the files; without news there is no snapshot."""
        now = {(one.ocid, one.release_id): hashlib.sha256(one.json).hexdigest() for one in releases}
        assert len(now) == len(releases)
        assert {key: now.get(key) for key in self.known} == self.known
        news, self.known = now != self.known, now
        if built is None:
            self.snapshot = None
            return
        current = self.root / "home" / "public" / SLUG / "current"
        if self.snapshot and not news:
            assert current.resolve() == self.snapshot
        published = {(line["ocid"], line["id"]): line for line in json_lines(current, "releases/full")}
        assert published == {(one.ocid, one.release_id): json.loads(one.json) for one in releases}
        assert built.snapshot == current.resolve().name
        self.snapshot = current.resolve()

    def _judge_history(self, releases: list[dict[str, Any]]) -> None:
        dates = [release["date"] for release in releases]
        assert dates == sorted(set(dates))
        had: set[str] = set()
        for release in releases:
            assert STRUCTURE(release) == []
            assert release["tag"]
            for tag in release["tag"]:
                assert base_of(tag) in had or base_of(tag) == tag, f"{tag} without its base"
                assert SECTIONS.get(base_of(tag), "contracts") in release
            had |= set(release["tag"])
            assert referenced(release, RULES) <= {party["id"] for party in release.get("parties", ())}

    def _date(self, tender: str, before: Mapping[str, Any] | None) -> str:
        changed = self.image.changed(tender)
        now, last = _text(self.clock), before["date"] if before else ""
        if changed and EARLIEST <= _text(changed) <= now and _text(changed) > last:
            return _text(changed)
        return now if now > last else _text(datetime.fromisoformat(last) + timedelta(seconds=1))

    def _learn_items(self, compiled: Mapping[str, Mapping[str, Any]]) -> None:
        """An id made of content means the same content for ever, and one content of a process has one id."""
        for ocid, release in compiled.items():
            for item in release.get("tender", {}).get("items", ()):
                if len(item) > 1:
                    number = int(item["id"].partition("-")[2] or 1)
                    content = (ocid, (item.get("description", ""), item.get("quantity")), number)
                    assert self.items.setdefault(content, item["id"]) == item["id"]
        assert len({(content[0], one) for content, one in self.items.items()}) == len(self.items)

    def _items(self, ocid: str, tender: str) -> list[dict[str, Any]]:
        found = []
        seen: dict[Any, int] = {}
        for line in self.image.lines(tender):
            seen[line] = seen.get(line, 0) + 1
            known = self.items.get((ocid, line, seen[line]))
            assert known is not None, f"{ocid} has no item {line} ({seen[line]})"
            found.append({"id": known, "description": line[0], "quantity": line[1]})
        return sorted(found, key=lambda item: (len(item["id"]), item["id"]))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def without_links(document: Any) -> Any:
    """Without what the release stage itself writes into amendments."""
    if isinstance(document, dict):
        return {
            key: without_links(value) for key, value in document.items() if key not in {"releaseID", "amendsReleaseID"}
        }
    if isinstance(document, list):
        return [without_links(value) for value in document]
    return document


_USUAL = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    # Making a failing sequence shorter takes minutes, since every step is a run: that is left to the long profile.
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "print_blob": True,
}

TestAnyEdits = EditedCity.TestCase
TestAnyEdits.settings = settings(max_examples=6, stateful_step_count=16, **_USUAL)


class _LongEdits(EditedCity):
    """The same with more and longer sequences."""


TestManyEdits = pytest.mark.slow(_LongEdits.TestCase)
TestManyEdits.settings = settings(max_examples=150, stateful_step_count=40, **(_USUAL | {"phases": list(Phase)}))
