"""A small city's tables are judged in its runs: what is not met is told, carried on, and gone after a redaction."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import pregon
from made_up_city import LATER, MOMENT, Hamlet, write_hamlet

from pregon.redaction.traces import clear_expectations

pytestmark = pytest.mark.integration

SUITE = {
    "name": "tenders",
    "expectations": [
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "estimate"}, "severity": "critical"},
        {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "number"}, "severity": "critical"},
        {
            "type": "expect_column_values_to_match_regex",
            "kwargs": {"column": "status", "regex": "^[OC]$"},
            "severity": "info",
        },
    ],
}
AWARDS = {
    "name": "awards",
    "expectations": [
        {
            "type": "expect_column_pair_values_to_be_equal",
            "kwargs": {"column_A": "firm", "column_B": "firms.firm"},
            "severity": "warning",
        },
    ],
}


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """The city, with suites, after a run; its home has been seen by nobody else."""
    hamlet = write_hamlet(tmp_path_factory.mktemp("hamlet"))
    settings = hamlet.folder / "city.yaml"
    settings.write_text(settings.read_text().replace("{enabled: false}", "{enabled: true}"))
    for suite in (SUITE, AWARDS):
        file = hamlet.folder / "expectations" / f"{suite['name']}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(suite))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PREGON_CITIES", str(hamlet.cities))
        yield _published(hamlet)


def _published(hamlet: Hamlet) -> Hamlet:
    done = pregon(*hamlet.arguments(MOMENT))
    assert done.code == 0, done.err
    assert "great_expectations" not in done.out + done.err
    assert "The gate noted: tenders: estimate has a value: 33.3% of the rows" in done.out
    return hamlet


def _folder(hamlet: Hamlet, moment: str) -> Path:
    name = moment.replace("-", "").replace(":", "")
    return hamlet.home / "internal" / "hamlet" / "runs" / name


def _found(hamlet: Hamlet, moment: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_folder(hamlet, moment) / "expectations.json").read_text())
    return found


def test_what_is_not_met_is_told_by_row(hamlet: Hamlet) -> None:
    found = _found(hamlet, MOMENT)
    [failure] = found["failures"]
    assert (failure["severity"], failure["table"], failure["share"]) == ("critical", "tenders", 1 / 3)
    assert failure["expectation"] == {"en": "estimate has a value", "es": "estimate tiene un valor"}
    tables = {(table["origin"], table["table"]): table for table in found["tables"]}
    assert tables["source", "tenders"]["expectations"][0]["examples"] == [{"row": "T3", "value": None}]
    released = {one["id"]: one for one in tables["releases", "awards"]["expectations"]}
    assert released["column_values_to_be_between(awards/value/amount)"]["evaluated"] == 1


def test_data_docs_have_a_page_for_each_table_and_fetch_nothing(hamlet: Hamlet) -> None:
    docs = _folder(hamlet, MOMENT) / "data_docs"
    pages = {path.relative_to(docs).as_posix(): path.read_text() for path in docs.rglob("*") if path.is_file()}
    assert len(pages) == 1 + len(_found(hamlet, MOMENT)["tables"])
    for page in pages.values():
        assert "Hamlet" in page
        assert "<script" not in page
        assert "src=" not in page
        assert "http://" not in page.replace("http://www.w3.org", "")
    assert "estimate has a value" in pages["index.html"]


def test_the_next_run_carries_on_what_did_not_change(hamlet: Hamlet) -> None:
    source = hamlet.sources / "firms.csv"
    source.write_text(source.read_text().replace("F1,Carpenters\n", ""))
    done = pregon(*hamlet.arguments(LATER), "--accept", "shrink")
    assert done.code == 0, done.err
    judged = {
        one["id"]: (one["judged"], one["verdict"])
        for table in _found(hamlet, LATER)["tables"]
        for one in table["expectations"]
        if table["origin"] == "source"
    }
    assert judged["column_values_to_not_be_null(estimate)"] == ("carried", "failed")
    assert judged["column_values_to_be_unique(number)"] == ("carried", "passed")
    # The firm went away without any change of the award.
    assert judged["column_pair_values_to_be_equal(firm,firms.firm)"][0] in {"whole", "carried"}


def test_a_redaction_leaves_nothing_of_them(hamlet: Hamlet) -> None:
    internal = hamlet.home / "internal" / "hamlet"
    assert clear_expectations(internal) >= 1
    assert not [*internal.rglob("expectations.json"), *internal.rglob("data_docs")]
