"""What was taken back is gone from every state and release, and nothing else is changed."""

import copy
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import ocdsmerge
import pytest
from hypothesis import given, settings

from transforms.mapping.redaction import (
    RedactionRule,
    Redactions,
    held_at,
    parts_of,
    redacted,
    referred,
    without_parties,
    without_values,
)
from transforms.ocds import release_schema
from transforms.releases import MergeRules, merge_releases

RULES = MergeRules.from_schema(release_schema(("bids", "enquiries")))

STATE: dict[str, Any] = {
    "parties": [
        {"id": "D1", "name": "City", "address": {"streetAddress": "1 Main St"}, "roles": ["buyer"]},
        {"id": "V/1", "name": "Ana", "address": {"streetAddress": "2 Home St", "region": "RB"}, "roles": ["supplier"]},
    ],
    "buyer": {"id": "D1", "name": "City"},
    "tender": {
        "id": "T",
        "title": "Road",
        "value": {"amount": 5},
        "items": [{"id": "1", "description": "Gravel"}, {"id": "2/a", "description": "Tar"}],
    },
    "awards": [{"id": "A1", "title": "Won", "suppliers": [{"id": "V/1", "name": "Ana"}]}],
}


def _redacted(*paths: str, state: dict[str, Any] = STATE) -> dict[str, Any]:
    return redacted(state, [parts_of(path) for path in paths], RULES.references)


def _expected(change: str) -> dict[str, Any]:
    """Give the state after a statement about `s`, a copy of it."""
    state = copy.deepcopy(STATE)
    exec(change, {"s": state})  # noqa: S102 - what a test says is gone, in its own words
    return state


@pytest.mark.parametrize(
    ("path", "change"),
    [
        pytest.param("tender/title", "del s['tender']['title']", id="a field"),
        pytest.param("tender/value/amount", "del s['tender']['value']", id="what is left empty goes with it"),
        pytest.param("tender/value", "del s['tender']['value']", id="an object"),
        pytest.param("tender", "del s['tender']", id="a section"),
        pytest.param(
            "tender/items/description", "[i.pop('description') for i in s['tender']['items']]", id="everywhere"
        ),
        pytest.param("tender/items/1/description", "s['tender']['items'][0].pop('description')", id="of one entry"),
        pytest.param(
            "tender/items/2/a/description", "s['tender']['items'][1].pop('description')", id="id with a slash"
        ),
        pytest.param("tender/items/2/a", "s['tender']['items'].pop(1)", id="an entry"),
        pytest.param("parties/V/1/address", "s['parties'][1].pop('address')", id="of an organization"),
        pytest.param(
            "parties/V/1/name",
            "s['parties'][1].pop('name'); s['awards'][0]['suppliers'][0].pop('name')",
            id="the name stands in references too",
        ),
        pytest.param(
            "parties/name",
            "[p.pop('name') for p in s['parties']]; s['buyer'].pop('name'); s['awards'][0]['suppliers'][0].pop('name')",
            id="every name",
        ),
        pytest.param("parties/V/1", "s['parties'].pop(1); s['awards'][0].pop('suppliers')", id="an organization"),
        pytest.param("parties", "[s.pop(n) for n in ('parties', 'buyer')]; s['awards'][0].pop('suppliers')", id="all"),
        pytest.param(
            "awards/A1/suppliers", "s['awards'][0].pop('suppliers'); s['parties'].pop(1)", id="reference and party"
        ),
        pytest.param("tender/items/9/description", "pass", id="nothing is there"),
        pytest.param("planning/rationale", "pass", id="no section is there"),
    ],
)
def test_what_is_named_goes_with_what_stands_for_it(path: str, change: str) -> None:
    before = copy.deepcopy(STATE)
    assert _redacted(path) == _expected(change)
    assert before == STATE


def test_an_organization_that_others_refer_to_stays() -> None:
    state = {**STATE, "buyer": {"id": "V/1", "name": "Ana"}}
    assert [party["id"] for party in _redacted("buyer", state=state)["parties"]] == ["D1", "V/1"]


def test_a_name_that_looks_like_an_id_takes_both() -> None:
    state = {
        "tender": {"items": [{"id": "description", "quantity": 1}, {"id": "2", "description": "x", "quantity": 2}]}
    }
    assert _redacted("tender/items/description", state=state) == {"tender": {"items": [{"id": "2", "quantity": 2}]}}


def test_rules_concern_their_process_or_every_one() -> None:
    rules = Redactions(
        (RedactionRule("a", "tender/title"), RedactionRule(None, "tender/value"), RedactionRule("c", None)),
        RULES.references,
        3,
    )
    assert rules.applied("a", STATE)["tender"].keys() == {"id", "items"}
    assert rules.applied("b", STATE)["tender"].keys() == {"id", "items", "title"}
    assert rules.withdrawn == {"c"}
    assert rules.concerns("b", "tender/status")
    assert rules.concerns("b", "")
    assert not rules.concerns("b", "awards/title")
    assert Redactions().applied("a", STATE) is STATE


TEXTS = st.sampled_from(["x", "y", "z"])
IDS = st.sampled_from(["1", "2", "a/b", "title"])


def _some(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


def _entries(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    entry = st.fixed_dictionaries({"id": IDS}, optional=members)
    return st.lists(entry, min_size=1, max_size=3, unique_by=lambda one: one["id"])


REFERENCES = _entries(name=TEXTS)
BODIES = _some(
    parties=_entries(name=TEXTS, address=_some(streetAddress=TEXTS, region=TEXTS)),
    buyer=st.fixed_dictionaries({"id": IDS}, optional={"name": TEXTS}),
    tender=st.fixed_dictionaries({"id": st.just("T")}, optional={
        "title": st.one_of(TEXTS, st.none()), "value": _some(amount=st.integers(0, 3)),
        "items": _entries(description=TEXTS, quantity=st.integers(0, 3)),
    }),
    awards=_entries(title=TEXTS, suppliers=REFERENCES, items=_entries(description=TEXTS)),
)  # fmt: skip
PATHS = st.lists(
    st.sampled_from([
        "tender/title", "tender/value", "tender/value/amount", "tender/items", "tender/items/1",
        "tender/items/a/b/description", "tender/items/description", "tender", "buyer", "parties/address/streetAddress",
        "parties/1/address", "parties/a/b", "parties/name", "parties/2/name", "awards/1/suppliers", "awards/suppliers",
        "awards/1/items/2", "awards/items/description", "awards/a/b", "parties",
    ]).map(parts_of), min_size=1, max_size=3,
)  # fmt: skip


def _leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _leaves(member, (*place, name))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            identifier = member["id"] if isinstance(member, dict) else number
            yield from _leaves(member, (*place, f"#{identifier}"))
    else:
        yield (*place, value)


@settings(max_examples=300, deadline=None)
@given(BODIES, PATHS)
def test_nothing_is_held_afterwards_and_nothing_else_is_changed(body: dict[str, Any], paths: list[Any]) -> None:
    before = copy.deepcopy(body)
    left = redacted(body, paths, RULES.references)
    assert body == before
    assert not [held for path in paths for held in held_at(left, path)]
    assert redacted(left, paths, RULES.references) == left
    kept, all_ = set(_leaves(left)), set(_leaves(body))
    assert kept <= all_
    # Everything that went lies at a path, or in an organization or reference.
    sections = {path[0] for path in paths}
    named = {"parties", "buyer", "suppliers"}
    for leaf in all_ - kept:
        assert leaf[0] in sections or named & set(leaf)
    if "parties" not in sections and not referred(body, RULES.references) - referred(left, RULES.references):
        assert {leaf for leaf in all_ if leaf[0] not in sections} <= kept


@settings(max_examples=300, deadline=None)
@given(st.lists(BODIES, min_size=1, max_size=4), PATHS)
def test_merging_the_redacted_releases_is_what_the_reference_library_makes_of_them(
    bodies: list[dict[str, Any]], paths: list[Any]
) -> None:
    head = {"ocid": "ocds-213czf-1", "tag": ["tender"], "initiationType": "tender"}
    releases = [
        {**head, "id": str(number), "date": f"2025-01-0{number}T00:00:00Z", **body}
        for number, body in enumerate(bodies, start=1)
    ]
    kept = [without_values(release, paths, RULES.references) for release in releases]
    lost = {one for release in releases for one in referred(release, RULES.references)}
    lost -= {one for release in kept for one in referred(release, RULES.references)}
    kept = [without_parties(release, lost) for release in kept]
    merged = merge_releases(kept, RULES)
    merger = ocdsmerge.Merger(release_schema(("bids", "enquiries")))
    assert merged == merger.create_compiled_release(kept)
    assert not [held for path in paths for held in held_at(merged, path)]
    assert [(one["id"], one["date"], one["tag"]) for one in kept] == [
        (one["id"], one["date"], one["tag"]) for one in releases
    ]
