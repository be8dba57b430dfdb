"""The law that every reader keeps: the same rows, whatever the sizes of pieces and batches, packed or not."""

import bz2
import csv
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_sources import table
from openpyxl import Workbook

from pregon.sources.base import SourceSpec, TableSpec
from pregon.sources.connector import Place
from pregon.sources.files import arrowcsv, containers, delimited, jsonrows, parquetrows, workbook, xmlrows
from pregon.sources.files.connector import open_files

Cells = tuple[str, ...]
COLUMNS = ("id", "title", "more")


def _csv(rows: list[Cells], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([COLUMNS, *rows])
    return text.getvalue().encode()


def _objects(rows: list[Cells]) -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def _xml(rows: list[Cells]) -> bytes:
    def escaped(cell: str) -> str:
        return cell.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#13;").replace(">", "&gt;")

    records = ("".join(f"<{name}>{escaped(row[name])}</{name}>" for name in COLUMNS) for row in _objects(rows))
    return f"<a>{''.join(f'<b>{record}</b>' for record in records)}</a>".encode()


def _xlsx(rows: list[Cells]) -> bytes:
    data = io.BytesIO()
    book = Workbook()
    for row in (COLUMNS, *rows):
        book.active.append(row)
    book.save(data)
    book.close()
    return data.getvalue()


def _parquet(rows: list[Cells]) -> bytes:
    data = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist(_objects(rows), schema=pa.schema([(name, pa.string()) for name in COLUMNS])), data
    )
    return data.getvalue()


def _zip(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", data)
    return packed.getvalue()


WRITE: dict[str, Callable[[list[Cells]], bytes]] = {
    "csv": _csv,
    "tsv": lambda rows: _csv(rows, "\t"),
    "json": lambda rows: orjson.dumps({"records": _objects(rows)}),
    "jsonl": lambda rows: b"".join(orjson.dumps(row) + b"\n" for row in _objects(rows)),
    "xml": _xml,
    "xlsx": _xlsx,
    "parquet": _parquet,
}
PACK: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
    "zip": _zip,
}
RECORDS = {"json": "records", "xml": "a/b"}


@contextmanager
def sizes(chunk: int, batch: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(containers, "CHUNK", chunk)
        patch.setattr("pregon.sources.files.spreadsheet.CHUNK", chunk)
        for module in (arrowcsv, delimited, jsonrows, parquetrows, workbook, xmlrows):
            patch.setattr(module, "BATCH_ROWS", batch)
        patch.setattr(delimited, "_STEP", min(batch, 3))
        yield


def read(folder: Path, spec: TableSpec) -> tuple[list[tuple[Any, ...]], list[Any], dict[str, Any]]:
    """All rows of a file with their positions, rejected ones, and the notes."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    rows: list[tuple[Any, ...]] = []
    rejects: list[Any] = []
    with open_files(SourceSpec("portal", "files", (spec,)), Place(folder, scratch, folder)) as connector:
        [chunk] = connector.plan(spec, None).chunks
        reading = connector.read(spec, chunk)
        for batch in reading.batches:
            columns = [column.to_pylist() for column in batch.data.columns]
            rows += zip(batch.positions.to_pylist(), *columns, strict=True)
            rejects += batch.rejects
    return rows, rejects, reading.notes


cells = st.text(st.sampled_from("ab ñ—\U0001f600,;\"'<&\n\t"), max_size=5)


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=9),
    kind=st.sampled_from(sorted(WRITE)),
    packed=st.sampled_from(sorted(PACK)),
    chunk=st.integers(1, 200),
    batch=st.integers(1, 5),
)
def test_every_reader_gives_the_rows_that_were_written(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    kind: str,
    packed: str,
    chunk: int,
    batch: int,
) -> None:
    folder = tmp_path_factory.mktemp("reader")
    written = [(f"{number:03d}", *row) for number, row in enumerate(rows)]
    (folder / "f").write_bytes(PACK[packed](WRITE[kind](written)))
    spec = table(columns=COLUMNS, file="f", format=kind, records=RECORDS.get(kind))
    with sizes(chunk, batch):
        found = read(folder, spec)
    assert [tuple(cell or "" for cell in row[1:]) for row in found[0]] == written
    assert [row[0] for row in found[0]] == list(range(1, len(rows) + 1))
    assert found == read(folder, spec)


SPOILT = {
    "csv": b"id,title,more\n1,a,b\n\n2\n3,c,d,e\n4,\x92,\xff\n",
    "json": b'{"records":[{"id":1.50,"x":[1]},7,{"id":"2","title":null},null,{"id":"\\ud800","more":{"a":[true]}}]}',
    "jsonl": b'{"id":1.50}\n\n[1]\nnot json\n{"id":"2","title":null}\n',
    "xml": b'<a><b><id>1</id><id>2</id></b><c/><b x="1"><id>3</id><title><t>4</t></title></b></a>',
}


@settings(max_examples=80, deadline=None)
@given(kind=st.sampled_from(sorted(SPOILT)), chunk=st.integers(1, 30), batch=st.integers(1, 3))
def test_spoilt_files_are_read_alike_whatever_the_sizes(
    tmp_path_factory: pytest.TempPathFactory, kind: str, chunk: int, batch: int
) -> None:
    folder = tmp_path_factory.mktemp("spoilt")
    (folder / "f").write_bytes(SPOILT[kind])
    spec = table(columns=COLUMNS, file="f", format=kind, records=RECORDS.get(kind))
    with sizes(chunk, batch):
        found = read(folder, spec)
    assert found == read(folder, spec)
    assert len(found[0]) + len(found[1]) > 1
