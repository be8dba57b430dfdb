"""The first tables, and the triggers that make the book append-only.

The columns stand here again, and are not taken from `tables`, because a migration must not change when they do.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# What not even a redaction changes.
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
_KEPT_FOREVER = ("release", "process", "run", "publication", "redaction", "owner")
_NEVER_CHANGED = ("run", "publication", "owner")


def upgrade() -> None:
    """Create tables and triggers."""
    _tables()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def downgrade() -> None:
    """Refuse: a book of record is not taken apart by a migration."""
    raise NotImplementedError


def _tables() -> None:
    op.create_table("owner", sa.Column("city", _KEY, primary_key=True))
    op.create_table(
        "run",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run_id", _KEY, nullable=False, unique=True),
        sa.Column("as_of", sa.String(20), nullable=False),
        sa.Column("manifest", sa.Integer, nullable=False, unique=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("releases", sa.Integer, nullable=False),
        sa.Column("new_processes", sa.Integer, nullable=False),
        sa.Column("changed_processes", sa.Integer, nullable=False),
        sa.Column("quarantined", sa.Integer, nullable=False),
    )
    op.create_table(
        "release",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("ocid", _KEY, nullable=False),
        sa.Column("release_id", _KEY, nullable=False),
        sa.Column("previous_id", _KEY),
        sa.Column("date", sa.String(20), nullable=False),
        sa.Column("segment", sa.String(7), nullable=False),
        sa.Column("month", sa.SmallInteger, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("bucket", sa.SmallInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("ocid", "release_id", name="release_id_is_unique_in_its_process"),
        sa.UniqueConstraint("ocid", "date", name="release_date_is_unique_in_its_process"),
    )
    op.create_index("release_by_segment", "release", ["segment", "sequence", "month"])
    op.create_table(
        "process",
        sa.Column("ocid", _KEY, primary_key=True),
        sa.Column("first_date", sa.String(20), nullable=False),
        sa.Column("last_date", sa.String(20), nullable=False),
        sa.Column("segment", sa.String(7), nullable=False),
        sa.Column("last_release_id", _KEY, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("state_hash", sa.String(64), nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("bucket", sa.SmallInteger, nullable=False),
        sa.Column("rows", sa.Text, nullable=False),
        sa.Column("compiled", sa.LargeBinary, nullable=False),
        sa.Column("provenance", sa.LargeBinary, nullable=False),
    )
    op.create_index("process_by_segment", "process", ["segment", "ocid"])
    op.create_table(
        "source_rows",
        sa.Column("source_table", _KEY, primary_key=True),
        sa.Column("rows", sa.Integer, nullable=False),
    )
    op.create_table(
        "quarantine",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("source_table", _KEY, nullable=False),
        sa.Column("row_key", _KEY, nullable=False),
        sa.Column("ocid", _KEY),
        sa.Column("path", sa.Text),
        sa.Column("value", sa.Text),
        sa.Column("reason", _KEY, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
    )
    op.create_index("ix_quarantine_ocid", "quarantine", ["ocid"])
    op.create_index("quarantine_by_row", "quarantine", ["source_table", "row_key"])
    op.create_table(
        "publication",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("snapshot", _KEY, nullable=False, unique=True),
        sa.Column("as_of", sa.String(20), nullable=False),
        sa.Column("run_id", _KEY, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
    )
    op.create_table(
        "redaction",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("as_of", sa.String(20), nullable=False),
        sa.Column("ocid", _KEY, nullable=False),
        sa.Column("path", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("open", sa.SmallInteger, nullable=False),
    )


_ALLOWED = "EXISTS (SELECT 1 FROM redaction WHERE redaction.ocid = OLD.ocid AND redaction.open = 1)"


def _sqlite_triggers() -> None:
    for table in _KEPT_FOREVER:
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    for table in _NEVER_CHANGED:
        op.execute(
            f"CREATE TRIGGER {table}_is_not_changed BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in _IDENTITY)
    op.execute(
        f"CREATE TRIGGER release_is_not_changed BEFORE UPDATE ON release WHEN NOT ({same} AND {_ALLOWED}) "
        "BEGIN SELECT RAISE(ABORT, 'release is append-only'); END"
    )
    # INSERT OR REPLACE would delete the old row without asking the trigger for deletions.
    op.execute(
        "CREATE TRIGGER release_is_not_replaced BEFORE INSERT ON release WHEN "
        "EXISTS (SELECT 1 FROM release WHERE ocid = NEW.ocid AND (release_id = NEW.release_id OR date = NEW.date)) "
        "OR EXISTS (SELECT 1 FROM release WHERE sequence = NEW.sequence) "
        "BEGIN SELECT RAISE(ABORT, 'release is append-only: this release is on record'); END"
    )
    op.execute(
        "CREATE TRIGGER redaction_is_only_closed BEFORE UPDATE ON redaction WHEN NOT (OLD.open = 1 AND NEW.open = 0 "
        "AND NEW.number IS OLD.number AND NEW.as_of IS OLD.as_of AND NEW.ocid IS OLD.ocid AND NEW.path IS OLD.path "
        "AND NEW.reason IS OLD.reason AND NEW.author IS OLD.author) "
        "BEGIN SELECT RAISE(ABORT, 'redaction is append-only'); END"
    )


def _postgresql_triggers() -> None:
    op.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in _KEPT_FOREVER:
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
        )
    for table in _NEVER_CHANGED:
        op.execute(
            f"CREATE TRIGGER {table}_is_not_changed BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    same = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in _IDENTITY)
    op.execute(
        "CREATE FUNCTION refuse_unless_redacted() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {same} AND {_ALLOWED} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'release is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER release_is_not_changed BEFORE UPDATE ON release "
        "FOR EACH ROW EXECUTE FUNCTION refuse_unless_redacted()"
    )
    op.execute(
        "CREATE TRIGGER redaction_is_only_closed BEFORE UPDATE ON redaction FOR EACH ROW WHEN (NOT ("
        "OLD.open = 1 AND NEW.open = 0 AND (NEW.number, NEW.as_of, NEW.ocid, NEW.path, NEW.reason, NEW.author) "
        "IS NOT DISTINCT FROM (OLD.number, OLD.as_of, OLD.ocid, OLD.path, OLD.reason, OLD.author))) "
        "EXECUTE FUNCTION refuse()"
    )
