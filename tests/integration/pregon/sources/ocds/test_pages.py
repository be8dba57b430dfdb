"""An API of packages is followed from page to page, goes on after a kill, and leads nowhere else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up_ocds import release
from made_up_sources import image, run
from servers.rest import Fault, RestApi, rest_api

from pregon.lake import Lake
from pregon.sources.base import ColumnSpec, SourceSpec, TableSpec
from pregon.sources.connector import Place
from pregon.sources.ocds.connector import open_ocds
from pregon.sources.ocds.shapes import COLUMNS, KEY
from pregon.sources.rest.errors import ForeignAddress, PagingLoop

pytestmark = pytest.mark.integration

RELEASES = [release(1000 + number, f"P{number}", "2026-01-01T00:00:00Z", "tender") for number in range(23)]


@pytest.fixture
def api() -> Iterator[RestApi]:
    with rest_api([dict(one) for one in RELEASES], usual=5) as running:
        yield running


def source(api: RestApi, **options: Any) -> SourceSpec:
    columns = {name: ColumnSpec(name) for name in COLUMNS}
    table = TableSpec("releases", KEY, columns, options={"pages": f"{api.address}/packages", **options})
    return SourceSpec("published", "ocds", (table,), options={"private_addresses": True})


def test_all_pages_are_read(api: RestApi, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    manifest = run(lake, source(api), tmp_path)
    found = sorted((row["id"], row["version"]) for row in image(lake, manifest, "releases"))
    assert found == [(one["id"], "1.1") for one in RELEASES]
    assert manifest.tables["releases"].notes["pages"] == 5


def test_a_read_goes_on_after_a_kill_at_each_page(api: RestApi, tmp_path: Path) -> None:
    spec = source(api)
    with open_ocds(spec, Place(tmp_path, tmp_path)) as connector:
        [table] = spec.tables
        chunk = connector.plan(table, None).chunks[0]
        batches = list(connector.read(table, chunk).batches)
        ids = [batch.data.column("id").to_pylist() for batch in batches]
        assert [one for page in ids for one in page] == [one["id"] for one in RELEASES]
        for number, batch in enumerate(batches, 1):
            rest = [page.data.column("id").to_pylist() for page in connector.read(table, chunk, batch.after).batches]
            assert ids[:number] + rest == ids


def test_what_passes_by_itself_is_waited_for(api: RestApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pregon.sources.http.client.FIRST_DELAY", 0.0)
    api.faults[3] = Fault("html")
    lake = Lake(tmp_path / "lake")
    assert run(lake, source(api), tmp_path).tables["releases"].rows_read == 23


def test_pages_lead_to_no_other_host_and_in_no_circle(api: RestApi, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    api.loops = True
    with pytest.raises(PagingLoop):
        run(lake, source(api), tmp_path)
    api.loops, api.next_host = False, "http://169.254.169.254"
    with pytest.raises(ForeignAddress):
        run(lake, source(api), tmp_path)


def test_with_a_folder_the_local_file_is_read(api: RestApi, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"ocid": "ocds-213czf-1", "id": "1"}')
    manifest = run(Lake(tmp_path / "lake"), source(api, file="one.json"), tmp_path)
    assert manifest.tables["releases"].rows_read == 1
    assert api.seen == []
