"""Which indicators a publication makes computable, and what stands in the way of the others."""

import json
from typing import Any

import pytest

from expectations.coverage import Coverage, Verdict, computable, cover, indicators
from transforms.ocds import codelists, field_table, supported_extensions

EXTENSIONS = [name for name in supported_extensions() if name != "statistics"]


def verdicts(*documents: Any) -> dict[str, Verdict]:
    coverage = cover([json.dumps(one).encode() for one in documents], ["bids"], workers=1)
    return {verdict.indicator.id: verdict for verdict in computable(coverage)}


def tender(**fields: Any) -> dict[str, Any]:
    return {"tender": {"procurementMethod": "open", **fields}}


def test_all_indicators_and_red_flags_are_there() -> None:
    ids = [one.id for one in indicators()]

    assert [one.id for one in indicators() if one.kind == "kpi"] == [f"K{number:02}" for number in range(1, 43)]
    assert sum(one.first for one in indicators()) == 30
    assert [one.id for one in indicators() if one.kind == "red flag"] == [
        "R003", "R018", "R024", "R025", "R028", "R030", "R035", "R036", "R038", "R048", "R058"
    ]  # fmt: skip
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("indicator", indicators(), ids=lambda one: one.id)
def test_what_they_need_are_paths_and_codes_of_the_standard_or_of_its_extensions(indicator: Any) -> None:
    table, lists = field_table(EXTENSIONS), codelists(EXTENSIONS)
    assert indicator.title.en != indicator.title.es
    assert (indicator.beyond is None) or (indicator.beyond.en and indicator.beyond.es)
    for term in indicator.terms:
        for need in (need for alternative in term for need in alternative):
            assert need.path in table
            for code in need.codes:
                assert code in lists[str(table[need.path].codelist)]
            if need.occasional:
                assert any(table[step].is_array for step in table if need.path.startswith(f"{step}/"))


def test_eight_of_eleven_red_flags_need_bids() -> None:
    flags = [one for one in indicators() if one.kind == "red flag"]

    with_bids = [one for one in flags if any(need.path.startswith("bids/") for (need, *_), *_ in one.terms)]
    assert len(with_bids) == 8


def test_nothing_is_computable_of_nothing() -> None:
    found = computable(Coverage())

    assert {verdict.status for verdict in found} == {"not"}
    assert all(verdict.missing and verdict.share == 0 for verdict in found)


def test_an_indicator_is_computable_where_nearly_all_of_its_population_has_its_fields() -> None:
    full, lacking = tender(numberOfTenderers=2), tender()

    assert verdicts(*[full] * 10)["R018"].status == "computable"
    assert verdicts(*[full] * 9, lacking)["R018"].share == 0.9
    some = verdicts(*[full] * 8, *[lacking] * 2)["R018"]
    assert (some.status, some.share) == ("partly", 0.8)
    assert [(one.path, one.share) for one in some.missing] == [("tender/numberOfTenderers", 0.8)]


def test_without_any_of_its_codes_a_field_is_of_no_use() -> None:
    found = verdicts(tender(procurementMethod="direct", numberOfTenderers=1))["R018"]

    assert (found.status, found.share) == ("not", 0.0)
    assert [(one.path, one.codes) for one in found.missing] == [("tender/procurementMethod", ("open", "selective"))]


def test_one_of_several_alternatives_is_enough() -> None:
    bids = {"details": [{"tenderers": [{"id": "1"}], "status": "valid"}]}

    assert verdicts({**tender(), "bids": bids})["K01"].status == "computable"
    assert verdicts({**tender(tenderers=[{"id": "1"}])})["K01"].status == "computable"
    missing = verdicts(tender())["K01"].missing
    assert missing[0].path == "tender/numberOfTenderers"
    assert "bids/details/tenderers/id" in missing[0].alternatives


def test_a_missing_path_of_an_extension_names_the_extension() -> None:
    missing = {one.path: one for one in verdicts(tender())["R028"].missing}

    assert missing["bids/details/value/amount"].extension == "bids"


def test_bids_are_told_of_the_tenders_and_awards_of_the_awards() -> None:
    bids = {"details": [{"status": "disqualified"}]}
    award = {"date": "2026-01-01T00:00:00Z", "status": "active"}
    documents = [
        {**tender(tenderPeriod={"endDate": "2025-12-01T00:00:00Z"}), "bids": bids},
        tender(),
        {"awards": [award]},
    ]

    found = verdicts(*documents)

    assert found["K07"].share == 0.5
    assert found["K26"].share == 0.5
    assert [one.path for one in found["K26"].missing] == ["tender/tenderPeriod/endDate"]


def test_amendments_need_not_be_everywhere_but_somewhere() -> None:
    signed = {"id": "1", "dateSigned": "2026-01-01T00:00:00Z"}
    amended = {**signed, "amendments": [{"id": "1", "date": "2026-02-01T00:00:00Z"}]}

    assert verdicts({"contracts": [amended, *[signed] * 9]})["K30"].status == "computable"
    assert verdicts({"contracts": [signed]})["K30"].status == "not"


def test_what_no_field_of_ocds_has_keeps_an_indicator_from_being_computable() -> None:
    supplier = {"id": "1", "details": {"classifications": [{"id": "MBE"}]}}
    award = {"suppliers": [{"id": "1"}], "value": {"amount": 1, "currency": "USD"}, "status": "active"}
    coverage = cover([json.dumps({"parties": [supplier], "awards": [award]}).encode()], EXTENSIONS)

    found = next(verdict for verdict in computable(coverage) if verdict.indicator.id == "K22")

    assert (found.status, found.share, found.missing) == ("partly", 1.0, ())
    assert found.to_json()["beyond"]["es"]


def test_new_suppliers_need_three_years() -> None:
    def award(year: int) -> dict[str, Any]:
        return {
            "awards": [{"id": "1", "date": f"{year}-01-01T00:00:00Z", "status": "active", "suppliers": [{"id": "1"}]}]
        }

    assert verdicts(award(2024), award(2025))["K09"].status == "partly"
    assert verdicts(award(2024), award(2025), award(2026))["K09"].status == "computable"


def test_a_verdict_is_given_as_json() -> None:
    found = verdicts(tender())["R018"].to_json()

    assert found == {
        "id": "R018",
        "kind": "red flag",
        "title": {"en": "A single bid", "es": "Una sola oferta"},
        "status": "not",
        "share": 0.0,
        "missing": [
            {"path": "tender/numberOfTenderers", "share": 0.0, "codes": [], "extension": None, "alternatives": []}
        ],
    }


def test_a_direct_purchase_lacks_no_number_of_tenderers() -> None:
    documents = [tender(numberOfTenderers=2), tender(), *[tender(procurementMethod="direct")] * 2]

    found = verdicts(*documents)["R018"]

    assert (found.status, found.share) == ("partly", 0.5)
    assert [(one.path, one.share) for one in found.missing] == [("tender/numberOfTenderers", 0.5)]
