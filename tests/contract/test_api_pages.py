"""OCP's validator finds nothing in the static pages of an API, and ocdskit knows what they are."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from made_up_publication import PUBLICATION, made_up_source

from pregon.publication.api import PageSize, build_api
from pregon.publication.build import build_snapshot
from transforms.records import RecordForm

AS_OF = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.fixture(params=[(1, "embedded"), (9, "embedded"), (9, "linked")], ids=str)
def pages(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    processes: int
    releases: Literal["embedded", "linked"]
    processes, releases = request.param
    monkeypatch.setattr("pregon.publication.build.build_api", partial(build_api, size=PageSize(4)))
    snapshot = build_snapshot(
        tmp_path, made_up_source(processes), PUBLICATION, as_of=AS_OF, code_version="1",
        formats=("packages", "api"), records=RecordForm(releases),
    )  # fmt: skip
    return sorted(snapshot.path.glob("api/re*/*.json"))


def test_the_official_validator_finds_nothing(pages: list[Path], judge: Callable[..., dict[str, Any]]) -> None:
    assert len(pages) in (4, 8)
    assert {file: findings for file, findings in judge(*pages).items() if findings} == {}


def test_ocdskit_recognises_every_page(pages: list[Path]) -> None:
    from ocdskit.util import detect_format

    for page in pages:
        kind, concatenated, _ = detect_format(str(page))
        assert (str(kind), concatenated) == (f"{page.parent.name.removesuffix('s')} package", False)
