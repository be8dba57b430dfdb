"""A spider follows the static pages of a running server by their links, and holds every record."""

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from made_up_publication import PUBLICATION, made_up_source
from served_pages import free_port, serving

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
    collected = tmp_path / "collected.jsonl"
    with serving(tmp_path, "lindenau", port) as site:
        first = f"{site.address}/lindenau/api/records/first.json"
        spider = Path(__file__).parents[3] / "links_spider.py"
        arguments = ["-a", f"first={first}", "-O", collected, "--loglevel", "WARNING"]
        command = [sys.executable, "-m", "scrapy", "runspider", spider, *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, cwd=tmp_path)
        assert done.stderr == ""
        with gzip.open(site.current / "bulk/records/full.jsonl.gz", "rt", encoding="utf-8") as lines:
            published = {record["ocid"]: record for record in map(json.loads, lines)}
    records: dict[str, dict[str, Any]] = {}
    for line in collected.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        records[record["ocid"]] = record
    assert records == published
    assert len(records) == processes
    assert {ocid: record["compiledRelease"] for ocid, record in records.items()} == source.compiled_of
