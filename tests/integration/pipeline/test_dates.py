"""Dates that can't be: none is published, none is believed, and each is counted with its row."""

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import pregon
from made_up_city import CITY, LATER, MAPPING, MOMENT, Hamlet, write_hamlet
from publication_files import json_lines

pytestmark = pytest.mark.integration

HEADER = "number,title,status,estimate,changed,closes\n"
TENDERS = (
    "T1,Benches,O,,2026-01-05 09:00:00,2026-04-30\n"
    "T2,Lamps,O,,0201-03-01,0201-04-30\n"
    "T3,Paint,O,,9999-12-31 00:00:00,1900-01-01\n"
    "T4,Sand,O,,last week,9999-12-31\n"
    "T5,Salt,O,,,soon\n"
)


@pytest.fixture
def hamlet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hamlet:
    hamlet = write_hamlet(tmp_path)
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    city = CITY.replace("estimate, changed]", "estimate, changed, closes]")
    (hamlet.folder / "city.yaml").write_text(city, encoding="utf-8")
    bindings = "bindings:\n  tender/tenderPeriod/endDate: {from: tenders.closes}\n"
    (hamlet.folder / "mapping.yaml").write_text(MAPPING.replace("bindings:\n", bindings, 1), encoding="utf-8")
    return hamlet


def run(hamlet: Hamlet, tenders: str, as_of: str) -> dict[str, Any]:
    """Run the city, and give the summary."""
    (hamlet.sources / "tenders.csv").write_text(HEADER + tenders, encoding="utf-8")
    done = pregon(*hamlet.arguments(as_of))
    assert done.code == 0, done.err
    written = sorted(hamlet.home.glob("internal/hamlet/runs/*/summary.json"))[-1]
    summary: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    return summary


def findings(summary: dict[str, Any]) -> dict[tuple[str, str], tuple[int, list[str]]]:
    return {
        (found["path"], found["code"]): (found["count"], [example["row"] for example in found["examples"]])
        for found in summary["findings"]
    }


def test_impossible_dates_are_left_out_and_counted_with_their_rows(hamlet: Hamlet) -> None:
    summary = run(hamlet, TENDERS, MOMENT)
    assert findings(summary) == {
        ("date", "date_out_of_range"): (2, ["tenders:T2", "tenders:T3"]),
        ("date", "not_a_date"): (1, ["tenders:T4"]),
        ("tender/tenderPeriod/endDate", "date_out_of_range"): (3, ["tenders:T2", "tenders:T3", "tenders:T4"]),
        ("tender/tenderPeriod/endDate", "not_a_date"): (1, ["tenders:T5"]),
    }
    published = {line["tender"]["id"]: line for line in json_lines(hamlet.public / "hamlet/current", "releases/full")}
    assert published["T1"]["tender"]["tenderPeriod"] == {"endDate": "2026-04-30T23:59:59-05:00"}
    assert [name for name, line in published.items() if "tenderPeriod" in line["tender"]] == ["T1"]
    assert {name: line["date"] for name, line in published.items()} == {
        "T1": "2026-01-05T15:00:00Z",
        "T2": MOMENT,
        "T3": MOMENT,
        "T4": MOMENT,
        "T5": MOMENT,
    }


def test_the_summary_counts_new_releases_by_the_rule_of_their_date(hamlet: Hamlet) -> None:
    assert run(hamlet, TENDERS, MOMENT)["dates"] == {"first_seen": 4, "modified": 1}
    later = TENDERS.replace("Benches,O,,2026-01-05", "Benches and bins,O,,2026-03-01").replace("Lamps", "Lights")
    assert run(hamlet, later, LATER)["dates"] == {"first_seen": 1, "modified": 1}
    assert run(hamlet, later, LATER.replace("-02T", "-09T"))["dates"] == {}
