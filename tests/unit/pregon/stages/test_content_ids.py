"""Entries whose source has no ids are known by what they say, wherever their rows stand, whatever their numbers."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms.located import parse
from transforms.mapping import InvalidMapping

from .town import MAPPING, ROWS, TABLES, Town

NUMBERED = {
    **TABLES,
    "lines": {"key": ["line_no"], "columns": ["call_no", "line_no", "what", "quantity", "note"]},
}
Line = tuple[str, str | None, str | None]
"""Call, what and quantity of a line; numbers are given by where it stands."""


def read(text: str) -> dict[str, Any]:
    """A mapping as it is read: `on` is a word there."""
    loaded: dict[str, Any] = parse(text, "mapping.yaml").data
    return loaded


def with_content(content: object, **bindings: dict[str, str]) -> str:
    mapping = read(MAPPING)
    mapping["tables"]["lines"]["id"] = {"content": content}
    mapping["bindings"]["tender/items/quantity"] = {"from": "lines.quantity"}
    mapping["bindings"] |= {path.replace("__", "/"): binding for path, binding in bindings.items()}
    return str(yaml.safe_dump(mapping))


def mapped(town: Town, lines: Sequence[Line], first: int = 1) -> dict[str, dict[str, dict[str, Any]]]:
    """The items of each call by id."""
    rows = [(call, str(number), what, quantity, None) for number, (call, what, quantity) in enumerate(lines, first)]
    states = town.prepare({**ROWS, "lines": rows}).states()
    return {
        process: {item["id"]: item for item in state.document.get("tender", {}).get("items", ())}
        for process, state in states.items()
    }


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path, mapping=with_content("all"), tables=NUMBERED)


LINES: list[Line] = [("C1", "Bulbs", "5"), ("C1", "Wire", None), ("C2", "Bulbs", "5"), ("C1", "Bulbs", "5")]


def test_ids_are_the_same_in_another_order_with_other_numbers(town: Town) -> None:
    assert mapped(town, LINES) == mapped(town, LINES[::-1], first=100)


def test_equal_rows_of_one_array_are_told_apart_and_those_of_two_are_not(town: Town) -> None:
    found = mapped(town, LINES)
    (bulbs,) = found["C2"]
    assert found["C1"].keys() > {bulbs, f"{bulbs}-2"}
    assert len(found["C1"]) == 3


def test_a_changed_entry_is_another_one_and_its_neighbours_stay(town: Town) -> None:
    before = mapped(town, LINES)["C1"]
    after = mapped(town, [("C1", "Bulbs", "5"), ("C1", "Wires", None), ("C1", "Bulbs", "5")])["C1"]
    assert len(before.keys() & after.keys()) == 2
    assert {after[one]["description"] for one in after.keys() - before.keys()} == {"Wires"}


def test_another_way_of_writing_a_number_or_white_space_is_the_same_entry(town: Town) -> None:
    assert mapped(town, [("C1", "Wire", "10")]) == mapped(town, [("C1", " Wire\t", "10.0")])


def test_chosen_columns_alone_identify(tmp_path: Path) -> None:
    town = Town(tmp_path, mapping=with_content(["what"]), tables=NUMBERED)
    before = mapped(town, [("C1", "Bulbs", "5"), ("C1", "Wire", "1")])["C1"]
    after = mapped(town, [("C1", "Bulbs", "7"), ("C1", "Wire", "1")])["C1"]
    assert before.keys() == after.keys()
    assert {item["quantity"] for item in after.values()} == {7, 1}


def test_of_rows_alike_in_the_chosen_columns_the_others_decide_which_is_second(tmp_path: Path) -> None:
    town = Town(tmp_path, mapping=with_content(["what"]), tables=NUMBERED)
    lines: list[Line] = [("C1", "Bulbs", "5"), ("C1", "Bulbs", "7")]
    assert mapped(town, lines) == mapped(town, lines[::-1])


def test_a_row_that_says_nothing_is_held(town: Town) -> None:
    prepared = town.prepare({**ROWS, "lines": [("C1", "1", " ", None, "seen")]})
    assert prepared.held()["lines:1"] == ("no_id", "the id of its entry in lines is empty")


def test_a_rejected_row_is_no_twin(tmp_path: Path) -> None:
    statement = """
    CREATE VIEW lines AS SELECT *, CASE WHEN note = 'no' THEN 'not approved' END AS _reject FROM source.lines;
    """
    town = Town(tmp_path, mapping=with_content("all"), tables=NUMBERED, prepare_sql=statement)
    rows = [("C1", "1", "Bulbs", "5", "no"), ("C1", "2", "Bulbs", "5", None)]
    (item,) = town.prepare({**ROWS, "lines": rows}).states()["C1"].document["tender"]["items"]
    assert "-" not in item["id"]


def test_certificates_of_a_firm_can_be_known_by_content(tmp_path: Path) -> None:
    mapping = read(MAPPING)
    mapping["parties"]["vendor"]["tables"]["certificates"]["id"] = {"content": ["kind"]}
    town = Town(tmp_path, mapping=yaml.safe_dump(mapping))
    found = []
    for numbers in (("X1", "X2", "X3"), ("X9", "X8", "X7")):
        kinds = ("small", "local", "small")
        rows = {**ROWS, "certificates": [(number, "1", kind) for number, kind in zip(numbers, kinds, strict=True)]}
        (party,) = town.prepare(rows).states()["C1"].document["parties"]
        found.append(sorted((entry["id"], entry["description"]) for entry in party["details"]["classifications"]))
    assert found[0] == found[1]
    assert len(found[0]) == 3


# What may go into an id -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (["wat"], "tables.lines.id: table 'lines' has no column 'wat'; did you mean 'what'?"),
        (["note"], "column 'note' is not bound to a path of the entry: an id made of it could give it away"),
        ([], "at least 1 item"),
        ("some", "'all'"),
    ],
)
def test_only_what_is_published_goes_into_an_id(tmp_path: Path, content: object, problem: str) -> None:
    with pytest.raises(InvalidMapping) as refused:
        Town(tmp_path, mapping=with_content(content), tables=NUMBERED)
    assert problem in "\n".join(refused.value.problems)


# Laws -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def streets() -> Iterator[Town]:
    with tempfile.TemporaryDirectory() as folder:
        yield Town(Path(folder), mapping=with_content("all"), tables=NUMBERED)


LINE = st.tuples(
    st.sampled_from(["C1", "C2"]),
    st.sampled_from(["Bulbs", "Wire", "5", "Bulbs-2"]),
    st.sampled_from([None, "1", "1.5", "2"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINE, max_size=8).flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))))
def test_no_order_and_no_numbers_are_in_ids(streets: Town, both: tuple[list[Line], list[Line]]) -> None:
    lines, others = both
    found = mapped(streets, lines)
    assert found == mapped(streets, others, first=7)
    for call in ("C1", "C2"):
        said = [(what, quantity) for of, what, quantity in lines if of == call]
        assert len(found[call]) == len(said)
        # As many ids without a number as there are contents, and twins are counted up from 2.
        assert sum("-" not in one for one in found[call]) == len(set(said))
