"""Toronto's calls, awards and contracts: what a correct import must do, on made-up rows and on the real files."""

import csv
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from city_import import Imported, State

AWARDED, CALLS, DIRECT = "Awarded Contracts.csv", "All Solicitations.csv", "Non-Competitive Contracts.csv"


def award(number: str, supplier: str = "Bench Makers Ltd.", **changes: str) -> dict[str, str]:
    return {
        "_id": "1",
        "Document Number": number,
        "RFx (Solicitation) Type": "RFT",
        "High Level Category": "Construction Services",
        "Successful Supplier": supplier,
        "Award": "100.50",
        "Award Authority Obtained Date": "2024-07-01",
        "Division": "Toronto Water",
        "Buyer Name": "Rosa Prueba",
        "Buyer Email": "rosa.prueba@toronto.example",
        "Solicitation Document Description": "Benches",
        "Wards": "",
        **changes,
    }


def call(number: str, **changes: str) -> dict[str, str]:
    return {
        "_id": "1",
        "Document Number": number,
        "RFx (Solicitation) Type": "RFP",
        "NOIP (Notice of Intended Procurement) Type": "Notice of Intended Procurement",
        "Issue Date": "2024-05-01",
        "Submission Deadline": "2024-06-01",
        "High Level Category": "Professional Services",
        "Solicitation Document Description": "Advice on benches",
        "Division": "City Planning",
        "Wards": "",
        **changes,
    }


def direct(number: str, supplier: str = "Bench Makers Ltd.", **changes: str) -> dict[str, str]:
    return {
        "_id": "1",
        "Workspace Number": number,
        "Reason": "Emergency",
        "Contract Date": "2024-03-01",
        "Supplier Name": supplier,
        "Contract Amount": "10",
        "Division": "Fire Services",
        "Wards": "None",
        **changes,
    }


@pytest.fixture
def toronto(made_up: Callable[..., Imported]) -> Callable[..., Imported]:
    """Import made-up rows; each file has at least a row of its own that no test looks at."""

    def imported(*rows: dict[str, str]) -> Imported:
        files = {AWARDED: [award("9000000001")], CALLS: [call("9000000002")], DIRECT: [direct("90003")]}
        for row in rows:
            file = AWARDED if "Award" in row else DIRECT if "Workspace Number" in row else CALLS
            files[file].append(row)
        return made_up("toronto", files)

    return imported


def test_rows_of_one_document_are_one_process_with_an_award_per_row(toronto: Callable[..., Imported]) -> None:
    state = toronto(
        call("1234567890"), award(" 1234567890 ", "A Ltd."), award("1234567890", "B Ltd."),
        award("1234567890", "B Ltd.", Award="7"),
    ).states["toronto-bid-1234567890"]  # fmt: skip

    assert [entry["id"] for entry in state["awards"]] == [
        "1234567890-a-ltd",
        "1234567890-b-ltd",
        "1234567890-b-ltd-2",
    ]
    assert state["tender"]["tenderPeriod"] == {
        "startDate": "2024-05-01T00:00:00-04:00",
        "endDate": "2024-06-01T23:59:59-04:00",
    }
    assert state["tender"]["status"] == "complete"
    assert "contracts" not in state


def test_a_call_and_a_contract_with_one_number_stay_apart(toronto: Callable[..., Imported]) -> None:
    found = toronto(award("1234567890"), direct("1234567890"))

    assert {"toronto-bid-1234567890", "toronto-noncompetitive-1234567890"} < set(found.states)
    state = found.states["toronto-noncompetitive-1234567890"]
    assert state["tender"]["procurementMethod"] == "direct"
    assert state["contracts"][0]["value"] == {"amount": 10, "currency": "CAD"}
    assert "value" not in state["awards"][0]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (" No. 1234567890 ", "1234567890"),
        (" 1234567890)", "1234567890"),
        ("\ufffd1234567890", "1234567890"),
        ("1234567890 (9876543210)", "1234567890-9876543210"),
        ("Notice1234567", "Notice1234567"),
    ],
)
def test_document_numbers_are_cleaned_and_never_guessed(
    toronto: Callable[..., Imported], cell: str, number: str
) -> None:
    assert f"toronto-bid-{number}" in toronto(award(cell)).states


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "no document number"),
        ("xxxxxxxx", "the document number is a placeholder"),
        ("123456test", "the document number marks a test"),
        ("3.77E+1100", "a spreadsheet has destroyed the document number"),
    ],
)
def test_what_is_no_document_number_is_held(toronto: Callable[..., Imported], cell: str, reason: str) -> None:
    found = toronto(call(cell), award(cell))

    assert found.held == {("solicitations", reason): 1, ("awarded", reason): 1}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("771,931.57", {"amount": 771931.57, "currency": "CAD"}),
        ("$ 2,396,696.24", {"amount": 2396696.24, "currency": "CAD"}),
        ("$330,000 CAD", {"amount": 330000, "currency": "CAD"}),
        ("1,000.00 USD", {"amount": 1000, "currency": "USD"}),
        ("942467.", {"amount": 942467, "currency": "CAD"}),
        ("0", {"amount": 0, "currency": "CAD"}),
        ("76869.899999999994", {"amount": 76869.9, "currency": "CAD"}),
        ("None", None),
        ("", None),
    ],
)
def test_a_cell_that_is_one_amount_is_read(
    toronto: Callable[..., Imported], cell: str, value: dict[str, object] | None
) -> None:
    found = toronto(award("1234567890", Award=cell))

    assert found.states["toronto-bid-1234567890"]["awards"][0].get("value") == value
    assert not found.findings


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("31.65/MT", "a unit price is no amount"),
        ("3501.872.63", "several amounts run together, or one that is broken"),
        ("76500.0025.95625.00", "several amounts run together, or one that is broken"),
        ("$982, 900", "several amounts run together, or one that is broken"),
        ("S2,035,000.00", "not an amount"),
        ("9054510208", "an amount of a billion or more is left out"),
    ],
)
def test_no_digits_are_cut_out_of_another_cell(toronto: Callable[..., Imported], cell: str, kind: str) -> None:
    found = toronto(award("1234567890", Award=cell))

    assert "value" not in found.states["toronto-bid-1234567890"]["awards"][0]
    assert [value for _, _, value, _ in found.findings] == [f"{kind}: {cell}"]


def test_confidential_is_no_supplier(toronto: Callable[..., Imported]) -> None:
    found = toronto(direct("123", "Confidential", Division="Confidential"))

    state = found.states["toronto-noncompetitive-123"]
    assert state["awards"] == [{"id": "123-undisclosed", "status": "active"}]
    assert not any("confidential" in party["name"].lower() for party in state.get("parties", []))
    assert found.kinds == {"the supplier is not named": 1}


def test_wards_are_told_apart(toronto: Callable[..., Imported]) -> None:
    found = toronto(award("1234567890", Wards="Ward 3 Etobicoke-Lakeshore,Ward 12 Toronto-St. Paul’s"))

    (item,) = found.states["toronto-bid-1234567890"]["tender"]["items"]
    assert item["deliveryLocation"]["gazetteer"] == {"scheme": "CA-TORONTO-WARD", "identifiers": ["3", "12"]}


@pytest.mark.parametrize(
    ("cell", "buyer"),
    [
        ("Parks, Forestry & Recreation", ("parks-forestry-and-recreation", "Parks, Forestry & Recreation")),
        ("Parks, Forestry and Recreation", ("parks-forestry-and-recreation", "Parks, Forestry & Recreation")),
        ("Children\ufffds Services", ("childrens-services", "Children's Services")),
        ("Toronto Public Health,Public Health", ("toronto-public-health", "Toronto Public Health")),
        (
            "Fleet Services,Parks, Forestry & Recreation",
            ("fleet-services+parks-forestry-and-recreation", "Fleet Services; Parks, Forestry & Recreation"),
        ),
        ("Confidential", None),
    ],
)
def test_divisions_are_found_by_the_list(
    toronto: Callable[..., Imported], cell: str, buyer: tuple[str, str] | None
) -> None:
    found = toronto(direct("123", Division=cell)).states["toronto-noncompetitive-123"].get("buyer")

    assert found == (buyer and {"id": f"TORONTO-DIVISION-{buyer[0]}", "name": buyer[1]})


def test_unknown_words_are_reported(toronto: Callable[..., Imported]) -> None:
    found = toronto(direct("123", Division="Ministry of Benches", Reason="Whim"))

    assert found.kinds == {"unknown division": 1, "unknown_code": 1}


def test_both_spellings_of_a_reason_and_of_a_category_are_one(toronto: Callable[..., Imported]) -> None:
    found = toronto(
        direct("1", Reason="Work already completed"), direct("2", Reason=" Work Already Completed"),
        call("1000000001", **{"High Level Category": "Goods & Services"}),
        call("1000000002", **{"High Level Category": "Goods and Services"}),
    )  # fmt: skip
    tenders = {ocid: state["tender"] for ocid, state in found.states.items()}

    assert {tenders[f"toronto-noncompetitive-{number}"]["procurementMethodRationale"] for number in (1, 2)} == {
        "Work Already Completed"
    }
    for number in (1, 2):
        assert tenders[f"toronto-bid-100000000{number}"]["additionalProcurementCategories"] == ["goods", "services"]


@pytest.mark.parametrize("name", ["Rosa Prueba", "PRUEBA, ROSA", "Dr. Rosa Prueba", "ROSA M. PRUEBA"])
def test_natural_persons_are_withheld(toronto: Callable[..., Imported], name: str) -> None:
    state = toronto(award("1234567890", name)).states["toronto-bid-1234567890"]

    assert "suppliers" not in state["awards"][0]
    assert "prueba" not in str(state).lower()


@pytest.mark.parametrize(
    "name", ["Rose Paving Ltd.", "PRO AQUA, INC", "John Deere Canada ULC", "KPMG LLP", "Smith & Jones"]
)
def test_firms_are_named(toronto: Callable[..., Imported], name: str) -> None:
    (supplier,) = toronto(award("1234567890", name)).states["toronto-bid-1234567890"]["awards"][0]["suppliers"]

    assert supplier["name"] == name


@pytest.mark.parametrize(
    ("text", "published"),
    [
        ("Write to rosa.prueba@toronto.example.", "Write to [e-mail address removed]."),
        ("Call 416-555-0100 or (416) 555-0199", "Call [telephone number removed] or [telephone number removed]"),
        ("Dial +1 416-555-0100,,123456# now", "Dial [telephone number removed] now"),
        ("PO No. 6054971 issued on Oct 17 by Rosa Prueba", "PO No. 6054971 issued on Oct 17 by [name removed]"),
        ("Questions can be sent to Rosa Prueba today", "Questions can be sent to [name removed] today"),
        ("Sewers from John Street to William Street", "Sewers from John Street to William Street"),
        ("PO No. 6054971-1234", "PO No. 6054971-1234"),
    ],
)
def test_contact_details_in_texts_are_left_out(toronto: Callable[..., Imported], text: str, published: str) -> None:
    found = toronto(call("1234567890", **{"Solicitation Document Description": text}))

    assert found.states["toronto-bid-1234567890"]["tender"]["description"] == published
    assert found.kinds["contact details are left out of the description"] == (text != published)


def test_of_several_notices_the_last_one_counts(toronto: Callable[..., Imported]) -> None:
    found = toronto(
        call("1234567890", **{"Submission Deadline": "2024-06-20"}),
        call("1234567890", **{"Submission Deadline": "2024-06-01"}),
        call("1234567890", **{"NOIP (Notice of Intended Procurement) Type": "Advanced Notice of Intended Procurement",
                              "Issue Date": "2024-05-02"}),
    )  # fmt: skip

    assert found.states["toronto-bid-1234567890"]["tender"]["tenderPeriod"]["endDate"] == "2024-06-20T23:59:59-04:00"
    assert found.kinds["several notices have this document number"] == 1
    assert found.tables["solicitations"]["released"] == 4


def test_a_row_that_stands_there_twice_counts_once(toronto: Callable[..., Imported]) -> None:
    found = toronto(award("1234567890", _id="5"), award("1234567890", _id="6"))

    assert len(found.states["toronto-bid-1234567890"]["awards"]) == 1
    assert found.tables["awarded"]["reasons"] == {"duplicate_row": 1}


def test_of_several_spellings_of_a_supplier_that_of_the_earliest_award_counts(toronto: Callable[..., Imported]) -> None:
    date = "Award Authority Obtained Date"
    found = toronto(
        award("1234567890", "BENCH MAKERS LTD"), award("1234567890", "Bench Makers Ltd."),
        award("1234567891", "Bench Makers Ltd.", **{date: "2024-07-02"}), award("1234567891", "BENCH MAKERS LTD"),
    )  # fmt: skip

    names = [found.states[f"toronto-bid-{number}"]["parties"][-1]["name"] for number in ("1234567890", "1234567891")]
    assert names == ["Bench Makers Ltd.", "BENCH MAKERS LTD"]


def test_a_day_may_come_with_midnight(toronto: Callable[..., Imported]) -> None:
    found = toronto(call("1234567890", **{"Issue Date": "2024-05-01T00:00:00", "Submission Deadline": "2024-06-01"}))

    assert found.states["toronto-bid-1234567890"]["tender"]["tenderPeriod"] == {
        "startDate": "2024-05-01T00:00:00-04:00",
        "endDate": "2024-06-01T23:59:59-04:00",
    }


def test_the_place_of_a_row_decides_nothing(made_up: Callable[..., Imported]) -> None:
    awards = [award("1000000001"), award("1000000002", Award="1"), award("1000000002", "BENCH MAKERS LTD", Award="2")]
    calls = [call("1000000001"), call("1000000001", **{"Solicitation Document Description": "Other words"})]
    direct_rows = [direct("1"), direct("2")]
    made_up("toronto", {AWARDED: awards, CALLS: calls, DIRECT: direct_rows})

    moved = made_up(
        "toronto", {AWARDED: [award("1000000003"), *awards[::-1]], CALLS: calls[::-1], DIRECT: direct_rows[::-1]}, 1
    )

    assert [line["ocid"] for line in moved.releases] == ["ocds-213czf-toronto-bid-1000000003"]


def test_what_vanishes_from_the_files_is_no_longer_known(made_up: Callable[..., Imported]) -> None:
    awards = [award("1000000001"), award("1000000002"), award("1000000002", Award="2")]
    others = {CALLS: [call("1000000003")], DIRECT: [direct("1")]}
    made_up("toronto", {AWARDED: awards, **others})

    later = made_up("toronto", {AWARDED: awards[:2], **others}, 1)

    assert [line["ocid"] for line in later.releases] == ["ocds-213czf-toronto-bid-1000000002"]


def test_buyers_staff_never_reach_the_lake(toronto: Callable[..., Imported]) -> None:
    found = toronto(award("1234567890"))

    files = [path for path in found.run.place.root.rglob("*") if path.is_file()]
    assert files
    assert not any(b"rosa.prueba" in path.read_bytes() for path in files)


# The real files -------------------------------------------------------------------------------------------------------


@pytest.fixture
def city(real: Callable[[str, str], Imported]) -> Imported:
    return real("toronto", "toronto")


@pytest.fixture
def rows(reference: Path) -> Callable[[str], list[dict[str, str]]]:
    def read(name: str) -> list[dict[str, str]]:
        with (reference / "data" / "toronto" / name).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    return read


def test_every_record_is_released_or_held_with_its_reason(city: Imported) -> None:
    held: Counter[str] = Counter()
    for (table, _), count in city.held.items():
        held[table] += count

    assert {name: table["rows"] for name, table in city.tables.items()} == {
        "awarded": 7_613, "solicitations": 917, "noncompetitive": 2_931,
    }  # fmt: skip
    for name, table in city.tables.items():
        assert table["released"] + held[name] + table["reasons"].get("duplicate_row", 0) == table["rows"]
    assert city.held["solicitations", "no document number"] == 8
    assert city.held["awarded", "not a purchase: the city sells (Offer to Purchase)"] == 5
    assert city.verdict.quarantined == 0


def test_each_row_is_one_award(city: Imported) -> None:
    competitive = [state for ocid, state in city.states.items() if ocid.startswith("toronto-bid-")]
    without = [state for ocid, state in city.states.items() if ocid.startswith("toronto-noncompetitive-")]

    assert sum(len(state.get("awards", [])) for state in competitive) == city.tables["awarded"]["released"]
    assert sum(len(state["contracts"]) for state in without) == city.tables["noncompetitive"]["released"]
    assert not any("contracts" in state for state in competitive)
    assert len(competitive) + len(without) == len(city.states)


def test_unmatched_awards_are_processes_of_their_own(
    city: Imported, rows: Callable[[str], list[dict[str, str]]]
) -> None:
    ten_digits = {
        row["Document Number"]
        for row in rows(AWARDED)
        if re.fullmatch("[0-9]{10}", row["Document Number"]) and row["RFx (Solicitation) Type"] != "OTP"
    }

    assert {f"toronto-bid-{number}" for number in ten_digits} <= set(city.states)
    # With the award of a call known by its number only 18 processes have both.
    assert sum("tenderPeriod" in state["tender"] and "awards" in state for state in city.states.values()) >= 15


def test_zeros_are_published_and_words_for_nothing_are_not(
    city: Imported, rows: Callable[[str], list[dict[str, str]]]
) -> None:
    cells = Counter(row["Award"].strip(" $") for row in rows(AWARDED))
    zeros = sum(count for cell, count in cells.items() if re.fullmatch(r"0(\.0+)?", cell))
    published = [entry["value"]["amount"] for entry in city.entries("awards") if "value" in entry]

    assert published.count(0) == zeros >= 118
    assert max(published) < 1_000_000_000
    assert city.kinds["several amounts run together, or one that is broken"] == 29
    assert len(published) < city.tables["awarded"]["released"] - cells["None"] - cells[""]


def test_unnamed_suppliers_make_no_company(city: Imported) -> None:
    undisclosed = [entry for entry in city.entries("awards") if entry["id"].endswith("-undisclosed")]

    assert len(undisclosed) >= 48
    assert not any("suppliers" in entry for entry in undisclosed)
    assert not [party for party in city.parties("supplier") if "confidential" in party["name"].lower()]


def test_no_natural_person_is_named(city: Imported) -> None:
    assert not re.search(r"(?i)sample[0-9]{2}|alex\.?.?buyer", str(city.states))


def test_all_words_of_the_source_are_known(city: Imported) -> None:
    assert not city.kinds["unknown_code"]
    assert not city.kinds["unknown division"]
    assert not city.kinds["wards can't be told apart"]
    assert city.kinds["the deadline is before the date of issue"] == 1


def test_all_wards_of_the_city_are_met(city: Imported) -> None:
    def wards(state: State) -> list[str]:
        return [
            ward
            for item in state["tender"].get("items", [])
            for ward in item["deliveryLocation"]["gazetteer"]["identifiers"]
        ]

    assert {ward for state in city.states.values() for ward in wards(state)} == {str(number) for number in range(1, 26)}
