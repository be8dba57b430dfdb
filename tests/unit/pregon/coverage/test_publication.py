"""A city's publication against its mapping and its sources."""

import json
from pathlib import Path

import pytest
from command_line import pregon
from made_up_city import Hamlet
from made_up_coverage import PREPARE, hamlet_with_more, replace

from pregon.commands.options import city_context
from pregon.coverage.publication import (
    EmptyPath,
    Filled,
    NothingCommitted,
    PublicationCoverage,
    UnusedColumn,
    city_coverage,
)


def written(root: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    made = hamlet_with_more(root, prepare=PREPARE)
    monkeypatch.setenv("PREGON_CITIES", str(made.cities))
    return made


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Hamlet:
    """A hamlet that ran once; nothing in it is changed."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        made = written(tmp_path_factory.mktemp("published"), monkeypatch)
        done = pregon(*made.arguments())
    assert done.code == 0, done.err
    return made


@pytest.fixture
def hamlet(published: Hamlet, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    monkeypatch.setenv("PREGON_CITIES", str(published.cities))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    return published


def covered(hamlet: Hamlet) -> PublicationCoverage:
    return city_coverage(city_context("hamlet", hamlet.home))


def test_a_city_is_counted_by_what_it_committed(hamlet: Hamlet) -> None:
    found = covered(hamlet)

    assert found.coverage.documents == 3
    assert found.coverage.field("tender/value/amount") == (2, 2, 2, 0)
    assert found.coverage.field("tender/documents/url") == (2, 2, 2, 0)
    assert found.coverage.codes["tender/status"].listed == {"active": {2026: 2}, "complete": {2026: 1}}


def test_columns_that_reach_no_path_are_told_if_they_hold_something(hamlet: Hamlet) -> None:
    against = covered(hamlet).against

    assert against is not None
    assert against.unused == (
        UnusedColumn("tenders", "floor", prepared=False, rows=3, filled=3),
        UnusedColumn("tenders", "office", prepared=True, rows=3, filled=3),
    )
    assert against.unused[0].share == 1
    assert against.never == {"notes": 2}


def test_mapped_paths_that_stay_empty_are_told_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = written(tmp_path, monkeypatch)
    replace(
        hamlet.folder / "mapping.yaml",
        "  tender/documents/url",
        "  tender/description: {from: tenders.memo}\n"
        "  tender/procurementMethod: {from: tenders.office, codelist: method}\n"
        "  tender/awardCriteria: {value: priceOnly}\n  tender/documents/url",
    )
    (hamlet.folder / "codelists" / "method.csv").write_text("source,code\nTENT,open\n", encoding="utf-8")
    view = f"{PREPARE}CREATE VIEW documents AS SELECT * FROM source.documents WHERE number IS NULL;"
    (hamlet.folder / "prepare.sql").write_text(view, encoding="utf-8")
    done = pregon(*hamlet.arguments())
    assert done.code == 0, done.err

    against = covered(hamlet).against

    assert against is not None
    assert against.empty == (
        EmptyPath("tender/description", "tenders.memo", 3, 0, Filled(3, 0), "source_empty"),
        EmptyPath("tender/procurementMethod", "tenders.office", 3, 0, Filled(3, 3), "between"),
        EmptyPath("tender/documents/url", "documents.address", 0, 0, Filled(0, 0), "no_rows"),
    )


def test_the_public_part_names_no_table_and_no_column(hamlet: Hamlet) -> None:
    found = covered(hamlet)

    public = json.dumps(found.to_json())
    assert "mapping" not in found.to_json()
    for name in ("office", "floor", "notes", "tenders.csv"):
        assert name not in public
    assert PublicationCoverage.from_json(json.loads(json.dumps(found.to_json(internal=True)))) == found


def test_without_a_commit_there_is_nothing_to_count(hamlet: Hamlet, tmp_path: Path) -> None:
    with pytest.raises(NothingCommitted) as error:
        city_coverage(city_context("hamlet", tmp_path))

    assert error.value.hint == "run `pregon run hamlet` first"


def test_the_command_shows_fields_indicators_and_what_is_not_mapped(hamlet: Hamlet) -> None:
    done = pregon("coverage", "hamlet", "--home", hamlet.home)

    assert done.code == 0, done.err
    assert "hamlet: 3 processes of 2026" in done.out
    assert "tender/title" in done.out
    assert "active 2, complete 1" in done.out
    assert "tender/numberOfTenderers" in done.out
    assert "Of 42 indicators" in done.out
    assert "tenders.floor" in done.out
    assert "notes: no prepared table and no binding reads this source table (2 rows)" in done.out


@pytest.mark.parametrize(("by", "row"), [("year", "2026"), ("department", "no buyer")])
def test_the_command_shows_years_or_departments(hamlet: Hamlet, by: str, row: str) -> None:
    done = pregon("coverage", "hamlet", "--home", hamlet.home, "--by", by)

    assert done.code == 0, done.err
    assert row in done.out
    assert "tenders.floor" not in done.out


def test_the_command_gives_everything_as_json(hamlet: Hamlet) -> None:
    found = covered(hamlet)

    done = pregon("coverage", "hamlet", "--home", hamlet.home, "--json")

    assert PublicationCoverage.from_json(json.loads(done.out)) == found
    assert {one["id"] for one in json.loads(done.out)["indicators"]} >= {"K01", "R018"}


def test_a_city_that_is_not_there_is_said(hamlet: Hamlet) -> None:
    done = pregon("coverage", "hamlett", "--home", hamlet.home)

    assert done.code == 1
    assert "hamlett" in done.err
