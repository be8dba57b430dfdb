"""The ledger: the publisher's book of record. All that was ever released, and where the next run starts.

`Ledger` is the only way in; see its methods. Nothing else in Pregón knows the tables.
"""

from pregon.ledger.book import Ledger
from pregon.ledger.entries import (
    Accounting,
    CommitResult,
    Entry,
    Examined,
    Head,
    Process,
    Publication,
    Quarantined,
    QuarantineRow,
    Run,
    Segments,
    StoredRelease,
)
from pregon.ledger.errors import (
    EntryOutOfStep,
    ForeignLedger,
    LedgerBusy,
    LedgerDriverMissing,
    LedgerTooNew,
    LedgerUnreachable,
    PublicationConflict,
    RunConflict,
    StaleManifest,
    UnknownProcess,
)

__all__ = [
    "Accounting",
    "CommitResult",
    "Entry",
    "EntryOutOfStep",
    "Examined",
    "ForeignLedger",
    "Head",
    "Ledger",
    "LedgerBusy",
    "LedgerDriverMissing",
    "LedgerTooNew",
    "LedgerUnreachable",
    "Process",
    "Publication",
    "PublicationConflict",
    "QuarantineRow",
    "Quarantined",
    "Run",
    "RunConflict",
    "Segments",
    "StaleManifest",
    "StoredRelease",
    "UnknownProcess",
]
