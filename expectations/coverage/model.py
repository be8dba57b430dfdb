"""What a count of fields and codes comes to: `Coverage`, its parts by year and by department, and their JSON.

    coverage.field("tender/title").share          # 0.98 of the tenders have a title
    coverage.by_year[2025].field("tender/title")
    coverage.codes["tender/status"].listed        # {"active": {2025: 12, None: 1}, …}

All counts are of published paths: nothing in here is internal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from transforms.ocds import FieldTable

MOST_DEPARTMENTS = 50
"""Departments told apart: the largest; the others are told as one."""

MOST_UNLISTED = 100
"""Codes of a path told apart that its codelist does not have: the most frequent; of the others the count."""


class FieldCount(NamedTuple):
    """How a path is filled.

    `parents` are the objects that could hold it: entries of an array count one each, and so does the release. In
    `present` of them it stands and is not null, in `filled` it is none of "", [] and {} either: white space and 0 count
    as filled. `misfits` are values of a JSON type that the standard does not give the path (1 for a title, an object
    for an array); they are in `present` and `filled` too, but nothing below them is counted.

    Pelican's exists and non_empty (ocds.md 4.1, 4.3), but for null, which exists for Pelican and is not filled, and for
    a value that should be an object and is none: it is a misfit here and no parent.
    """

    parents: int = 0
    present: int = 0
    filled: int = 0
    misfits: int = 0

    @property
    def share(self) -> float | None:
        """Share of the parents where it is filled, 0 to 1; None without parents."""
        return self.filled / self.parents if self.parents else None


@dataclass
class Counts:
    """Counts of some processes.

    `objects` are how many objects there are at the path of an object or an array ("" is the release), `values` are
    present, filled and misfits of each path that is present anywhere.
    """

    documents: int = 0
    objects: dict[str, int] = field(default_factory=dict)
    values: dict[str, list[int]] = field(default_factory=dict)

    def field(self, path: str) -> FieldCount:
        """Give the counts of a path, without array indexes; zeros for one that never occurs."""
        return FieldCount(self.objects.get(path.rpartition("/")[0], 0), *self.values.get(path, (0, 0, 0)))

    def add(self, other: "Counts") -> None:
        """Add the counts of other processes."""
        self.documents += other.documents
        for path, number in other.objects.items():
            self.objects[path] = self.objects.get(path, 0) + number
        for path, numbers in other.values.items():
            self.add_values(path, numbers)

    def add_values(self, path: str, numbers: "list[int] | tuple[int, ...]") -> None:
        """Add present, filled and misfits of a path."""
        mine = self.values.setdefault(path, [0, 0, 0])
        for index, number in enumerate(numbers):
            mine[index] += number

    def fields(self, table: FieldTable) -> Iterator[tuple[str, FieldCount]]:
        """Give the paths that have parents here, in the order of the field table."""
        for path in table:
            if (count := self.field(path)).parents:
                yield path, count


@dataclass
class Department:
    """A buying department: the id of `buyer` (else of `tender/procuringEntity`), its name, and the counts.

    Departments without id are told by name. `id` and `name` are None where there is neither; of `rest` too.
    """

    id: str | None
    name: str | None
    counts: Counts


@dataclass
class CodeCounts:
    """How often each code stands at a path, by year (None: undated).

    `listed` are the codes of the codelist, `unlisted` the most frequent others, as texts of at most 100 characters;
    `further` counts values whose code is not told any more.
    """

    codelist: str
    is_open: bool
    listed: dict[str, dict[int | None, int]] = field(default_factory=dict)
    unlisted: dict[str, dict[int | None, int]] = field(default_factory=dict)
    further: int = 0

    def total(self, code: str) -> int:
        """How often a code stands there."""
        return sum((self.listed.get(code) or self.unlisted.get(code) or {}).values())


@dataclass
class Coverage:
    """Field and code coverage of a publication. Counts over published paths only: this may be shown to anybody.

    `all` has the counts of all processes, `by_year` by the year in which the city bought (`expectations.facts.year_of`;
    None: undated), `departments` those of the largest, largest first, and `rest` of the others. `unreadable` counts
    lines that are no JSON object. `exact` is False where there were so many departments that small ones could not be
    kept apart while counting: then a department's counts may be too low, those of `rest` too high.

    `to_json` gives, and `from_json` reads:

        {"extensions": ["bids", …], "documents": 1985, "unreadable": 0, "exact": true,
         "fields": [{"path": "tender/title", "parents": 1985, "present": 1985, "filled": 1980, "misfits": 0}, …],
         "years": [{"year": 2025, "documents": 12, "objects": {"": 12, "tender": 12, …},
                    "fields": {"tender/title": [12, 12, 0], …}}, …],
         "departments": [{"id": "PARKS", "name": "Parks", "documents": …, "objects": …, "fields": …}, …],
         "rest": {"departments": 0, "documents": …, "objects": …, "fields": …},
         "codes": [{"path": "tender/status", "codelist": "tenderStatus", "open": false, "further": 0,
                    "listed": [{"code": "active", "years": [[2025, 11], [null, 1]]}, …], "unlisted": []}, …]}

    `fields` of the whole has every path of the field table; a year or a department has present, filled and misfits of
    the paths that are present in it (`objects` are its parents). `year` is null for undated processes.
    """

    extensions: tuple[str, ...] = ()
    unreadable: int = 0
    all: Counts = field(default_factory=Counts)
    by_year: dict[int | None, Counts] = field(default_factory=dict)
    departments: list[Department] = field(default_factory=list)
    rest: Counts = field(default_factory=Counts)
    rest_departments: int = 0
    exact: bool = True
    codes: dict[str, CodeCounts] = field(default_factory=dict)

    @property
    def documents(self) -> int:
        """Compiled releases that were counted."""
        return self.all.documents

    def field(self, path: str) -> FieldCount:
        """Give the counts of a path over all processes."""
        return self.all.field(path)

    def to_json(self) -> dict[str, Any]:
        """Give all counts as JSON values, in the shape above."""
        from transforms.ocds import field_table

        return {
            "extensions": list(self.extensions),
            "documents": self.documents,
            "unreadable": self.unreadable,
            "exact": self.exact,
            "fields": [{"path": path, **self.field(path)._asdict()} for path in field_table(self.extensions)],
            "years": [{"year": year, **_counts_json(counts)} for year, counts in self.by_year.items()],
            "departments": [{"id": one.id, "name": one.name, **_counts_json(one.counts)} for one in self.departments],
            "rest": {"departments": self.rest_departments, **_counts_json(self.rest)},
            "codes": [
                {
                    "path": path,
                    "codelist": counts.codelist,
                    "open": counts.is_open,
                    "listed": _codes_json(counts.listed),
                    "unlisted": _codes_json(counts.unlisted),
                    "further": counts.further,
                }
                for path, counts in self.codes.items()
            ],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        every = Counts(value["documents"])
        for one in value["fields"]:
            path, parents = one["path"], one["parents"]
            if parents:
                every.objects[path.rpartition("/")[0]] = parents
            if one["present"]:
                every.values[path] = [one["present"], one["filled"], one["misfits"]]
        return cls(
            extensions=tuple(value["extensions"]),
            unreadable=value["unreadable"],
            all=every,
            by_year={one["year"]: _counts(one) for one in value["years"]},
            departments=[Department(one["id"], one["name"], _counts(one)) for one in value["departments"]],
            rest=_counts(value["rest"]),
            rest_departments=value["rest"]["departments"],
            exact=value["exact"],
            codes={
                one["path"]: CodeCounts(
                    one["codelist"], one["open"], _codes(one["listed"]), _codes(one["unlisted"]), one["further"]
                )
                for one in value["codes"]
            },
        )


def _counts_json(counts: Counts) -> dict[str, Any]:
    return {"documents": counts.documents, "objects": dict(counts.objects), "fields": dict(counts.values)}


def _counts(value: Mapping[str, Any]) -> Counts:
    values = {path: list(numbers) for path, numbers in value["fields"].items()}
    return Counts(value["documents"], dict(value["objects"]), values)


def _codes_json(codes: Mapping[str, Mapping[int | None, int]]) -> list[dict[str, Any]]:
    return [{"code": code, "years": [list(pair) for pair in years.items()]} for code, years in codes.items()]


def _codes(value: Any) -> dict[str, dict[int | None, int]]:
    return {one["code"]: {year: number for year, number in one["years"]} for one in value}
