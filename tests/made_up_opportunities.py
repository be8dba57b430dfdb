"""Tenders, plans and contracts of a made-up city, as compiled releases."""

from typing import Any

from transforms.opportunities import Tender, tender_of

BEGAN, UPDATED = "2026-02-01T10:00:00Z", "2026-02-20T10:00:00Z"


def compiled(number: int = 1, date: str = UPDATED, **tender: Any) -> dict[str, Any]:
    """Make the compiled release of a process whose tender is open in March 2026, but for what is given."""
    made: dict[str, Any] = {
        "id": f"S{number:05d}",
        "title": f"Lindens for street {number}",
        "description": "Deliver and plant.",
        "status": "active",
        "procurementMethod": "open",
        "mainProcurementCategory": "goods",
        "tenderPeriod": {"startDate": BEGAN, "endDate": "2026-03-20T19:00:00Z"},
        "enquiryPeriod": {"endDate": "2026-03-10T23:00:00Z"},
        "items": [{"id": "1", "classification": {"scheme": "UNSPSC", "id": "10161500", "description": "Trees"}}],
    }
    made.update(tender)
    return {
        "ocid": f"ocds-213czf-S{number:05d}",
        "id": f"ocds-213czf-S{number:05d}-{date}",
        "date": date,
        "tag": ["compiled"],
        "language": "en",
        "buyer": {"id": "US-LD-D-7", "name": "Parks Department"},
        "tender": {name: value for name, value in made.items() if value is not None},
    }


def tender(number: int = 1, *, dates: tuple[str, ...] = (BEGAN, UPDATED), **fields: Any) -> Tender:
    """Give the facts of such a tender."""
    found = tender_of(compiled(number, dates[-1], **fields), dates)
    assert found is not None
    return found
