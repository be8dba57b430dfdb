"""The table and the chart say what is in the numbers, failures included."""

from typing import Any

import pytest
from bars import groups, peaks
from report import markdown, summary_lines
from targets import targets


@pytest.fixture
def judged(results: dict[str, Any]) -> dict[str, Any]:
    told = [{"promise": one.promise, "met": one.met, "measured": one.measured} for one in targets(results)]
    return {**results, "targets": told}


def bars(results: dict[str, Any]) -> dict[str, float]:
    return {bar.label: bar.rate for group in groups(results) for bar in group.bars}


def test_every_row_of_a_table_has_the_columns_of_its_head(judged: dict[str, Any]) -> None:
    width = 0
    for line in markdown(judged, chart="peers.svg").splitlines():
        columns = line.count("|")
        assert not columns or not width or columns == width, line
        width = columns


def test_a_failed_tool_is_in_the_table_with_its_reason_and_not_in_the_chart(judged: dict[str, Any]) -> None:
    judged["behind_pregon"][0].update(missing="flatterer ended with 1:\nno memory | none", runs=[])
    assert "**failed**: flatterer ended with 1: no memory \\| none" in markdown(judged, chart="peers.svg")
    assert "flatterer" not in bars(judged)


def test_a_tool_that_loses_processes_is_marked(judged: dict[str, Any]) -> None:
    judged["behind_pregon"][0]["wrong"] = "3 processes are missing"
    assert "**wrong**: 3 processes are missing" in markdown(judged, chart="peers.svg")
    assert "flatterer (wrong output)" in bars(judged)


def test_a_chain_with_a_failed_link_is_not_drawn_as_whole(judged: dict[str, Any]) -> None:
    assert bars(judged)["all of today's tools in a row"] == pytest.approx(20_000 / 1_002)
    judged["chain"]["incomplete"] = ["libcoveocds"]
    assert "all of today's tools in a row" not in bars(judged)
    assert "without libcoveocds, which failed" in markdown(judged, chart="peers.svg")


def test_only_what_was_measured_is_told(judged: dict[str, Any]) -> None:
    alone = {**judged, "main": None, "memory": {}, "chain": {"missing": "left out"}}
    for name in ("floor", "behind_pregon"):
        del alone[name]
    text = markdown(alone, chart="peers.svg")
    assert "Not measured: left out." in text
    assert "## Pregón" not in text
    assert groups(alone) == []
    assert peaks(alone) == []


def test_a_missed_target_is_called_missed(judged: dict[str, Any]) -> None:
    judged["targets"][0]["met"] = False
    assert "**missed**" in markdown(judged, chart="peers.svg")
    assert next(summary_lines(judged)).startswith("missed ")


def test_peaks_are_in_order_of_size(judged: dict[str, Any]) -> None:
    assert [(size, stage) for size, _, stage in peaks(judged)] == [(20_000, "map"), (200_000, "map"), (400_000, "map")]
