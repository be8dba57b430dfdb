"""Values of any type that stand in a release come into columns of one type, or are left out."""

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from pregon.table_expectations.releases import ReleaseTables
from transforms.tables import layout
from transforms.tables.selected import Selection

PLAN = layout(()).plan(["ocid", "tender/title", "tender/hasEnquiries", "tender/value/amount"])
WANTED = {"processes": ["tender/title", "tender/hasEnquiries", "tender/value/amount"]}
SCHEMA = pa.schema([
    ("_row", pa.string()), ("tender/title", pa.string()), ("tender/hasEnquiries", pa.bool_()),
    ("tender/value/amount", pa.float64()),
])  # fmt: skip


def written(file: Path, *values: object) -> list[dict[str, object]]:
    with pq.ParquetWriter(file, SCHEMA) as writer:
        tables = ReleaseTables(Selection(PLAN, WANTED), {"processes": writer})
        for number, value in enumerate(values):
            tender = {"title": value, "hasEnquiries": value, "value": {"amount": value}}
            tables.add({"ocid": str(number), "tender": tender})
        tables.flush()
    found: list[dict[str, object]] = pq.read_table(file).to_pylist()
    return found


def test_each_column_takes_what_it_is_for(tmp_path: Path) -> None:
    text, truth, number, large = written(tmp_path / "rows.parquet", "salt", True, 3, 10**400)

    assert text == {"_row": "0", "tender/title": "salt", "tender/hasEnquiries": None, "tender/value/amount": None}
    assert truth == {"_row": "1", "tender/title": "True", "tender/hasEnquiries": True, "tender/value/amount": None}
    assert number == {"_row": "2", "tender/title": "3", "tender/hasEnquiries": None, "tender/value/amount": 3.0}
    assert large["tender/value/amount"] is None


@given(st.lists(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), max_size=5))
def test_whatever_stands_there_is_written(values: list[object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert len(written(Path(folder) / "rows.parquet", *values)) == len(values)
