"""Earlier states of a process, rebuilt from the versions of its rows and the times from when until when each held.

A time at which a row began or ceased to hold is an event. The state of an event is assembled from the rows that held
then, by the same code as the present one. The last event gives the present state, which is not repeated here.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

from transforms.mapping.assemble import (
    CONTAINER,
    ID,
    PROCESS,
    ROW,
    Columns,
    MappingFinding,
    Organization,
    PartyRows,
    State,
    assemble,
    collect_findings,
    entry_paths,
)
from transforms.mapping.disclosure import DisclosureRules, Path
from transforms.mapping.events import EVENT_FINDINGS, HELD_SINCE, HELD_UNTIL, PARENT, PAST, UNKNOWN
from transforms.mapping.plan import Plan

BATCH_ROWS = 20_000
"""Rows that are assembled at once: a process with thousands of events has millions of them over all its states."""

_MARK = "\x1f"


class PastState(NamedTuple):
    """What was known of a process from the event `at` (UTC, whole seconds) on, until its next one."""

    local_id: str
    process: str
    at: str
    document: dict[str, Any]


class _Version(NamedTuple):
    """A row as it held for a time: its number in its table, the entry it gives, and the entry of its parent.

    Versions with the same `key` are of one thing: of an entry or, where rows are no entries, of a source row.
    """

    number: int
    since: str
    until: str | None
    past: bool
    path: str
    parent: str | None
    key: str


@dataclass
class Timeline:
    """The versions of the rows of one process, table by table, and its events in order."""

    state: State
    tables: list[list[_Version]]
    events: list[str] = field(default_factory=list)

    def holding(self, plan: Plan, at: str) -> list[list[int]] | None:
        """Give the rows of each table that held at an event; None before the process itself did.

        A row holds only while the entry of its parent does. Of several versions of an entry the latest counts.
        """
        entries: set[str] = set()
        found = []
        for table, versions in zip(plan.tables, self.tables, strict=True):
            held = [
                version
                for version in versions
                if version.since <= at
                and (version.until is None or at < version.until)
                and (version.parent is None or version.parent in entries)
            ]
            if table.array is not None or table is plan.tables[0]:
                held = _latest(held)
            if not held and table is plan.tables[0]:
                return None
            entries.update(version.path for version in held)
            found.append([version.number for version in held])
        return found


def _latest(held: list[_Version]) -> list[_Version]:
    """Keep of each entry the version that began last; of those that began together the present one."""
    best: dict[str, _Version] = {}
    for version in held:
        other = best.get(version.path)
        if other is None or (version.since, not version.past) >= (other.since, not other.past):
            best[version.path] = version
    return held if len(best) == len(held) else sorted(best.values())


def present_rows(columns: Columns) -> Columns:
    """Leave out the versions that hold no longer."""
    past = columns[PAST]
    if not any(past):
        return columns
    return _picked(columns, [number for number, gone in enumerate(past) if not gone])


def timelines(plan: Plan, tables: Mapping[str, Columns], states: Iterable[State]) -> list[Timeline]:
    """Read the events of these processes from all versions of their rows.

    An event time that is impossible becomes a finding of the state. Its row is taken to begin or end with the last
    event, because nothing tells that it was known before; the row of the process itself is there from the first one.
    """
    found = {state.process: Timeline(state, [[] for _ in plan.tables]) for state in states}
    for place, table in enumerate(plan.tables):
        columns = tables[table.name]
        paths = entry_paths(table, columns[CONTAINER], columns[ID])
        keys = paths if table.array is not None or not place else columns[ROW]
        start = 0
        for process, group in groupby(columns[PROCESS]):
            end = start + sum(1 for _ in group)
            if (timeline := found.get(process)) is not None:
                _add(timeline, place, columns, paths, keys, range(start, end))
            start = end
    for timeline in found.values():
        times = {time for versions in timeline.tables for one in versions for time in (one.since, one.until)}
        timeline.events = sorted(time for time in times if time and time != UNKNOWN)
        if timeline.events:
            last = timeline.events[-1]
            processes, *children = timeline.tables
            timeline.tables = [_in_turn(processes, "", last), *(_in_turn(rows, last, last) for rows in children)]
    return [timeline for timeline in found.values() if timeline.events]


def _in_turn(versions: list[_Version], begin: str, last: str) -> list[_Version]:
    """Give versions with times: unknown ends are the `last` event, unknown beginnings `begin`.

    What holds now begins when its versions of the past end, where nothing tells when it began.
    """
    ends: dict[str, str] = {}
    for version in versions:
        if version.past:
            end = version.until if version.until and version.until != UNKNOWN else last
            ends[version.key] = max(ends.get(version.key, ""), end)
    told = []
    for version in versions:
        since, until = version.since, version.until
        if not version.past and since in ("", UNKNOWN):
            since = ends.get(version.key, since)
        told.append(
            version._replace(since=begin if since == UNKNOWN else since, until=last if until == UNKNOWN else until)
        )
    return told


def _add(
    timeline: Timeline,
    place: int,
    columns: Columns,
    paths: Sequence[str],
    keys: Sequence[str],
    rows: Iterable[int],
) -> None:
    for number in rows:
        version = _Version(
            number,
            columns[HELD_SINCE][number] or "",
            columns[HELD_UNTIL][number],
            columns[PAST][number],
            paths[number],
            columns[PARENT][number] if place else None,
            keys[number],
        )
        if version.until is None or version.since < version.until or version.since == UNKNOWN:
            timeline.tables[place].append(version)  # else it never held, and is no event
        if texts := columns[EVENT_FINDINGS][number]:
            collect_findings(timeline.state, texts, columns[ROW][number])


def earlier_states(
    plan: Plan,
    tables: Mapping[str, Columns],
    parties: Mapping[str, PartyRows],
    rules: DisclosureRules,
    histories: Iterable[Timeline],
    *,
    all_of: Container[str] = (),
) -> Iterator[PastState]:
    """Give the states before the last event of each process, oldest first, and of those `all_of` names that one too.

    What the present state withholds is withheld in earlier ones as well. Their findings that the present state does not
    have go to it. A state from the same rows as the one before is left out.
    """
    parties = {name: _OfProcess(rows.by_key, rows.mapped) for name, rows in parties.items()}
    batch = _Batch(plan, tables, lambda *given: assemble(plan, given[0], parties, rules, given[1]))
    for timeline in histories:
        before = None
        events = timeline.events if timeline.state.process in all_of else timeline.events[:-1]
        for at in events:
            rows = timeline.holding(plan, at)
            if rows is None or rows == before:
                continue
            before = rows
            batch.add(timeline, at, rows)
            if batch.size > BATCH_ROWS:
                yield from batch.assembled()
    yield from batch.assembled()


class _OfProcess(PartyRows):
    """Organizations as the states of a batch look for them, whose names tell the event too."""

    def find(self, process: str, key: str) -> Organization | None:
        return super().find(process.rpartition(_MARK)[0], key)


class _Batch:
    """Rows of many states, each state a process of its own for as long as they are assembled."""

    def __init__(
        self,
        plan: Plan,
        tables: Mapping[str, Columns],
        assembled: Callable[[Mapping[str, Columns], Mapping[str, Sequence[Path]]], Iterator[State]],
    ) -> None:
        self.plan = plan
        self.tables = tables
        self.assemble = assembled
        self._begin()

    def _begin(self) -> None:
        self.size = 0
        self.states: list[tuple[Timeline, str]] = []
        self.rows: list[list[int]] = [[] for _ in self.plan.tables]
        self.names: list[list[str]] = [[] for _ in self.plan.tables]
        self.withheld: dict[str, Sequence[Path]] = {}

    def add(self, timeline: Timeline, at: str, rows: list[list[int]]) -> None:
        """Take the rows of one state."""
        name = f"{timeline.state.process}{_MARK}{at}"
        self.states.append((timeline, at))
        self.withheld[name] = timeline.state.withheld
        for place, numbers in enumerate(rows):
            self.rows[place] += numbers
            self.names[place] += [name] * len(numbers)
            self.size += len(numbers)

    def assembled(self) -> Iterator[PastState]:
        """Give the states that were taken, and forget them."""
        columns = {}
        for table, numbers, names in zip(self.plan.tables, self.rows, self.names, strict=True):
            picked = _picked(self.tables[table.name], numbers)
            picked[PROCESS] = names
            columns[table.name] = picked
        for (timeline, at), state in zip(self.states, self.assemble(columns, self.withheld), strict=True):
            _add_new(timeline.state, state.findings)
            yield PastState(timeline.state.local_id, timeline.state.process, at, state.document)
        self._begin()


def _add_new(state: State, findings: Sequence[MappingFinding]) -> None:
    known = set(state.findings) if findings else ()
    state.findings += [one for one in dict.fromkeys(findings) if one not in known]


def _picked(columns: Columns, numbers: Sequence[int]) -> list[Sequence[Any]]:
    return [[column[number] for number in numbers] for column in columns]
