"""Redactions that concern every process, and the cells of source rows that are never kept again.

Outside an open redaction the book stays as append-only as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_IDENTITY = (
    "sequence",
    "ocid",
    "release_id",
    "previous_id",
    "date",
    "segment",
    "month",
    "tags",
    "run",
    "bucket",
)
_CONCERNS = "(redaction.ocid = OLD.ocid OR redaction.ocid IS NULL)"
_CONCERNS = "(redaction.ocid = OLD.ocid OR redaction.ocid IS NULL)"
_ALLOWED = f"EXISTS (SELECT 1 FROM redaction WHERE {_CONCERNS} AND redaction.open = 1)"


def upgrade() -> None:
    """Let the ocid be absent, and add the table of masked cells."""
    op.create_table(
        "masked_cell",
        sa.Column("source_table", _KEY, primary_key=True),
        sa.Column("row_key", _KEY, primary_key=True),
        sa.Column("source_column", _KEY, primary_key=True),
        sa.Column("redaction", sa.Integer, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
    else:
        _on_sqlite()


def downgrade() -> None:
    """Refuse: a book of record is not taken apart by a migration."""
    raise NotImplementedError


def _on_sqlite() -> None:
    # SQLite can't drop NOT NULL: the table is made anew. Triggers that name it stand in the way of its new name.
    op.execute("DROP TRIGGER release_is_not_changed")
    op.execute("ALTER TABLE redaction RENAME TO redaction_before")
    op.create_table(
        "redaction",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("as_of", sa.String(20), nullable=False),
        sa.Column("ocid", _KEY),
        sa.Column("path", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("open", sa.SmallInteger, nullable=False),
    )
    op.execute("INSERT INTO redaction SELECT number, as_of, ocid, path, reason, author, open FROM redaction_before")
    op.execute("DROP TABLE redaction_before")
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in _IDENTITY)
    op.execute(
        f"CREATE TRIGGER release_is_not_changed BEFORE UPDATE ON release WHEN NOT ({same} AND {_ALLOWED}) "
        "BEGIN SELECT RAISE(ABORT, 'release is append-only'); END"
    )
    op.execute(
        "CREATE TRIGGER redaction_is_only_closed BEFORE UPDATE ON redaction WHEN NOT (OLD.open = 1 AND NEW.open = 0 "
        "AND NEW.number IS OLD.number AND NEW.as_of IS OLD.as_of AND NEW.ocid IS OLD.ocid AND NEW.path IS OLD.path "
        "AND NEW.reason IS OLD.reason AND NEW.author IS OLD.author) "
        "BEGIN SELECT RAISE(ABORT, 'redaction is append-only'); END"
    )
    for table in ("redaction", "masked_cell"):
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER masked_cell_is_not_changed BEFORE UPDATE ON masked_cell "
        "BEGIN SELECT RAISE(ABORT, 'masked_cell is append-only'); END"
    )


def _on_postgresql() -> None:
    op.alter_column("redaction", "ocid", existing_type=_KEY, nullable=True)
    same = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in _IDENTITY)
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_unless_redacted() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {same} AND {_ALLOWED} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'release is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER masked_cell_is_kept BEFORE DELETE OR TRUNCATE ON masked_cell "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
    )
    op.execute(
        "CREATE TRIGGER masked_cell_is_not_changed BEFORE UPDATE ON masked_cell FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
