"""A spider follows the static pages of a running server by their links, and holds every record."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from crawled import crawled
from made_up_publication import PUBLICATION, made_up_source
from served_pages import serving
from servers.programs import free_port

from pregon.publication.api import PageSize, build_api
from pregon.publication.build import build_snapshot
from pregon.publication.promote import promote

pytestmark = pytest.mark.integration

AS_OF = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize("processes", [1, 2, 40])
def test_a_spider_rebuilds_every_record(tmp_path: Path, processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pregon.publication.build.build_api", partial(build_api, size=PageSize(8)))
    port = free_port()
    publication = replace(PUBLICATION, base_url=f"http://127.0.0.1:{port}/lindenau")
    source = made_up_source(processes)
    promote(build_snapshot(tmp_path / "public/lindenau", source, publication, as_of=AS_OF, code_version="1").path)
    with serving(tmp_path, "lindenau", port) as site:
        first = f"{site.address}/lindenau/api/records/first.json"
        collected = crawled(first, tmp_path)
        with gzip.open(site.current / "bulk/records/full.jsonl.gz", "rt", encoding="utf-8") as lines:
            published = {record["ocid"]: record for record in map(json.loads, lines)}
    # The first entry may stand on two pages.
    records = {record["ocid"]: record for record in collected}
    assert records == published
    assert len(records) == processes
    assert {ocid: record["compiledRelease"] for ocid, record in records.items()} == source.compiled_of
