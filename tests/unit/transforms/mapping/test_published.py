"""What was published before becomes states: merged as the standard says, ids untouched, oddities told."""

import json
from collections.abc import Callable
from typing import Any

import ocdsmerge
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_ocds import BUYER, FIRM, PREFIX, award, party, release, releases

from transforms.mapping.assemble import State
from transforms.mapping.disclosure import Condition, DisclosureRules
from transforms.mapping.documents import PROCESSES, RELEASES
from transforms.mapping.fields import PathFacts
from transforms.mapping.persons import PersonTest
from transforms.mapping.published import PublishedRules, published_states
from transforms.ocds import field_table, release_schema, strict_release_schema, validator
from transforms.releases import MergeRules

OCID = f"{PREFIX}-P1"
MERGE = MergeRules.from_schema(release_schema())
FIELDS = PathFacts(field_table())
OPEN = validator(strict_release_schema(closed=False))


def errors(release: dict[str, Any]) -> Any:
    for error in OPEN.iter_errors(release):
        yield list(error.instance_path), str(list(error.schema_path)[-1]), error.message


def rules(**changes: Any) -> PublishedRules:
    given: dict[str, Any] = {
        "merge": MERGE,
        "declared": lambda path: FIELDS.get(path) is not None,
        "errors": errors,
        "disclosure": DisclosureRules({}, (), b"", "en"),
        "persons": None,
        "keep_additional": True,
        "withhold_contact_points": False,
    }
    return PublishedRules(**{**given, **changes})


def state_of(*documents: dict[str, Any], kind: str = "release", version: str | None = "1.1", **changes: Any) -> State:
    """The state of one process, from documents that are its releases in this order of places."""
    rows = []
    for number, document in enumerate(documents):
        compiled = kind == "compiled" or document.get("tag") == ["compiled"]
        text = json.dumps(document)
        date = document.get("date")
        moment = date if date is None or isinstance(date, str) else json.dumps(date)
        cells = ("compiled" if compiled else "release", str(document.get("id")), moment, version)
        rows.append((OCID, 0, "", None, f"releases:{number}", *cells, f"{number:06d}", text, None, None))
    columns = [list(column) for column in zip(*rows, strict=True)]
    tables: dict[str, Any] = {RELEASES: columns, PROCESSES: [[OCID], [0], [""], [OCID], ["releases:0"], [None], [None]]}
    [state] = published_states(tables, rules(**changes))
    return state


def told(state: State) -> set[tuple[str, str]]:
    return {(finding.path, finding.code) for finding in state.findings}


def sections(document: dict[str, Any]) -> dict[str, Any]:
    head = ("ocid", "id", "date", "tag", "initiationType", "language")
    return {name: value for name, value in document.items() if name not in head}


def officially(*documents: dict[str, Any]) -> dict[str, Any]:
    merger = ocdsmerge.Merger(rule_overrides={}, merge_rules=MERGE.for_ocdsmerge())
    return sections(merger.create_compiled_release(list(documents)))


def test_the_state_is_what_the_reference_library_merges() -> None:
    one, two, three, _ = releases()
    state = state_of(one, two, three)
    assert state.document == officially(one, two, three)
    assert (state.local_id, state.process, state.modified) == (OCID, OCID, "2026-02-01T00:00:00+00:00")
    assert state.findings == []


@given(st.permutations(releases()[:3]))
def test_the_order_in_which_releases_are_read_does_not_matter(documents: list[dict[str, Any]]) -> None:
    assert state_of(*documents).document == officially(*releases()[:3])


def test_releases_of_one_date_keep_the_order_of_their_record_and_that_is_told() -> None:
    one, two, *_ = releases()
    same = {"date": "2026-01-01T00:00:00Z"}
    state = state_of({**one, **same, "id": "z"}, {**two, "date": "2025-12-31T18:00:00-06:00", "id": "a"})
    assert state.document["tender"]["title"] == "Street lamps"
    assert told(state) == {("date", "equal_dates")}


def test_a_release_without_a_date_is_put_first_and_told() -> None:
    one, two, *_ = releases()
    for date in (None, "yesterday", "2026-01-09", "2026-01-09T00:00:00"):
        state = state_of(one, {**two, "date": date})
        assert state.document["tender"]["title"] == "Lamps"
        assert ("date", "no_date") in told(state)
        assert state.modified == "2026-01-01T00:00:00+00:00"


def test_without_releases_the_compiled_release_is_the_state() -> None:
    one, *_ = releases()
    state = state_of({**one, "tag": ["compiled"]})
    assert state.document == sections(one)


def test_a_compiled_release_that_says_otherwise_is_told_and_our_merge_counts() -> None:
    one, two, three, _ = releases()
    compiled = {**one, "tag": ["compiled"], "awards": [award("A1", 5), award("A2", 1)]}
    state = state_of(one, two, three, compiled)
    assert state.document == officially(one, two, three)
    differs = {finding.path: finding.value for finding in state.findings if finding.code == "compiled_differs"}
    assert differs["tender/title"] == "merged: Street lamps; published: Lamps"
    assert differs["awards/value/amount"] == "merged: 1200.5; published: 5"
    assert {finding.row for finding in state.findings} == {"releases:3"}


def test_an_update_may_come_without_its_beginning() -> None:
    *_, three, _ = releases()
    assert state_of({**three, "tag": ["awardUpdate"]}).document["awards"][0]["id"] == "A1"


OLD = {
    "ocid": OCID,
    "id": "old",
    "date": "2016-01-01T00:00:00Z",
    "tag": ["award"],
    "buyer": {"name": "Hamlet", "identifier": {"scheme": "X", "id": "1"}},
    "awards": [{"id": "A1", "suppliers": [{"name": "Lamps", "address": {"region": "North"}}]}],
    "tender": {"id": "T1", "amendment": {"date": "2016-01-01T00:00:00Z"}},
}


@pytest.mark.parametrize("version", ["1.0", None])
def test_a_release_of_1_0_is_upgraded(version: str | None) -> None:
    state = state_of(OLD, version=version)
    assert [(one["name"], one["roles"]) for one in state.document["parties"]] == [
        ("Hamlet", ["buyer"]),
        ("Lamps", ["supplier"]),
    ]
    assert set(state.document["buyer"]) == {"id", "name"}
    assert state.document["tender"]["amendments"] == [{"date": "2016-01-01T00:00:00Z"}]
    assert ("", "upgraded") in told(state)


def test_a_release_of_1_1_that_lacks_its_parties_is_not_upgraded_but_told() -> None:
    one, *_ = releases()
    del one["parties"]
    for version in ("1.1", None):
        state = state_of(one, version=version)
        assert "parties" not in state.document
        assert told(state) == {("buyer", "no_such_party")}


def test_differing_organizations_of_1_0_are_told_without_being_logged(caplog: pytest.LogCaptureFixture) -> None:
    tender = {"id": "T1", "procuringEntity": {"id": "1", "name": "Hamlet"}}
    state = state_of({**OLD, "buyer": {"id": "1", "name": "Aldea", "address": {}}, "tender": tender}, version="1.0")
    assert ("", "parties_differ") in told(state)
    assert caplog.records == []


def test_a_release_of_1_0_that_can_not_be_upgraded_is_told() -> None:
    contract = {"id": "1", "implementation": {"transactions": [{"id": "1"}]}}
    state = state_of({**OLD, "contracts": [contract]}, version="1.0")
    assert ("", "not_upgraded") in told(state)


def test_what_says_nothing_is_left_out_and_told() -> None:
    one, *_ = releases()
    one["tender"] |= {"description": "", "documents": [], "value": {"currency": ""}, "submissionMethod": [""]}
    state = state_of(one)
    assert state.document == sections(releases()[0])
    assert told(state) == {
        (f"tender/{path}", "empty_value") for path in ("description", "value", "value/currency", "submissionMethod")
    }


def test_an_empty_value_takes_the_place_of_an_earlier_one_as_the_standard_merges() -> None:
    one, two, *_ = releases()
    one["tender"] |= {"submissionMethod": ["written"], "items": [{"id": "1"}]}
    two["tender"] |= {"title": "", "submissionMethod": [], "items": []}
    merged = officially(one, two)
    assert (merged["tender"]["title"], merged["tender"]["submissionMethod"]) == ("", [])
    state = state_of(one, two)
    assert state.document["tender"] == {"id": "T1", "status": "active", "items": [{"id": "1"}]}
    assert told(state) == {("tender/title", "empty_value"), ("tender/submissionMethod", "empty_value")}


def test_a_null_in_a_later_release_removes_what_an_earlier_one_said() -> None:
    one, two, *_ = releases()
    two["tender"]["status"] = None
    assert state_of(one, two).document["tender"] == {"id": "T1", "title": "Street lamps"}


def test_fields_that_the_standard_does_not_have_are_told_and_kept_or_dropped() -> None:
    one, *_ = releases()
    one |= {"local": {"a": 1, "id": 5}, "tender": {**one["tender"], "budgetLine": "", "title_es": "Faroles", "x": 0}}
    kept = state_of(one)
    assert told(kept) == {(path, "additional_field") for path in ("local", "tender/budgetLine", "tender/x")}
    assert kept.document["local"] == {"a": 1, "id": 5}
    assert kept.document["tender"]["title_es"] == "Faroles"
    dropped = state_of(one, keep_additional=False)
    assert told(dropped) == told(kept)
    assert "local" not in dropped.document
    assert set(dropped.document["tender"]) == {"id", "title", "status", "title_es"}


@pytest.mark.parametrize(
    ("change", "path", "value"),
    [
        ({"status": "open"}, "tender/status", "open"),
        ({"value": {"amount": "12", "currency": "USD"}}, "tender/value/amount", "12"),
        ({"tenderPeriod": {"endDate": "soon"}}, "tender/tenderPeriod/endDate", "soon"),
        (
            {"documents": [{"id": "1", "url": "http://Contract Finder"}]},
            "tender/documents/url",
            "http://Contract Finder",
        ),
        ({"items": "many"}, "tender/items", "many"),
        ({"title": {"en": "Lamps"}}, "tender/title", '{"en": "Lamps"}'),
    ],
)
def test_a_value_that_can_not_stand_is_left_out_and_told(change: dict[str, Any], path: str, value: str) -> None:
    one, *_ = releases()
    one["tender"] |= change
    state = state_of(one)
    invalid = [(finding.path, finding.value) for finding in state.findings if finding.code == "invalid_value"]
    assert invalid == [(path, value)]
    assert OPEN.is_valid({**one, **state.document})


def test_several_values_of_one_array_that_can_not_stand_are_left_out() -> None:
    one, *_ = releases()
    one["tender"]["documents"] = [{"id": str(n), "url": "x y" if n % 2 else "https://hamlet.example"} for n in range(6)]
    state = state_of(one)
    assert [document.get("url") for document in state.document["tender"]["documents"]] == [
        "https://hamlet.example",
        None,
    ] * 3


def test_what_is_missing_is_not_made_up() -> None:
    one, *_ = releases()
    one["tender"]["items"] = [{"description": "no id"}]
    state = state_of(one)
    assert state.document["tender"]["items"] == [{"description": "no id"}]
    assert not OPEN.is_valid({**one, **state.document})


def test_ids_stay_as_they_are_and_numbers_become_texts() -> None:
    one, *_ = releases()
    one["tender"] |= {"id": 7, "items": [{"id": " 01 "}]}
    state = state_of(one)
    assert (state.document["tender"]["id"], state.document["tender"]["items"][0]["id"]) == ("7", " 01 ")
    assert told(state) == {("tender/id", "id_not_text")}


def test_entries_and_parties_that_come_twice_are_told() -> None:
    _, _, three, _ = releases()
    three["awards"][0]["suppliers"] = [FIRM, FIRM]
    three["parties"].append(party(FIRM, "supplier", details={"url": "x"}))
    state = state_of(three)
    assert {("awards/suppliers", "repeated_id"), ("parties", "repeated_id")} <= told(state)
    assert state.document["awards"][0]["suppliers"] == [FIRM]
    assert [one["id"] for one in state.document["parties"]] == [BUYER["id"], FIRM["id"]]


def test_a_tag_that_is_a_text_is_told() -> None:
    assert told(state_of({**releases()[0], "tag": "tender"})) == {("tag", "not_a_list")}


def test_documents_that_can_not_be_merged_leave_nothing_to_publish() -> None:
    one, two, *_ = releases()
    two["tender"]["value"] = "much"
    one["tender"]["value"] = {"amount": 1}
    state = state_of(two, {**one, "date": "2026-05-01T00:00:00Z"})
    assert state.document == {}
    assert ("", "unmergeable") in told(state)


def test_contact_points_are_withheld_wherever_they_stand() -> None:
    one, *_ = releases()
    one |= {
        "local": [{"contactPoint": {"name": "A. Clerk"}}],
        "tender": {"id": "1", "contactPoint": {"name": "A. Clerk"}},
    }
    assert "Clerk" in json.dumps(state_of(one).document)
    assert "Clerk" not in json.dumps(state_of(one, withhold_contact_points=True).document)


def test_conditions_hold_for_documents_too() -> None:
    one, *_ = releases()
    condition = Condition(("tender", "title"), ("tender", "status"), frozenset({"active"}), when=False)
    state = state_of(one, disclosure=DisclosureRules({}, (condition,), b"", "en"))
    assert state.document["tender"] == {"id": "T1", "status": "active"}


PERSON = {"id": "HAMLET-F1", "name": "Rosa Pérez"}
TEST = PersonTest(("details", "legalEntityTypeDetail"), frozenset({"natural person"}))


def with_person(*roles: str) -> dict[str, Any]:
    """A release whose supplier is a natural person."""
    one = releases()[2]
    one["awards"][0]["suppliers"] = [PERSON]
    one["parties"][1] = {**PERSON, "roles": list(roles), "details": {"legalEntityTypeDetail": "natural person"}}
    one["tender"] = {"id": "T1", "tenderers": [PERSON, BUYER]}
    one["local"] = {"winner": "Rosa Pérez"}
    return one


def disclosed(persons: Any, *roles: str) -> State:
    return state_of(with_person(*roles), persons=TEST, disclosure=DisclosureRules(persons, (), b"key", "es"))


@pytest.mark.parametrize(
    ("persons", "roles"),
    [
        ({"supplier": "withhold"}, ["supplier"]),
        ({}, ["supplier"]),
        ({"supplier": "publish"}, []),
        ({"supplier": "publish"}, ["supplier", "tenderer"]),
        ({"supplier": "pseudonym", "tenderer": "withhold"}, ["supplier", "tenderer"]),
    ],
)
def test_a_person_is_withheld_with_every_reference_and_what_nobody_knows(persons: Any, roles: list[str]) -> None:
    state = disclosed(persons, *roles)
    text = json.dumps(state.document, ensure_ascii=False)
    assert "Rosa" not in text
    assert "HAMLET-F1" not in text
    assert state.document["tender"]["tenderers"] == [BUYER]
    assert "suppliers" not in state.document["awards"][0]
    assert ("", "additional_fields_of_a_person") in told(state)


def test_a_person_has_a_pseudonym_everywhere() -> None:
    state = disclosed({"supplier": "pseudonym", "tenderer": "publish"}, "supplier", "tenderer")
    text = json.dumps(state.document, ensure_ascii=False)
    assert "Rosa" not in text
    assert "HAMLET-F1" not in text
    [supplier] = state.document["awards"][0]["suppliers"]
    assert supplier["name"] == "Persona natural (nombre reservado)"
    assert state.document["tender"]["tenderers"][0] == supplier
    assert state.document["parties"][1] == {**supplier, "roles": ["supplier", "tenderer"]}


def test_a_person_that_the_city_publishes_stays_as_published() -> None:
    state = disclosed({"supplier": "publish"}, "supplier")
    assert state.document == officially(with_person("supplier"))


def test_provenance_names_the_release_that_said_it_last() -> None:
    one, two, three, _ = releases()
    state = state_of(one, two, three)
    assert state.provenance[:3] == [("", "releases:2"), ("", "releases:0"), ("", "releases:1")]
    assert ("awards/A1", "releases:2") in state.provenance


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "id"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "title", "x", "name"]), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = ("tender", "awards", "parties", "buyer", "contracts", "planning", "local", "date", "tag")


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), JSON), min_size=1, max_size=3))
def test_no_document_is_too_strange(documents: list[dict[str, Any]]) -> None:
    made: Callable[..., State] = state_of
    state = made(*({"ocid": OCID, "id": str(n), **document} for n, document in enumerate(documents)), persons=TEST)
    json.dumps(state.document)


def test_a_release_of_ours_can_hold_what_is_left() -> None:
    one = release(1, "P1", "2026-01-01T00:00:00Z", "award", awards=[award("A1", 1), {"id": "A2", "status": "won"}])
    assert OPEN.is_valid({**one, **state_of(one).document})
