"""The rows of a finished snapshot's tables come back as they were published, a bounded number at a time."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_up_publication import PUBLICATION, made_up_source

from pregon.publication.build import Format, Snapshot, build_snapshot
from pregon.publication.tables.reading import NoSuchTable, table_batches

AS_OF = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def published(folder: Path, formats: Sequence[Format] = ("jsonl", "parquet")) -> Snapshot:
    return build_snapshot(folder, made_up_source(), PUBLICATION, as_of=AS_OF, code_version="1", formats=formats)


def test_all_rows_of_all_segments_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    made = published(tmp_path)
    assert made.manifest.tables
    for table in made.manifest.tables:
        batches = list(table_batches(made.path, made.manifest, table.name, rows=2))
        assert all(0 < batch.num_rows <= 2 for batch in batches)
        assert sum(batch.num_rows for batch in batches) == table.rows
        expected = pq.read_table(made.path / f"bulk/tables/full.parquet/{table.name}.parquet")
        assert pa.Table.from_batches(batches, expected.schema).equals(expected)


def test_a_table_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    made = published(tmp_path)
    with pytest.raises(NoSuchTable, match="has no table 'vendors'") as caught:
        list(table_batches(made.path, made.manifest, "vendors"))
    assert (caught.value.snapshot, caught.value.table) == (made.manifest.snapshot, "vendors")
    assert "processes" in str(caught.value.hint)


def test_a_snapshot_without_parquet_says_how_to_have_it(tmp_path: Path) -> None:
    made = published(tmp_path, ("jsonl", "csv"))
    with pytest.raises(NoSuchTable, match="no tables as Parquet") as caught:
        list(table_batches(made.path, made.manifest, made.manifest.tables[0].name))
    assert caught.value.hint == "add parquet to build.tables in city.yaml"
