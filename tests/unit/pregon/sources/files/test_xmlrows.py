import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_sources import files, image, run, table

from pregon.lake import Lake
from pregon.manifest import Manifest
from pregon.sources.base import (
    EmptySourceError,
    MissingColumnError,
    SourceConfigurationError,
    SourceError,
    SourceLimitError,
    SourceUnreadableError,
)
from pregon.sources.files import xmlrows
from pregon.sources.files.containers import SourceFile
from pregon.sources.files.rows import TableReport
from pregon.sources.files.text import Encoding
from pregon.sources.files.xmlrows import read_xml


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def extracted(lake: Lake, data: bytes | str, *, records: str = "Notices/Notice", **options: object) -> Manifest:
    (lake.root.parent / "f.xml").write_bytes(data if isinstance(data, bytes) else data.encode())
    spec = table(**{"file": "f.xml", "columns": {"id": "@id", "title": "Title"}, "records": records, **options})  # type: ignore[arg-type]
    return run(lake, files(spec), lake.root.parent)


def titles(lake: Lake, data: bytes | str, **options: object) -> list[str | None]:
    return [row["title"] for row in image(lake, extracted(lake, data, **options))]  # type: ignore[arg-type]


def one(lake: Lake, inner: str, path: str) -> str | None:
    """The value of one column of one record."""
    data = f'<Notices><Notice id="1">{inner}</Notice></Notices>'
    [title] = titles(lake, data, columns={"id": "@id", "title": path})
    return title


def test_records_are_found_by_their_path_whatever_stands_beside_them(lake: Lake) -> None:
    data = """<?xml version="1.0"?>
    <Notices><Meta><Notice id="9"><Title>no</Title></Notice></Meta>
      <Notice id="1"><Title>a</Title></Notice><!-- <Notice id="8"/> -->
      <Notice id="2"><Title><![CDATA[b & c]]></Title></Notice>
      <Notice id="3"><Notice id="7"><Title>inner</Title></Notice></Notice>
    </Notices>"""
    assert titles(lake, data) == ["a", "b & c", None]


def test_names_are_compared_without_namespaces(lake: Lake) -> None:
    data = (
        '<a:Notices xmlns:a="urn:a" xmlns="urn:b" xmlns:c="urn:c"><Notice c:id="1"><c:Title>x</c:Title></Notice>'
        '<a:Notice id="2"><Title xmlns="urn:d">y</Title></a:Notice></a:Notices>'
    )
    manifest = extracted(lake, data)
    assert [row["title"] for row in image(lake, manifest)] == ["x", "y"]
    assert "added_columns" not in manifest.tables["things"].notes


@pytest.mark.parametrize(
    ("inner", "path", "value"),
    [
        ("<Title> a  b </Title>", "Title", " a  b "),
        ("<Title>1.50</Title>", "Title", "1.50"),
        ("<Title/>", "Title", None),
        ("", "Title", None),
        ('<Title xsi:nil="true"/>', "Title", None),
        ("<A><B>x</B></A>", "A/B", "x"),
        ('<A><B k="v">x</B></A>', "A/B/@k", "v"),
        ('<A k="v"/>', "A/@k", "v"),
        ("<A><B>x</B></A><A><B>y</B><B>z</B></A>", "A/B", '["x","y","z"]'),
        ('<A k="v"/><A k="w"/><A/>', "A/@k", '["v","w"]'),
        ("<Title>x</Title><Title/>", "Title", '["x",""]'),
        ("<A><B>x</B><C>1</C></A>", "A", '{"B":"x","C":"1"}'),
        (
            '<A k="v"> t <B>x</B><B u="w">y</B> u</A>',
            "A",
            '{"@k":"v","B":["x",{"@u":"w","#text":"y"}],"#text":" t  u"}',
        ),
        ("<A><B>x</B></A><A>y</A>", "A", '[{"B":"x"},"y"]'),
        ("loose", ".", "loose"),
        ("<Title>&lt;&amp;&#241;</Title>", "Title", "<&ñ"),
        ("<Title>l&#146;an</Title>", "Title", "l’an"),
    ],
)
def test_a_path_gives_the_text_and_several_or_nested_elements_give_json(
    lake: Lake, inner: str, path: str, value: str | None
) -> None:
    assert one(lake, inner, path) == value


def test_columns_that_nobody_declared_are_noted(lake: Lake) -> None:
    manifest = extracted(lake, '<Notices><Notice id="1" lang="en"><Title>a</Title><Buyer/></Notice></Notices>')
    assert manifest.tables["things"].notes["added_columns"] == ["@lang", "Buyer"]


def test_another_spelling_of_a_column_is_an_error(lake: Lake) -> None:
    with pytest.raises(MissingColumnError, match="has no column 'Title'"):
        extracted(lake, '<Notices><Notice id="1"><title>a</title></Notice></Notices>')


@pytest.mark.parametrize(
    "data",
    [
        '<!DOCTYPE n [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE n [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE n SYSTEM "http://127.0.0.1/n.dtd">',
        '<!DOCTYPE n [<!ENTITY % a SYSTEM "file:///etc/passwd">%a;]>',
    ],
)
def test_a_document_type_declaration_is_refused(lake: Lake, data: str) -> None:
    with pytest.raises(SourceLimitError, match="document type declaration"):
        extracted(lake, f'{data}<Notices><Notice id="1"><Title>&b;</Title></Notice></Notices>')


def test_an_entity_that_nobody_declared_is_refused(lake: Lake) -> None:
    with pytest.raises(SourceUnreadableError, match="undefined entity, in line 1"):
        extracted(lake, '<Notices><Notice id="1"><Title>&nbsp;</Title></Notice></Notices>')


@pytest.mark.parametrize(
    "data",
    [
        '<Notices><Notice id="1"><Title>a</Title></Notice>',
        '<Notices><Notice id="1"><Title>a</Notice></Notices>',
        '<Notices><Notice id="1"/></Notices><Notices/>',
        "id,title\n1,a\n",
    ],
)
def test_what_is_cut_off_or_no_xml_is_refused(lake: Lake, data: str) -> None:
    with pytest.raises(SourceUnreadableError, match=r"f\.xml: is not well-formed XML: .* in line \d+, column \d+"):
        extracted(lake, data)


def test_a_web_page_is_not_taken_for_data(lake: Lake) -> None:
    with pytest.raises(SourceUnreadableError, match="is a web page"):
        extracted(lake, "<!DOCTYPE html><html><body/></html>")


def test_a_path_that_leads_nowhere_is_told_with_what_there_is(lake: Lake) -> None:
    data = '<Export><Notices><Notice id="1"/></Notices><Meta/></Export>'
    with pytest.raises(SourceUnreadableError, match="has no element 'Notices' as its root") as caught:
        extracted(lake, data)
    assert "there is: Export" in str(caught.value.hint)
    with pytest.raises(SourceUnreadableError, match="has no element 'Notice' below 'Export'") as caught:
        extracted(lake, data, records="Export/Notice")
    assert "there is: Notices, Meta" in str(caught.value.hint)


def test_a_document_without_records_is_refused(lake: Lake) -> None:
    for data in ("<Notices/>", "  \n"):
        with pytest.raises(EmptySourceError):
            extracted(lake, data)


@pytest.mark.parametrize("path", ["@a/b", "a//b", "a/@", "../a", "./a", "a/."])
def test_a_column_that_is_no_path_is_refused(lake: Lake, path: str) -> None:
    with pytest.raises(SourceConfigurationError, match="is no path"):
        one(lake, "", path)


def test_records_must_be_named(lake: Lake) -> None:
    with pytest.raises(SourceConfigurationError, match="which elements are the records"):
        extracted(lake, "<a/>", records="")


@pytest.mark.parametrize(
    ("declaration", "encoding", "name", "origin"),
    [
        ("", "utf-8", "utf-8", "detected"),
        ('<?xml version="1.0" encoding="utf-8"?>', "utf-8-sig", "utf-8", "mark"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-16", "utf-16", "mark"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-16-le", "utf-16-le", "detected"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-16-be", "utf-16-be", "detected"),
        ("<?xml version='1.0' encoding='ISO-8859-1' ?>", "windows-1252", "windows-1252", "declared"),
        ('<?xml version="1.0" encoding="iso-8859-2"?>', "iso-8859-2", "iso8859-2", "declared"),
        ('<?xml version="1.0" encoding="utf-8"?>', "windows-1252", "windows-1252", "detected"),
        ('<?xml version="1.0" encoding="iso-8859-1"?>', "utf-8", "utf-8", "detected"),
    ],
)
def test_the_encoding_is_that_of_the_bytes_then_the_declared_one(
    lake: Lake, declaration: str, encoding: str, name: str, origin: str
) -> None:
    data = f'{declaration}<Notices><Notice id="1"><Title>Ví ä</Title></Notice></Notices>'
    manifest = extracted(lake, data.encode(encoding))
    assert [row["title"] for row in image(lake, manifest)] == ["Ví ä"]
    notes = manifest.tables["things"].notes
    assert (notes["encoding"], notes["encoding_origin"]) == (name, origin)


def test_a_declared_encoding_that_nobody_knows_is_refused(lake: Lake) -> None:
    data = '<?xml version="1.0" encoding="x-secret"?><Notices><Notice id="1"><Title>í</Title></Notice></Notices>'
    with pytest.raises(SourceUnreadableError, match="declares the encoding 'x-secret'"):
        extracted(lake, data.encode("latin-1"))


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("MAX_LINE", 50, "record of more than 50 characters"),
        ("MAX_ELEMENTS", 20, "record of more than 20 elements"),
        ("MAX_DEPTH", 10, "more than 10 deep"),
    ],
)
def test_a_record_beyond_all_measure_is_refused(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, message: str
) -> None:
    monkeypatch.setattr("pregon.sources.files.containers.CHUNK", 10)
    inner = {"MAX_LINE": "x" * 100, "MAX_ELEMENTS": "<a/>" * 30, "MAX_DEPTH": "<a>" * 30 + "</a>" * 30}[limit]
    data = f'<Notices><Notice id="1">{inner}</Notice></Notices>'
    monkeypatch.setattr(xmlrows, limit, value)
    with pytest.raises(SourceLimitError, match=message):
        extracted(lake, data)


def test_many_records_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what has not been handed on is held."""
    monkeypatch.setattr(xmlrows, "BATCH_ROWS", 100)
    monkeypatch.setattr("pregon.sources.files.containers.CHUNK", 1 << 12)
    path = tmp_path / "f.xml"
    path.write_text("<a>" + "".join(f"<b><c>{number}</c></b>" for number in range(5_000)) + "</a>")
    spec = table(columns={"id": "c"}, records="a/b")
    rows = read_xml(SourceFile(path, "f.xml", "s", "t"), spec, Encoding("utf-8", "detected"), TableReport())
    assert max(len(batch.records) for batch in rows) < 400


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(texts, max_size=3), min_size=1, max_size=10),
    chunk=st.integers(1, 30),
    batch=st.integers(1, 4),
)
def test_what_was_written_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], chunk: int, batch: int
) -> None:
    path = tmp_path_factory.mktemp("xml") / "f.xml"
    records = ("<r>" + "".join(f"<v>{escaped(value)}</v>" for value in values) + "</r>" for values in rows)
    path.write_text(f"<d>{''.join(records)}</d>")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pregon.sources.files.containers.CHUNK", chunk)
        patch.setattr(xmlrows, "BATCH_ROWS", batch)
        found = read_xml(
            SourceFile(path, "f.xml", "s", "t"),
            table(columns={"v": "v"}, records="d/r"),
            Encoding("utf-8", "detected"),
            TableReport(),
        )
        read = [
            (record, value) for part in found for record, value in zip(part.records, part.columns["v"], strict=True)
        ]
    expected = [
        None
        if not values
        else values[0]
        if len(values) == 1
        else json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        for values in rows
    ]
    assert read == list(enumerate(expected, 1))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(st.sampled_from("<>/ab =\"'&;![]-?%\n#x0"), max_size=40).map(str.encode))
def test_no_bytes_break_the_reader_in_a_way_of_their_own(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("xml") / "f.xml"
    path.write_bytes(data)
    spec = table(columns={"v": "b"}, records="a/b")
    with suppress(SourceError):
        list(read_xml(SourceFile(path, "f.xml", "s", "t"), spec, Encoding("windows-1252", "detected"), TableReport()))
