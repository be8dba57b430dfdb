"""The worked example of the page on first publication: its tables, SQL and mapping give the releases it tells."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from documentation import blocks
from unit.pregon.stages.town import Town

from transforms.ocds import release_schema
from transforms.quoting import quote
from transforms.releases import MergeRules, Previous, make_release

AS_OF = "2026-03-01T12:00:00Z"
RULES = MergeRules.from_schema(release_schema(()))
KINDS = {"amount": "decimal", "published": "timestamp", "decided": "timestamp"}
DAYS = ("signed_on", "approved_on", "paid_on")
KEYS = {"tenders": "tender_no", "contracts": "contract_no", "changes": "change_no", "payments": "payment_no"}

Table = list[dict[str, str]]


def tables(text: str) -> tuple[dict[str, Table], Table]:
    """The source tables of the example by name, and its table of releases."""
    found = {}
    for name, body in re.findall(r"^Table `(\w+)`:\n\n((?:\|.*\n)+)", text, re.MULTILINE):
        found[name] = _rows(body)
    releases = re.search(r"^In Chicago's time zone this gives:\n\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert releases is not None
    return found, _rows(releases[1])


def _rows(text: str) -> Table:
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.strip().splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


class Typed(Town):
    """The town of the example, whose columns have types."""

    def _image(self, name: str, rows: Sequence[tuple[str | None, ...]]) -> str:
        columns: Mapping[str, str] = self.tables[name]["columns"]
        cells = ", ".join(f"CAST({quote(column)} AS {kind}) AS {quote(column)}" for column, kind in columns.items())
        return f"SELECT {cells}, _row FROM ({super()._image(name, rows)})"


@pytest.fixture
def page(repository: Path) -> Path:
    return repository / "docs" / "reference" / "history.md"


def test_the_example_gives_the_releases_that_the_page_tells(page: Path, tmp_path: Path) -> None:
    source, told = tables(page.read_text(encoding="utf-8"))
    parts = {block.word: block.text for block in blocks(page) if block.is_file}
    declared: dict[str, Any] = {
        name: {
            "key": [KEYS[name]],
            "columns": {column: "date" if column in DAYS else KINDS.get(column, "text") for column in rows[0]},
        }
        for name, rows in source.items()
    }
    town = Typed(
        tmp_path, mapping=parts["mapping.yaml"], prepare_sql=parts["prepare.sql"], tables=declared, history="events",
        codelists={"tender_status": {"OPEN": "active", "AWARDED": "complete"}},
    )  # fmt: skip
    prepared = town.prepare({name: [tuple(row.values()) for row in rows] for name, rows in source.items()})
    ((_, states),) = prepared.histories(AS_OF).items()
    assert prepared.findings == [("date_out_of_range", "0201-09-01", "payments:P2")]

    known: Previous | None = None
    made = []
    for at, state in states:
        release = make_release("ocds-213czf-T7", state, at, known, datetime.fromisoformat(AS_OF), RULES, "en")
        assert release is not None
        known = release.as_previous(known)
        made.append(release.release)
    assert [(one["date"], ", ".join(one["tag"])) for one in made] == [(row["release date"], row["tag"]) for row in told]
    assert [one.get("tender", {}).get("status") for one in made[:2]] == ["active", "complete"]
    assert made[2]["contracts"][0]["value"] == {"amount": 12000, "currency": "USD"}
    (contract,) = made[3]["contracts"]
    assert contract["value"] == {"amount": 13500, "currency": "USD"}
    assert contract["amendments"][0]["amendsReleaseID"] == made[2]["id"]
    assert [paid["id"] for paid in made[4]["contracts"][0]["implementation"]["transactions"]] == ["P1", "P2"]


def test_the_picture_tells_the_same_releases(page: Path, repository: Path) -> None:
    _, told = tables(page.read_text(encoding="utf-8"))
    picture = (repository / "docs" / "images" / "releases-from-events.svg").read_text(encoding="utf-8")
    drawn = re.findall(r'<text class="tag" x="(\d+)"[^>]*>(\w+)</text>', picture)
    assert [tag for _, tag in sorted(drawn, key=lambda one: int(one[0]))] == [row["tag"] for row in told]
