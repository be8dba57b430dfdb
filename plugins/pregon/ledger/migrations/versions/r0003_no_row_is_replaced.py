"""SQLite: INSERT OR REPLACE by hand deletes the old row without asking the triggers for deletions.

Releases were safe from it from the start; these are the other tables whose rows are kept as they are. PostgreSQL has no
such statement.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEYS = {
    "run": ("number", "run_id", "manifest"),
    "publication": ("number", "snapshot"),
    "redaction": ("number",),
    "owner": ("city",),
}


def upgrade() -> None:
    """Create the triggers."""
    if op.get_bind().dialect.name == "postgresql":
        return
    for table, keys in _KEYS.items():
        same = " OR ".join(f"{key} = NEW.{key}" for key in keys)
        op.execute(
            f"CREATE TRIGGER {table}_is_not_replaced BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: this row is on record'); END"
        )


def downgrade() -> None:
    """Refuse: a book of record is not taken apart by a migration."""
    raise NotImplementedError
