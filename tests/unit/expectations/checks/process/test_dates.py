from typing import Any

import pytest
from checked_process import applied, failed, outcome

from expectations.checks.process.dates import CHECK

DUE, AWARDED, SIGNED, PAID, TOLD = (f"2026-0{month}-01T00:00:00Z" for month in range(1, 6))


def process(**changed: str) -> dict[str, Any]:
    """A process that went forward, but for what is changed."""
    at = {"due": DUE, "begins": SIGNED, "awarded": AWARDED, "signed": SIGNED, "paid": PAID, "told": TOLD, **changed}
    return {
        "date": at["told"],
        "tender": {"tenderPeriod": {"endDate": at["due"]}, "contractPeriod": {"startDate": at["begins"]}},
        "awards": [{"id": "A1", "date": at["awarded"]}],
        "contracts": [
            {
                "id": "C1",
                "awardID": "A1",
                "dateSigned": at["signed"],
                "implementation": {"transactions": [{"id": "T1", "date": at["paid"]}]},
            }
        ],
    }


def test_without_pairs_of_days_it_does_not_apply() -> None:
    assert outcome(CHECK, date=TOLD, tender={"tenderPeriod": {"endDate": DUE}}, awards=[{"id": "A1"}]) is None
    assert outcome(CHECK, date="lately", awards=[{"id": "A1", "date": AWARDED}]) is None


def test_a_process_that_goes_forward_passes_in_all_its_pairs() -> None:
    assert applied(outcome(CHECK, **process())) == 8


def test_all_on_one_day_passes() -> None:
    same = dict.fromkeys(("due", "begins", "awarded", "signed", "paid", "told"), DUE)
    assert applied(outcome(CHECK, **process(**same))) == 8


CONTRACT_BEGINS = "/tender/contractPeriod/startDate"
AWARD_DATE, SIGNATURE = "/awards/0/date", "/contracts/0/dateSigned"
PAYMENT = "/contracts/0/implementation/transactions/0/date"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"begins": "2025-12-31"}, [(CONTRACT_BEGINS, "2025-12-31", DUE)]),
        ({"awarded": "2025-12-31"}, [(AWARD_DATE, "2025-12-31", DUE)]),
        ({"awarded": "2026-03-02"}, [(SIGNATURE, SIGNED, "2026-03-02")]),
        ({"signed": "2025-12-31"}, [(SIGNATURE, "2025-12-31", DUE), (SIGNATURE, "2025-12-31", AWARDED)]),
        ({"paid": "2026-02-15"}, [(PAYMENT, "2026-02-15", SIGNED)]),
        ({"told": "2026-01-15", "signed": AWARDED},
         [(AWARD_DATE, AWARDED, "2026-01-15"), (SIGNATURE, AWARDED, "2026-01-15"), (PAYMENT, PAID, "2026-01-15")]),
    ],
)  # fmt: skip
def test_a_step_out_of_order_fails_where_it_stands(
    changed: dict[str, str], expected: list[tuple[str, str, str]]
) -> None:
    assert failed(outcome(CHECK, **process(**changed))) == expected


def test_a_signature_is_held_against_its_own_award_only() -> None:
    awards = [{"id": "A1", "date": "2026-01-01"}, {"id": 2, "date": "2026-06-01"}]
    contracts = [{"awardID": "A1", "dateSigned": "2026-02-01"}, {"awardID": "2", "dateSigned": "2026-05-01"}]
    found = outcome(CHECK, awards=awards, contracts=contracts)
    assert failed(found) == [("/contracts/1/dateSigned", "2026-05-01", "2026-06-01")]


def test_of_awards_that_share_an_id_the_latest_counts_once() -> None:
    awards = [{"id": "A1", "date": f"2026-0{month}-01"} for month in (1, 6, 3)]
    found = outcome(CHECK, awards=awards, contracts=[{"awardID": "A1", "dateSigned": "2026-02-01"}])
    assert failed(found) == [("/contracts/0/dateSigned", "2026-02-01", "2026-06-01")]
