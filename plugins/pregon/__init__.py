"""Everything of Pregón that touches the outside world: sources, storage, ledger, publication, orchestration."""
