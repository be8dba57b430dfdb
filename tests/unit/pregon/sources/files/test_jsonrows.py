import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_sources import files, image, rejects, run, table

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import (
    EmptyKeyError,
    EmptySourceError,
    MissingColumnError,
    SourceLimitError,
    SourceUnreadableError,
)
from pregon.sources.files import containers


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def extracted(lake: Lake, data: str, name: str = "f.json", **options: Any) -> Manifest:
    (lake.root.parent / name).write_text(data, encoding="utf-8")
    return run(lake, files(table(file=name, **options)), lake.root.parent)


def test_values_keep_the_text_of_the_source(lake: Lake) -> None:
    data = """[{"id": 1.50, "title": 12345678901234567890}, {"id": "1e5", "title": 1e5}, {"id": 3, "title": true},
        {"id": 4, "title": null}, {"id": 5}, {"id": 6, "title": {"a": [1.0, "x", null, false]}}]"""
    found = {row["id"]: row["title"] for row in image(lake, extracted(lake, data))}
    assert found == {
        "1.50": "12345678901234567890",
        "1e5": "1e5",
        "3": "true",
        "4": None,
        "5": None,
        "6": '{"a":[1.0,"x",null,false]}',
    }


def test_the_array_may_lie_deep_in_a_wrapper(lake: Lake) -> None:
    data = '{"meta": {"rows": [1]}, "data": {"n": 2, "rows": [{"id": "a"}, {"id": "b"}], "z": []}, "end": "x"}'
    manifest = extracted(lake, data, records="data.rows")
    assert [row["id"] for row in image(lake, manifest)] == ["a", "b"]


def test_a_key_that_is_absent_from_all_rows_is_null_and_noted(lake: Lake) -> None:
    manifest = extracted(lake, '[{"id": "a", "other": 1}, {"id": "b"}]')
    assert [row["title"] for row in image(lake, manifest)] == [None, None]
    assert manifest.tables["things"].notes["never_present"] == ["title"]
    assert manifest.tables["things"].notes["added_columns"] == ["other"]


def test_another_spelling_of_a_declared_key_is_a_mistake(lake: Lake) -> None:
    with pytest.raises(MissingColumnError, match="no column 'title'") as caught:
        extracted(lake, '[{"id": "a", "Title": 1}]')
    assert caught.value.nearest == "Title"


def test_an_absent_key_column_is_named(lake: Lake) -> None:
    with pytest.raises(EmptyKeyError, match="key column 'id' is empty in all 2 rows"):
        extracted(lake, '[{"nr": "a"}, {"nr": "b"}]')


def test_an_element_that_is_no_object_is_rejected(lake: Lake) -> None:
    manifest = extracted(lake, '[{"id": "a"}, 7, null, ["x"], {"id": "b"}]')
    assert [(row["_position"], row["_reason"], row["_raw"]) for row in rejects(lake, manifest)] == [
        (2, "unreadable_row", '"7"'),
        (3, "unreadable_row", "null"),
        (4, "unreadable_row", '["x"]'),
    ]


@pytest.mark.parametrize(
    "data",
    [
        '[{"id": "a"}, {"id": "b"',
        '[{"id": "a"}',
        '[{"id": "a"},]',
        '[{"id": "a"} {"id": "b"}]',
        '[{"id": "a"}] x',
        '[{"id": NaN}]',
        '{"id": "a"}',
        '"text"',
        "[" * 100_000,
    ],
)
def test_a_broken_document_is_refused(lake: Lake, data: str) -> None:
    with pytest.raises(SourceUnreadableError, match=r"portal\.things: f\.json"):
        extracted(lake, data)


@pytest.mark.parametrize("path", ["rows", "data", "data.rows.x", "nothing.rows"])
def test_a_wrong_path_is_refused(lake: Lake, path: str) -> None:
    with pytest.raises(SourceUnreadableError) as caught:
        extracted(lake, '{"data": {"rows": [{"id": "a"}]}, "rows": {}}', records=path)
    assert caught.value.hint == "set `records:` of the table to the array's path"


@pytest.mark.parametrize(("name", "data"), [("f.json", "[]"), ("f.json", "  "), ("f.jsonl", "\n \n")])
def test_a_file_without_records_is_refused(lake: Lake, name: str, data: str) -> None:
    with pytest.raises(EmptySourceError):
        extracted(lake, data, name)


def test_a_value_beyond_all_measure_is_refused(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pregon.sources.files.jsondocument.MAX_LINE", 50)
    monkeypatch.setattr(containers, "CHUNK", 16)
    with pytest.raises(SourceLimitError):
        extracted(lake, '[{"id": "' + "x" * 200)


def test_json_lines_are_read_line_by_line_and_wrong_ones_rejected(lake: Lake) -> None:
    data = '{"id": "a", "title": 1.0}\n\nnot json\r\n[1]\n{"id": "b"}'
    manifest = extracted(lake, data, "f.jsonl")
    assert [(row["id"], row["title"]) for row in image(lake, manifest)] == [("a", "1.0"), ("b", None)]
    assert [(row["_position"], row["_raw"]) for row in rejects(lake, manifest)] == [(2, "not json"), (3, "[1]")]
    assert manifest.tables["things"].rows_read == 4


def test_half_of_a_surrogate_pair_does_not_stop_the_table(lake: Lake) -> None:
    manifest = extracted(lake, '[{"id": "a", "title": "x\\ud800y"}]')
    assert [row["title"] for row in image(lake, manifest)] == ["x?y"]


CHARACTERS = 'ab ñ"\\{[,:\n'

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(CHARACTERS, max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(values, min_size=1, max_size=6), chunk=st.integers(1, 9), indent=st.sampled_from([None, 1]))
def test_rows_do_not_depend_on_where_the_pieces_end(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], chunk: int, indent: int | None
) -> None:
    folder = tmp_path_factory.mktemp("json")
    lake = Lake(folder / "lake")
    document = {"skipped": rows, "rows": [{"id": f"{number:03d}", "title": row} for number, row in enumerate(rows)]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(containers, "CHUNK", chunk)
        manifest = extracted(lake, json.dumps(document, indent=indent), records="rows")
    for row, value in zip(image(lake, manifest), rows, strict=True):
        if value is None or (isinstance(value, str) and not value.strip()):
            assert row["title"] is None
        else:
            assert row["title"] == value if isinstance(value, str) else json.loads(row["title"]) == value
