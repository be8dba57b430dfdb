"""How a ledger's tables come to their present form; run by `pregon.ledger.database` when a ledger is opened."""
