"""A redaction from its beginning to its end, in steps that can each be repeated.

    understand ─► survey ─► rule on record ─► ledger ─► publication ─► lake ─► traces ─► purge ─► closed

The rule is on record before anything is changed, so that no run brings back meanwhile what is being removed; what the
public can see goes next. Killed at any moment, the same command goes on: what has to be remembered is in a note
(`note`), every step gives the same a second time, and the note goes last.
"""

import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

from pregon import pipeline
from pregon.city import City
from pregon.city_targets import FilesystemTarget
from pregon.home import Home
from pregon.lake import Lake
from pregon.ledger import MaskedCell
from pregon.links.kept import clear_links
from pregon.manifest import latest
from pregon.publication.manifest import read_current
from pregon.publication.promote import remove_older, snapshots
from pregon.publishers import publisher
from pregon.quality_report.internal import quality_folder
from pregon.redaction.errors import AlreadyRedacted, NothingHeld, TellingReason, UnfinishedRedaction
from pregon.redaction.lake_files import columns_with, mask_lake
from pregon.redaction.lineage import trace
from pregon.redaction.note import Note, note_path, read_note, remove_note, write_note
from pregon.redaction.survey import Surveyor, telling, unpublished
from pregon.redaction.targets import understand
from pregon.redaction.traces import (
    clear_accounts,
    clear_expectations,
    clear_quarantine,
    files_with,
    still_published,
    tells_of,
)
from pregon.redaction.withdrawal import hold_back, withdrawn_cells
from pregon.sources.masking import masked_by_table
from pregon.stages.context import CityContext
from pregon.stages.prepare import HELD
from pregon.stages.prepared_keys import FOLDER as KEYS
from pregon.stages.since import rows_key
from transforms.counting import counted
from transforms.mapping.redaction import Path as FieldPath
from transforms.mapping.redaction import parts_of

MOST_SOUGHT = 50
"""Texts that are looked for in every column of the lake."""

EXAMPLES = 5
"""Places that are named to a person; of more the number is told."""

Progress = Callable[[str, Callable[[], None]], None]
"""Given the name of each step and the step, which it must do."""


@dataclass
class Work:
    """A redaction under way: the city, what is known of it, and the note that outlives a kill."""

    city: City
    home: Home
    note: Note
    context: CityContext = field(init=False)

    def __post_init__(self) -> None:
        self.context = CityContext(self.city, self.home, self.note.as_of)

    @property
    def lake(self) -> Lake:
        """Storage of the stages."""
        return self.home.lake

    @property
    def slug(self) -> str:
        """Name of the city's folder."""
        return self.city.slug

    @cached_property
    def tells(self) -> Callable[[str], bool]:
        """Says whether a text holds what is taken back."""
        return tells_of(self.note.texts)

    @property
    def rows(self) -> set[str]:
        """The source rows (`table:key`) behind what is taken back."""
        return {row for rows in self.note.rows.values() for row in rows}

    @property
    def copies(self) -> list[str]:
        """Snapshots here and at every target (folders; of others the name): all of them are replaced or removed."""
        targets = self.city.targets.items()
        folders = [Path(target.path) for _, target in targets if isinstance(target, FilesystemTarget)]
        here = [self.home.public(self.slug), *folders]
        found = [str(one) for folder in here for one in sorted((folder / "snapshots").glob("[!.]*"))]
        return [*found, *(f"target {name}" for name, target in targets if not isinstance(target, FilesystemTarget))]

    @property
    def withdrawn(self) -> set[str]:
        """The processes that go as a whole."""
        return {one.ocid for one in self.note.targets if one.path is None and one.ocid}

    def keep(self, note: Note) -> None:
        """Remember what a step did."""
        self.note = note
        write_note(self.home, self.slug, note)


def survey(
    city: City, home: Home, given: Sequence[str], *, as_of: datetime, reason: str, author: str, anyway: bool = False
) -> Work:
    """Find what the ledger holds of what a person names; nothing is changed, and nothing written.

    A redaction of the same targets that was begun and not completed is gone on with, under the reason it began with.
    Raises UnknownTarget, Irremovable, BreaksStructure, TellingReason, UnfinishedRedaction, NothingHeld,
    AlreadyRedacted.
    """
    context = CityContext(city, home, as_of)
    documents = context.transform.mapping.documents
    targets = [
        understand(
            one,
            published=lambda ocid: bool(context.ledger.state_hashes([ocid])),
            fields=context.fields,
            open_ended=documents is not None and documents.additional_fields == "keep",
        )
        for one in dict.fromkeys(given)
    ]
    begun = read_note(home, city.slug)
    if begun is not None:
        if not begun.same_as(targets):
            given_then = " ".join(shlex.quote(one.given) for one in begun.targets)
            raise UnfinishedRedaction(city.slug, f"pregon redact {city.slug} {given_then} --reason … --by …")
        return Work(city, home, begun)
    surveyor = Surveyor(context, targets)
    of_paths: set[str] = set()
    of_withdrawn: set[str] = set()
    rows: dict[str, list[str]] = {}
    releases = processes = 0
    for found in surveyor.found():
        processes += 1
        releases += len(found.rewriting.releases)
        rows[found.rewriting.ocid] = sorted(found.rows)
        if surveyor.withdraws(found.rewriting.ocid):
            of_withdrawn |= found.texts
        else:
            of_paths |= found.texts
    named = telling(of_paths)
    withdrawn = {one.ocid for one in targets if one.path is None and one.ocid}
    texts = named | unpublished(context, telling(of_withdrawn), withdrawn)
    if not processes and not anyway:
        known = {(one.ocid, one.path): one.number for one in context.ledger.redacting.all() if not one.open}
        numbers = [known.get((one.ocid, one.path)) for one in targets]
        if all(numbers):
            raise AlreadyRedacted(city.slug, [number for number in numbers if number])
        raise NothingHeld(city.slug, [str(one) for one in targets])
    if tells_of(texts)(reason):
        raise TellingReason
    note = Note(as_of, reason, author, tuple(targets), frozenset(texts), frozenset(named), rows, releases, processes)
    return Work(city, home, note)


def carry_out(work: Work, progress: Progress | None = None) -> Note:
    """Do all steps; give what they did and what is left to a person."""
    for name, step in STEPS:
        if progress:
            progress(name, partial(step, work))
        else:
            step(work)
    return work.note


def _rule(work: Work) -> None:
    """Put the rules on record: from here on no run releases the values, and none that began before can commit."""
    write_note(work.home, work.slug, work.note)
    note = work.note
    rules = [(one.ocid, one.path) for one in note.targets]
    if note.numbers:
        return
    found = work.context.ledger.redacting.open(rules, as_of=note.as_of, reason=note.reason, author=note.author)
    numbers = tuple(one.number for one in found)
    named = ", ".join(f"{number} ({target})" for number, target in zip(numbers, note.targets, strict=True))
    work.keep(replace(note, numbers=numbers).told("rule", [f"on record as redaction {named}"]))


def _ledger(work: Work) -> None:
    """Rewrite the bodies of releases and compiled releases; ids, dates and order stay."""
    surveyor = Surveyor(work.context, work.note.targets)
    ledger = work.context.ledger
    ledger.redacting.rewrite(found.rewriting for found in surveyor.found())
    hold_back(ledger, work.lake, work.slug, work.withdrawn)
    note = work.note
    done = f"{counted(note.releases, 'release')} of {counted(note.processes, 'process', 'processes')} rewritten"
    work.keep(note.told("ledger", [done] if note.releases else []))


def _publication(work: Work) -> None:
    """Publish anew, here and at every target, and remove every older copy."""
    root = work.home.public(work.slug)
    newest = work.context.ledger.redacting.newest()
    current = read_current(root)
    done, left = [], []
    if current is None or current[1].redactions < newest:
        run = pipeline.Run.start(work.slug, home=work.home.root, as_of=_moment(work))
        built = pipeline.build(run, redacting=True)
        pipeline.promote(run, built)
    removed = remove_older(root, newest)
    current = read_current(root)
    if current is not None:
        done.append(
            f"published anew as {current[0].name}; {counted(len(removed), 'older copy', 'older copies')} removed"
        )
        for name, target in work.city.targets.items():
            run = pipeline.Run.start(work.slug, home=work.home.root, as_of=_moment(work))
            pipeline.push(run, pipeline.Promoted(current[0].name, str(root / "current")), name)
            reached = publisher(name, target, work.context.publication)
            left += [f"target {name}: {one}" for one in reached.remove_older(newest)]
            done.append(f"target {name} pushed anew, its older copies removed")
    before = work.note.done.get("publication", ())
    work.keep(work.note.told("publication", before or done, left))


def _moment(work: Work) -> datetime:
    """Give the clock of the new snapshot: the redaction's, or right after what is newer than that."""
    newest = max(work.note.numbers, default=0)
    older = [one for one in snapshots(work.home.public(work.slug)) if one.redactions < newest]
    moments = [work.note.as_of, *(datetime.fromisoformat(one.as_of) + timedelta(seconds=1) for one in older)]
    head = work.context.ledger.head()
    if head is not None:
        moments.append(head.as_of)
    return max(moments)


def _lake(work: Work) -> None:
    """Empty the cells behind it wherever the lake holds them, and say which; work files of runs go as a whole."""
    ledger, slug = work.context.ledger, work.slug
    if not work.note.masked:
        cells, done, left = _cells(work)
        ledger.redacting.mask(cells, max(work.note.numbers))
        work.keep(replace(work.note.told("cells", done, left), masked=True))
    content = {table.name: table.content for source in work.context.sources(None) for table in source.tables}
    with work.lake.scratch(f"{slug}/redaction") as scratch:
        masked = mask_lake(
            work.lake, slug, masked_by_table(ledger.redacting.masked_cells()), content, work.tells, scratch
        )
    for folder in work.lake.folders(f"{slug}/runs"):
        work.lake.remove_prefix(f"{slug}/runs/{folder}")
    for number in work.lake.folders(f"{slug}/committed"):
        # Keys of rows and reasons in words may tell it; without them the next run reads everything.
        work.lake.remove(f"{slug}/committed/{number}/{HELD}")
        work.lake.remove_prefix(f"{slug}/committed/{number}/{KEYS}")
        work.lake.remove_prefix(f"{slug}/committed/{number}/quality")
    # What the checks knew of processes is found anew from the ledger.
    work.lake.remove_prefix(f"{slug}/published")
    few = sorted(work.note.named)[:MOST_SOUGHT]
    left = [
        f"the lake still holds the same text: {name}, {counted(count, 'row')}"
        for name, count in columns_with(work.lake, slug, few).items()
    ]
    work.keep(work.note.told("lake", work.note.done.get("lake", ()), left))
    if masked.files:
        what = f"{counted(masked.cells, 'cell')} and {counted(masked.rejects, 'rejected row')} emptied"
        work.keep(work.note.told("lake", [f"lake: {what} in {counted(len(masked.files), 'file')}"], left))


def _cells(work: Work) -> tuple[set[MaskedCell], list[str], list[str]]:
    """Decide which cells are emptied; say so, and what a person has to correct at the source."""
    context, slug = work.context, work.slug
    manifest = latest(work.lake, slug)
    head = context.ledger.head()
    source = {name: source for source, name, _ in work.city.tables()}
    places = [f"{source.get(row.partition(':')[0], '?')}.{row}" for row in sorted(work.rows)]
    left = [f"correct or remove it at the source: {_few(places)}"] if places else []
    if manifest is None or head is None or not work.lake.exists(rows_key(slug, head.manifest)):
        left.append("the lake holds nothing of the last run: what a later run reads is kept as the source gives it")
        return set(), [], left
    served = work.lake.local(rows_key(slug, head.manifest))
    cells = withdrawn_cells(context, work.lake, work.withdrawn)
    by_path = {ocid: rows for ocid, rows in work.note.rows.items() if ocid not in work.withdrawn and rows}
    if by_path:
        paths: dict[str, list[FieldPath]] = {}
        everywhere = [parts_of(one.path) for one in work.note.targets if one.ocid is None and one.path]
        for ocid in by_path:
            paths[ocid] = Surveyor(context, work.note.targets).paths(ocid)
        paths[""] = everywhere
        with work.lake.scratch(f"{slug}/redaction") as scratch:
            lineage = trace(context, work.lake, manifest, served, by_path, paths, scratch)
        cells |= lineage.cells
        left += [
            f"{table}: its rows serve other processes too, and are kept in the lake; redact the path in every process"
            for table in sorted(lineage.serving)
        ]
        left += [
            f"{table}.{column} also makes values that stay published: it is kept in the lake as it is"
            for table, column in sorted(lineage.shared)
        ]
        left += [
            f"no column of {table} was found that the value is made of: look for it there"
            for table in sorted(lineage.untraced)
        ]
    by_table: dict[str, list[MaskedCell]] = {}
    for cell in sorted(cells):
        by_table.setdefault(cell.table, []).append(cell)
    done = [
        f"emptied whenever it is read: {table}, {counted(len({cell.row for cell in those}), 'row')}:"
        f" {_few(sorted({cell.column for cell in those}))}"
        for table, those in by_table.items()
    ]
    return cells, done, left


def _traces(work: Work) -> None:
    """Clear quarantine, accounts of runs, and internal files that tell it."""
    ledger, folder = work.context.ledger, work.home.internal(work.slug)
    lines = []
    if count := clear_quarantine(ledger, work.rows, work.withdrawn, work.tells):
        lines.append(f"quarantine: {counted(count, 'row')} cleared")
    if count := clear_accounts(folder, work.rows, work.tells):
        lines.append(f"accounts of {counted(count, 'run')} cleared")
    report = quality_folder(work.home, work.slug)
    if report.is_dir():
        # It quotes records, escaped or packed as no search finds them: it goes as a whole, and is made again.
        shutil.rmtree(report)
        lines.append(f"removed {report.relative_to(work.home.root)}: `pregon quality {work.slug}` makes it again")
    if count := clear_expectations(folder):
        lines.append(f"expectations and Data Docs of {counted(count, 'run')} removed")
    if clear_links(folder):
        lines.append(f"answers of documents removed: `pregon links {work.slug}` asks again")
    database = ledger.redacting.file
    beside = [note_path(work.home, work.slug), *([database] if database else [])]
    if database:
        beside += [database.with_name(database.name + suffix) for suffix in ("-wal", "-shm")]
    for file in files_with(folder, work.tells, beside=beside) if work.note.texts else ():
        file.unlink()
        lines.append(f"removed {file.relative_to(work.home.root)}, which held it: make it again if it is needed")
    left = [
        f"the same text is still published at {path}: {_few(ocids)}; redact that too if it has to go"
        for path, ocids in sorted(still_published(ledger, work.note.named, tells_of(work.note.named)).items())
    ]
    before = work.note.done.get("traces", ())
    work.keep(work.note.told("traces", [*before, *(one for one in lines if one not in before)], left))


def _purge(work: Work) -> None:
    """Let nothing stay in free pages of the ledger's database."""
    redacting = work.context.ledger.redacting
    redacting.purge()
    left = [f"backups of {work.home.root}, made before today: remove them, or the values come back with them"]
    if redacting.file is None:
        left.append("PostgreSQL: its archived write-ahead log and its backups hold the values until they expire")
    work.keep(work.note.told("purge", ["the ledger's database holds nothing of it in free pages"], left))


def _close(work: Work) -> None:
    """Put on record that all is done, and forget the values."""
    work.context.ledger.redacting.close(work.note.numbers)
    remove_note(work.home, work.slug)


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - EXAMPLES:,} more" if len(names) > EXAMPLES else ""
    return ", ".join(names[:EXAMPLES]) + more


STEPS: tuple[tuple[str, Callable[[Work], None]], ...] = (
    ("rule", _rule),
    ("ledger", _ledger),
    ("publication", _publication),
    ("lake", _lake),
    ("traces", _traces),
    ("purge", _purge),
    ("close", _close),
)
"""The steps in their order, each safe to repeat."""
