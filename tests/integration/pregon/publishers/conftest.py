"""A real CKAN for the session, and a made-up city that publishes to it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import servers.portal
from made_up_publication import PUBLICATION, MemorySource, made_up_source
from servers.portal import CkanPortal
from servers.programs import ServerMissing

from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.promote import promote
from pregon.publishers import base

OFFICIAL = replace(PUBLICATION, ocid_prefix="ocds-abc123")
AS_OF = datetime(2026, 3, 2, 5, tzinfo=UTC)

Publish = Callable[..., Snapshot]


@pytest.fixture(scope="session")
def ckan(postgresql_url: str) -> Iterator[CkanPortal]:
    try:
        with servers.portal.ckan_portal(postgresql_url) as portal:
            yield portal
    except ServerMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def portal(ckan: CkanPortal, monkeypatch: pytest.MonkeyPatch) -> Iterator[CkanPortal]:
    """The portal, without datasets; the connection `open_data` leads to it."""
    monkeypatch.setenv("AIRFLOW_CONN_OPEN_DATA", json.dumps(ckan.connection()))
    monkeypatch.setattr(base, "FIRST_WAIT", 0.01)
    yield ckan
    found = ckan.action("package_search", rows=100, include_private=True, include_drafts=True)["results"]
    deleted = ckan.action("package_search", rows=100, fq="+state:deleted", include_deleted=True)["results"]
    for one in [*found, *deleted]:
        ckan.action("dataset_purge", id=one["id"])


@pytest.fixture
def source() -> MemorySource:
    return made_up_source()


@pytest.fixture
def publish(tmp_path: Path, source: MemorySource) -> Publish:
    def publish(day: int = 0, **settings: Any) -> Snapshot:
        settings = {"formats": ("jsonl", "packages", "csv", "xlsx", "parquet"), **settings}
        made = build_snapshot(
            tmp_path / "public", source, OFFICIAL, as_of=AS_OF + timedelta(days=day), code_version="1", **settings
        )
        promote(made.path)
        return made

    return publish
