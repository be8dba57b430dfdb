"""The work of the checks grows with a process, not with its square."""

import sys
from typing import Any

import pytest

from expectations.checks.compiled import CompiledRelease
from expectations.checks.process import CHECKS

SMALL, LARGE = 80, 640


def process(size: int, *, alike: bool) -> dict[str, Any]:
    """A process with so many of everything; with one id for all entries where they are alike."""

    def identifier(number: int) -> str:
        return "1" if alike else str(number)

    def value(number: int) -> dict[str, Any]:
        return {"amount": 1_000 + number, "currency": "USD"}

    organizations = [{"id": identifier(number), "name": f"N{number}"} for number in range(size)]
    dated = [
        {"id": identifier(number), "date": "2026-01-02", "dateMet": "2026-01-02", "datePublished": "2026-01-02",
         "dateModified": "2026-01-01", "status": "scheduled", "relatedLots": [identifier(number)]}
        for number in range(size)
    ]  # fmt: skip
    transactions = [
        {"id": one["id"], "date": "2026-01-01", "value": value(number), "payer": one, "payee": one}
        for number, one in enumerate(organizations)
    ]
    awards = [
        {"id": one["id"], "date": "2026-01-03", "status": "pending", "value": value(number), "suppliers": [one],
         "relatedBid": one["id"], "amendments": dated[:1]}
        for number, one in enumerate(organizations)
    ]  # fmt: skip
    contracts = [
        {"id": one["id"], "awardID": one["id"], "dateSigned": "2026-01-02", "status": "pending", "value": value(number)}
        for number, one in enumerate(organizations)
    ]
    contracts[0]["implementation"] = {"transactions": transactions, "milestones": dated, "documents": dated}
    return {
        "date": "2026-01-01",
        "parties": [{**one, "roles": ["tenderer", "payee"]} for one in organizations],
        "tender": {
            "status": "active", "numberOfTenderers": 1, "tenderers": organizations, "lots": dated, "amendments": dated,
            "items": [{"id": one["id"], "unit": {"value": value(1)}, "relatedLot": one["id"]} for one in organizations],
        },
        "bids": {"details": [{"id": one["id"], "tenderers": [one], "value": {"amount": 5}} for one in organizations]},
        "awards": awards,
        "contracts": contracts,
    }  # fmt: skip


def lines_for(document: dict[str, Any]) -> int:
    """Count the lines that run in all checks and whatever they call; time would tell of the machine as well."""
    lines = 0

    def trace(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        compiled = CompiledRelease(document)
        for check in CHECKS:
            check.run(compiled)
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("alike", [False, True], ids=["of-different-ids", "of-one-id"])
def test_eight_times_as_large_is_about_eight_times_the_work(*, alike: bool) -> None:
    small, large = (lines_for(process(size, alike=alike)) for size in (SMALL, LARGE))

    # One check that grew with the square would alone add sixty-four times its part.
    assert large <= 9 * small
