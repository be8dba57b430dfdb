"""Dates of releases as moments that can be compared."""

from datetime import UTC, datetime


def moment_of(date: object) -> str | None:
    """Give a date-time as it sorts: RFC 3339 in UTC; None where it is none, or has no zone."""
    if not isinstance(date, str):
        return None
    try:
        moment = datetime.fromisoformat(date)
        return moment.astimezone(UTC).isoformat() if moment.tzinfo else None
    # A zone can lead out of the years that a computer counts.
    except (ValueError, OverflowError):
        return None
