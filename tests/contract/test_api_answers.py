"""OCP's validator finds nothing in what the API answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from made_up_publication import PUBLICATION, made_up_source
from web_server import web_server

from pregon.publication.build import build_snapshot
from pregon.publication.promote import promote

OCID = "ocds-213czf-S00003"


def test_the_official_validator_finds_nothing(tmp_path: Path, judge: Callable[..., dict[str, Any]]) -> None:
    source = made_up_source(12)
    city = replace(PUBLICATION, base_url="https://data.lindenau.example/lindenau")
    as_of = datetime(2026, 3, 2, 5, tzinfo=UTC)
    promote(
        build_snapshot(tmp_path / "public/lindenau", source, city, as_of=as_of, code_version="1", formats=("api",)).path
    )
    asked = [
        f"records/{OCID}", f"records/{OCID}/releases/{source.releases_of[OCID][0]['id']}", "records",
        "records?title=trees%20for&limit=3&status=active", "releases?limit=5", "releases?cursor=7",
    ]  # fmt: skip
    files = []
    with web_server(tmp_path / "public") as client:
        for number, path in enumerate(asked):
            files.append(tmp_path / f"{number}.json")
            files[-1].write_bytes(client.get(f"/lindenau/api/v1/{path}").raise_for_status().content)
    assert {file: findings for file, findings in judge(*files).items() if findings} == {}
