"""Headers that every answer has, and the comparison of ETags."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    # Always ask again, so that nobody mixes two snapshots; unchanged files answer 304.
    "Cache-Control": "no-cache",
}


def has_etag(known: str, etag: str) -> bool:
    """Tell whether `If-None-Match` names an ETag (RFC 9110, 13.1.2)."""
    return known.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in known.split(",")}
