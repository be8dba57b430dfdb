"""Datasets through the whole extract stage: images, watermarks, guards and manifests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import image, rejects, run
from servers.socrata import SocrataServer, status
from servers.socrata_datasets import Dataset

from pregon.lake import Lake
from pregon.manifest import Manifest, latest
from pregon.sources.base import SourceError
from pregon.sources.guards import ColumnDrift, CountMismatch

from .conftest import Sources, contract

pytestmark = pytest.mark.integration

TYPES = {"amount": "decimal", "signed": "date", "updated": "timestamptz"}
Extract = Callable[..., Manifest]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def extract(lake: Lake, portal: Sources, server: SocrataServer, tmp_path: Path) -> Extract:
    """Extract as of a day after the last one; options are those of the table."""
    days = iter(range(100))

    def extracted(**options: Any) -> Manifest:
        source = portal(**{"incremental": True, "types": TYPES, "overlap": timedelta(hours=1), **options})
        manifest = run(lake, source, tmp_path, day=next(days))
        server.clock.tick(86_400)
        return manifest

    return extracted


def test_a_dataset_becomes_an_image_of_its_types(dataset: Dataset, extract: Extract, lake: Lake) -> None:
    manifest = extract(where="no = 'C0007'")

    (row,) = image(lake, manifest, "contracts")
    assert str(row["amount"]) == "7.500000000"
    assert row["signed"].isoformat() == "2025-01-08"
    assert row["updated"].isoformat() == "2026-01-05T09:00:02+00:00"


def test_only_changes_are_read_and_the_watermark_moves(dataset: Dataset, extract: Extract, lake: Lake) -> None:
    first = extract().tables["contracts"]
    dataset.update(lambda row: row["no"] == "C0003", amount="99")
    dataset.insert(contract(100))
    manifest = extract()
    second = manifest.tables["contracts"]

    assert first.mode == "full"
    assert second.mode == "incremental"
    assert second.changed == {"new": 1, "changed": 1} | {k: v for k, v in second.changed.items() if v == 0}
    assert second.rows_read < 25
    assert first.watermark
    assert second.watermark
    assert str(first.watermark.value) < str(second.watermark.value)
    assert len(image(lake, manifest, "contracts")) == 61
    assert extract().tables["contracts"].mode == "unchanged"


def test_new_stamps_alone_change_nothing(dataset: Dataset, extract: Extract) -> None:
    extract()
    dataset.replace()
    dataset.update(lambda row: row["no"] == "C0003", amount="3.500")

    again = extract().tables["contracts"]

    assert again.mode == "full"
    assert not any(again.changed.values())
    assert "regenerated" in again.notes


def test_what_really_changed_is_found_under_new_stamps(dataset: Dataset, extract: Extract) -> None:
    extract()
    dataset.update(lambda row: row["no"] in ("C0003", "C0044"), amount="1000000")
    dataset.replace()

    assert extract().tables["contracts"].changed["changed"] == 2


def test_deletions_are_marked_by_policy(dataset: Dataset, extract: Extract, lake: Lake) -> None:
    extract(deletions="mark")
    dataset.delete(lambda row: row["no"] == "C0003")
    manifest = extract(deletions="mark")

    assert manifest.tables["contracts"].image.deleted == 1
    assert len(image(lake, manifest, "contracts")) == 59


def test_a_run_that_broke_off_goes_on_at_the_page_where_it_stopped(
    dataset: Dataset, lake: Lake, portal: Sources, server: SocrataServer, tmp_path: Path
) -> None:
    source = portal(types=TYPES)
    source = replace(source, options={**source.options, "tries": 1})
    server.at(page=5, times=40, fault=status(503))
    with pytest.raises(SourceError):
        run(lake, source, tmp_path)
    broke_off = len(server.pages)
    assert latest(lake, "testville") is None
    server.forget()

    manifest = run(lake, source, tmp_path)

    assert manifest.tables["contracts"].rows_read == 60
    assert len(server.pages) - broke_off == 9 - 4 + 1


def test_a_value_that_does_not_fit_is_kept_as_text_and_counted(dataset: Dataset, extract: Extract, lake: Lake) -> None:
    dataset.types["amount"] = "text"
    dataset.update(lambda row: row["no"] == "C0003", amount="about 100")

    manifest = extract()

    (found,) = rejects(lake, manifest, "contracts")
    assert manifest.tables["contracts"].rejected == {"cast_failure": 1}
    assert '"amount":"about 100"' in found["_raw"]
    assert found["_row"] == "C0003"


def test_full_duplicates_are_no_moving_of_the_source(dataset: Dataset, extract: Extract) -> None:
    dataset.insert(contract(3), contract(4))

    entry = extract(incremental=False).tables["contracts"]

    assert entry.rejected == {"duplicate_row": 2}
    assert entry.rows_read == 62


def test_rows_that_the_portal_counts_and_does_not_give_stop_the_run(
    dataset: Dataset, extract: Extract, server: SocrataServer
) -> None:
    server.at(page=9, fault=status(200, []))

    with pytest.raises(CountMismatch) as caught:
        extract()
    assert caught.value.retryable


def test_a_column_that_changes_its_type_stops_the_run(dataset: Dataset, extract: Extract) -> None:
    extract()
    dataset.types["amount"] = "money"
    dataset.insert(contract(100))

    with pytest.raises(ColumnDrift, match="'amount' was number, is money"):
        extract()


def test_a_column_that_is_added_is_told(dataset: Dataset, extract: Extract) -> None:
    extract()
    dataset.types["phase"] = "text"
    dataset.insert(contract(100))

    assert extract().tables["contracts"].notes["columns_came"] == ["phase"]
