"""Addresses of an API: those that the configuration gives, and those that the API gives and nobody has checked yet."""

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit, urlunsplit

_LINK = re.compile(r"\s*<([^>]*)>")
_PARAMETER = re.compile(r"\s*;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,]*)))?")
_PORTS = {"http": 80, "https": 443}


def below(url: str, path: str) -> str:
    """Give the address of a path below the address of the API."""
    return f"{url.rstrip('/')}/{path.lstrip('/')}" if path.strip("/") else url


def next_link(header: str) -> str | None:
    """Give the target of the first link whose relations hold `next` (RFC 8288, section 3), None without one."""
    at = 0
    while found := _LINK.match(header, at):
        at = found.end()
        relations: str | None = None
        while parameter := _PARAMETER.match(header, at):
            at = parameter.end()
            value = parameter[2] if parameter[2] is not None else parameter[3] or ""
            # Only the first `rel` counts (section 3.3).
            if parameter[1].lower() == "rel" and relations is None:
                relations = value
        if relations is not None and "next" in relations.lower().split():
            return found[1].strip()
        comma = header.find(",", at)
        if comma < 0:
            break
        at = comma + 1
    return None


def followed(target: str, asked: str, base: str, hosts: Iterable[str]) -> tuple[str, str | None]:
    """Give the absolute address of a next page, and its host if that is neither the API's own nor one of `hosts`.

    Args:
        target: what the API gave: absolute, or relative to the address that was asked.
        asked: the address that was asked.
        base: address of the API.
        hosts: other hosts that may be asked, `name` or `name:port`.
    """
    parts, own = urlsplit(urljoin(asked, target)), urlsplit(base)
    if parts.scheme == "http" and own.scheme == "https" and parts.hostname == own.hostname and not parts.port:
        # Behind a proxy many APIs don't know that they are asked by https.
        parts = parts._replace(scheme=own.scheme, netloc=own.netloc)
    address = urlunsplit(parts._replace(fragment=""))
    if parts.scheme not in _PORTS or (own.scheme == "https" and parts.scheme == "http"):
        return address, f"{parts.scheme}://{parts.hostname}"
    same = (parts.hostname, _port(parts.scheme, parts.port)) == (own.hostname, _port(own.scheme, own.port))
    named = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    allowed = same or named in {host.lower() for host in hosts}
    return address, None if allowed and "@" not in parts.netloc else str(named)


def _port(scheme: str, port: int | None) -> int | None:
    return port or _PORTS.get(scheme)
