"""The ledger: the publisher's book of record. All that was ever released, and where the next run starts.

`Ledger` is the only way in; see its methods. Nothing else in Pregón knows the tables.
"""

from pregon.ledger.book import Ledger
from pregon.ledger.contents import SegmentContent
from pregon.ledger.entries import (
    Accounting,
    CommitResult,
    Entry,
    Examined,
    Head,
    MaskedCell,
    Process,
    Publication,
    Quarantined,
    QuarantineRow,
    Redaction,
    Rewriting,
    Run,
    Segments,
    StoredRelease,
)
from pregon.ledger.errors import (
    BrokenHistory,
    EntryOutOfStep,
    ForeignLedger,
    LedgerBusy,
    LedgerDriverMissing,
    LedgerNotEmpty,
    LedgerTooNew,
    LedgerUnreachable,
    PublicationConflict,
    RedactedMeanwhile,
    RedactionsLost,
    RunConflict,
    StaleManifest,
    UnknownProcess,
)
from pregon.ledger.findings import Finding, Verification
from pregon.ledger.history import RecordedProcess, RecordedRelease
from pregon.ledger.restoring import Restored, RestoredRelease
from pregon.ledger.stretches import Stretch

__all__ = [
    "Accounting",
    "BrokenHistory",
    "CommitResult",
    "Entry",
    "EntryOutOfStep",
    "Examined",
    "Finding",
    "ForeignLedger",
    "Head",
    "Ledger",
    "LedgerBusy",
    "LedgerDriverMissing",
    "LedgerNotEmpty",
    "LedgerTooNew",
    "LedgerUnreachable",
    "MaskedCell",
    "Process",
    "Publication",
    "PublicationConflict",
    "QuarantineRow",
    "Quarantined",
    "RecordedProcess",
    "RecordedRelease",
    "RedactedMeanwhile",
    "Redaction",
    "RedactionsLost",
    "Restored",
    "RestoredRelease",
    "Rewriting",
    "Run",
    "RunConflict",
    "SegmentContent",
    "Segments",
    "StaleManifest",
    "StoredRelease",
    "Stretch",
    "UnknownProcess",
    "Verification",
]
