from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from made_up_schema import SCHEMA

from transforms.releases import MergeRules, Previous, Release, make_release, state_hash

RULES = MergeRules.from_schema(SCHEMA)
AS_OF = datetime(2025, 3, 1, tzinfo=UTC)
OCID = "ocds-213czf-1"
STATE: dict[str, Any] = {
    "tender": {"id": "1", "title": "A", "status": "active", "tenderers": [{"id": "V", "name": "Vendor"}]},
    "parties": [
        {"id": "B", "name": "Buyer", "roles": ["buyer"]},
        {"id": "V", "name": "Vendor", "roles": ["tenderer"]},
    ],
    "buyer": {"id": "B", "name": "Buyer"},
    "awards": [{"id": "1", "status": "active", "suppliers": [{"id": "V", "name": "Vendor"}]}],
}


def make(state: dict[str, Any], previous: Previous | None = None, modified: str | None = None) -> Release | None:
    return make_release(OCID, state, modified, previous, AS_OF, RULES, "en")


def first(state: dict[str, Any] = STATE) -> tuple[Release, Previous]:
    made = make(state, modified="2024-01-01T00:00:00Z")
    assert made is not None
    tags = frozenset(made.release["tag"])
    return made, Previous(made.release["id"], made.release["date"], made.state_hash, tags, orjson.dumps(made.compiled))


def second(state: dict[str, Any], before: dict[str, Any] = STATE) -> Release:
    made = make(state, first(before)[1])
    assert made is not None
    return made


def test_a_release_reads_in_the_order_of_the_schema() -> None:
    made, _ = first()
    assert list(made.release) == [
        "ocid",
        "id",
        "date",
        "tag",
        "initiationType",
        "language",
        "parties",
        "buyer",
        "tender",
        "awards",
    ]
    assert made.release["date"] == "2024-01-01T00:00:00Z"
    assert made.date_rule == "modified"
    assert (made.previous_id, made.changes) == (None, None)
    assert made.state_hash == state_hash(STATE)


def test_the_first_compiled_release_is_the_state() -> None:
    compiled = first()[0].compiled
    assert compiled["id"] == f"{OCID}-2024-01-01T00:00:00Z"
    assert compiled["tag"] == ["compiled"]
    assert {key: compiled[key] for key in STATE} == STATE


def test_an_unchanged_state_is_known_by_its_hash_without_reading_what_was_released() -> None:
    _, previous = first()
    unreadable = Previous(previous.release_id, previous.date, previous.state_hash, previous.tags, b"not JSON")
    assert make({**STATE}, unreadable) is None


def test_one_changed_field_gives_one_release_with_its_section_and_parties() -> None:
    made = second({**STATE, "awards": [{**STATE["awards"][0], "status": "cancelled"}]})
    assert made.release["tag"] == ["awardCancellation"]
    assert made.release["date"] == "2025-03-01T00:00:00Z"
    assert [party["id"] for party in made.release["parties"]] == ["V"]
    assert "tender" not in made.release
    assert made.previous_id == first()[1].release_id
    assert made.compiled["awards"][0]["status"] == "cancelled"
    assert made.compiled["buyer"] == STATE["buyer"]


def test_a_value_that_changes_back_is_a_release_of_its_own() -> None:
    changed = second({**STATE, "title": "Road"})
    tags = frozenset({"tender", "award"})
    previous = Previous(
        changed.release["id"], changed.release["date"], changed.state_hash, tags, orjson.dumps(changed.compiled)
    )
    back = make(STATE, previous)
    assert back is not None
    again = make_release(
        OCID,
        {**STATE, "title": "Road"},
        None,
        Previous(back.release["id"], back.release["date"], back.state_hash, tags, orjson.dumps(back.compiled)),
        AS_OF,
        RULES,
        "en",
    )
    assert again is not None
    assert len({first()[0].release["id"], changed.release["id"], back.release["id"], again.release["id"]}) == 4


def test_a_changed_party_updates_the_sections_that_refer_to_it() -> None:
    parties = [STATE["parties"][0], {**STATE["parties"][1], "name": "Vendor Ltd"}]
    made = second({**STATE, "parties": parties})
    assert made.release["tag"] == ["tenderUpdate", "awardUpdate"]
    assert made.release["tender"] == STATE["tender"]
    assert made.release["awards"] == STATE["awards"]
    assert [party["name"] for party in made.release["parties"]] == ["Vendor Ltd"]


@pytest.mark.parametrize("change", [{"title": "Road"}, {"buyer": {"id": "B", "name": "The buyer"}}])
def test_a_change_outside_all_sections_updates_the_tender(change: dict[str, Any]) -> None:
    made = second({**STATE, **change})
    assert made.release["tag"] == ["tenderUpdate"]
    assert made.release["tender"] == STATE["tender"]
    assert "awards" not in made.release


def test_a_bid_is_an_update_of_the_tender_which_is_there_too() -> None:
    made = second({**STATE, "bids": {"details": [{"id": "1", "status": "valid"}]}})
    assert made.release["tag"] == ["tenderUpdate"]
    assert made.release["tender"] == STATE["tender"]


def test_an_amendment_names_the_releases_before_and_after_it() -> None:
    amended = {**STATE["tender"], "title": "B", "amendments": [{"id": "1", "rationale": "Error"}]}
    made = second({**STATE, "tender": amended})
    links = {"amendsReleaseID": first()[1].release_id, "releaseID": made.release["id"]}
    assert made.release["tag"] == ["tenderAmendment"]
    assert made.release["tender"]["amendments"] == [{"id": "1", "rationale": "Error", **links}]
    tags = frozenset({"tender", "award"})
    previous = Previous(made.release["id"], made.release["date"], "", tags, orjson.dumps(made.compiled))
    assert make({**STATE, "tender": amended}, previous) is None, "the links are no difference"
    more = {**amended, "amendments": [*amended["amendments"], {"id": "2", "releaseID": "theirs"}]}
    third = make({**STATE, "tender": more}, previous)
    assert third is not None
    assert third.compiled["tender"]["amendments"] == [
        {"id": "1", "rationale": "Error", **links},
        {"id": "2", "releaseID": "theirs", "amendsReleaseID": made.release["id"]},
    ]


def test_the_amendments_of_a_first_release_have_no_links() -> None:
    made, _ = first({"tender": {"id": "1", "amendments": [{"id": "1"}]}})
    assert made.release["tender"]["amendments"] == [{"id": "1"}]


def test_the_amendments_of_a_contract_that_is_new_have_no_links() -> None:
    """The values that they changed were never released, though the process was."""
    contract = {"id": "1", "awardID": "1", "amendments": [{"id": "1"}]}
    made = second({**STATE, "contracts": [contract]})
    assert made.release["tag"] == ["contract"]
    assert made.release["contracts"] == [contract]


def test_a_process_of_which_nothing_is_left_keeps_its_ids() -> None:
    made = second({})
    assert made.release["tag"] == ["tenderUpdate", "awardUpdate"]
    assert made.release["tender"] == {
        "id": "1",
        "title": None,
        "status": None,
        "tenderers": [{"id": "V", "name": None}],
    }
    assert made.compiled["tender"] == {"id": "1", "tenderers": [{"id": "V"}]}
