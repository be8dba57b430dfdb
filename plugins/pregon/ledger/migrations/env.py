"""Run the migrations on the connection the ledger hands over; the transaction is the ledger's."""

from alembic import context

from pregon.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
