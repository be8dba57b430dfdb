"""Finding the processes of a ledger that are, or may become, opportunities.

Most of what a ledger holds is over. What is not is kept in a file for internal use, with the newest release that it
knows; the next time only processes with later releases are looked at. The file can be deleted at any time.
"""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from pregon.publication.draft import digest
from pregon.publication.source import PublicationSource, StoredRecord
from transforms.opportunities import (
    Contract,
    Cuts,
    Listing,
    OpportunityOptions,
    Tender,
    contracts_of,
    listing,
    tender_of,
)
from transforms.opportunities.facts import read_compiled
from transforms.opportunities.state import may_be_listed
from transforms.packages import rfc3339

_FILE = "opportunities.json.gz"


@dataclass(frozen=True)
class _Process:
    tender: Tender | None
    contracts: Sequence[Contract]


@dataclass
class _Gathered:
    processes: dict[str, _Process]
    cuts: Cuts


class KeptOpportunities:
    """The opportunities of a ledger, with a file in `folder` that saves looking at everything each time.

    Without a folder everything is looked at.
    """

    def __init__(self, options: OpportunityOptions, code_version: str, folder: Path | None = None) -> None:
        self.options = options
        self._code_version = code_version
        self._folder = folder

    @staticmethod
    def forget(folder: Path) -> None:
        """Delete what is kept: it would hold values that are taken back later."""
        (folder / _FILE).unlink(missing_ok=True)

    @property
    def _made_by(self) -> str:
        kept = [field.name for field in (*fields(Tender), *fields(Contract))]
        return digest(self._code_version, repr(self.options), ",".join(kept))

    def listing(self, source: PublicationSource, as_of: datetime) -> Listing:
        """List what vendors may take part in at `as_of`."""
        newest = source.newest_release()
        redactions = len(source.redactions())
        kept, known = self._kept(source, as_of, redactions)
        if kept is None:
            kept = _Gathered({}, Cuts(self.options))
            for record in _candidates(source, as_of, self.options, kept.cuts):
                _add(kept, record, as_of, self.options)
        elif known != newest:
            for record in source.changed(known[0]):
                kept.processes.pop(record.ocid, None)
                _add(kept, record, as_of, self.options, kept.cuts)
        self._keep(kept, newest, as_of, redactions)
        return listing(
            (one.tender for one in kept.processes.values() if one.tender),
            (contract for one in kept.processes.values() for contract in one.contracts),
            kept.cuts.all(),
            as_of,
            self.options,
        )

    def _kept(
        self, source: PublicationSource, as_of: datetime, redactions: int
    ) -> tuple[_Gathered | None, tuple[int, str]]:
        """Read what is kept, if it is of this ledger, of the same code, and not of a later time."""
        found = self._read()
        if found.get("made_by") != self._made_by or found.get("redactions") != redactions:
            return None, (0, "")
        sequence, release = found["newest"]
        if datetime.fromisoformat(found["as_of"]) > as_of or source.release_at(sequence) != release:
            return None, (0, "")
        processes = {
            ocid: _Process(
                Tender.from_json(one["tender"]) if one["tender"] else None,
                [Contract.from_json(contract) for contract in one["contracts"]],
            )
            for ocid, one in found["processes"].items()
        }
        return _Gathered(processes, Cuts.from_json(found["cuts"], self.options)), (sequence, release)

    def _read(self) -> Mapping[str, Any]:
        if self._folder is None:
            return {}
        try:
            found = orjson.loads(gzip.decompress((self._folder / _FILE).read_bytes()))
        except (OSError, EOFError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _keep(self, gathered: _Gathered, newest: tuple[int, str], as_of: datetime, redactions: int) -> None:
        if self._folder is None:
            return
        content = {
            "made_by": self._made_by,
            "as_of": rfc3339(as_of),
            "newest": newest,
            "redactions": redactions,
            "cuts": gathered.cuts.to_json(),
            "processes": dict(sorted(gathered.processes.items())),
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f".{_FILE}.partial"
        partial.write_bytes(gzip.compress(orjson.dumps(content), 3, mtime=0))
        partial.replace(self._folder / _FILE)


def _candidates(
    source: PublicationSource, as_of: datetime, options: OpportunityOptions, cuts: Cuts
) -> Iterator[StoredRecord]:
    """Give the records that may be opportunities; `cuts` takes all tenders there ever were."""
    wanted = []
    for segment in source.segments("records"):
        for text in source.compiled(segment.name):
            compiled = orjson.loads(text)
            tender = tender_of(compiled, [compiled["date"]])
            if tender:
                cuts.add(tender)
            if may_be_listed(tender, list(contracts_of(compiled, [compiled["date"]])), as_of, options):
                wanted.append(compiled["ocid"])
    return source.records_of(wanted)


def _add(
    gathered: _Gathered, record: StoredRecord, as_of: datetime, options: OpportunityOptions, cuts: Cuts | None = None
) -> None:
    """Add a process if it may be listed now or later; its tender to `cuts` whatever its state."""
    compiled = read_compiled(record.compiled)
    dates = [release.date for release in record.releases]
    tender, contracts = tender_of(compiled, dates), list(contracts_of(compiled, dates))
    if tender and cuts:
        cuts.add(tender)
    if may_be_listed(tender, contracts, as_of, options):
        gathered.processes[record.ocid] = _Process(tender, contracts)
