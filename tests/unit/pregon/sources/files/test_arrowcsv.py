from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made_up_sources import table

from pregon.errors import PregonError
from pregon.sources.base import TableSpec
from pregon.sources.files import arrowcsv, containers, delimited
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.delimited import read_delimited, read_exactly
from pregon.sources.files.rows import TableReport
from pregon.sources.files.text import Encoding, find_encoding

Read = tuple[list[tuple[int, Any]], dict[str, object]] | str


def read(reader: Any, file: SourceFile, spec: TableSpec) -> Read:
    """All records of a file in order, (number, cells or reject), and the notes; or the error in words."""
    report = TableReport()
    found: list[tuple[int, Any]] = []
    try:
        encoding = find_encoding(file, spec.option("encoding"))
        if encoding is None:
            return "nothing"
        for rows in reader(file, spec, encoding, report):
            columns = [listed(column) for column in rows.columns.values()]
            numbers = listed(rows.records)
            cells: Any = zip(*columns, strict=True) if columns else [()] * len(numbers)
            found += zip(numbers, cells, strict=True)
            found += [(reject.position, reject) for reject in rows.rejects]
    except PregonError as error:
        return f"{type(error).__name__} {error} {error.hint}"
    return sorted(found, key=lambda record: record[0]), report.notes()


def listed(values: Any) -> Any:
    return values.to_pylist() if isinstance(values, pa.Array) else values


def both(path: Path, spec: TableSpec) -> tuple[Read, Read]:
    file = SourceFile(path, path.name, "portal", spec.name)
    return read(read_delimited, file, spec), read(read_exactly, file, spec)


@pytest.fixture
def quick_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the exact reader is called, the test fails."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the exact reader was called")

    monkeypatch.setattr(delimited, "read_exactly", refuse)


def written(tmp_path: Path, data: str | bytes) -> Path:
    path = tmp_path / "f.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


letters = ["a", "b c", "ñ", "—", "\x85", "\ufffd", "\x00", " "]
pieces = st.sampled_from([*letters, ",", ",", ";", '"', '"', '""', "\n", "\n", "\r", "\r\n", "\n\n"])
rows = st.lists(st.lists(st.sampled_from(["", "x", '"y"', '"a\nb"', '"a""b"', "ñ", " z"]), min_size=1, max_size=4))
whole = st.tuples(rows, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans()).map(
    lambda given: given[1].join(",".join(cells) for cells in given[0]) + (given[1] if given[2] else "")
)


@settings(max_examples=300, deadline=None)
@given(
    text=st.lists(pieces, max_size=30).map("".join) | whole,
    header=st.sampled_from(["id,title\n", "id,title,more\r\n", '"id","title"\r', "title\nid,title\n", "id\n", "\n"]),
    line=st.sampled_from([None, None, 1, 2]),
    delimiter=st.sampled_from([None, ";"]),
    quote=st.sampled_from([None, None, "", "'"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "windows-1252"]),
    max_cell=st.sampled_from([1 << 20, 1 << 20, 64, 24]),
    chunk=st.integers(1, 40),
    block=st.integers(1, 60),
    batch=st.integers(1, 5),
)
@example("1,a\n\n2,b,c\n3\n4,d", "id,title\n", None, None, None, "utf-8", 1 << 20, 40, 9, 2)
@example('1,a\n"2,b\n3,c\n', "id,title\n", None, None, None, "utf-8", 1 << 20, 40, 9, 1)
def test_the_quick_reader_gives_what_the_exact_one_gives(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    header: str,
    line: int | None,
    delimiter: str | None,
    quote: str | None,
    encoding: str,
    max_cell: int,
    chunk: int,
    block: int,
    batch: int,
) -> None:
    """Rows, their numbers, rejects, notes, errors, whatever the text, and wherever pieces, blocks and batches end."""
    data = (header.replace(",", delimiter or ",") + text).encode(encoding, "replace")
    path = written(tmp_path_factory.mktemp("csv"), data)
    columns = ("id",) if header == "id\n" else ("id", "title")
    options = {"header": line, "delimiter": delimiter, "quote": quote, "encoding": encoding}
    spec = table(columns=columns, file="f.csv", **{name: value for name, value in options.items() if value is not None})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(containers, "CHUNK", chunk)
        patch.setattr(arrowcsv, "BLOCK", block)
        patch.setattr(arrowcsv, "BATCH_ROWS", batch)
        patch.setattr(delimited, "MAX_CELL", max_cell)
        quick, exact = both(path, spec)
    assert quick == exact


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ordinary_files_are_read_quickly(tmp_path: Path, quick_only: None, encoding: str, end: str) -> None:
    text = end.join(["id,title,more", '1,"two', 'lines",', "", "2,señal", '3,"a ""b""",c', ",,", "4,x,y", ""])
    spec = table(file="f.csv", encoding=encoding)
    file = SourceFile(written(tmp_path, text.encode(encoding)), "f.csv", "portal", "things")
    found = read(read_delimited, file, spec)
    assert isinstance(found, tuple)
    records, notes = found
    assert [cells for _, cells in records[:1]] == [("1", f"two{end}lines")]
    assert [(number, type(cells).__name__) for number, cells in records] == [
        (1, "tuple"),
        (2, "Reject"),
        (3, "tuple"),
        (4, "tuple"),
        (5, "tuple"),
    ]
    assert notes == {"blank_records": 1, "added_columns": ["more"]}


def test_a_long_record_in_the_middle_is_left_to_the_exact_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "MAX_CELL", 200)
    monkeypatch.setattr(containers, "CHUNK", 20)
    monkeypatch.setattr(arrowcsv, "BLOCK", 50)
    monkeypatch.setattr(arrowcsv, "BATCH_ROWS", 10)
    lines = [f"{number},x," for number in range(90)]
    lines[70] = f"70,{'y' * 180},{'z' * 150}"
    path = written(tmp_path, "\n".join(["id,title,more", *lines]))
    quick, exact = both(path, table(file="f.csv"))
    assert quick == exact
    assert isinstance(quick, tuple)
    assert len(quick[0]) == 90


def test_quotes_that_are_plain_characters_do_not_end_the_quick_reading(
    tmp_path: Path, quick_only: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "CHUNK", 20)
    monkeypatch.setattr(arrowcsv, "BLOCK", 50)
    lines = [f'{number},pipe of {number}" and "so"\n' for number in range(60)]
    file = SourceFile(written(tmp_path, "id,title\n" + "".join(lines)), "f.csv", "portal", "things")
    found = read(read_delimited, file, table(file="f.csv"))
    assert found[0] == [(number + 1, (str(number), f'pipe of {number}" and "so"')) for number in range(60)]


def test_reading_may_stop_at_any_row(tmp_path: Path) -> None:
    """As a profile of a sample does: nothing is left open, or at work (warnings are errors)."""
    path = written(tmp_path, "id,title\n" + "1,a\n" * 50_000)
    report = TableReport()
    encoding = Encoding("utf-8", "configured")
    rows = read_delimited(SourceFile(path, "f.csv", "portal", "things"), table(file="f.csv"), encoding, report)
    assert listed(next(rows).records)[:2] == [1, 2]
    rows.close()  # type: ignore[attr-defined] # it is a generator


@pytest.mark.parametrize("delimiter", ["¦", '"', "\x1f"])
def test_any_delimiter_is_read(tmp_path: Path, delimiter: str) -> None:
    path = written(tmp_path, f"id{delimiter}title\n1{delimiter}a\n")
    quick, exact = both(path, table(file="f.csv", delimiter=delimiter))
    assert quick == exact
