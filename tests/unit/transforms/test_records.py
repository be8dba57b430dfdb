import json
from typing import Any

import orjson
import pytest
from made_up_schema import SCHEMA

from transforms.records import (
    ForeignRelease,
    RecordForm,
    compiled_json,
    linked_record,
    linked_release,
    record,
    record_json,
    versioned_json,
)
from transforms.releases import MergeRules, merge_releases
from transforms.releases.versioned import versioned_release

RULES = MergeRules.from_schema(SCHEMA)
OCID = "ocds-213czf-1"


def release(number: int, title: str | None) -> dict[str, Any]:
    date = f"2024-01-0{number}T00:00:00Z"
    return {"ocid": OCID, "id": f"r{number}", "date": date, "tag": ["tender"], "tender": {"id": "1", "title": title}}


RELEASES = [release(1, "A"), release(2, "B"), release(3, None)]


def test_a_record_embeds_its_releases_oldest_first() -> None:
    compiled = merge_releases(RELEASES, RULES)
    made = record(OCID, reversed(RELEASES), compiled)
    assert made == {"ocid": OCID, "releases": RELEASES, "compiledRelease": compiled}


def test_a_record_may_hold_every_value_a_field_ever_had() -> None:
    made = record(OCID, RELEASES, {}, versioned=versioned_release(reversed(RELEASES), RULES))
    assert [entry["value"] for entry in made["versionedRelease"]["tender"]["title"]] == ["A", "B", None]
    assert RELEASES[0]["tag"] == ["tender"], "the releases are not changed"


def test_a_record_links_releases_by_package_and_id() -> None:
    links = [linked_release("https://example.org/releases.json", entry) for entry in reversed(RELEASES)]
    made = linked_record(OCID, links, {})
    assert made["releases"][0] == {
        "url": "https://example.org/releases.json#r1",
        "date": "2024-01-01T00:00:00Z",
        "tag": ["tender"],
    }
    assert [entry["date"] for entry in made["releases"]] == sorted(entry["date"] for entry in RELEASES)


def test_the_release_of_another_process_is_refused() -> None:
    with pytest.raises(ForeignRelease):
        record("ocds-213czf-2", RELEASES, {})


def test_texts_are_put_together_without_reading_them() -> None:
    texts = [json.dumps(entry).encode() for entry in RELEASES]
    made = json.loads(record_json('ocds-213czf-"1', texts, b'{"id":"x"}', versioned=b"{}"))
    assert made == {
        "ocid": 'ocds-213czf-"1',
        "releases": RELEASES,
        "compiledRelease": {"id": "x"},
        "versionedRelease": {},
    }


@pytest.mark.parametrize("titles", [["A", "B", None], ["A"], [None, "B"]])
def test_compiled_and_versioned_releases_are_made_from_texts(titles: list[str | None]) -> None:
    releases = [release(number, title) for number, title in enumerate(titles, 1)]
    texts = [json.dumps(entry, separators=(",", ":")).encode() for entry in releases]
    assert compiled_json(texts, RULES) == orjson.dumps(merge_releases(releases, RULES))
    assert json.loads(versioned_json(texts, RULES)) == versioned_release(releases, RULES)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ocid": 'ocds-213czf-"1\\'},
        {"id": 'a"b'},
        {"tag": ["tender", "award"]},
        {"tender": {"id": "1", "title": "null and {} and []"}},
        {"tender": {"id": "1", "value": {}, "items": []}},
    ],
    ids=str,
)
def test_the_only_release_is_compiled_as_by_merging(changes: dict[str, Any]) -> None:
    only = {**release(1, "A"), **changes}
    assert compiled_json([orjson.dumps(only)], RULES) == orjson.dumps(merge_releases([only], RULES))
    turned = dict(reversed(only.items()))
    assert json.loads(compiled_json([orjson.dumps(turned)], RULES)) == merge_releases([only], RULES)


@pytest.mark.parametrize(
    ("form", "copies"),
    [
        (RecordForm(), 4),
        (RecordForm(versioned=True), 5),
        (RecordForm("linked"), 1),
        (RecordForm("linked", versioned=True), 2),
    ],
    ids=str,
)
def test_a_record_repeats_an_award_in_each_of_its_parts(form: RecordForm, copies: int) -> None:
    assert form.copies(releases=3) == copies
