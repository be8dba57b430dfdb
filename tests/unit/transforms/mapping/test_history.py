"""Whatever the versions of rows: each state holds the rows of its time, and the last one is the present."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.transforms.mapping.lamps import compiled, row

from transforms.mapping import history
from transforms.mapping.assemble import MappingFinding, PartyRows, State, assemble
from transforms.mapping.disclosure import DisclosureRules
from transforms.mapping.events import EVENT_COLUMNS, UNKNOWN
from transforms.mapping.history import PastState, Timeline, earlier_states, present_rows, timelines
from transforms.mapping.plan import FIXED_COLUMNS, Plan
from transforms.mapping.sql import SEPARATOR

RULES = DisclosureRules(persons={"supplier": "publish"}, conditions=(), pseudonym_key=b"", language="en")
PARTIES = {"vendor": PartyRows({}, mapped=False), "office": PartyRows({}, mapped=True)}
PAYMENTS = "contracts/implementation/transactions"

Row = tuple[Any, ...]
Rows = Mapping[str, Sequence[Row]]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compiled()


def day(number: int) -> str:
    return f"2026-01-{number:02d}T00:00:00Z"


def version(
    plan: Plan,
    table: str,
    identifier: str,
    since: str | None = None,
    until: str | None = None,
    *,
    parent: str = "",
    told: str | None = None,
    **values: Any,
) -> Row:
    """A row that held for a time; without `until` it holds now."""
    made = row(plan, table, identifier, container=parent if table == "payments" else "", **values)
    return (*made[:-2], parent, since, until, until is not None, told, *made[-2:])


def columns(plan: Plan, rows: Rows) -> dict[str, list[list[Any]]]:
    return {
        table.name: [list(column) for column in zip(*rows[table.name], strict=True)]
        if rows.get(table.name)
        else [[] for _ in range(FIXED_COLUMNS + len(table.columns) + EVENT_COLUMNS + 2)]
        for table in plan.tables
    }


def rebuilt(plan: Plan, rows: Rows, **options: Any) -> tuple[State, list[Timeline], list[PastState]]:
    """The present state of one process, its timeline, and its earlier states."""
    tables = columns(plan, rows)
    (now,) = assemble(plan, {name: present_rows(found) for name, found in tables.items()}, PARTIES, RULES)
    lines = timelines(plan, tables, [now])
    return now, lines, list(earlier_states(plan, tables, PARTIES, RULES, lines, **options))


def test_without_any_time_there_is_no_history(plan: Plan) -> None:
    _, lines, earlier = rebuilt(plan, {"calls": [version(plan, "calls", "C1")], "lines": [version(plan, "lines", "1")]})
    assert (lines, earlier) == ([], [])


def test_the_version_that_began_last_counts(plan: Plan) -> None:
    rows = {
        "calls": [
            version(plan, "calls", "C1", day(1), day(9), tender__title="First"),
            version(plan, "calls", "C1", day(3), day(7), tender__title="Second"),
            version(plan, "calls", "C1", day(5), tender__title="Now"),
        ]
    }
    now, lines, earlier = rebuilt(plan, rows)
    assert lines[0].events == [day(1), day(3), day(5), day(7), day(9)]
    assert [(past.at, past.document["tender"]["title"]) for past in earlier] == [
        (day(1), "First"),
        (day(3), "Second"),
        (day(5), "Now"),
    ]
    assert now.document["tender"]["title"] == "Now"


def test_what_holds_now_begins_when_its_past_ends_if_nothing_else_is_told(plan: Plan) -> None:
    rows = {
        "calls": [
            version(plan, "calls", "C1", day(2), day(4), tender__title="Before"),
            version(plan, "calls", "C1", tender__title="Now"),
        ],
        "lines": [version(plan, "lines", "1", day(1)), version(plan, "lines", "2", day(5))],
    }
    _, _, earlier = rebuilt(plan, rows)
    assert [(past.at, past.document["tender"]["title"]) for past in earlier] == [(day(2), "Before"), (day(4), "Now")]


def test_rows_that_are_no_entries_come_and_go_each_for_itself(plan: Plan) -> None:
    path = "awards/suppliers"

    def winner(number: str, *times: str | None) -> Row:
        made = version(plan, "winners", number, *times, parent="awards/A1", **{path.replace("/", "__"): number})
        return (*made[:2], "awards/A1", *made[3:])

    rows = {
        "calls": [version(plan, "calls", "C1")],
        "awards": [version(plan, "awards", "A1", day(1))],
        "winners": [winner("1", day(1), day(3)), winner("2"), winner("3", day(2))],
    }
    now, _, earlier = rebuilt(plan, rows)
    told = [[one["id"] for one in state.document["awards"][0]["suppliers"]] for state in (*earlier, now)]
    assert told == [["V-1", "V-2"], ["V-1", "V-2", "V-3"], ["V-2", "V-3"]]


def test_of_versions_that_began_together_the_present_one_counts(plan: Plan) -> None:
    rows = {
        "calls": [
            version(plan, "calls", "C1", day(1), tender__title="Now"),
            version(plan, "calls", "C1", day(1), day(3), tender__title="Before"),
        ],
        "lines": [version(plan, "lines", "1", day(4))],
    }
    assert [past.document["tender"]["title"] for past in rebuilt(plan, rows)[2]] == ["Now"]


def test_the_last_event_is_told_too_where_something_follows_it(plan: Plan) -> None:
    rows = {"calls": [version(plan, "calls", "C1", day(1), tender__title="Now")]}
    assert rebuilt(plan, rows)[2] == []
    assert [past.at for past in rebuilt(plan, rows, all_of={"C1"})[2]] == [day(1)]


def test_a_child_is_gone_while_its_parent_is(plan: Plan) -> None:
    paid = {"contracts__implementation__transactions__value__amount": 5}
    rows = {
        "calls": [version(plan, "calls", "C1")],
        "contracts": [
            version(plan, "contracts", "K1", day(1), day(3), contracts__awardID="A1"),
            version(plan, "contracts", "K1", day(5), contracts__awardID="A1"),
        ],
        "payments": [version(plan, "payments", "P", day(2), parent="contracts/K1", **paid)],
        "lines": [version(plan, "lines", "1", day(3)), version(plan, "lines", "2", day(4))],
    }
    now, _, earlier = rebuilt(plan, rows)
    told = [(past.at, "implementation" in str(past.document)) for past in earlier]
    assert told == [(day(1), False), (day(2), True), (day(3), False), (day(4), False)]
    assert "implementation" in str(now.document)


def test_findings_of_the_past_are_told_once(plan: Plan) -> None:
    told = SEPARATOR.join(("date", "date_out_of_range", "0201-01-01"))
    note = SEPARATOR.join(("tender/title", "odd", "x"))
    rows = {
        "calls": [
            version(plan, "calls", "C1", day(1), day(2), findings=[note], tender__title="A"),
            version(plan, "calls", "C1", day(2), day(3), findings=[note], tender__title="B"),
            version(plan, "calls", "C1", UNKNOWN, told=told, tender__title="C"),
        ]
    }
    now, _, earlier = rebuilt(plan, rows)
    assert [past.document["tender"]["title"] for past in earlier] == ["A", "B"]
    assert now.findings == [
        MappingFinding("date", "date_out_of_range", "0201-01-01", "calls:C1"),
        MappingFinding("tender/title", "odd", "x", "calls:C1"),
    ]


times = st.integers(1, 9).map(day)
begins = st.one_of(st.none(), st.just(UNKNOWN), times)
ends = st.one_of(st.just(UNKNOWN), times)
spans = st.lists(st.tuples(begins, ends), max_size=3)
entries = st.dictionaries(st.sampled_from("abc"), st.tuples(st.one_of(st.none(), st.tuples(begins)), spans), max_size=3)


@st.composite
def histories(draw: st.DrawFn) -> dict[str, list[tuple[str, str | None, str | None, str]]]:
    """Versions by table: (id, since, until, parent). Payments hang on contracts of which there is one now."""
    found: dict[str, list[tuple[str, str | None, str | None, str]]] = {"lines": [], "contracts": [], "payments": []}
    found["calls"] = [("C1", since, until, "") for since, until in draw(spans)] + [("C1", draw(begins), None, "")]
    for table in ("lines", "contracts"):
        for name, (now, past) in draw(entries).items():
            found[table] += [(name, since, until, "") for since, until in past]
            found[table] += [(name, now[0], None, "")] if now else []
    there = sorted({name for name, _, until, _ in found["contracts"] if until is None})
    for name, (now, past) in draw(entries).items() if there else ():
        parent = f"contracts/{draw(st.sampled_from(there))}"
        found["payments"] += [(name, since, until, parent) for since, until in past]
        found["payments"] += [(name, now[0], None, parent)] if now else []
    # Sorted as stage 2 sorts them.
    return {table: sorted(rows, key=lambda one: (one[3], one[0])) for table, rows in found.items()}


def rows_of(plan: Plan, drawn: Mapping[str, Sequence[tuple[str, str | None, str | None, str]]]) -> Rows:
    told = {"calls": "tender__title", "lines": "tender__items__description", "contracts": "contracts__awardID",
            "payments": "contracts__implementation__transactions__value__amount"}  # fmt: skip
    return {
        table: [
            version(plan, table, name, since, until, parent=parent, **{told[table]: number})
            for number, (name, since, until, parent) in enumerate(versions)
        ]
        for table, versions in drawn.items()
    }


@settings(deadline=None)
@given(drawn=histories())
def test_whatever_held_when_the_last_state_is_what_holds_now(plan: Plan, drawn: Any) -> None:
    now, lines, earlier = rebuilt(plan, rows_of(plan, drawn), all_of={"C1"})
    if not lines:
        assert earlier == []
        return
    instants = [past.at for past in earlier]
    assert instants == sorted(set(instants))
    assert set(instants) <= set(lines[0].events)
    assert earlier[-1].document == now.document


@settings(deadline=None)
@given(drawn=histories())
def test_no_state_holds_what_did_not_hold_then(plan: Plan, drawn: Any) -> None:
    _, lines, earlier = rebuilt(plan, rows_of(plan, drawn))
    for past in earlier:
        items = past.document.get("tender", {}).get("items", ())
        contracts = past.document.get("contracts", ())
        for table, given_ in (("lines", items), ("contracts", contracts)):
            for entry in given_:
                since, until = next(
                    (since, until) for number, (_, since, until, _) in enumerate(drawn[table])
                    if number == entry.get("description", entry.get("awardID"))
                )  # fmt: skip
                assert since in (None, UNKNOWN) or since <= past.at
                assert until is None or until == UNKNOWN or past.at < until
                # A time that nobody knows is not told before the last event.
                assert since != UNKNOWN or until is None
        assert past.at < lines[0].events[-1]


@settings(deadline=None, max_examples=25)
@given(drawn=histories())
def test_how_many_are_assembled_at_once_makes_no_difference(plan: Plan, drawn: Any) -> None:
    rows = rows_of(plan, drawn)
    expected = rebuilt(plan, rows)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(history, "BATCH_ROWS", 0)
        assert rebuilt(plan, rows) == expected
