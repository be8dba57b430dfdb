"""The history of one process: read from the ledger, and shown on a terminal."""

from pregon.history.reading import UnknownOcid, read_history

__all__ = ["UnknownOcid", "read_history"]
