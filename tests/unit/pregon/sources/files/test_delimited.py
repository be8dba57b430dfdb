import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_sources import files, image, rejects, run, table

from pregon.lake import Lake
from pregon.sources.base import (
    EmptySourceError,
    MissingColumnError,
    SourceLimitError,
    SourceUnreadableError,
)
from pregon.sources.files import containers, delimited, text


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def extracted(lake: Lake, data: bytes | str, **options: object) -> list[tuple[str | None, ...]]:
    """Cells of the declared columns after an extract of one CSV file, by key."""
    folder = lake.root.parent
    (folder / "f.csv").write_bytes(data if isinstance(data, bytes) else data.encode())
    spec = table(**{"file": "f.csv", **options})  # type: ignore[arg-type]
    manifest = run(lake, files(spec), folder)
    return [tuple(row[name] for name in spec.types) for row in image(lake, manifest)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read_also_inside_quotes(lake: Lake, end: str) -> None:
    data = end.join(["id,title", '1,"two', 'lines"', "2,x"])
    assert extracted(lake, data) == [("1", f"two{end}lines"), ("2", "x")]


def test_line_ends_may_be_mixed(lake: Lake) -> None:
    assert extracted(lake, "id,title\r\n1,a\n2,b\r3,c\r\n") == [("1", "a"), ("2", "b"), ("3", "c")]


def test_values_keep_their_exact_text_and_words_for_nothing_become_null(lake: Lake) -> None:
    data = "id,title\n01, a \n2,  \n3,N/A\n4, None \n5,0\n6,none\n"
    found = extracted(lake, data, null_values=["N/A", "None"])
    assert found == [("01", " a "), ("2", None), ("3", None), ("4", None), ("5", "0"), ("6", "none")]


def test_columns_are_renamed_missing_ones_are_null_and_others_are_only_noted(lake: Lake) -> None:
    folder = lake.root.parent
    (folder / "f.csv").write_text(" Doc No. ,Extra,Title,,Title\n1,e,t,u,v\n")
    spec = table(
        columns={"id": "Doc No.", "title": "Title", "second": "Title_2", "unnamed": "column_4", "gone": "Gone"},
        absent=["gone"],
        file="f.csv",
    )
    manifest = run(lake, files(spec), folder)
    [row] = image(lake, manifest)
    assert (row["id"], row["title"], row["second"], row["unnamed"], row["gone"]) == ("1", "t", "v", "u", None)
    assert manifest.tables["things"].notes["added_columns"] == ["Extra"]


def test_a_missing_column_is_named_with_the_nearest_one(lake: Lake) -> None:
    with pytest.raises(MissingColumnError, match=r"portal\.things: f\.csv: has no column 'Title'") as caught:
        extracted(lake, "id,TITLE_\n1,a\n", columns={"id": "id", "title": "Title"})
    assert caught.value.nearest == "TITLE_"
    assert caught.value.hint is not None
    assert "did you mean 'TITLE_'?" in caught.value.hint


def test_a_wrong_delimiter_is_recognized(lake: Lake) -> None:
    with pytest.raises(SourceUnreadableError) as caught:
        extracted(lake, "id;title\n1;a\n")
    assert caught.value.hint == "set `delimiter: ';'` of the table"
    assert extracted(lake, "id;title\n1;a,b\n", delimiter=";") == [("1", "a,b")]


def test_the_header_may_stand_lower_or_not_at_all(lake: Lake) -> None:
    assert extracted(lake, "Report of today\n\nid,title\n1,a\n", header=3) == [("1", "a")]
    folder = lake.root.parent
    (folder / "g.csv").write_text("1,a\n")
    manifest = run(lake, files(table(file="g.csv", header=0)), folder, day=1)
    assert [row["title"] for row in image(lake, manifest)] == ["a"]


def test_ragged_rows_are_rejected_with_their_record_number(lake: Lake) -> None:
    folder = lake.root.parent
    (folder / "f.csv").write_text('id,title\n1,"a\nb"\n\n2,b,c\n3\n4,d\n')
    manifest = run(lake, files(table(file="f.csv")), folder)
    entry = manifest.tables["things"]
    assert (entry.rows_read, dict(entry.rejected)) == (4, {"ragged_row": 2})
    assert entry.notes["blank_records"] == 1
    assert [(row["_reason"], row["_position"], row["_raw"], row["_file"]) for row in rejects(lake, manifest)] == [
        ("ragged_row", 2, '["2","b","c"]', "f.csv"),
        ("ragged_row", 3, '["3"]', "f.csv"),
    ]


def test_rows_without_key_are_rejected(lake: Lake) -> None:
    folder = lake.root.parent
    (folder / "f.csv").write_text("id,title\n,a\n  ,b\n1,c\nNA,d\n")
    manifest = run(lake, files(table(file="f.csv", null_values=["NA"])), folder)
    assert [(row["_reason"], row["_position"], row["_detail"]) for row in rejects(lake, manifest)] == [
        ("empty_key", 1, "no value in id"),
        ("empty_key", 2, "no value in id"),
        ("empty_key", 4, "no value in id"),
    ]


def test_of_rows_with_one_key_the_content_read_last_counts(lake: Lake) -> None:
    folder = lake.root.parent
    (folder / "f.csv").write_text("id,title\n1,a\n1,a\n2,x\n2,y\n3,p\n3,q\n3,p\n4,z\n 4,z\n")
    manifest = run(lake, files(table(file="f.csv")), folder)
    assert [(row["_row"], row["title"]) for row in image(lake, manifest)] == [
        ("1", "a"),
        ("2", "y"),
        ("3", "p"),
        ("4", "z"),
    ]
    assert [(row["_row"], row["_reason"], row["_position"]) for row in rejects(lake, manifest)] == [
        ("1", "duplicate_row", 2),
        ("2", "duplicate_key", 3),
        ("3", "duplicate_key", 6),
        ("3", "duplicate_row", 7),
        ("4", "duplicate_key", 8),
    ]


def test_parts_of_a_key_cannot_run_together(lake: Lake) -> None:
    folder = lake.root.parent
    (folder / "f.csv").write_text("id,title\na|b,c\na,b|c\na\\,c\n")
    manifest = run(lake, files(table(file="f.csv", key=("id", "title"))), folder)
    assert [row["_row"] for row in image(lake, manifest)] == sorted(["a\\|b|c", "a|b\\|c", "a\\\\|c"])


def test_the_row_number_counts_every_record_of_all_files(lake: Lake) -> None:
    folder = lake.root.parent
    (folder / "a1.csv").write_text("title\nx\ny,z\nv\n")
    (folder / "a2.csv").write_text("title\nx\nbad,row\n")
    spec = table(columns=("title",), key=("fila",), file="a*.csv", row_number="fila")
    manifest = run(lake, files(spec), folder)
    assert [(row["fila"], row["title"]) for row in image(lake, manifest)] == [("1", "x"), ("3", "v"), ("4", "x")]
    assert [(row["_file"], row["_position"]) for row in rejects(lake, manifest)] == [("a1.csv", 2), ("a2.csv", 2)]


@pytest.mark.parametrize("data", ["", "\n\n", "id,title\n", "id,title\n\n"])
def test_a_file_without_rows_is_refused(lake: Lake, data: str) -> None:
    with pytest.raises(EmptySourceError, match=r"portal.things: f.csv"):
        extracted(lake, data)


def test_a_quote_that_is_never_closed_is_refused_rather_than_swallowing_the_rest(lake: Lake) -> None:
    with pytest.raises(SourceUnreadableError, match="ends inside a quoted cell of record 2"):
        extracted(lake, 'id,title\n1,a\n2,"b\n3,c\n4,d\n')
    assert extracted(lake, 'id,title\n1,a\n2,"b\n', quote="") == [("1", "a"), ("2", '"b')]


def test_a_cell_beyond_all_measure_is_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_CELL", 100)
    with pytest.raises(SourceUnreadableError, match="at line 3"):
        extracted(lake, "id,title\n1,a\n2," + "x" * 101 + "\n")
    assert csv.field_size_limit() > 100


def test_a_line_without_end_is_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_LINE", 50)
    with pytest.raises(SourceLimitError, match="line of more than 50"):
        extracted(lake, "id,title\n1," + "x" * 100)


def test_a_web_page_is_not_taken_for_data(lake: Lake) -> None:
    with pytest.raises(SourceUnreadableError, match="is a web page"):
        extracted(lake, "<!DOCTYPE html>\n<html><body>Down, sorry</body></html>")


def test_tab_separated_values_are_known_by_their_name(lake: Lake) -> None:
    folder = lake.root.parent
    (folder / "f.tsv").write_text("id\ttitle\n1\ta,b\n")
    manifest = run(lake, files(table(file="f.tsv")), folder)
    assert [row["title"] for row in image(lake, manifest)] == ["a,b"]


cells = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('\n\r\t,"'), max_size=6)


def quoted(cell: str, *, always: bool) -> str:
    needed = any(character in cell for character in ',"\r\n')
    return '"' + cell.replace('"', '""') + '"' if always or needed else cell


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=12),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    always=st.booleans(),
    batch=st.integers(1, 5),
    chunk=st.integers(1, 9),
)
def test_what_was_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    end: str,
    always: bool,
    batch: int,
    chunk: int,
) -> None:
    """The law of CSV: any line end, any quoting, any size of piece and batch gives the cells back."""
    folder = tmp_path_factory.mktemp("csv")
    table_rows = [("id", "a", "b"), *((f"{number:03d}", *row) for number, row in enumerate(rows))]
    written = "".join(",".join(quoted(cell, always=always) for cell in row) + end for row in table_rows)
    (folder / "f.csv").write_bytes(written.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BATCH_ROWS", batch)
        patch.setattr(delimited, "_STEP", batch)
        patch.setattr(containers, "CHUNK", chunk)
        manifest = run(
            Lake(folder / "lake"), files(table(columns=("id", "a", "b"), file="f.csv", encoding="utf-8")), folder
        )
        found = [(row["a"], row["b"]) for row in image(Lake(folder / "lake"), manifest)]
    assert found == [tuple(cell if cell.strip() else None for cell in row) for row in rows]
