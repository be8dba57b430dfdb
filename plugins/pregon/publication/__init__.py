"""The publication of a city: snapshots built from the ledger, promoted as a whole."""
