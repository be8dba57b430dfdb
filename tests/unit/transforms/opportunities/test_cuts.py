"""The parts that have feeds of their own."""

import re
from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st
from made_up_opportunities import tender

from transforms.opportunities import Cut, Cuts, OpportunityOptions, Tender, code_class
from transforms.opportunities.cuts import MOST_CUTS, safe_name

OPTIONS = OpportunityOptions()


def gathered(*tenders: Tender) -> list[Cut]:
    cuts = Cuts(OPTIONS)
    for one in tenders:
        cuts.add(one)
    return cuts.all()


def test_a_tender_belongs_to_its_department_category_classes_and_set_asides() -> None:
    items = [
        {
            "id": "1",
            "classification": {"scheme": "UNSPSC", "id": "10161500"},
            "additionalClassifications": [{"scheme": "NIGP", "id": "595-20"}, {"scheme": "OWN", "id": "x"}],
        },
        {"id": "2", "classification": {"scheme": "UNSPSC", "id": "10170000"}},
    ]
    found = gathered(tender(items=items, otherRequirements={"reservedParticipation": ["smallBusiness"]}))
    assert [(cut.kind, cut.scheme, cut.key) for cut in found] == [
        ("department", "", "US-LD-D-7"), ("category", "", "goods"), ("code", "NIGP", "595"), ("code", "UNSPSC", "10"),
        ("set-aside", "", "smallBusiness"),
    ]  # fmt: skip


def test_a_code_too_short_for_its_class_has_none() -> None:
    assert code_class("UNSPSC", "7", OPTIONS.code_digits) is None
    assert code_class("UNSPSC", "../", OPTIONS.code_digits) is None
    assert code_class("unspsc", "72141000", OPTIONS.code_digits) == ("UNSPSC", "72")


def test_a_department_has_the_name_of_its_newest_tender_in_whatever_order_they_come() -> None:
    old = tender(1, dates=("2025-01-01T00:00:00Z",))
    new = replace(tender(2), department_name="Parks and Trees", department="us-ld-d-7")
    for order in ((old, new), (new, old), (new, old, new)):
        first = gathered(*order)[0]
        assert (first.name, first.key, first.file_name) == ("Parks and Trees", "us-ld-d-7", "us-ld-d-7")


def test_parts_without_end_are_bounded_to_the_newest() -> None:
    many = [
        replace(tender(), department=f"D{number:04d}", updated=f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}Z")
        for number in range(MOST_CUTS + 5)
    ]
    departments = [cut.key for cut in gathered(*many) if cut.kind == "department"]
    assert departments == [f"D{number:04d}" for number in range(5, MOST_CUTS + 5)]


def test_parts_survive_being_written_as_json() -> None:
    cuts = Cuts(OPTIONS)
    cuts.add(tender())
    assert Cuts.from_json(orjson.loads(orjson.dumps(cuts.to_json())), OPTIONS).all() == cuts.all()


@given(st.text(min_size=1, max_size=200))
def test_a_name_for_files_is_safe_whatever_the_text(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", safe_name(text))
    assert len(safe_name(text)) <= 70


@given(st.lists(st.text(alphabet="aAbBé /.-1", min_size=1, max_size=6), unique=True, max_size=20))
def test_different_texts_have_different_names(texts: list[str]) -> None:
    by_name: dict[str, str] = {}
    for text in texts:
        same = by_name.setdefault(safe_name(text), text)
        assert same.lower() == text.lower()
