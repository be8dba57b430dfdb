"""Files behind addresses of the web: fetched as carefully as a city's sources, since nobody vouches for an address."""

from pathlib import Path

from pregon.errors import PregonError
from pregon.sources.base import SourceError, SourceSpec
from pregon.sources.http.client import Limits, open_client, public_name
from pregon.sources.http.errors import PrivateAddressRefused

LIMITS = Limits(tries=3, budget=120.0)
"""A person waits for the answer: fewer tries than a nightly run makes."""


class AddressUnusable(PregonError):
    """There is no file to check behind an address; `address` is without anything secret."""

    def __init__(self, address: str, problem: str, *, hint: str) -> None:
        super().__init__(f"{address} {problem}", hint=hint)
        self.address = address


def is_address(text: str) -> bool:
    """Tell whether an argument is an address of the web, and no file."""
    return text.lower().startswith(("http://", "https://"))


def fetch(address: str, target: Path, *, private_addresses: bool = False, limits: Limits = LIMITS) -> str:
    """Save what is behind an address; give the address without user, password and query.

    Public addresses only, unless `private_addresses`; size, time and redirects are bounded as for sources.
    Raises AddressUnusable.
    """
    name = public_name(address)
    source = SourceSpec("check", "http", (), url=address, options={"private_addresses": private_addresses})
    try:
        with open_client(source, limits=limits) as client:
            client.download(address, target)
    except PrivateAddressRefused as error:
        hint = "say --private-addresses if it lies in your own network"
        raise AddressUnusable(name, error.problem, hint=hint) from error
    except SourceError as error:
        hint = "try the address in a browser; a file that is downloaded can be checked too"
        raise AddressUnusable(name, f"can't be fetched: {error.problem}", hint=hint) from error
    return name
