"""Scottsdale's solicitations: what a correct import must do, on made-up rows and on the real file."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from city_import import Imported

from pregon.sources.base import SourceEncodingError

MakeUp = Callable[..., Imported]
NUMBER = "21PB001"


@pytest.fixture
def one(made_up: MakeUp) -> Callable[..., dict[str, Any]]:
    """Import one solicitation, and give its tender."""

    def imported(**changes: str) -> dict[str, Any]:
        found = made_up("scottsdale", {"solicitations.csv": [row(**changes)]})
        return found.states[f"scottsdale-{NUMBER}"]["tender"]

    return imported


def row(**changes: str) -> Mapping[str, str]:
    return {
        "SolicitationID": "900001",
        "Solicitation": NUMBER,
        "SoliciationType": "Public Bid",
        "Title": "PUBLIC BID<BR>Playground benches",
        "CloseDate": "2021-07-06 15:00:00",
        "Description": "",
        "Status": "Posted",
        "Estimate": "$12,500",
        **changes,
    }


def test_a_title_begins_after_the_first_break(one: Callable[..., dict[str, Any]]) -> None:
    assert one(Title="PUBLIC BID<BR>Benches<BR>and tables")["title"] == "Benches<BR>and tables"


def test_local_time_knows_no_daylight_saving(one: Callable[..., dict[str, Any]]) -> None:
    assert one()["tenderPeriod"] == {"endDate": "2021-07-06T15:00:00-07:00"}


def test_a_day_without_an_hour_lasts_to_its_end(one: Callable[..., dict[str, Any]]) -> None:
    assert one(CloseDate="2021-01-06 00:00:00")["tenderPeriod"] == {"endDate": "2021-01-06T23:59:59-07:00"}


def test_the_first_day_of_1900_is_no_date(made_up: MakeUp) -> None:
    found = made_up("scottsdale", {"solicitations.csv": [row(CloseDate="1900-01-01 00:00:00")]})

    assert "tenderPeriod" not in found.states[f"scottsdale-{NUMBER}"]["tender"]
    assert not found.findings


@pytest.mark.parametrize(
    ("estimate", "values"),
    [
        ("$12,500", {"value": {"amount": 12500, "currency": "USD"}}),
        (
            "$2,000 - $3,000",
            {"minValue": {"amount": 2000, "currency": "USD"}, "value": {"amount": 3000, "currency": "USD"}},
        ),
        ("$0", {}),
        ("$0 - $0", {}),
    ],
)
def test_an_estimate_is_an_amount_a_range_or_absent(
    one: Callable[..., dict[str, Any]], estimate: str, values: dict[str, Any]
) -> None:
    tender = one(Estimate=estimate)

    assert {key: tender[key] for key in ("minValue", "value") if key in tender} == values


def test_an_estimate_in_words_is_a_finding(made_up: MakeUp) -> None:
    found = made_up("scottsdale", {"solicitations.csv": [row(Estimate="about $5")]})

    assert [value for _, _, value, _ in found.findings] == ["estimate is neither an amount nor a range: about $5"]


def test_the_text_of_a_description_goes_nowhere(made_up: MakeUp) -> None:
    found = made_up("scottsdale", {"solicitations.csv": [row(Description="internal: ask the manager first")]})

    files = [path for path in found.run.place.root.rglob("*") if path.is_file()]
    assert files
    assert not any(b"ask the manager" in path.read_bytes() for path in files)
    assert "description" not in found.states[f"scottsdale-{NUMBER}"]["tender"]


def test_bytes_of_another_encoding_fail_and_are_not_replaced(made_up: MakeUp) -> None:
    with pytest.raises(SourceEncodingError, match="0x9d"):
        made_up("scottsdale", {"solicitations.csv": [row(Title="PUBLIC BID<BR>The “Bench” in UTF-8")]})


@pytest.mark.parametrize("kind", ["Offer to Purchase", "Request For Information"])
def test_what_is_no_purchase_is_held(made_up: MakeUp, kind: str) -> None:
    other = row(SolicitationID="900002", Solicitation="21OP001", SoliciationType=kind)

    found = made_up("scottsdale", {"solicitations.csv": [row(), other]})

    assert set(found.states) == {f"scottsdale-{NUMBER}"}
    assert [(table, kind in reason) for table, reason in found.held] == [("solicitations", True)]


# The real file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def city(real: Callable[[str, str], Imported]) -> Imported:
    return real("scottsdale", "scottsdale")


def test_every_record_is_released_or_held_with_its_reason(city: Imported) -> None:
    assert city.tables["solicitations"]["rows"] == 6026
    assert len(city.states) == 6026 - 51 - 4
    assert city.held == {
        ("solicitations", "not a purchase: the city sells (Offer to Purchase)"): 51,
        ("solicitations", "not a purchase: the city only asks the market (Request For Information)"): 4,
    }
    assert city.verdict.quarantined == 0


def test_no_award_is_made_up(city: Imported) -> None:
    tenders = [state["tender"] for state in city.states.values()]

    assert {key for state in city.states.values() for key in state} == {"tender", "buyer", "parties"}
    assert sum(tender["status"] == "complete" for tender in tenders) == 5926 - 51 - 4
    assert sum(tender["status"] == "unsuccessful" for tender in tenders) == 50 + 12
    assert sum(tender["status"] == "active" for tender in tenders) == 16 + 11 + 11


def test_every_tender_keeps_the_words_of_its_type(city: Imported) -> None:
    tenders = [state["tender"] for state in city.states.values()]
    by_method = {
        method: {tender["procurementMethodDetails"] for tender in tenders if tender.get("procurementMethod") == method}
        for method in ("open", "limited", "direct", None)
    }

    assert all(tender["procurementMethodDetails"] for tender in tenders)
    assert by_method["open"] == {"Public Bid", "Request For Proposal"}
    assert by_method["limited"] == {"Informal Request For Proposal"}
    assert by_method["direct"] == {"Sole Source", "Sole Source Exclusion of Alternates", "Emergency Purchase"}
    assert len(by_method[None]) == 5
    assert "unknown_code" not in city.kinds


def test_no_title_repeats_the_type(city: Imported) -> None:
    titles = [state["tender"].get("title") for state in city.states.values()]

    assert titles.count(None) <= 2
    assert not any("<BR>" in title for title in titles if title)


def test_no_tender_is_worth_nothing(city: Imported) -> None:
    values = [
        state["tender"][key]
        for state in city.states.values()
        for key in ("value", "minValue")
        if key in state["tender"]
    ]

    assert min(value["amount"] for value in values) > 0
    assert sum("minValue" in state["tender"] for state in city.states.values()) <= 872 - 516


def test_impossible_dates_are_findings(city: Imported) -> None:
    ends = [state["tender"].get("tenderPeriod", {}).get("endDate") for state in city.states.values()]

    assert min(end for end in ends if end) >= "1996"
    assert {end[-6:] for end in ends if end} == {"-07:00"}
    assert city.kinds["date_out_of_range"] == 2


def test_the_punctuation_of_windows_1252_is_read(city: Imported) -> None:
    text = "".join(state["tender"].get("title", "") for state in city.states.values())

    assert not any("\x80" <= character <= "\x9f" or character == "\ufffd" for character in text)
