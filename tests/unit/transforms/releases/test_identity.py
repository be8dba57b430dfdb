import hashlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from release_states import reordered, states

from transforms.releases import NotJson, canonical, content_hash, release_id
from transforms.releases.identity import canonical_state

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3).filter(str.isascii), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_canonical_bytes_say_the_same_and_do_not_change_when_made_again(value: Any) -> None:
    raw = canonical(value)
    assert json.loads(raw) == value
    assert canonical(json.loads(raw)) == raw


@given(JSON)
def test_order_of_keys_and_form_of_numbers_do_not_count(value: Any) -> None:
    assert canonical(reordered(value)) == canonical(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", 1), ("1.0", "1"), (True, 1), ("a ", "a"), ("e\u0301", "é"), (0.1, 0.10000000000000002), (None, "null")],
)
def test_values_that_are_not_the_same_differ(one: Any, other: Any) -> None:
    assert canonical({"a": one}) != canonical({"a": other})


def test_text_that_looks_like_a_number_is_kept() -> None:
    text = 'costs 1.0, then 2.0} or [3.0] and "4.0"'
    assert canonical({"b": text, "a": 5.0}) == b'{"a":5,"b":' + json.dumps(text, ensure_ascii=False).encode() + b"}"


def test_a_content_hash_is_the_sha256_of_the_canonical_bytes() -> None:
    assert content_hash({"b": 1.0, "a": "ñ"}) == hashlib.sha256('{"a":"ñ","b":1}'.encode()).hexdigest()


@given(states())
def test_a_tidy_state_is_taken_as_it_is(state: dict[str, Any]) -> None:
    mended, raw = canonical_state(state)
    assert json.loads(raw) == state == mended
    assert raw == canonical(state)


def test_what_has_no_value_is_left_out_of_a_state() -> None:
    state = {"tender": {"id": "1", "title": None, "value": {"amount": None}, "items": [{}], "n": 2.0}, "awards": []}
    mended, raw = canonical_state(state)
    assert mended == {"tender": {"id": "1", "n": 2}}
    assert raw == b'{"tender":{"id":"1","n":2}}'
    assert state["awards"] == [], "the given state is not changed"


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**70, {1, 2}])
def test_what_json_can_not_hold_is_refused(value: Any) -> None:
    with pytest.raises(NotJson):
        canonical_state({"tender": {"value": {"amount": value}}})


BODY = {"tag": ["tender"], "initiationType": "tender", "language": "en", "tender": {"id": "1", "title": "A"}}


def test_the_id_changes_with_content_history_and_process_only() -> None:
    first = release_id("ocds-213czf-1", None, BODY)
    assert (
        release_id("ocds-213czf-1", None, {"date": "2024-01-01T00:00:00Z", "id": "x", "ocid": "y", **reordered(BODY)})
        == first
    )
    assert release_id("ocds-213czf-1", first, BODY) != first
    assert release_id("ocds-213czf-2", None, BODY) != first
    for key, value in {"tag": ["planning"], "language": "es", "tender": {"id": "1"}}.items():
        assert release_id("ocds-213czf-1", None, {**BODY, key: value}) != first


def test_known_hashes_of_sections_give_the_same_id() -> None:
    sections = content_hash({"tender": BODY["tender"]})
    assert release_id("o", None, BODY, sections=sections) == release_id("o", None, BODY)


@given(st.text(min_size=1), st.none() | st.text())
def test_an_id_is_32_hexadecimal_digits_and_no_part_of_an_ocid(local: str, previous: str | None) -> None:
    ocid = f"ocds-213czf-{local.encode('utf-8', 'replace').decode()}"
    identifier = release_id(ocid, None if previous is None else "r", BODY)
    assert len(identifier) == 32
    assert set(identifier) <= set("0123456789abcdef")
    assert identifier not in ocid
    assert ocid not in identifier
