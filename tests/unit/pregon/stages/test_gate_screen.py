"""What the gate says fits into one screen, whatever was found, and can't command the terminal."""

from pathlib import Path

import pytest

from expectations.checks.model import Texts
from expectations.checks.registry import checks_by_id
from expectations.gate import Verdict
from expectations.thresholds import Outcome
from expectations.weighing import Weighed
from pregon.stages.gate_screen import MOST_LINES, WIDTH, Block, Screen, message

REPORT = Path("/srv/pregon/internal/hamlet/runs/20260302T120000Z/summary.json")


def weighed(name: str, outcome: Outcome) -> Weighed:
    return Weighed(
        id=name, kind="check", severity="critical", title=Texts("Ids are unique", "Los ids son únicos"), due=outcome,
        outcome=outcome, share=0.5, limit=0.1, key=f"quality.checks.{name}.{outcome}", failed=5, processes=10,
    )  # fmt: skip


def block(name: str, outcome: Outcome, details: int = 3) -> Block:
    one = weighed(name, outcome)
    return Block(one.verdict, one, [f"bids:{number} (o-{number}) tender/id: wrong" for number in range(details)])


def screen(*blocks: Block) -> Screen:
    return Screen(blocks, changes="This run would add 3 releases.", advice=["mend it", "or accept it"], report=REPORT)


def test_the_gravest_reason_is_first_and_has_its_places() -> None:
    lines = screen(block("a", "flag"), block("b", "ask"), block("c", "stop"), Block(Verdict("publish", ()))).body()
    assert lines.splitlines() == [
        "STOP  Ids are unique: not so in 5 of 10 processes (50.0%; c)",
        "      critical; more than quality.checks.c.stop allows (10%)",
        "      bids:0 (o-0) tender/id: wrong",
        "      bids:1 (o-1) tender/id: wrong",
        "      bids:2 (o-2) tender/id: wrong",
        "ASK   Ids are unique: not so in 5 of 10 processes (50.0%; b)",
        "      critical; more than quality.checks.b.ask allows (10%)",
        "      bids:0 (o-0) tender/id: wrong",
        "      bids:1 (o-1) tender/id: wrong",
        "      bids:2 (o-2) tender/id: wrong",
        "and 1 that would only be flagged",
        "This run would add 3 releases.",
    ]


@pytest.mark.parametrize("count", [1, 5, 90])
@pytest.mark.parametrize("details", [0, 3, 60])
def test_it_is_one_screen_however_much_is_wrong(count: int, details: int) -> None:
    found = screen(*(block(f"check.number_{number}", "ask", details) for number in range(count)))
    height = sum(1 + (len(line) - 1) // WIDTH for line in found.body().splitlines())
    assert height <= MOST_LINES + 3
    if count == 90:
        assert "more that hold it up" in found.body()
    assert len(found.advice().splitlines()) == 3


def test_advice_ends_with_where_all_of_it_is() -> None:
    assert screen(block("a", "stop")).advice().splitlines() == [
        "mend it", "      or accept it", f"      all of it is in {REPORT}"
    ]  # fmt: skip


def test_a_check_of_the_whole_names_its_examples() -> None:
    one = Weighed(
        id="time.ocid", kind="check", severity="critical", title=Texts("No process disappears", "…"), due="ask",
        outcome="ask", share=1.0, limit=0.0, key="quality.over_time.critical", examples=("o-1", "o-2\x1b[2J"),
        remark=Texts("a city with a single buyer fails by design", "…"),
    )  # fmt: skip
    assert Block(one.verdict, one).lines() == [
        "ASK   No process disappears: not so (time.ocid)",
        "      critical; more than quality.over_time.critical allows (0%)",
        "      a city with a single buyer fails by design",
        "      such as o-1, o-2\N{REPLACEMENT CHARACTER}[2J",
    ]


def test_source_values_are_shortened_and_made_harmless() -> None:
    check = checks_by_id()["reference.contract_in_awards"]
    said = message(check, {"value": "\x1b[31m" + "x" * 500, "other": None})
    assert "\x1b" not in said
    assert len(said) < 150


@pytest.mark.parametrize("name", sorted(checks_by_id()))
def test_every_check_can_be_told_on_the_screen(name: str) -> None:
    for language in ("en", "es"):
        assert message(checks_by_id()[name], {"value": "1", "other": "2"}, language)
