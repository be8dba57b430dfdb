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
    EntryOutOfStep,
    ForeignLedger,
    LedgerBusy,
    LedgerDriverMissing,
    LedgerTooNew,
    LedgerUnreachable,
    PublicationConflict,
    RedactedMeanwhile,
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
    "MaskedCell",
    "Process",
    "Publication",
    "PublicationConflict",
    "QuarantineRow",
    "Quarantined",
    "RedactedMeanwhile",
    "Redaction",
    "Rewriting",
    "Run",
    "RunConflict",
    "Segments",
    "StaleManifest",
    "StoredRelease",
    "UnknownProcess",
]
