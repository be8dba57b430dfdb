"""Addresses of the web in published data."""

import re

_ADDRESS = re.compile(r"https?://[!-~]+")


def is_address(value: object) -> bool:
    """Tell whether a feed may link to a value: an address without blanks or characters that would be encoded."""
    return isinstance(value, str) and _ADDRESS.fullmatch(value) is not None
