"""Which addresses a page may link to."""


def safe_link(address: str) -> str:
    """Give an address back if a page may link to it, else `#`: escaping alone doesn't stop `javascript:`."""
    return address if address.lower().startswith(("https://", "http://", "mailto:")) else "#"
