"""A made-up city's releases, and a ledger of them in memory."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from pregon.publication.source import Committed, Listed, Placed, Segment, Series, StoredRecord, StoredRelease
from transforms.packages import segment_of
from transforms.publication import Publication
from transforms.snapshot import Notice

COMMITTED = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)

PUBLICATION = Publication(
    slug="lindenau",
    name={"en": "City of Lindenau", "es": "Ciudad de Lindenau"},
    publisher_name="City of Lindenau",
    publisher_uri="https://lindenau.example/",
    licence_name="CC0 1.0",
    licence_uri="https://creativecommons.org/publicdomain/zero/1.0/",
    publication_policy="https://lindenau.example/open-contracting/policy",
    base_url="https://data.lindenau.example/contracting",
    ocid_prefix="ocds-213czf",
    country="US",
    time_zone="America/Chicago",
    synthetic=True,
    contact_name="Procurement Office",
    contact_email="opendata@lindenau.example",
    extensions=("bids", "lots"),
)


@dataclass
class MemorySource:
    """`PublicationSource` over lists of releases, keyed by ocid, and compiled releases."""

    releases_of: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    compiled_of: dict[str, dict[str, Any]] = field(default_factory=dict)
    commits: dict[str, datetime] = field(default_factory=dict)
    reads: list[tuple[str, str]] = field(default_factory=list)
    sequences: dict[str, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def commit(self, release: dict[str, Any], compiled: dict[str, Any], as_of: datetime = COMMITTED) -> None:
        self.sequences[release["id"]] = len(self.sequences) + 1
        self.releases_of[release["ocid"]].append(release)
        self.compiled_of[release["ocid"]] = compiled
        self.commits[release["id"]] = as_of

    def _stored(self, release: dict[str, Any]) -> StoredRelease:
        text = orjson.dumps(release)
        tags, sequence = tuple(release["tag"]), self.sequences[release["id"]]
        return StoredRelease(release["ocid"], release["id"], release["date"], text, tags, sequence)

    def redactions(self) -> Sequence[Notice]:
        return self.notices

    def _segmented(self, series: Series) -> dict[str, list[list[dict[str, Any]]]]:
        found: dict[str, list[list[dict[str, Any]]]] = defaultdict(list)
        for ocid in sorted(self.releases_of):
            group = self.releases_of[ocid]
            if series == "records":
                found[segment_of(group[0]["date"])].append(group)
            else:
                for release in group:
                    found[segment_of(release["date"])].append([release])
        return found

    def segments(self, series: Series) -> Sequence[Segment]:
        return [
            self._segment(name, groups, self._months(name) if series == "releases" else ())
            for name, groups in sorted(self._segmented(series).items())
        ]

    def _segment(self, name: str, groups: list[list[dict[str, Any]]], months: Sequence[Segment] = ()) -> Segment:
        identities = repr([self.notices, *((r["ocid"], r["id"]) for g in groups for r in g)])
        newest = max(self.commits[release["id"]] for group in groups for release in group)
        return Segment(name, len(groups), newest, hashlib.sha256(identities.encode()).hexdigest(), months)

    def _months(self, year: str) -> Sequence[Segment]:
        if not year.isdigit():
            return ()
        names = sorted({release["date"][:7] for release in self._in_order(year)})
        return [self._segment(name, [[release] for release in self._in_order(name)]) for name in names]

    def listed(self, series: Series, segment: str) -> Iterator[Listed]:
        if series == "releases":
            groups = [[release] for release in self._in_order(segment)]
        else:
            groups = self._segmented("records")[segment]
        for group in groups:
            fingerprint = repr([len(self.notices), [release["id"] for release in group]])
            yield Listed(self.sequences[group[-1]["id"]], group[-1]["ocid"], fingerprint)

    def releases(self, segment: str, first: int = 1, last: int | None = None) -> Iterator[StoredRelease]:
        self.reads.append(("releases", segment))
        for release in self._in_order(segment):
            if first <= self.sequences[release["id"]] <= (last or len(self.sequences)):
                yield self._stored(release)

    def sequence_at(self, segment: str, place: int) -> int:
        return self.sequences[self._in_order(segment)[place]["id"]]

    def _in_order(self, segment: str) -> list[dict[str, Any]]:
        year, _, month = segment.partition("-")
        found = [release for group in self._segmented("releases")[year] for release in group]
        found = [release for release in found if not month or release["date"].startswith(segment)]
        return sorted(found, key=lambda one: self.sequences[one["id"]])

    def issued(self) -> datetime | None:
        return min(self.commits.values(), default=None)

    def committed(self) -> Iterator[Committed]:
        for segment in self.segments("releases"):
            for release in self._in_order(segment.name):
                yield Committed(self.commits[release["id"]], segment.name, 1)

    def records(self, segment: str) -> Iterator[StoredRecord]:
        self.reads.append(("records", segment))
        for group in self._segmented("records")[segment]:
            yield self._record(group)

    def placed(self, series: Series) -> Iterator[Placed]:
        groups = list(self.releases_of.values())
        if series == "releases":
            groups = [[release] for group in groups for release in group]
        for group in sorted(groups, key=lambda group: self.sequences[group[0]["id"]]):
            moments = [self.commits[release["id"]] for release in group] + [notice.moment for notice in self.notices]
            committed = max(moments)
            fingerprint = repr([self.notices, [release["id"] for release in group]])
            yield Placed(self.sequences[group[0]["id"]], group[0]["ocid"], fingerprint, committed)

    def released(self, first: int, last: int) -> Iterator[StoredRelease]:
        self.reads.append(("released", f"{first}-{last}"))
        found = [release for group in self.releases_of.values() for release in group]
        for release in sorted(found, key=lambda one: self.sequences[one["id"]]):
            if first <= self.sequences[release["id"]] <= last:
                yield self._stored(release)

    def records_of(self, ocids: Iterable[str]) -> Iterator[StoredRecord]:
        wanted = set(ocids)
        self.reads.append(("records of", " ".join(sorted(wanted))))
        for ocid in sorted(wanted):
            yield self._record(self.releases_of[ocid])

    def _record(self, group: list[dict[str, Any]]) -> StoredRecord:
        ocid = group[0]["ocid"]
        body = orjson.dumps(self.compiled_of[ocid])
        return StoredRecord(ocid, group[0]["date"], body, [self._stored(release) for release in group])

    def sequence_of(self, releases: int, redactions: int) -> int:
        del redactions
        return releases

    def changed(self, after: int) -> Iterator[StoredRecord]:
        self.reads.append(("changed", str(after)))
        for segment in self.segments("records"):
            for record in self.records(segment.name):
                if max(release.sequence for release in record.releases) > after:
                    yield record

    def newest_release(self) -> tuple[int, str]:
        return max(((sequence, id) for id, sequence in self.sequences.items()), default=(0, ""))  # noqa: A001

    def release_at(self, sequence: int) -> str | None:
        return {0: "", **{number: release for release, number in self.sequences.items()}}.get(sequence)

    def compiled(self, segment: str) -> Iterator[bytes]:
        self.reads.append(("compiled", segment))
        for group in self._segmented("records")[segment]:
            yield orjson.dumps(self.compiled_of[group[0]["ocid"]])


def process(number: int, year: str = "2025", *, awarded: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make one release of a process, and its compiled release."""
    ocid = f"ocds-213czf-S{number:05d}"
    vendors = [f"US-LD-V-{(number + offset) % 97:04d}" for offset in range(3)]
    state: dict[str, Any] = {
        "ocid": ocid,
        "initiationType": "tender",
        "language": "en",
        "parties": [
            {"id": "US-LD-D-7", "name": "Parks Department", "roles": ["buyer"]},
            *(
                {
                    "id": vendor,
                    "name": f"Firm {vendor[-4:]}; Söhne & Cía",
                    "roles": ["tenderer", "supplier"] if awarded and vendor == vendors[0] else ["tenderer"],
                    "address": {"locality": "Lindenau", "region": "IL"},
                }
                for vendor in vendors
            ),
        ],
        "buyer": {"id": "US-LD-D-7", "name": "Parks Department"},
        "tender": {
            "id": f"S{number:05d}",
            "title": f"=Trees for street {number}",
            "description": "Deliver and plant, with two years of care.\nBring your own water.",
            "status": "complete" if awarded else "active",
            "procurementMethod": "open",
            "additionalProcurementCategories": ["goods"],
            "value": {"amount": 1000.5 + number, "currency": "USD"},
            "items": [
                {
                    "id": str(item),
                    "description": f"Linden, {item} m",
                    "quantity": item,
                    "classification": {"scheme": "UNSPSC", "id": "10161500", "description": "Trees"},
                }
                for item in range(1, 4)
            ],
            "documents": [
                {"id": "d1", "documentType": "tenderNotice", "url": "https://lindenau.example/d1.pdf", "title": "Call"}
            ],
        },
        "bids": {
            "details": [
                {
                    "id": f"B{position}",
                    "status": "valid",
                    "date": f"{year}-02-01T12:00:00Z",
                    "tenderers": [{"id": vendor, "name": f"Firm {vendor[-4:]}; Söhne & Cía"}],
                    "value": {"amount": 900 + position, "currency": "USD"},
                }
                for position, vendor in enumerate(vendors)
            ]
        },
    }
    if awarded:
        supplier = {"id": vendors[0], "name": f"Firm {vendors[0][-4:]}; Söhne & Cía"}
        state["awards"] = [
            {
                "id": "A1",
                "title": "Award",
                "status": "active",
                "date": f"{year}-03-01T00:00:00Z",
                "value": {"amount": 900, "currency": "USD"},
                "suppliers": [supplier],
            }
        ]
        state["contracts"] = [
            {
                "id": "C1",
                "awardID": "A1",
                "status": "active",
                "value": {"amount": 900, "currency": "USD"},
                "implementation": {
                    "transactions": [
                        {
                            "id": f"T{position}",
                            "date": f"{year}-0{position}-15T00:00:00Z",
                            "value": {"amount": 100.25, "currency": "USD"},
                            "payer": {"id": "US-LD-D-7", "name": "Parks Department"},
                            "payee": supplier,
                        }
                        for position in range(4, 7)
                    ]
                },
            }
        ]
        state["parties"][0]["roles"] = ["buyer", "payer"]
        state["parties"][1]["roles"] = ["tenderer", "supplier", "payee"]
    date = f"{year}-04-01T00:00:00Z"
    identifier = hashlib.sha256(f"{ocid} {date}".encode()).hexdigest()[:32]
    tags = ["tender", "award", "contract"] if awarded else ["tender"]
    release = {"ocid": ocid, "id": identifier, "date": date, "tag": tags, **state}
    compiled = {"ocid": ocid, "id": f"{ocid}-{date}", "date": date, "tag": ["compiled"], **state}
    return release, compiled


def made_up_source(processes: int = 12) -> MemorySource:
    """Make a ledger with processes of three years."""
    source = MemorySource()
    for number in range(processes):
        source.commit(*process(number, ("2024", "2025", "2026")[number % 3], awarded=number % 4 != 3))
    return source
