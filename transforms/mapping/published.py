"""From the releases that a publisher has published to the state of each process, with what is wrong with them.

The publisher's ids stay as they are, and nothing is mended in silence: what a release of ours could not hold (an empty
field, a value of another type, a code that a closed list does not have) is left out and told, as a cell is that could
not be used. What can't be left out stays, and the check holds the process back.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from transforms.mapping.assemble import PROCESS, ROW, Columns, MappingFinding, State
from transforms.mapping.disclosure import DisclosureRules
from transforms.mapping.documents import COLUMNS, PROCESSES, RELEASES
from transforms.mapping.persons import PersonTest, withhold_persons
from transforms.mapping.plan import FIXED_COLUMNS
from transforms.mapping.tidy import Tidied, compared, fit_to_merge, tidied
from transforms.mapping.upgrade import upgraded
from transforms.mapping.usable import unusable_removed
from transforms.releases import MergeRules, UnmergeableState
from transforms.releases.errors import NotJson
from transforms.releases.identity import canonical_state
from transforms.releases.merging import merge_release, sections

_VALUE_LENGTH = 200
_LATEST_SECTIONS = ("parties", "awards", "contracts")
"""Sections whose entries are told to come from the last release that has them."""


@dataclass(frozen=True)
class PublishedRules:
    """What is asked of published documents.

    `declared` tells whether the standard with the city's extensions has a path. `errors` gives what a schema says of a
    release: (path to the place, keyword, message). `persons`: how natural persons are told, None if none is one.
    """

    merge: MergeRules
    declared: Callable[[str], bool]
    errors: Callable[[dict[str, Any]], Iterable[tuple[Sequence[str | int], str, str]]]
    disclosure: DisclosureRules
    persons: PersonTest | None
    keep_additional: bool
    withhold_contact_points: bool


class Published(NamedTuple):
    """One release, or compiled release, as its row has it."""

    kind: str
    id: str
    date: str | None
    version: str | None
    place: str
    document: str
    row: str


_Read = tuple[tuple[str, str, str], Published, dict[str, Any]]
"""What a document is sorted by, its row, and itself."""


def published_states(tables: Mapping[str, Columns], rules: PublishedRules) -> Iterator[State]:
    """Give the states of some processes, in the order of the processes' rows."""
    columns = tables[RELEASES]
    cells = [columns[FIXED_COLUMNS + number] for number in range(len(COLUMNS))]
    rows = zip(columns[PROCESS], *cells, columns[ROW], strict=True)
    releases = {process: [Published(*row[1:]) for row in found] for process, found in groupby(rows, key=itemgetter(0))}
    for process in tables[PROCESSES][PROCESS]:
        yield _Making(process, releases.get(process, []), rules).state()


@dataclass
class _Making:
    """One state in the making."""

    process: str
    rows: Sequence[Published]
    rules: PublishedRules
    findings: list[MappingFinding] = field(default_factory=list)
    told: set[tuple[str, str]] = field(default_factory=set)
    latest: dict[str, str] = field(default_factory=dict)

    def state(self) -> State:
        """Merge the releases; where there are none, the compiled release is the state."""
        read = sorted(self._read(), key=itemgetter(0))
        releases = [one for one in read if one[1].kind == "release"]
        compiled = [one for one in read if one[1].kind != "release"]
        last = (releases or compiled)[-1][1].row if read else ""
        tidy = self._tidied(self._merged(releases) if releases else compiled[-1][2] if compiled else {})
        document = tidy.document
        for path, code, value in tidy.findings:
            self._tell(path, code, value, last)
        if releases and compiled:
            for path, value in compared(document, self._tidied(compiled[-1][2]).document):
                self._tell(path, "compiled_differs", value, compiled[-1][1].row)
        self._disclosed(document, last)
        with suppress(NotJson):  # what is no JSON is held back when a release is to be made of it
            document = canonical_state(document)[0]
        for path, code, value in unusable_removed(document, self.process, self.rules.errors):
            self._tell(path, code, value, last)
        self._missing_parties(document, last)
        dates = [one[0][0] for one in read if one[0][0]]
        others = [one.row for one in self.rows if one.row != last]
        return State(
            self.process, self.process, document, max(dates, default=None),
            [("", row) for row in (last, *others)] + sorted(self.latest.items()), self.findings,
        )  # fmt: skip

    def _read(self) -> Iterator[_Read]:
        """Give every document, upgraded and fit to be merged, behind what it is sorted by."""
        for row in self.rows:
            document = json.loads(row.document)
            if not isinstance(document.get("tag"), list):
                self._tell("tag", "not_a_list", document.get("tag"), row.row)
            for code, value in upgraded(document, row.version):
                self._tell("", code, value, row.row)
            for path, code, value in fit_to_merge(document, self.rules.merge):
                self._tell(path, code, value, row.row)
            moment = _moment(row.date)
            if moment is None:
                self._tell("date", "no_date", row.date, row.row)
            yield (moment or "", row.place, row.id), row, document

    def _merged(self, releases: Sequence[_Read]) -> dict[str, Any]:
        """Merge in the order of dates; of releases with one date the record's list decides, and then the id."""
        merged: dict[str, Any] | None = None
        before = None
        for (moment, _, _), row, document in releases:
            if moment and moment == before:
                self._tell("date", "equal_dates", row.date, row.row)
            before = moment
            try:
                merged = merge_release(merged, {**document, "ocid": self.process, "date": moment}, self.rules.merge)
            except UnmergeableState as error:
                self._tell("", "unmergeable", str(error), row.row)
                return {}
            for section in _LATEST_SECTIONS:
                for entry in _entries(document.get(section)):
                    self.latest[f"{section}/{entry['id']}"] = row.row
        return merged or {}

    def _tidied(self, release: dict[str, Any]) -> Tidied:
        rules = self.rules
        return tidied(sections(release), rules.declared, rules.merge, keep=rules.keep_additional)

    def _disclosed(self, document: dict[str, Any], row: str) -> None:
        """Apply the city's decisions, before anything is hashed or compared."""
        rules = self.rules
        if rules.withhold_contact_points:
            _without_contact_points(document)
        withheld = rules.persons is not None and withhold_persons(
            document, rules.persons, rules.disclosure, rules.merge.references
        )
        if withheld and rules.keep_additional:
            # Nobody knows what fields that the standard does not have say of a person.
            again = tidied(document, rules.declared, rules.merge, keep=False)
            document.clear()
            document.update(again.document)
            self._tell("", "additional_fields_of_a_person", None, row)
        rules.disclosure.apply(document)

    def _missing_parties(self, document: dict[str, Any], row: str) -> None:
        known = {str(party["id"]) for party in _entries(document.get("parties"))}
        for path in sorted(self.rules.merge.references):
            for reference in _at(document, path):
                if "id" in reference and str(reference["id"]) not in known:
                    self._tell("/".join(path), "no_such_party", str(reference["id"]), row)

    def _tell(self, path: str, code: str, value: object, row: str) -> None:
        """Note a finding, once for each path and code of a process: habits would be told a million times."""
        if (path, code) not in self.told:
            self.told.add((path, code))
            text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            self.findings.append(MappingFinding(path, code, text[:_VALUE_LENGTH], row))


def _moment(text: str | None) -> str | None:
    """Give a date as it sorts: RFC 3339 in UTC; None where it is none, or has no zone."""
    try:
        moment = datetime.fromisoformat((text or "").strip())
        return moment.astimezone(UTC).isoformat() if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _entries(found: Any) -> list[dict[str, Any]]:
    return [entry for entry in found if isinstance(entry, dict) and "id" in entry] if isinstance(found, list) else []


def _at(container: Any, path: Sequence[str]) -> Iterator[dict[str, Any]]:
    if isinstance(container, list):
        for entry in container:
            yield from _at(entry, path)
    elif isinstance(container, dict):
        if not path:
            yield container
        elif path[0] in container:
            yield from _at(container[path[0]], path[1:])


def _without_contact_points(value: Any) -> None:
    if isinstance(value, dict):
        value.pop("contactPoint", None)
        for member in value.values():
            _without_contact_points(member)
    elif isinstance(value, list):
        for member in value:
            _without_contact_points(member)
