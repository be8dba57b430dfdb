"""What becomes of a process that its source no longer has, where the city says that this means its cancellation."""

from typing import Any

ENDED = frozenset({"complete", "cancelled", "unsuccessful", "withdrawn"})
"""Values of tender.status after which nothing is left to cancel (OCDS 1.1, code list tenderStatus)."""


def cancel(document: dict[str, Any]) -> None:
    """Let the tender of a state be cancelled, unless it has ended; a state without tender stays as it is.

    Everything else that was known of the process stays: readers may have relied on it.
    """
    tender = document.get("tender")
    if isinstance(tender, dict) and tender.get("status") not in ENDED:
        tender["status"] = "cancelled"
