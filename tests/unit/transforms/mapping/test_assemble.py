"""Rows become states: each value in its place, nothing invented, nothing of one entry in another."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.transforms.mapping.lamps import compiled, row

from transforms.mapping.assemble import MappingFinding, Organization, PartyRows, RowsLeft, State, assemble
from transforms.mapping.disclosure import Condition, DisclosureRules
from transforms.mapping.plan import FIXED_COLUMNS, Plan
from transforms.mapping.sql import SEPARATOR

OPEN = DisclosureRules(
    persons={"tenderer": "publish", "supplier": "publish", "payee": "publish"},
    conditions=(),
    pseudonym_key=b"key",
    language="en",
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return compiled()


def vendor(number: str, name: str | None = None, *, person: bool = False, **data: Any) -> Organization:
    named = {"name": name} if name else {}
    return Organization({"id": f"V-{number}", **named, **data}, person=person, row=f"vendors:{number}")


def states(
    plan: Plan,
    rows: Mapping[str, Sequence[tuple[Any, ...]]],
    vendors: Mapping[str, Organization] | None = None,
    *,
    offices: Mapping[tuple[str, str], Organization] | None = None,
    rules: DisclosureRules = OPEN,
) -> list[State]:
    given = {
        table.name: [list(column) for column in zip(*rows[table.name], strict=True)]
        if rows.get(table.name)
        else [[] for _ in range(FIXED_COLUMNS + len(table.columns) + 2)]
        for table in plan.tables
    }
    parties = {"vendor": PartyRows(vendors or {}, mapped=False), "office": PartyRows(offices or {}, mapped=True)}
    return list(assemble(plan, given, parties, rules))


def state(plan: Plan, *args: Any, **options: Any) -> State:
    (one,) = states(plan, *args, **options)
    return one


def test_values_stand_at_their_paths(plan: Plan) -> None:
    call = row(plan, "calls", "C1", tender__id="C1", tender__title="Lamps", tender__submissionMethod=["written"])
    assert state(plan, {"calls": [call]}).document == {
        "tender": {"id": "C1", "title": "Lamps", "submissionMethod": ["written"]}
    }


def test_entries_stand_inside_the_entry_they_belong_to(plan: Plan) -> None:
    rows = {
        "calls": [row(plan, "calls", "C1")],
        "contracts": [row(plan, "contracts", "K1", contracts__awardID="A1"), row(plan, "contracts", "K2")],
        "payments": [
            row(plan, "payments", "K1-1", container="contracts/K1",
                contracts__implementation__transactions__value__amount=5),
            row(plan, "payments", "K2-1", container="contracts/K2"),
            row(plan, "payments", "K2-2", container="contracts/K2"),
        ],
    }  # fmt: skip
    assert state(plan, rows).document == {
        "contracts": [
            {
                "id": "K1",
                "awardID": "A1",
                "implementation": {"transactions": [{"id": "K1-1", "value": {"amount": 5, "currency": "USD"}}]},
            },
            {"id": "K2", "implementation": {"transactions": [{"id": "K2-1"}, {"id": "K2-2"}]}},
        ]
    }


def test_entries_keep_the_order_of_the_rows(plan: Plan) -> None:
    lines = [row(plan, "lines", identifier) for identifier in ("2", "10", "A")]
    items = state(plan, {"calls": [row(plan, "calls", "C1")], "lines": lines}).document["tender"]["items"]
    assert [item["id"] for item in items] == ["2", "10", "A"]


def test_each_process_has_its_own_rows(plan: Plan) -> None:
    rows = {
        "calls": [row(plan, "calls", "C1"), row(plan, "calls", "C2", process="C2")],
        "lines": [row(plan, "lines", "1", process="C2", tender__items__description="Poles")],
    }
    assert [(one.local_id, one.document) for one in states(plan, rows)] == [
        ("C1", {}),
        ("C2", {"tender": {"items": [{"id": "1", "description": "Poles"}]}}),
    ]


def test_constants_go_only_with_values(plan: Plan) -> None:
    call = row(plan, "calls", "C1", tender__title="Lamps")
    line = row(plan, "lines", "1", tender__items__description="Poles")
    document = state(plan, {"calls": [call], "lines": [line]}).document
    assert document == {"tender": {"title": "Lamps", "items": [{"id": "1", "description": "Poles"}]}}


def test_a_zero_amount_is_a_value(plan: Plan) -> None:
    call = row(plan, "calls", "C1", tender__value__amount=0)
    assert state(plan, {"calls": [call]}).document == {"tender": {"value": {"amount": 0, "currency": "USD"}}}


def test_a_currency_without_its_amount_says_nothing() -> None:
    plan = compiled({"bindings.tender/value/currency": {"from": "calls.office"}})
    call = row(plan, "calls", "C1", tender__value__currency="USD", tender__title="Lamps")
    assert state(plan, {"calls": [call]}).document == {"tender": {"title": "Lamps"}}


def test_constants_of_an_entry_stand_even_if_its_row_says_no_more_than_that_it_exists() -> None:
    plan = compiled({"bindings.awards/status": {"value": "active"}})
    rows = {"calls": [row(plan, "calls", "C1")], "awards": [row(plan, "awards", "A1")]}
    assert state(plan, rows).document == {"awards": [{"id": "A1", "status": "active"}]}


def test_a_reference_lists_its_party_with_its_roles(plan: Plan) -> None:
    rows = {
        "calls": [row(plan, "calls", "C1")],
        "offers": [row(plan, "offers", "O1", bids__details__tenderers="1")],
        "awards": [row(plan, "awards", "A1")],
        "winners": [row(plan, "winners", "w", container="awards/A1", awards__suppliers="1")],
    }
    one = state(plan, rows, {"1": vendor("1", "Anna's Lamps", address={"locality": "Lampton"})})
    pointer = {"id": "V-1", "name": "Anna's Lamps"}
    assert one.document["bids"]["details"] == [{"id": "O1", "tenderers": [pointer]}]
    assert one.document["awards"] == [{"id": "A1", "suppliers": [pointer]}]
    assert one.document["parties"] == [
        {**pointer, "address": {"locality": "Lampton"}, "roles": ["supplier", "tenderer"]}
    ]


def test_several_suppliers_are_listed_once_each(plan: Plan) -> None:
    winners = [
        row(plan, "winners", str(number), container="awards/A1", awards__suppliers=key)
        for number, key in enumerate(["2", "1", "2"])
    ]
    rows = {"calls": [row(plan, "calls", "C1")], "awards": [row(plan, "awards", "A1")], "winners": winners}
    document = state(plan, rows, {"1": vendor("1", "One"), "2": vendor("2", "Two")}).document
    assert [supplier["id"] for supplier in document["awards"][0]["suppliers"]] == ["V-2", "V-1"]
    assert [party["id"] for party in document["parties"]] == ["V-1", "V-2"]


def test_an_organization_without_a_row_is_a_finding_and_keeps_its_id(plan: Plan) -> None:
    rows = {
        "calls": [row(plan, "calls", "C1")],
        "awards": [row(plan, "awards", "A1")],
        "winners": [
            row(plan, "winners", "w", container="awards/A1", awards__suppliers="9", awards__suppliers__name="Nine Ltd")
        ],
    }
    one = state(plan, rows)
    assert one.document["awards"][0]["suppliers"] == [{"id": "V-9", "name": "Nine Ltd"}]
    assert one.document["parties"] == [{"id": "V-9", "name": "Nine Ltd", "roles": ["supplier"]}]
    assert one.findings == [MappingFinding("awards/suppliers", "unknown_organization", "9", "winners:w")]


@pytest.mark.parametrize("role", ["withhold", "pseudonym"])
def test_an_organization_without_a_row_may_be_a_person(plan: Plan, role: Any) -> None:
    rows = {
        "calls": [row(plan, "calls", "C1")],
        "awards": [row(plan, "awards", "A1")],
        "winners": [
            row(plan, "winners", "w", container="awards/A1", awards__suppliers="9", awards__suppliers__name="Ana Nueve")
        ],
    }
    rules = DisclosureRules(persons={"supplier": role}, conditions=(), pseudonym_key=b"key", language="en")
    one = state(plan, rows, rules=rules)
    assert "Ana" not in str(one.document)
    assert "V-9" not in str(one.document)
    assert ("suppliers" in one.document["awards"][0]) == (role == "pseudonym")
    assert [finding.code for finding in one.findings] == ["unknown_organization"]


def test_rows_of_a_process_that_is_not_there_are_refused(plan: Plan) -> None:
    rows = {"calls": [row(plan, "calls", "C1")], "lines": [row(plan, "lines", "1", process="C0")]}
    with pytest.raises(RowsLeft) as error:
        states(plan, rows)
    assert (error.value.table, error.value.process) == ("lines", "C0")


def test_an_organization_without_a_row_is_left_out_where_its_id_needs_more_than_the_key() -> None:
    plan = compiled({"parties.vendor.id": "V-{vendor_no}-{city}"})
    rows = {"calls": [row(plan, "calls", "C1")], "offers": [row(plan, "offers", "O1", bids__details__tenderers="9")]}
    one = state(plan, rows)
    assert one.document == {"bids": {"details": [{"id": "O1"}]}}
    assert [finding.code for finding in one.findings] == ["unknown_organization"]


def test_the_name_of_a_reference_is_that_of_the_party(plan: Plan) -> None:
    rows = {
        "calls": [row(plan, "calls", "C1")],
        "awards": [row(plan, "awards", "A1")],
        "winners": [
            row(plan, "winners", "w", container="awards/A1", awards__suppliers="1", awards__suppliers__name="Old name")
        ],
    }
    document = state(plan, rows, {"1": vendor("1", "New name")}).document
    assert document["awards"][0]["suppliers"] == [{"id": "V-1", "name": "New name"}]


def test_no_key_is_no_reference(plan: Plan) -> None:
    rows = {"calls": [row(plan, "calls", "C1")], "offers": [row(plan, "offers", "O1")]}
    assert state(plan, rows).document == {"bids": {"details": [{"id": "O1"}]}}


def test_a_party_on_a_mapped_row_is_found_in_its_process(plan: Plan) -> None:
    offices = {("C1", "Parks"): Organization({"id": "OFFICE-Parks", "name": "Parks"}, person=False, row="calls:C1")}
    rows = {
        "calls": [row(plan, "calls", "C1", buyer="Parks"), row(plan, "calls", "C2", process="C2", buyer="Parks")],
    }
    first, second = states(plan, rows, offices=offices)
    assert first.document["buyer"] == {"id": "OFFICE-Parks", "name": "Parks"}
    assert [finding.code for finding in second.findings] == ["unknown_organization"]


def person_rows(plan: Plan) -> dict[str, list[tuple[Any, ...]]]:
    return {
        "calls": [row(plan, "calls", "C1")],
        "offers": [row(plan, "offers", "O1", bids__details__tenderers="1")],
        "awards": [row(plan, "awards", "A1")],
        "winners": [
            row(plan, "winners", "w", container="awards/A1", awards__suppliers="1", awards__suppliers__name="Ana Ruiz")
        ],
    }


ANA = vendor("1", "Ana Ruiz", person=True, address={"streetAddress": "Elm 1"})


def person_rules(tenderer: Any, supplier: Any) -> DisclosureRules:
    return DisclosureRules({"tenderer": tenderer, "supplier": supplier}, (), b"key", "en")


def test_a_person_may_be_published(plan: Plan) -> None:
    document = state(plan, person_rows(plan), {"1": ANA}, rules=person_rules("publish", "publish")).document
    assert document["parties"] == [{**ANA.data, "roles": ["supplier", "tenderer"]}]


def test_a_withheld_person_leaves_no_trace(plan: Plan) -> None:
    one = state(plan, person_rows(plan), {"1": ANA}, rules=person_rules("withhold", "withhold"))
    assert one.document == {"bids": {"details": [{"id": "O1"}]}, "awards": [{"id": "A1"}]}
    assert "Ana" not in str(one)


def test_a_person_under_a_pseudonym_keeps_neither_name_nor_address(plan: Plan) -> None:
    one = state(plan, person_rows(plan), {"1": ANA}, rules=person_rules("pseudonym", "pseudonym"))
    (party,) = one.document["parties"]
    assert party["id"].startswith("PERSON-")
    assert party == {"id": party["id"], "name": "Individual (name withheld)", "roles": ["supplier", "tenderer"]}
    assert one.document["awards"][0]["suppliers"] == [{"id": party["id"], "name": party["name"]}]
    assert "Ana" not in str(one.document)
    assert "Elm" not in str(one.document)


def test_the_roles_of_a_person_are_decided_one_by_one(plan: Plan) -> None:
    document = state(plan, person_rows(plan), {"1": ANA}, rules=person_rules("withhold", "publish")).document
    assert document["bids"]["details"] == [{"id": "O1"}]
    assert document["parties"] == [{**ANA.data, "roles": ["supplier"]}]


def test_what_a_condition_withholds_takes_the_parties_with_it_that_nothing_else_names(plan: Plan) -> None:
    sealed = Condition(("bids", "details", "tenderers"), ("tender", "status"), frozenset({"active"}), when=False)
    rows = {
        "calls": [row(plan, "calls", "C1", tender__status="active")],
        "offers": [
            row(plan, "offers", "O1", bids__details__tenderers="1"),
            row(plan, "offers", "O2", bids__details__tenderers="2"),
        ],
        "awards": [row(plan, "awards", "A1")],
        "winners": [row(plan, "winners", "w", container="awards/A1", awards__suppliers="1")],
    }
    rules = DisclosureRules(OPEN.persons, (sealed,), b"", "en")
    one = state(plan, rows, {"1": vendor("1", "One"), "2": vendor("2", "Two")}, rules=rules)
    assert one.document["bids"]["details"] == [{"id": "O1"}, {"id": "O2"}]
    assert one.document["parties"] == [{"id": "V-1", "name": "One", "roles": ["supplier"]}]
    assert "Two" not in str(one.document)


def test_a_place_for_one_organization_lists_only_the_one_that_stands_there() -> None:
    extra = {"path": "buyer", "from": "winners.vendor_no", "role": "buyer"}
    plan = compiled({"parties.vendor.references.-": extra})
    rows = {
        "calls": [row(plan, "calls", "C1")],
        "awards": [row(plan, "awards", "A1")],
        "winners": [row(plan, "winners", key, container="awards/A1", buyer=key) for key in ("1", "2")],
    }
    one = state(plan, rows, {"1": vendor("1", "One"), "2": vendor("2", "Two")})
    assert one.document["buyer"] == {"id": "V-2", "name": "Two"}
    assert one.document["parties"] == [{"id": "V-2", "name": "Two", "roles": ["buyer"]}]
    assert one.findings == [MappingFinding("buyer", "several_organizations", "2", "winners:2")]


def test_provenance_names_the_row_of_every_entry(plan: Plan) -> None:
    rows = {
        "calls": [row(plan, "calls", "C1")],
        "awards": [row(plan, "awards", "A1")],
        "winners": [row(plan, "winners", "w", container="awards/A1", awards__suppliers="1")],
        "contracts": [row(plan, "contracts", "K1")],
        "payments": [row(plan, "payments", "K1-1", container="contracts/K1")],
    }
    assert state(plan, rows, {"1": vendor("1", "One")}).provenance == [
        ("", "calls:C1"),
        ("awards/A1", "awards:A1"),
        ("awards/A1", "winners:w"),
        ("contracts/K1", "contracts:K1"),
        ("contracts/K1/implementation/transactions/K1-1", "payments:K1-1"),
        ("parties/V-1", "vendors:1"),
    ]


@pytest.mark.parametrize(
    ("times", "latest"),
    [
        ((None, None), None),
        (("2026-01-01T00:00:00Z", None), "2026-01-01T00:00:00Z"),
        ((None, "2026-01-02T00:00:00Z"), "2026-01-02T00:00:00Z"),
        (("2026-01-03T00:00:00Z", "2026-01-02T00:00:00Z"), "2026-01-03T00:00:00Z"),
        (("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), "2026-01-02T00:00:00Z"),
    ],
)
def test_a_state_is_as_new_as_its_newest_row(
    plan: Plan, times: tuple[str | None, str | None], latest: str | None
) -> None:
    rows = {
        "calls": [row(plan, "calls", "C1", modified=times[0])],
        "lines": [row(plan, "lines", "1", modified=times[1])],
    }
    assert state(plan, rows).modified == latest


def test_findings_of_rows_and_parties_go_with_the_state(plan: Plan) -> None:
    cell = SEPARATOR.join(("tender/value/amount", "not_a_number", "much"))
    rows = {
        "calls": [row(plan, "calls", "C1", findings=[cell, "late\n\nodd"])],
        "offers": [row(plan, "offers", "O1", bids__details__tenderers="1")],
    }
    party = Organization(
        {"id": "V-1"}, person=False, row="vendors:1", findings="parties/x" + SEPARATOR + "c" + SEPARATOR
    )
    assert state(plan, rows, {"1": party}).findings == [
        MappingFinding("tender/value/amount", "not_a_number", "much", "calls:C1"),
        MappingFinding("", "note", "late", "calls:C1"),
        MappingFinding("", "note", "odd", "calls:C1"),
        MappingFinding("parties/x", "c", "", "vendors:1"),
    ]


def test_what_a_party_gives_one_process_is_not_changed_by_another(plan: Plan) -> None:
    vendors = {"1": vendor("1", "One", address={"locality": "Lampton"})}
    rows = {
        "calls": [row(plan, "calls", f"C{number}", process=f"C{number}") for number in (1, 2)],
        "offers": [row(plan, "offers", "O1", process="C1", bids__details__tenderers="1")],
        "payments": [],
    }
    rows["offers"].append(row(plan, "offers", "O2", process="C2", bids__details__tenderers="1"))
    first, second = states(plan, rows, vendors)
    assert first.document["parties"] == second.document["parties"]
    assert vendors["1"].data == {"id": "V-1", "name": "One", "address": {"locality": "Lampton"}}


AWARDS = st.lists(st.lists(st.integers(0, 6), max_size=4), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    processes=st.lists(AWARDS, min_size=1, max_size=4),
    names=st.lists(st.none() | st.text("abc", min_size=1, max_size=3), min_size=7, max_size=7),
    persons=st.sets(st.integers(0, 6)),
    rule=st.sampled_from(["withhold", "pseudonym", "publish"]),
)
def test_nothing_of_one_supplier_shows_with_another(
    processes: list[list[list[int]]], names: list[str | None], persons: set[int], rule: Any
) -> None:
    plan = PLAN
    vendors = {
        str(number): vendor(str(number), f"{name}{number}" if name else None, person=number in persons)
        for number, name in enumerate(names)
    }
    rows: dict[str, list[tuple[Any, ...]]] = {"calls": [], "awards": [], "winners": []}
    for number, awards in enumerate(processes):
        process = f"C{number}"
        rows["calls"].append(row(plan, "calls", process, process=process))
        for at, winners in enumerate(awards):
            rows["awards"].append(row(plan, "awards", f"A{at}", process=process))
            rows["winners"] += [
                row(
                    plan,
                    "winners",
                    f"{at}.{place}",
                    process=process,
                    container=f"awards/A{at}",
                    awards__suppliers=str(key),
                )
                for place, key in enumerate(winners)
            ]
    rules = DisclosureRules({"supplier": rule}, (), b"key", "en")
    shown = {
        str(number): (
            None
            if number in persons and rule == "withhold"
            else rules.pseudonym(f"V-{number}")
            if number in persons and rule == "pseudonym"
            else vendors[str(number)].data
        )
        for number in range(7)
    }
    for awards, one in zip(processes, states(plan, rows, vendors, rules=rules), strict=True):
        expected = [[shown[str(key)] for key in dict.fromkeys(winners) if shown[str(key)]] for winners in awards]
        assert [award.get("suppliers", []) for award in one.document["awards"]] == expected
        listed = {party["id"]: {key: value for key, value in party.items() if key != "roles"}
                  for party in one.document.get("parties", ())}  # fmt: skip
        assert listed == {data["id"]: data for suppliers in expected for data in suppliers if data}
        assert len(one.document.get("parties", ())) == len(listed)


PLAN = compiled()
