"""Chicago's contracts and revisions: what a correct import must do, on made-up rows and on the real sample."""

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from city_import import Imported

from pregon import pipeline

MakeUp = Callable[..., Imported]


def row(contract: str, revision: str, **changes: str) -> dict[str, str]:
    return {
        "Purchase Order Description": "BENCHES",
        "Purchase Order (Contract) Number": contract,
        "Revision Number": revision,
        "Specification Number": "B1234",
        "Contract Type": "COMMODITIES",
        "Start Date": "01/01/2020",
        "End Date": "12/31/2020",
        "Approval Date": "01/15/2020",
        "Department": "DEPARTMENT OF TESTS",
        "Vendor Name": "BENCH MAKERS, INC.",
        "Vendor ID": "00012345T",
        "Address 1": "1 MAIN ST",
        "Address 2": "",
        "City": "CHICAGO",
        "State": "IL",
        "Zip": "60601",
        "Award Amount": "100.00",
        "Procurement Type": "BID",
        "Contract PDF": "",
        **changes,
    }


VENDOR = {
    "VENDOR ID": "00012345T",
    "VENDOR": "BENCH MAKERS",
    "ADDRESS LINE 1": "2 REGISTER AVE",
    "ADDRESS LINE 2": "",
    "CITY": "CHICAGO",
    "STATE": "IL",
    "ZIP CODE": "60602",
}


@pytest.fixture
def contracts(made_up: MakeUp) -> MakeUp:
    """Import made-up revisions."""

    def imported(*rows: Mapping[str, str]) -> Imported:
        return made_up("chicago", {"contracts_20k.csv": rows, "vendors.csv": [VENDOR]})

    return imported


def only(found: Imported) -> dict[str, Any]:
    (contract,) = found.entries("contracts")
    return contract


def test_revisions_become_one_contract_with_amendments_in_order_of_approval(contracts: MakeUp) -> None:
    found = contracts(
        row("T001", "D404171", **{"Approval Date": "03/01/2020", "Award Amount": "-30.10", "End Date": ""}),
        row("T001", "10", **{"Approval Date": "05/01/2020", "Award Amount": "0.00", "End Date": ""}),
        row("T001", "0"),
        row("T001", "2", **{"Approval Date": "02/01/2020", "Award Amount": "5.05", "End Date": "06/30/2021"}),
    )

    assert set(found.states) == {"chicago-T001"}
    assert [entry["id"] for entry in only(found)["amendments"]] == ["2", "D404171", "10"]
    assert only(found)["value"] == {"amount": 74.95, "currency": "USD"}
    assert only(found)["period"]["endDate"] == "2021-06-30T23:59:59-05:00"
    assert found.entries("awards")[0]["value"] == {"amount": 100, "currency": "USD"}
    assert found.entries("awards")[0]["date"] == "2020-01-15T23:59:59-06:00"


def test_the_latest_word_on_the_end_counts(contracts: MakeUp) -> None:
    found = contracts(
        row("1", "0"),
        row("1", "1", **{"Approval Date": "02/01/2020", "End Date": "06/30/2021"}),
        row("1", "2", **{"Approval Date": "03/01/2020", "End Date": ""}),
    )

    assert only(found)["period"]["endDate"] == "2021-06-30T23:59:59-05:00"


def test_decimals_add_up_exactly(contracts: MakeUp) -> None:
    found = contracts(
        *(row("1", str(number), **{"Award Amount": "0.10", "Approval Date": "02/01/2020"}) for number in range(3))
    )

    assert only(found)["value"]["amount"] == 0.3


def test_a_negative_sum_is_a_finding_and_no_value(contracts: MakeUp) -> None:
    found = contracts(row("1", "1", **{"Award Amount": "-7.50"}))

    assert "value" not in only(found)
    assert found.kinds["negative sum of changes left out"] == 1
    assert found.kinds["revision 0 is missing"] == 1
    kinds = {finding["path"] for finding in pipeline.summary(found.run)["findings"]}  # type: ignore[attr-defined]
    assert "negative sum of changes left out" in kinds


def test_zero_is_zero(contracts: MakeUp) -> None:
    assert only(contracts(row("1", "0", **{"Award Amount": "0.00"})))["value"]["amount"] == 0


@pytest.mark.parametrize("cell", ["http://ecm.example/1.pdf", "VIEW (http://ecm.example/1.pdf)"])
def test_the_contract_itself_is_a_document(contracts: MakeUp, cell: str) -> None:
    assert only(contracts(row("1", "0", **{"Contract PDF": cell})))["documents"] == [
        {
            "id": "contract",
            "documentType": "contractSigned",
            "url": "http://ecm.example/1.pdf",
            "format": "application/pdf",
        }
    ]


def test_a_placeholder_joins_nothing(contracts: MakeUp) -> None:
    found = contracts(
        row("1", "0", **{"Specification Number": "99999999999"}),
        row("2", "0", **{"Specification Number": "99999999999", "Procurement Type": "", "Contract Type": ""}),
        row("3", "0"),
    )

    assert found.states["chicago-1"]["tender"]["id"] == "1"
    assert "tender" not in found.states["chicago-2"]
    assert found.states["chicago-3"]["tender"]["id"] == "B1234"


def test_impossible_dates_are_left_out_and_said(contracts: MakeUp) -> None:
    found = contracts(row("1", "0", **{"Start Date": "07/01/0201"}))

    assert only(found)["period"] == {"endDate": "2020-12-31T23:59:59-06:00"}
    assert [value for _, _, value, _ in found.findings if value.startswith("impossible")] == [
        "impossible date left out: start 0201-07-01"
    ]


def test_ids_stay_texts(contracts: MakeUp) -> None:
    found = contracts(row("028", "0"))

    assert set(found.states) == {"chicago-028"}
    assert found.parties("supplier")[0]["identifier"]["id"] == "00012345T"


def test_marks_of_the_payment_system_are_no_part_of_names_and_addresses(contracts: MakeUp) -> None:
    found = contracts(
        row("1", "0", **{"Vendor Name": "BENCH MAKERS 01", "Address 1": "1 MAIN ST  EFT"}),
        row("2", "0", **{"Vendor Name": "BENCH MAKERS|CLEANED-UP", "Address 1": "1 MAIN ST EFT STE 2"}),
        row("3", "0", **{"Vendor Name": "LOCAL 98"}),
    )

    by_process = [found.states[f"chicago-{number}"]["parties"][-1] for number in (1, 2, 3)]
    assert [party["name"] for party in by_process] == ["BENCH MAKERS", "BENCH MAKERS", "LOCAL 98"]
    assert [party["address"]["streetAddress"] for party in by_process[:2]] == ["1 MAIN ST", "1 MAIN ST STE 2"]


@pytest.mark.parametrize(
    "line",
    ["ATTN: ROSA PRUEBA", "ROSA PRUEBA", "& ROSA PRUEBA", "C/O ROSA PRUEBA", "BANK #0012345678", "ACCOUNT 12345",
     "FLORA PRUEBA", "0012345678"],
)  # fmt: skip
def test_lines_that_name_people_or_accounts_are_no_address(contracts: MakeUp, line: str) -> None:
    found = contracts(row("1", "0", **{"Address 1": line, "Address 2": "5 SIDE ST # 3 ATTN ROSA PRUEBA"}))

    assert found.parties("supplier")[0]["address"]["streetAddress"] == "5 SIDE ST # 3"


def test_the_register_fills_in_a_missing_address(contracts: MakeUp) -> None:
    found = contracts(
        row("1", "0", **{"Address 1": ""}),
        row("2", "0", **{"Vendor ID": "777X", "Address 1": ""}),
    )

    addresses = [found.states[f"chicago-{number}"]["parties"][-1]["address"] for number in (1, 2)]
    assert addresses[0]["streetAddress"] == "2 REGISTER AVE"
    assert "streetAddress" not in addresses[1]
    assert not found.held


def test_a_new_revision_and_a_new_address_in_the_register_reach_their_contracts(made_up: MakeUp) -> None:
    rows = [row("1", "0"), row("2", "0", **{"Address 1": ""}), row("3", "0")]
    made_up("chicago", {"contracts_20k.csv": rows, "vendors.csv": [VENDOR]})

    later = made_up(
        "chicago",
        {
            "contracts_20k.csv": [*rows, row("1", "1", **{"Approval Date": "02/01/2021"})],
            "vendors.csv": [{**VENDOR, "ADDRESS LINE 1": "3 REGISTER AVE"}],
        },
        1,
    )

    releases = {line["ocid"]: line["release"] for line in later.releases}
    assert set(releases) == {"ocds-213czf-chicago-1", "ocds-213czf-chicago-2"}
    assert releases["ocds-213czf-chicago-1"]["tag"] == ["contractAmendment"]
    assert releases["ocds-213czf-chicago-1"]["contracts"][0]["value"]["amount"] == 200
    assert releases["ocds-213czf-chicago-2"]["parties"][0]["address"]["streetAddress"] == "3 REGISTER AVE"


@pytest.mark.parametrize("name", ["INDIVIDUAL 0001", "PRUEBA, ROSA", "O'PRUEBA JR, ROSA M."])
def test_natural_persons_are_withheld(contracts: MakeUp, name: str) -> None:
    found = contracts(row("1", "0", **{"Vendor Name": name}))

    assert "suppliers" not in found.entries("awards")[0]
    assert not found.parties("supplier")


@pytest.mark.parametrize("name", ["BENCH, INC", "MGI, CORPORATION", "CHESHIRE, CT", "PRUEBA & SONS, LLC"])
def test_firms_with_a_comma_are_no_persons(contracts: MakeUp, name: str) -> None:
    assert contracts(row("1", "0", **{"Vendor Name": name})).parties("supplier")[0]["name"] == name


# The real sample ------------------------------------------------------------------------------------------------------


@pytest.fixture
def city(real: Callable[[str, str], Imported]) -> Imported:
    return real("chicago", "chicago")


@pytest.fixture
def rows(reference: Path) -> list[dict[str, str]]:
    with (reference / "data" / "chicago" / "contracts_20k.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_record_is_accounted_for(city: Imported) -> None:
    assert city.tables["contracts"]["rows"] == city.tables["contracts"]["released"] == 20_000
    assert city.tables["vendors"]["rows"] == 4_989
    assert city.tables["vendors"]["released"] == 808
    assert city.held == {("vendors", "no process refers to it"): 4_989 - 808}
    assert city.verdict.quarantined == 0


def test_each_contract_number_is_one_process_with_one_award_and_one_contract(city: Imported) -> None:
    assert len(city.states) == 13_258
    assert all(len(state["awards"]) == len(state["contracts"]) == 1 for state in city.states.values())
    assert all(
        state["contracts"][0]["id"] == ocid.removeprefix("chicago-") == state["contracts"][0]["awardID"]
        for ocid, state in city.states.items()
    )


def test_every_revision_but_the_first_is_an_amendment(city: Imported, rows: list[dict[str, str]]) -> None:
    later = sum(row["Revision Number"] != "0" for row in rows)
    amendments = [entry for contract in city.entries("contracts") for entry in contract.get("amendments", [])]

    assert len(amendments) == later
    for contract in city.entries("contracts"):
        dates = [entry["date"] for entry in contract.get("amendments", []) if "date" in entry]
        assert [date[:10] for date in dates] == sorted(date[:10] for date in dates)


def test_sums_are_those_of_the_rows_and_never_negative(city: Imported, rows: list[dict[str, str]]) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row_ in rows:
        sums[row_["Purchase Order (Contract) Number"]] += Decimal(row_["Award Amount"])
    published = {entry["id"]: entry["value"]["amount"] for entry in city.entries("contracts") if "value" in entry}

    assert published == {number: float(total) for number, total in sums.items() if total >= 0}
    assert city.kinds["negative sum of changes left out"] == sum(total < 0 for total in sums.values()) == 1_475
    assert list(published.values()).count(0) == sum(total == 0 for total in sums.values())


def test_dates_that_cannot_be_are_counted(city: Imported) -> None:
    starts = [
        entry["period"]["startDate"] for entry in city.entries("contracts") if "startDate" in entry.get("period", {})
    ]

    assert min(starts) >= "1990"
    assert city.kinds["impossible date left out"] == 3
    assert city.kinds["a revision starts after its end"] == 34
    assert "unknown_code" not in city.kinds


def test_vendors_are_known_by_their_id_and_people_are_not_named(city: Imported, rows: list[dict[str, str]]) -> None:
    ids = {row_["Vendor ID"] for row_ in rows}
    suppliers = city.parties("supplier")

    assert {party["identifier"]["id"] for party in suppliers} < ids
    assert not [party for party in suppliers if "INDIVIDUAL" in party["name"]]
    people = {row_["Purchase Order (Contract) Number"] for row_ in rows if row_["Vendor Name"].startswith("INDIVIDUAL")}
    assert sum("suppliers" not in entry for entry in city.entries("awards")) == len(people)


def test_no_contact_and_no_account_is_in_an_address(city: Imported) -> None:
    streets = [party.get("address", {}).get("streetAddress", "") for party in city.parties("supplier")]

    assert not [street for street in streets if "CONTACT" in street.upper() or "00000000" in street or " EFT" in street]
    assert sum(bool(street) for street in streets) > 0.98 * len(streets)
