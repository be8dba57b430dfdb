"""The files of opportunities in a snapshot."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from made_up_opportunities import compiled
from made_up_publication import PUBLICATION, MemorySource, made_up_source

from pregon.publication.build import Snapshot, build_snapshot
from pregon.publication.opportunities import KeptOpportunities
from pregon.publication.promote import promote
from transforms.opportunities import OpportunityOptions
from transforms.publication import Publication

AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEADLINE = datetime(2026, 3, 20, 19, tzinfo=UTC)

Publish = Callable[..., Snapshot]


def commit(source: MemorySource, number: int, date: str = "2026-02-20T10:00:00Z", **tender: Any) -> None:
    state = compiled(number, date, **tender)
    source.commit({**state, "id": f"{number}-{date}", "tag": ["tender"]}, state)


@pytest.fixture
def source() -> MemorySource:
    source = made_up_source(2)
    for number in (70, 71):
        commit(source, number)
    return source


@pytest.fixture
def publish(tmp_path: Path, source: MemorySource) -> Publish:
    def build(as_of: datetime = AS_OF, publication: Publication = PUBLICATION) -> Snapshot:
        kept = KeptOpportunities(OpportunityOptions(), "1", tmp_path / "work")
        made = build_snapshot(
            tmp_path / "public", source, publication, as_of=as_of, code_version="1", formats=("jsonl",),
            opportunities=kept,
        )  # fmt: skip
        promote(made.path)
        return made

    return build


def files(snapshot: Snapshot) -> dict[str, int]:
    """Inodes of the files of opportunities, by path."""
    names = ("feeds/opportunities", "feeds/plans", "feeds/expiring", "opportunities")
    return {
        one.path: (snapshot.path / one.path).stat().st_ino
        for one in snapshot.manifest.files
        if one.path.startswith(names)
    }


def test_every_part_has_four_forms_in_every_language(publish: Publish) -> None:
    found = set(files(publish()))
    parts = ["opportunities", "plans", "expiring"] + [
        f"opportunities/{cut}" for cut in ("department/us-ld-d-7", "category/goods", "code/unspsc-10")
    ]
    forms = [f"{language}.{suffix}" for language in ("", ".es") for suffix in ("atom", "rss", "json", "ics")]
    assert found == {
        *(f"feeds/{part}{form}" for part in parts for form in forms), "opportunities.html", "opportunities.es.html",
    }  # fmt: skip


def test_nothing_is_built_anew_while_nothing_changes(publish: Publish) -> None:
    first = publish()
    assert not publish(AS_OF + timedelta(days=1)).created
    assert publish(AS_OF + timedelta(days=1)).path == first.path


def test_a_deadline_that_passes_makes_a_new_snapshot_with_the_same_data(publish: Publish) -> None:
    first = publish()
    second = publish(DEADLINE)
    assert second.created
    assert first.manifest.counts == second.manifest.counts
    before, after = files(first), files(second)
    assert {path for path in before if before[path] == after[path]} == {
        path for path in before if path.startswith(("feeds/plans", "feeds/expiring"))
    }
    text = (second.path / "feeds/opportunities.atom").read_text(encoding="utf-8")
    assert "<title>Closed: Lindens for street 70</title>" in text
    assert "<updated>2026-03-20T19:00:00+00:00</updated>" in text


def test_feeds_that_say_the_same_are_taken_over(publish: Publish, source: MemorySource) -> None:
    first = publish()
    commit(source, 72, mainProcurementCategory="works", items=None)
    second = publish(AS_OF + timedelta(days=1))
    before, after = files(first), files(second)
    kept = {path for path in before if before[path] == after[path]}
    assert "feeds/opportunities/category/goods.atom" in kept
    assert "feeds/opportunities/code/unspsc-10.es.ics" in kept
    assert "feeds/opportunities.atom" not in kept
    assert "feeds/opportunities/department/us-ld-d-7.rss" not in kept
    assert "feeds/opportunities/category/works.atom" in after


def test_another_name_of_the_city_is_in_all_feeds(publish: Publish) -> None:
    first = publish()
    renamed = replace(PUBLICATION, name={"en": "Lindenau on the Elster", "es": "Lindenau"})
    second = publish(AS_OF + timedelta(days=1), renamed)
    before, after = files(first), files(second)
    assert not [path for path in before if before[path] == after[path]]


def test_a_part_stays_when_nothing_in_it_is_listed_any_more(publish: Publish) -> None:
    first = publish()
    last = publish(DEADLINE + timedelta(days=31))
    assert set(files(first)) == set(files(last))
    assert "<entry>" not in (last.path / "feeds/opportunities/category/goods.atom").read_text(encoding="utf-8")


def test_a_text_that_tries_to_be_a_path_stays_within_the_folder(publish: Publish, source: MemorySource) -> None:
    for number, category in enumerate(("../../../escaped", "/etc/passwd", "..", "con\x00trol")):
        commit(source, 90 + number, mainProcurementCategory=category)
    made = publish()
    for path in files(made):
        assert (made.path / path).resolve().is_relative_to(made.path.resolve())
        assert ".." not in path


def test_without_opportunities_there_is_no_page_and_no_link_to_one(tmp_path: Path, source: MemorySource) -> None:
    made = build_snapshot(tmp_path, source, PUBLICATION, as_of=AS_OF, code_version="1", formats=("jsonl",))
    assert not files(made)
    assert "opportunities.html" not in (made.path / "index.html").read_text(encoding="utf-8")
