"""The API of `pregon serve` under independent tools: a fuzzer with its description in hand, and a spider."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from crawled import crawled
from made_up_publication import PUBLICATION, made_up_source
from served_pages import Site, serving
from servers.programs import free_port

from pregon.publication.build import build_snapshot
from pregon.publication.promote import promote

pytestmark = pytest.mark.integration

AS_OF = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home, port = tmp_path_factory.mktemp("home"), free_port()
    city = replace(PUBLICATION, base_url=f"http://127.0.0.1:{port}/lindenau")
    made = build_snapshot(
        home / "public/lindenau", made_up_source(40), city, as_of=AS_OF, code_version="1", formats=("jsonl", "api")
    )
    promote(made.path)
    with serving(home, "lindenau", port) as served:
        yield served


def test_a_fuzzer_finds_nothing(site: Site, tmp_path: Path) -> None:
    command = [
        Path(sys.executable).with_name("st"), "run", f"{site.address}/lindenau/api/v1/openapi.json", "--checks", "all",
        "--max-examples", "60", "--seed", "20260302", "--continue-on-failure", "--no-color",
    ]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "4 selected / 4 total" in done.stdout


def test_a_spider_rebuilds_every_record(site: Site, tmp_path: Path) -> None:
    records = crawled(f"{site.address}/lindenau/api/v1/records?limit=7", tmp_path)
    with gzip.open(site.current / "bulk/records/full.jsonl.gz", "rt", encoding="utf-8") as lines:
        published = {record["ocid"]: record for record in map(json.loads, lines)}
    assert len(records) == 40
    assert {record["ocid"]: record for record in records} == published
