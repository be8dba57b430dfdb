"""The facts of a process that tell whether somebody may take part."""

from decimal import Decimal
from typing import Any

import orjson
import pytest
from made_up_opportunities import BEGAN, UPDATED, compiled, tender

from transforms.opportunities import Tender, contracts_of, tender_of
from transforms.opportunities.facts import read_compiled


def test_a_tender_has_the_dates_of_its_first_and_newest_release() -> None:
    found = tender(dates=("2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z", UPDATED))
    assert (found.published, found.updated, found.revisions) == ("2026-01-01T00:00:00Z", UPDATED, 2)


def test_the_department_is_the_buyer_and_only_without_one_the_procuring_entity() -> None:
    office = {"id": "US-LD-D-1", "name": "Purchasing"}
    assert tender(procuringEntity=office).department == "US-LD-D-7"
    release = {**compiled(procuringEntity=office)}
    del release["buyer"]
    found = tender_of(release, [UPDATED])
    assert found is not None
    assert (found.department, found.department_name) == ("US-LD-D-1", "Purchasing")


def test_a_process_without_tender_and_planning_is_none() -> None:
    release = compiled()
    del release["tender"]
    assert tender_of(release, [UPDATED]) is None


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-03-20", "2026-03-20T19:00:00", 20260320, None, "2026-13-40T00:00:00Z"]
)
def test_a_date_that_is_no_moment_is_absent(value: Any) -> None:
    assert tender(tenderPeriod={"endDate": value}).deadline is None


def test_a_date_that_stands_for_no_date_is_absent() -> None:
    assert tender(tenderPeriod={"endDate": "9999-12-31T00:00:00Z"}).deadline is None
    assert tender(tenderPeriod={"endDate": "2029-12-31T00:00:00Z"}).deadline == "2029-12-31T00:00:00Z"


def test_amounts_are_decimals_to_the_last_digit() -> None:
    text = orjson.dumps(compiled()).replace(
        b'"status"', b'"value":{"amount":1234567890123456.78,"currency":"USD"},"status"'
    )
    found = tender_of(read_compiled(text), [UPDATED])
    assert found is not None
    assert found.amount == "1234567890123456.78"
    assert tender(value={"amount": Decimal("0.10"), "currency": "USD"}).amount == "0.10"
    assert tender(value={"amount": 5}).amount is None, "an amount without currency says nothing"


def test_a_plan_has_the_budget_where_the_tender_has_no_value_yet() -> None:
    release = {**compiled(), "planning": {"budget": {"amount": {"amount": 900, "currency": "USD"}}}}
    found = tender_of(release, [UPDATED])
    assert found is not None
    assert (found.amount, found.currency) == ("900", "USD")


def test_the_notice_is_linked_before_other_documents_and_nothing_that_is_no_address() -> None:
    notice = {"id": "2", "documentType": "tenderNotice", "url": "https://lindenau.example/notice.pdf"}
    plan = {"id": "1", "documentType": "contractDraft", "url": "https://lindenau.example/draft.pdf"}
    script = {"id": "0", "documentType": "tenderNotice", "url": "javascript:alert(1)"}
    assert tender(documents=[script, plan, notice]).document == notice["url"]
    assert tender(documents=[script, plan]).document == plan["url"]
    assert tender(documents=[script]).document is None


def test_meetings_are_milestones_of_engagement() -> None:
    milestones = [
        {"id": "m", "type": "engagement", "dueDate": "2026-03-05T16:00:00Z", "description": "Town hall"},
        {"id": "d", "type": "delivery", "dueDate": "2026-05-05T16:00:00Z"},
    ]
    (meeting,) = tender(milestones=milestones).meetings
    assert (meeting.id, meeting.date, meeting.place) == ("m", "2026-03-05T16:00:00Z", "Town hall")


def test_texts_without_end_are_cut() -> None:
    assert len(tender(title="x" * 10_000).title) == 500
    assert len(tender(description="x" * 10_000).description) == 2_000


def test_facts_survive_being_written_as_json() -> None:
    milestones = [{"id": "m", "type": "engagement", "dueDate": "2026-03-05T16:00:00Z"}]
    found = tender(milestones=milestones, value={"amount": 5, "currency": "USD"})
    assert Tender.from_json(orjson.loads(orjson.dumps(found))) == found


def test_contracts_that_run_and_have_an_end_are_found_with_their_suppliers() -> None:
    release = {
        **compiled(),
        "awards": [{"id": "A1", "title": "Trees", "suppliers": [{"id": "v", "name": "Baum & Söhne"}]}],
        "contracts": [
            {"id": "C1", "awardID": "A1", "status": "active", "period": {"endDate": "2026-06-01T00:00:00Z"}},
            {"id": "C2", "awardID": "A1", "status": "terminated", "period": {"endDate": "2026-06-01T00:00:00Z"}},
            {"id": "C3", "awardID": "A1", "status": "active"},
        ],
    }
    (found,) = contracts_of(release, [BEGAN, UPDATED])
    assert (found.id, found.title, found.suppliers, found.end) == (
        "C1", "Trees", ("Baum & Söhne",), "2026-06-01T00:00:00Z",
    )  # fmt: skip
