"""The report is part of a snapshot: once for what is published, with a trend that goes on from the last one."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_publication import PUBLICATION, made_up_source, process
from made_up_quality import report
from unit.pregon.publication.test_build import AS_OF, LATER, build, contents

from pregon.publication.manifest import verify
from pregon.publication.promote import promote
from pregon.publication.quality import REPORT, earlier_trend
from transforms.quality import QualityReport, TrendEntry, extended


class MadeUpQuality:
    """A `QualitySource` whose report is made up."""

    def __init__(self, fingerprint: str = "checks", *, empty: bool = False) -> None:
        self.fingerprint = fingerprint
        self.empty = empty
        self.asked = 0

    def report(
        self, *, snapshot: str, as_of: str, published: str, earlier: tuple[TrendEntry, ...]
    ) -> QualityReport | None:
        self.asked += 1
        if self.empty:
            return None
        entry = TrendEntry(snapshot, as_of, 90.0, 5, {"critical": 1}, {"critical": 2}, self.fingerprint)
        return replace(report(1), snapshot=snapshot, as_of=as_of, published=published, trend=extended(earlier, entry))


def test_a_snapshot_has_the_report_in_every_language_and_a_badge(tmp_path: Path) -> None:
    snapshot = build(tmp_path, made_up_source(), quality=MadeUpQuality())
    verify(snapshot.path)
    files = {one.path: one.media_type for one in snapshot.manifest.files_of("report")}
    assert files == {
        "reports/quality.html": "text/html", "reports/quality.es.html": "text/html",
        "reports/quality.json": "application/json", "reports/quality.svg": "image/svg+xml",
    }  # fmt: skip
    data: dict[str, Any] = json.loads((snapshot.path / REPORT).read_bytes())
    assert data["snapshot"] == snapshot.manifest.snapshot
    assert data["published"] == snapshot.manifest.published
    home = (snapshot.path / "index.es.html").read_text(encoding="utf-8")
    assert 'href="reports/quality.es.html">96.7 de 100</a>' in home
    assert 'href="reports/quality.json"' in home


def test_a_snapshot_without_a_report_has_no_link_to_one(tmp_path: Path) -> None:
    for folder, options in (("none", {}), ("empty", {"quality": MadeUpQuality(empty=True)})):
        snapshot = build(tmp_path / folder, made_up_source(), **options)
        assert snapshot.manifest.files_of("report") == []
        assert "reports/" not in (snapshot.path / "index.html").read_text(encoding="utf-8")


def test_the_same_publication_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (build(tmp_path / name, made_up_source(), quality=MadeUpQuality()) for name in ("one", "two"))
    assert contents(one.path) == contents(two.path)


def test_nothing_is_built_or_asked_where_nothing_changed(tmp_path: Path) -> None:
    source, quality = made_up_source(), MadeUpQuality()
    promote(build(tmp_path, source, quality=quality).path)
    assert not build(tmp_path, source, LATER, quality=quality).created
    assert quality.asked == 1


def test_other_checks_are_another_publication(tmp_path: Path) -> None:
    source = made_up_source()
    promote(build(tmp_path, source, quality=MadeUpQuality()).path)
    assert build(tmp_path, source, LATER, quality=MadeUpQuality("others")).created


def test_the_trend_goes_on_from_the_promoted_snapshot(tmp_path: Path) -> None:
    source = made_up_source()
    names = []
    for number in range(3):
        source.commit(*process(700 + number), AS_OF)
        snapshot = build(tmp_path, source, AS_OF + timedelta(days=number), quality=MadeUpQuality())
        promote(snapshot.path)
        names.append(snapshot.manifest.snapshot)
    assert [one.snapshot for one in earlier_trend(snapshot.path)] == names


def test_what_was_built_and_not_promoted_is_not_in_the_trend(tmp_path: Path) -> None:
    source = made_up_source()
    build(tmp_path, source, quality=MadeUpQuality())
    source.commit(*process(701), AS_OF)
    assert len(earlier_trend(build(tmp_path, source, LATER, quality=MadeUpQuality()).path)) == 1


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b"[" * 100_000, b'{"trend": {"a": 1}}'])
def test_an_earlier_report_that_is_none_begins_a_new_trend(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / REPORT).write_bytes(data)
    assert earlier_trend(tmp_path) == ()
    assert earlier_trend(tmp_path / "nowhere") == ()
    assert earlier_trend(None) == ()


def test_the_report_names_the_city_as_it_is_published() -> None:
    assert report().city == PUBLICATION.slug
