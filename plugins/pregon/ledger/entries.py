"""What goes into the ledger and what comes out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

#: Longest text of a source value kept in quarantine, in characters.
VALUE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Run:
    """A run that wants to commit."""

    run_id: str
    #: the run's one clock (aware, UTC, whole seconds)
    as_of: datetime
    #: number of the manifest up to which the run has read; must be newer than the ledger's
    manifest: int
    #: hash of the city's configuration and the code version the run used
    fingerprint: str
    #: counts of the run (rows read, processes mapped, …), kept as they are
    counts: Mapping[str, int] = field(default_factory=dict)
    #: number of the newest redaction that its releases obey
    redactions: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """What a run found about one process.

    Without `release` and `compiled` the process has nothing new to say, but its source rows or the form of its state
    changed; it must have a release already. Several entries of one process in a run follow in the order of its
    releases; of these the last one's compiled release, state hash, provenance and rows are kept.
    """

    ocid: str
    state_hash: str
    release: Mapping[str, Any] | None = None
    #: compiled release after `release`
    compiled: Mapping[str, Any] | None = None
    #: id of the process's release before; None for its first
    previous_id: str | None = None
    #: [[entry, row], …] as the mapping gives it: the path of an entry and a source row, `table:key`
    provenance: Sequence[Any] = ()
    #: source table → number of its rows in this process
    rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """A source row, or a finding in a process, that is not published, and why."""

    table: str
    row: str
    #: reason code
    reason: str
    message: str
    ocid: str | None = None
    #: OCDS path
    path: str | None = None
    #: the value concerned; cut at VALUE_LIMIT
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A quarantine row with the run that put it there; one that is found again keeps the run that found it first."""

    run_id: str
    row: QuarantineRow


@dataclass(frozen=True, slots=True)
class Examined:
    """What a run has looked at: there its findings replace those of earlier runs."""

    #: the whole source: nothing of earlier runs stays
    everything: bool = False
    #: these processes
    ocids: Iterable[str] = ()
    #: all source rows that are held back for themselves, and not as a part of a process
    rows: bool = False


@dataclass(frozen=True, slots=True)
class CommitResult:
    """What a commit did; repeating the run gives the same."""

    run_id: str
    #: sequence of the ledger's newest release after this run; 0 if there is none
    sequence: int
    releases: int
    #: processes released for the first time
    new_processes: int
    #: processes released again
    changed_processes: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Head:
    """The last committed run: where the next one starts."""

    run_id: str
    as_of: datetime
    manifest: int
    fingerprint: str
    counts: Mapping[str, int]
    result: CommitResult


class StoredRelease(NamedTuple):
    """A release as it was committed; `json` is its text, without line break."""

    sequence: int
    ocid: str
    release_id: str
    date: str
    tags: tuple[str, ...]
    json: bytes


class Process(NamedTuple):
    """A process with its compiled release (JSON text) and, where asked for, its releases, oldest first."""

    ocid: str
    first_date: str
    last_date: str
    compiled: bytes
    releases: tuple[StoredRelease, ...]


@dataclass(frozen=True, slots=True)
class Segments:
    """How much each segment (year, or `undated`) holds, in order of names."""

    #: releases by the year of their own date
    releases: Mapping[str, int]
    #: processes by the year of their first release
    processes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Accounting:
    """Where the source rows ended: source table → number of rows."""

    #: in processes that are released as they were last accepted, none of them in quarantine; a row that several
    #: processes use counts in each
    published: Mapping[str, int]
    #: in quarantine, each row once
    quarantined: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Publication:
    """A snapshot that was built from the ledger."""

    snapshot: str
    as_of: datetime
    #: the newest run in it
    run_id: str
    #: sequence of the newest release in it
    sequence: int


@dataclass(frozen=True, slots=True)
class Redaction:
    """What was taken back, why, when, and by whom; never the value itself.

    `ocid` None: in every process. `path` None: the process as a whole. `open`: its removal has not been completed.
    """

    number: int
    as_of: datetime
    ocid: str | None
    path: str | None
    reason: str
    author: str
    open: bool


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The bodies of a process without what was taken back: by sequence, and the compiled release they add up to."""

    ocid: str
    releases: Mapping[int, Mapping[str, Any]]
    compiled: Mapping[str, Any]
    state_hash: str


class MaskedCell(NamedTuple):
    """A cell of a source row that is kept nowhere."""

    table: str
    row: str
    column: str
