"""The pages and the catalogue of a snapshot fit what was built, and are built anew when a decision changes."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

import pytest
from made_up_publication import COMMITTED, PUBLICATION, made_up_source, process

from pregon.publication.build import Format, build_snapshot
from pregon.publication.promote import promote
from transforms.site.policy import Policy

AS_OF = datetime(2026, 3, 2, 5, tzinfo=UTC)
POLICY = Policy(sources=("sql",))


@pytest.mark.parametrize("formats", [("xlsx",), ("parquet",), ("csv",), ("jsonl",)], ids=lambda one: one[0])
@pytest.mark.parametrize("languages", [("en", "es"), ("es",)], ids=len)
def test_no_page_links_to_what_was_not_built(
    tmp_path: Path, formats: Sequence[Format], languages: tuple[str, ...]
) -> None:
    publication = replace(PUBLICATION, languages=languages)
    made = build_snapshot(
        tmp_path, made_up_source(3), publication, as_of=AS_OF, code_version="1", formats=formats, policy=POLICY
    )
    files = {one.path for one in made.manifest.files} | {"manifest.json"}
    pages = [one.path for one in made.manifest.files if one.content == "page"]
    assert len(pages) == len(languages) * (2 if formats == ("jsonl",) else 3)
    for page in pages:
        text = (made.path / page).read_text(encoding="utf-8")
        links = {urldefrag(link)[0] for link in re.findall(r'href="([^"]*)"', text)}
        inner = {link for link in links if link and not re.match(r"[a-z]+:", link)}
        assert (page, inner - files) == (page, set())
    named = json.loads((made.path / "data.json").read_bytes())["dataset"][0]["references"]
    base = f"{PUBLICATION.base_url}/"
    assert {link.removeprefix(base) for link in named if link.startswith(base)} <= files


def test_a_decision_makes_a_new_snapshot_and_its_absence_none(tmp_path: Path) -> None:
    def build(policy: Policy, **changes: Any) -> Any:
        return build_snapshot(
            tmp_path, made_up_source(2), replace(PUBLICATION, **changes), as_of=AS_OF, code_version="1",
            formats=("jsonl",), policy=policy,
        )  # fmt: skip

    first = build(POLICY)
    promote(first.path)
    assert not build(POLICY).created
    other = build(replace(POLICY, contact_points="withhold"))
    assert other.created
    assert "contact persons are not published" in (other.path / "policy.html").read_text(encoding="utf-8")
    assert build(POLICY, accrual_periodicity="R/P1W").created


def test_the_first_commit_is_told_for_ever(tmp_path: Path) -> None:
    source = made_up_source(2)
    later = COMMITTED + timedelta(days=3)
    for as_of in (COMMITTED, later):
        made = build_snapshot(tmp_path, source, PUBLICATION, as_of=as_of, code_version="1", formats=("jsonl",))
        promote(made.path)
        assert (made.manifest.issued, made.manifest.published[:10]) == ("2026-03-01T05:00:00Z", str(as_of.date()))
        source.commit(*process(77, "2026"), as_of=later)
