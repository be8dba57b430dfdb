"""Packages assembled from bytes are what ocdskit would have made of the objects."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from made_up_publication import PUBLICATION, process
from ocdskit.combine import package_releases

from transforms.packages import (
    BrokenLine,
    count_awards,
    envelope,
    json_lines,
    package_entries,
    rfc3339,
    segment_of,
)

PUBLISHED = datetime(2026, 3, 1, 6, 0, tzinfo=timezone(timedelta(hours=1)))


def test_a_package_is_ocdskits_with_licence_and_policy() -> None:
    releases = [process(number)[0] for number in range(3)]
    frame = envelope(PUBLICATION, "releases", path="bulk/releases/full.json.zip", published=PUBLISHED)
    package = json.loads(frame.head + package_entries([orjson.dumps(one) for one in releases]) + frame.tail)
    assert package == {
        **package_releases(
            releases,
            uri="https://data.lindenau.example/contracting/bulk/releases/full.json.zip",
            publisher={"name": "City of Lindenau", "uri": "https://lindenau.example/"},
            published_date="2026-03-01T05:00:00Z",
            version="1.1",
            extensions=list(PUBLICATION.extension_urls),
        ),
        "license": PUBLICATION.licence_uri,
        "publicationPolicy": PUBLICATION.publication_policy,
    }


def test_the_publishers_identifier_is_published_where_there_is_one() -> None:
    known = replace(PUBLICATION, publisher_scheme="US-EIN", publisher_uid="12-3456789")
    package = json.loads(b"".join(vars(envelope(known, "records", path="x", published=PUBLISHED)).values()))
    assert package["publisher"]["scheme"] == "US-EIN"
    assert package["publisher"]["uid"] == "12-3456789"


def test_a_package_without_extensions_declares_none() -> None:
    frame = envelope(replace(PUBLICATION, extensions=()), "releases", path="x", published=PUBLISHED)
    assert b"extensions" not in frame.head


@pytest.mark.parametrize(
    ("date", "segment"),
    [
        ("2024-05-01T00:00:00Z", "2024"),
        ("0001-01-01T00:00:00Z", "undated"),
        ("9999-01-01T00:00:00Z", "undated"),
        ("", "undated"),
        (None, "undated"),
        ("٢٠٢٤-01-01", "undated"),
    ],
)
def test_impossible_dates_are_undated(date: str | None, segment: str) -> None:
    assert segment_of(date) == segment


def test_awards_and_contracts_are_counted() -> None:
    assert count_awards(b'{"tender":{"title":"awards"}}') == 0
    assert count_awards(b'{"awards":[{},{}],"contracts":[{}]}') == 3
    assert count_awards(b'{"awards":null}') == 0


def test_an_entry_on_two_lines_is_refused() -> None:
    assert json_lines("releases", [b"{}", b"{}"]) == b"{}\n{}\n"
    with pytest.raises(BrokenLine, match="releases"):
        json_lines("releases", [b"{}", b"{\n}"])


def test_dates_are_written_in_utc() -> None:
    assert rfc3339(PUBLISHED) == rfc3339(datetime(2026, 3, 1, 5, tzinfo=UTC)) == "2026-03-01T05:00:00Z"
