"""The ledger's tables, as the newest migration leaves them."""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

# Identifiers compare byte by byte on both databases, so that both give the same order.
Key = Text().with_variant(Text(collation="C"), "postgresql")

metadata = MetaData()

#: whose ledger this is: one row
owner = Table("owner", metadata, Column("city", Key, primary_key=True))

run = Table(
    "run",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("run_id", Key, nullable=False, unique=True),
    Column("as_of", String(20), nullable=False),
    Column("manifest", Integer, nullable=False, unique=True),
    Column("fingerprint", Text, nullable=False),
    Column("counts", Text, nullable=False),
    # order-independent hash of the entries, by which a repeated run is known
    Column("content", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("releases", Integer, nullable=False),
    Column("new_processes", Integer, nullable=False),
    Column("changed_processes", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
)

release = Table(
    "release",
    metadata,
    # 1, 2, 3, … in the order of commit, without gaps
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("ocid", Key, nullable=False),
    Column("release_id", Key, nullable=False),
    Column("previous_id", Key),
    Column("date", String(20), nullable=False),
    Column("segment", String(7), nullable=False),
    Column("month", SmallInteger, nullable=False),
    Column("tags", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("run", Integer, nullable=False),
    Column("bucket", SmallInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("ocid", "release_id", name="release_id_is_unique_in_its_process"),
    UniqueConstraint("ocid", "date", name="release_date_is_unique_in_its_process"),
    # the month is in the index so that a monthly segment is picked without reading bodies
    Index("release_by_segment", "segment", "sequence", "month"),
)

process = Table(
    "process",
    metadata,
    Column("ocid", Key, primary_key=True),
    Column("first_date", String(20), nullable=False),
    Column("last_date", String(20), nullable=False),
    Column("segment", String(7), nullable=False),
    Column("last_release_id", Key, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("tags", Text, nullable=False),
    Column("state_hash", String(64), nullable=False),
    Column("run", Integer, nullable=False),
    Column("bucket", SmallInteger, nullable=False),
    Column("rows", Text, nullable=False),
    Column("compiled", LargeBinary, nullable=False),
    Column("provenance", LargeBinary, nullable=False),
    Index("process_by_segment", "segment", "ocid"),
)

#: rows of each source table over all processes; kept with every commit, because summing them up would read everything
source_rows = Table(
    "source_rows",
    metadata,
    Column("source_table", Key, primary_key=True),
    Column("rows", Integer, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("run_id", Key, nullable=False),
    Column("source_table", Key, nullable=False),
    Column("row_key", Key, nullable=False),
    Column("ocid", Key, index=True),
    Column("path", Text),
    Column("value", Text),
    Column("reason", Key, nullable=False),
    Column("message", Text, nullable=False),
    Index("quarantine_by_row", "source_table", "row_key"),
)

publication = Table(
    "publication",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("snapshot", Key, nullable=False, unique=True),
    Column("as_of", String(20), nullable=False),
    Column("run_id", Key, nullable=False),
    Column("sequence", Integer, nullable=False),
)

#: The one door to a committed body: while a row is open (1), the bodies of its ocid (of every process, where it names
#: none) may be rewritten in the database; the row stays, without the value, as the audit and as the rule that every
#: later state obeys. Without a path the process as a whole was taken back. Ids, dates and order never change, and
#: nothing is deleted.
redaction = Table(
    "redaction",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("as_of", String(20), nullable=False),
    Column("ocid", Key),
    Column("path", Text),
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("open", SmallInteger, nullable=False),
)

#: Cells of source rows that a redaction emptied in the lake, and which are emptied again whenever they are read.
masked_cell = Table(
    "masked_cell",
    metadata,
    Column("source_table", Key, primary_key=True),
    Column("row_key", Key, primary_key=True),
    Column("source_column", Key, primary_key=True),
    Column("redaction", Integer, nullable=False),
)
