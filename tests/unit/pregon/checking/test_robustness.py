"""Whatever a file holds, checking it ends with a report."""

import gzip
import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.pregon.checking.made_up import RELEASE, compiled, record, record_package, release, release_package, write

from pregon.checking import Report, check_file
from pregon.checking.quality import Quality, QualityReport

relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def checked(folder: Path, *documents: Any) -> tuple[Report, QualityReport]:
    """Check documents as a file each; give the report of the last, and that of quality."""
    with Quality() as quality:
        for document in documents:
            report = check_file(write(folder, document), quality=quality)
            json.dumps(report.to_json()).encode()
        found = quality.result()
    json.dumps(found.to_json("es"), ensure_ascii=False).encode()
    return report, found


NAMES = (
    *("releases", "records", "ocid", "id", "date", "tag", "initiationType", "version", "extensions", "parties"),
    *("buyer", "tender", "items", "awards", "suppliers", "contracts", "implementation", "transactions", "value"),
    *("amount", "compiledRelease", "versionedRelease", "url", "uri", "identifier", "publishedDate", "planning", "name"),
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
    | st.sampled_from(("ocds-213czf-1", "compiled", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1.0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=30,
)  # fmt: skip


def spoiled(document: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The document with some of its fields, or of those of its first release or record, set to anything."""
    changes = st.dictionaries(st.sampled_from(NAMES), values, max_size=4)

    def changed(outer: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any]:
        found = {**document, **outer}
        for key in ("releases", "records"):
            if key in document and key not in outer:
                found[key] = [*document[key], {**document[key][0], **inner}, inner]
        return found

    return st.builds(changed, changes, changes)


@relaxed
@given(content=st.binary(max_size=400))
@example(content=b"\x1f\x8b")
@example(content=b"PK\x03\x04")
@example(content=b"[]")
@example(content=b'{"ocid": "ocds-213czf-1", "tag": ["tender"], "id": "\xff"}')
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    assert check_file(write(tmp_path, content)).total


@relaxed
@given(document=values)
def test_any_json(tmp_path: Path, document: Any) -> None:
    checked(tmp_path, document)


@relaxed
@given(
    document=st.one_of(
        spoiled(release_package()),
        spoiled(record_package()),
        spoiled(record()),
        spoiled(release()),
        spoiled(compiled()),
    )
)
def test_any_values_in_ocds(tmp_path: Path, document: Any) -> None:
    checked(tmp_path, document)


@relaxed
@given(cut=st.integers(0, 10_000), flipped=st.integers(0, 10_000))
def test_a_packed_file_cut_off_or_damaged_anywhere(tmp_path: Path, cut: int, flipped: int) -> None:
    packed = gzip.compress(json.dumps(release_package(*[release(id=str(number)) for number in range(30)])).encode())
    whole = bytearray(packed)
    whole[flipped % len(whole)] ^= 0x55
    check_file(write(tmp_path, bytes(whole)))
    assert check_file(write(tmp_path, packed[: cut % len(packed)])).total


@pytest.mark.parametrize("depth", [100, 260, 450, 900, 200_000])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[", "]"),
        ('{"a":', "}"),
        ('[{"releases":', "}]"),
    ],
)
def test_any_depth(tmp_path: Path, before: str, after: str, depth: int) -> None:
    deep = before * depth + "1" + after * depth
    one = json.dumps(RELEASE)[:-1]
    checked(
        tmp_path,
        deep,
        f'{one}, "x": {deep}}}',
        f'{{"ocid": "ocds-213czf-1", "tender": {{"items": {deep}}}, "tag": ["tender"], "id": "1"}}',
        f'{{"releases": [{one}, "x": {deep}}}, {one}, "id": "2", "x": {deep}}}]}}',
        f'{{"records": [{{"ocid": "ocds-213czf-1", "releases": [{one}, "tender": {deep}}}, {one}, "x": {deep}}}]}}]}}',
        f'{one}, "x": "\\ud800", "y": {deep}}}',
    )


def test_huge_texts_and_numbers(tmp_path: Path) -> None:
    huge = "x" * 3_000_000
    report, _ = checked(tmp_path, release_package(release(id=huge, tender={"id": huge, "title": huge, huge: huge})))
    assert max(len(finding.message) for finding in report.findings) < 1_000
    text = json.dumps(release_package(release(tender={"id": "1", "value": {"amount": 1}})))
    numbers = ("9" * 300, "9" * 5_000, "1e999", "-0.0", "NaN", "1e-400")
    checked(tmp_path, *(text.replace('"amount": 1', f'"amount": {number}') for number in numbers))


@pytest.mark.parametrize("character", ["\x00", "\ud800", "\ufeff", "\u2028", "{value}", "{0}", "[red]"])
def test_unusual_characters_anywhere(tmp_path: Path, character: str) -> None:
    spoiled_release = release(
        ocid=f"ocds-213czf-{character}", id=character, tag=[character, "tender"],
        contracts=[{"id": character, "awardID": character, character: character}], buyer={"id": character},
    )  # fmt: skip
    report, found = checked(tmp_path, release_package(spoiled_release, record(), compiled(ocid=character)))
    assert report.total
    assert found.summary.processes


def test_keys_of_every_letter(tmp_path: Path) -> None:
    assert checked(tmp_path, release(**dict.fromkeys(string.printable, "x")))[0].total == len(string.printable)
