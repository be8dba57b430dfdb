"""Whether an address is that of this machine: to it alone things are sent without encryption."""

import ipaddress


def is_loopback(host: str | None) -> bool:
    """Tell whether a host's name says that it is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
