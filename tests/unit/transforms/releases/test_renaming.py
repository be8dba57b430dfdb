"""A process that goes while another comes: which evidence counts, and which does not."""

from typing import Any

import pytest

from transforms.ocds import release_schema
from transforms.releases import MergeRules
from transforms.releases.renaming import Known, Renaming, Renamings

RULES = MergeRules.from_schema(release_schema([]))


def known(key: str, *rows: str, **tender: Any) -> Known:
    state = {
        "parties": [{"id": "B", "name": "Buyer"}],
        "buyer": {"id": "B", "name": "Buyer"},
        "tender": {
            "id": key,
            "title": f"Lamps for {key}",
            "status": "active",
            "value": {"amount": 5, "currency": "USD"},
            "hasEnquiries": False,
            **tender,
        },
    }
    return Known(f"ocds-213czf-{key}", key, state, frozenset(rows))


def found(gone: list[Known], *new: Known) -> list[tuple[str, str, str]]:
    return [(one.old[12:], one.new[12:], one.evidence) for one in Renamings(gone, RULES).of(new)]


def test_a_row_that_moved_names_the_process_whatever_else_changed() -> None:
    gone = [known("A", "bids:1", "bids:2", "lines:A|1"), known("B", "bids:3")]
    new = known("X", "bids:1", "bids:2", "bids:9", title="Other", status="complete", value={"amount": 7}, x=1)
    (one,) = Renamings(gone, RULES).of([new])
    assert (one.old, one.evidence, one.rows) == ("ocds-213czf-A", "rows", ("bids:1", "bids:2"))


def test_the_process_with_the_most_rows_counts() -> None:
    assert found([known("A", "b:1"), known("B", "b:2", "b:3")], known("X", "b:1", "b:2", "b:3")) == [("B", "X", "rows")]


def test_a_row_that_several_used_names_none() -> None:
    gone = [known("A", "plan:1", title="T1"), known("B", "plan:1", title="T2")]
    assert found(gone, known("X", "plan:1", title="T3", status="complete", hasEnquiries=True)) == []


def test_the_same_values_but_for_the_key_name_the_process() -> None:
    assert found([known("A-1")], known("X-9")) == [("A-1", "X-9", "content")]


def test_nearly_the_same_values_do_too_and_other_ones_do_not() -> None:
    details = {f"d{number}": number for number in range(6)}
    assert found([known("A", **details)], known("X", **{**details, "d0": 9})) == [("A", "X", "content")]
    assert found([known("A", **details)], known("X", title="Benches", value={"amount": 8}, **details)) == []


def test_little_that_is_equal_says_nothing() -> None:
    bare = {"tender": {"id": "A", "status": "active"}}
    gone, new = Known("o-A", "A", bare, frozenset()), Known("o-B", "B", bare, frozenset())
    assert found([gone], new) == []


def test_what_many_vanished_processes_say_names_none_of_them() -> None:
    assert found([known(f"A{number}") for number in range(4)], known("X")) == []


def test_organizations_and_ids_do_not_count() -> None:
    gone = Known("o-A", "A", {"parties": [{"id": f"P{n}", "name": f"Firm {n}"} for n in range(9)]}, frozenset())
    assert found([gone], Known("o-B", "B", dict(gone.state), frozenset())) == []


@pytest.mark.parametrize("key", ["a-1", "A-1"])
def test_an_ocid_that_differs_in_letter_case_is_the_same(key: str) -> None:
    other = known(key.swapcase(), title="Something else", status="complete", x=1, y=2)
    assert found([known(key)], other) == [(key, key.swapcase(), "letter_case")]


def test_nothing_vanished_is_nothing_renamed() -> None:
    assert list(Renamings([], RULES).of([known("X", "bids:1")])) == []


def test_how_much_is_alike_is_told() -> None:
    assert list(Renamings([known("A", "b:1")], RULES).of([known("A2", "b:1")])) == [
        Renaming("ocds-213czf-A", "ocds-213czf-A2", "rows", ("b:1",), 1.0)
    ]
