"""Where a table lies in a file: the same laws for delimited files and workbooks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_sources import everything, files, image, rejects, run, table
from openpyxl import Workbook

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import (
    EmptySourceError,
    MissingColumnError,
    NothingUsableError,
    SourceConfigurationError,
    SourceError,
    SourceUnreadableError,
)
from pregon.sources.connector import Place
from pregon.sources.files.connector import open_files
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.delimited import read_delimited, read_exactly
from pregon.sources.files.ranges import column_range
from pregon.sources.files.rows import TableReport, to_batch
from pregon.sources.files.text import Encoding

Write = Callable[..., Path]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture(params=["csv", "xlsx"])
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Write:
    """Writes rows of cells (None: nothing) to a file; gives its path."""

    def csv(*rows: list[str | None], name: str = "f") -> Path:
        path = tmp_path / f"{name}.csv"
        path.write_text("".join(",".join(cell or "" for cell in row) + "\n" for row in rows))
        return path

    def xlsx(*rows: list[str | None], name: str = "f") -> Path:
        path = tmp_path / f"{name}.xlsx"
        book = Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
        book.close()
        return path

    return {"csv": csv, "xlsx": xlsx}[request.param]


def extracted(lake: Lake, path: Path, *, several: bool = False, **options: Any) -> Manifest:
    name = f"*{path.suffix}" if several else path.name
    return run(lake, files(table(**{"file": name, **options})), lake.root.parent)


def rows(lake: Lake, manifest: Manifest) -> list[tuple[str | None, ...]]:
    return [(row["id"], row["title"]) for row in image(lake, manifest)]


def test_the_header_is_found_by_its_columns(lake: Lake, write: Write) -> None:
    path = write(["Report", None], ["id", "of today"], [None, None], ["title", "id"], ["a", "1"], ["b", "2"])
    assert rows(lake, extracted(lake, path, header="auto")) == [("1", "a"), ("2", "b")]


def test_a_header_that_is_not_there_is_told_with_the_row_that_is_most_like_it(lake: Lake, write: Write) -> None:
    path = write(["Report", None], ["id", "Titel"], ["1", "a"])
    with pytest.raises(MissingColumnError) as caught:
        extracted(lake, path, header="auto")
    assert caught.value.found == ("id", "Titel")
    assert caught.value.nearest == "Titel"


def test_a_file_without_anything_is_empty_rather_than_without_header(lake: Lake, write: Write) -> None:
    with pytest.raises(EmptySourceError):
        extracted(lake, write([None], [None], name="g"), header="auto", columns=["id"])


def test_columns_without_header_are_named_by_the_configuration(lake: Lake, write: Write) -> None:
    path = write(["1", "secret", "a"], ["2", "secret", "b"])
    manifest = extracted(lake, path, header=0, names=[["id", "person", "title"]])
    assert rows(lake, manifest) == [("1", "a"), ("2", "b")]
    assert manifest.tables["things"].notes["added_columns"] == ["person"]


def test_names_may_stand_for_those_of_a_header(lake: Lake, write: Write) -> None:
    path = write(["No.", "No."], ["1", "a"])
    assert rows(lake, extracted(lake, path, names=[["id", "title"]])) == [("1", "a")]
    with pytest.raises(SourceUnreadableError, match="has 2 columns, and names: has names for 3"):
        extracted(Lake(lake.root.parent / "other"), path, names=[["id", "title", "more"]])


def test_the_number_of_columns_tells_which_names_are_meant(lake: Lake, write: Write) -> None:
    write(["1", "a"], ["2", "b"], name="2024")
    path = write(["x", "3", "c"], ["y", "4", "d"], name="2025")
    manifest = extracted(lake, path, several=True, header=0, names=[["id", "title"], ["more", "id", "title"]])
    assert rows(lake, manifest) == [("1", "a"), ("2", "b"), ("3", "c"), ("4", "d")]


def test_columns_that_some_files_lack_are_empty_there(lake: Lake, write: Write) -> None:
    write(["id"], ["1"], name="2024")
    path = write(["id", "title"], ["2", "b"], name="2025")
    assert rows(lake, extracted(lake, path, several=True, optional=["title"])) == [("1", None), ("2", "b")]


def test_a_file_of_unknown_layout_is_held_back_and_the_others_are_read(lake: Lake, write: Write) -> None:
    write(["id", "name"], ["1", "a"], [None, None], ["2", "b"], name="2024")
    path = write(["id", "title"], ["3", "c"], name="2025")
    manifest = extracted(lake, path, several=True)
    assert rows(lake, manifest) == [("3", "c")]
    assert manifest.tables["things"].notes["files_held_back"] == [f"2024{path.suffix}"]
    held = rejects(lake, manifest)
    assert [(row["_reason"], row["_position"], row["_raw"]) for row in held[:1]] == [("unknown_layout", 1, '["1","a"]')]
    assert held[0]["_detail"] == "has no column 'title'"
    assert held[0]["_file"] == f"2024{path.suffix}"


def test_of_a_file_held_back_every_record_is_told(lake: Lake, write: Write) -> None:
    write(["id", "name"], ["1", "a"], ["2", "b"], name="2024")
    write(["Report", None], ["id", "name"], ["1", "a"], name="2025")
    path = write(["id", "title"], ["3", "c"], name="2026")
    manifest = extracted(lake, path, several=True, header="auto")
    assert manifest.tables["things"].rejected == {"unknown_layout": 6}
    assert manifest.tables["things"].rows_read == 7


def test_a_file_is_not_held_back_where_it_is_the_only_one_or_missing_rows_count_as_deleted(
    lake: Lake, write: Write
) -> None:
    path = write(["id", "name"], ["1", "a"], name="2024")
    with pytest.raises(MissingColumnError):
        extracted(lake, path)
    write(["id", "title"], ["3", "c"], name="2025")
    with pytest.raises(MissingColumnError):
        extracted(lake, path, several=True, deletions="mark")


def test_where_all_files_are_held_back_the_run_stops(lake: Lake, write: Write) -> None:
    write(["id", "name"], ["1", "a"], name="2024")
    path = write(["id", "name"], ["2", "b"], name="2025")
    with pytest.raises(NothingUsableError, match="unknown_layout: 2"):
        extracted(lake, path, several=True)


def test_tables_side_by_side_are_read_apart(lake: Lake, write: Write) -> None:
    path = write(
        ["id", "title", None, "title", "id"],
        ["1", "a", None, "x", "7"],
        ["2", "b", None, None, None],
        ["3", None, None, " ", None],
    )
    left = extracted(lake, path, range="A:B")
    assert rows(lake, left) == [("1", "a"), ("2", "b"), ("3", None)]
    right = run(Lake(lake.root.parent / "other"), files(table(file=path.name, range="4:5")), lake.root.parent)
    assert rows(Lake(lake.root.parent / "other"), right) == [("7", "x")]
    assert right.tables["things"].notes["blank_records"] == 2


def test_positions_count_the_records_of_their_own_table(lake: Lake, write: Write) -> None:
    path = write(["id", "title", "n"], [None, None, "1"], ["1", "a", "2"], [None, None, "3"], [None, "b", "4"])
    manifest = extracted(lake, path, range="A:B")
    assert [(row["_position"], row["_reason"]) for row in rejects(lake, manifest)] == [(2, "empty_key")]


def test_a_range_may_have_its_header_anywhere(lake: Lake, write: Write) -> None:
    path = write(["All", None, None, None], [None, "Ours", None, None], ["x", "id", "title", "y"], ["x", "1", "a", "y"])
    assert rows(lake, extracted(lake, path, range="B:C", header="auto")) == [("1", "a")]
    other = Lake(lake.root.parent / "other")
    manifest = run(other, files(table(file=path.name, range="B:C", header=3)), lake.root.parent)
    assert rows(other, manifest) == [("1", "a")]


def test_a_range_without_header_has_names_of_its_own(lake: Lake, write: Write) -> None:
    path = write(["x", "1", "a"], ["y", "2", "b"])
    assert rows(lake, extracted(lake, path, range="B:C", header=0)) == [("1", "a"), ("2", "b")]
    with pytest.raises(SourceConfigurationError, match="its range has 3 columns, and there are names for 2"):
        extracted(Lake(lake.root.parent / "other"), path, range="A:C", header=0)


def test_cells_that_do_not_reach_through_the_range_are_ragged(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("n,id,title,more\nx,1,a,m\nx,2\nx,3,c\nx,4,d,m,m\nx\n")
    manifest = extracted(lake, path, range="B:C")
    assert rows(lake, manifest) == [("1", "a"), ("3", "c")]
    assert [(row["_position"], row["_raw"], row["_detail"]) for row in rejects(lake, manifest)] == [
        (2, '["x","2"]', "2 cells, the header has 4"),
        (4, '["x","4","d","m","m"]', "5 cells, the header has 4"),
    ]


def test_a_delimiter_in_doubt_is_noted_and_changes_nothing(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("id;no,title;name\n1;2,a;b\n")
    manifest = extracted(lake, tmp_path / "f.csv", columns={"id": "id;no", "title": "title;name"})
    assert rows(lake, manifest) == [("1;2", "a;b")]
    assert manifest.tables["things"].notes["delimiter_in_doubt"] == [";"]
    (tmp_path / "g.csv").write_text("id,title\n1,a;b;c\n")
    manifest = run(lake, files(table(file="g.csv")), tmp_path, day=1)
    assert "delimiter_in_doubt" not in manifest.tables["things"].notes


def test_ids_that_a_spreadsheet_has_shortened_are_noted(lake: Lake, write: Write) -> None:
    path = write(["id", "title"], ["1.23457E+11", "a"], ["2", "E+"], ["3", "5E+05 "], ["4", "AE+11"])
    manifest = extracted(lake, path)
    assert len(rows(lake, manifest)) == 4
    assert manifest.tables["things"].notes["numbers_in_exponent_form"] == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [("A:F", (0, 6)), ("c", (2, 3)), ("1:6", (0, 6)), ("4", (3, 4)), (" AA:ab ", (26, 28)), ("XFD", (16383, 16384))],
)
def test_a_range_of_columns_is_written_as_in_spreadsheets(text: str, found: tuple[int, int]) -> None:
    assert column_range(text) == found


@pytest.mark.parametrize("text", ["", "F:A", "0:2", "A:", ":B", "A1:B2", "A:B:C", "XFE", "99999", "A-B", "٣:٤"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no range of columns"):
        column_range(text)


cells = st.sampled_from(["", " ", "a", "b c", "ñ"])


@settings(max_examples=60, deadline=None)
@given(
    left=st.lists(st.tuples(cells, cells), min_size=1, max_size=6),
    right=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6),
)
def test_of_tables_side_by_side_each_gives_what_it_gives_alone(
    tmp_path_factory: pytest.TempPathFactory, left: list[tuple[str, ...]], right: list[tuple[str, ...]]
) -> None:
    """The law of side by side: rows of one table have nothing to do with those of the other."""
    folder = tmp_path_factory.mktemp("side")
    ours = [("id", "a"), *((f"l{number}", row[1]) for number, row in enumerate(left))]
    theirs = [("id", "b", "c"), *((f"r{number}", *row[1:]) for number, row in enumerate(right))]
    height = max(len(ours), len(theirs))
    padded = [
        ((*ours[row],) if row < len(ours) else ("", ""))
        + ("",)
        + ((*theirs[row],) if row < len(theirs) else ("", "", ""))
        for row in range(height)
    ]
    for name, table_rows in {"both": padded, "left": ours, "right": theirs}.items():
        (folder / f"{name}.csv").write_text("".join(",".join(row) + "\n" for row in table_rows))

    def read(name: str, *columns: str, **options: Any) -> list[dict[str, Any]]:
        spec = table(file=f"{name}.csv", columns=columns, **options)
        with open_files(files(spec), Place(folder, folder, folder)) as connector:
            return [row for batch in everything(connector, spec) for row in batch.data.to_pylist()]

    assert read("both", "id", "a", range="A:B") == read("left", "id", "a")
    assert read("both", "id", "b", "c", range="4:6") == read("right", "id", "b", "c")


LAYOUTS: list[dict[str, Any]] = [
    {"header": "auto"},
    {"names": (("id", "title"),)},
    {"names": (("id", "title"), ("id", "title", "more"))},
    {"header": 0, "names": (("id", "title", "more"),)},
    {"header": 0, "names": (("id", "title"), ("more", "id", "title"))},
    {"optional": ("title",)},
    {"range": "A:B"},
    {"range": "2:3", "header": "auto"},
    {"header": 0, "range": "B:C"},
]


@settings(max_examples=150, deadline=None)
@given(
    head=st.sampled_from(["", "id,title\n", "Report\nid,title\n", "n,id,title\n", "\n\nid\n", "id;title,x;y\n"]),
    text=st.lists(st.sampled_from(["a", ",", ",", "\n", "\n", '"', " ", "ñ", "1"]), min_size=1, max_size=25).map(
        "".join
    ),
    options=st.sampled_from(LAYOUTS),
    several=st.booleans(),
)
def test_both_parsers_find_the_same_layout(
    tmp_path_factory: pytest.TempPathFactory, head: str, text: str, options: dict[str, Any], several: bool
) -> None:
    path = tmp_path_factory.mktemp("layout") / "f.csv"
    path.write_text(head + text)
    file = SourceFile(path, "f.csv", "portal", "things", several=several)

    def read(reader: Any) -> Any:
        report = TableReport()
        found: list[Any] = []
        try:
            for part in reader(file, table(**options), Encoding("utf-8", "detected"), report):
                batch = to_batch(table(**options), part, 0)
                found += zip(batch.positions.to_pylist(), batch.data.to_pylist(), strict=True)
                found += [(reject.position, reject) for reject in batch.rejects]
        except SourceError as error:
            return f"{type(error).__name__} {error} {error.hint}"
        return sorted(found, key=lambda record: record[0]), report.notes()

    assert read(read_delimited) == read(read_exactly)
