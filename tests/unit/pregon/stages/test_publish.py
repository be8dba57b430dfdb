"""What of the ledger and the mapping a build is given."""

from datetime import UTC, datetime
from pathlib import Path

from pregon.city import read_city
from pregon.home import Home
from pregon.stages.context import CityContext
from pregon.stages.publish import mapped_paths


def test_amendments_have_columns_for_what_only_a_later_release_writes_into_them(tmp_path: Path) -> None:
    paths = mapped_paths(CityContext(read_city("riverbend"), Home(tmp_path), datetime(2026, 3, 1, tzinfo=UTC)))
    arrays = {path.removesuffix("/id") for path in paths if path.endswith("amendments/id")}
    assert arrays
    for array in arrays:
        assert {f"{array}/releaseID", f"{array}/amendsReleaseID"} <= paths
