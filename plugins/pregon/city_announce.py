"""Who is told of a new publication: the models of `announce` in `city.yaml`."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator

from pregon.city_sources import Model, Name
from pregon.loopback import is_loopback

HUB = "websub"
"""The hub's name among those who are told."""


def unencrypted(address: str) -> str | None:
    """Say what is wrong with an address that something is sent to; None where it is https, or this machine."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "is no address of the web"
    if not host or parts.scheme not in ("http", "https") or any(sign.isspace() for sign in address):
        return "is no address of the web, such as https://hub.example/"
    if parts.username or parts.password:
        return "holds a user name or a password: those belong into a connection"
    if parts.scheme == "http" and not is_loopback(host):
        return "is not encrypted: use https"
    return None


def _hub(address: str) -> str:
    if problem := unencrypted(address):
        raise ValueError(f"{address!r} {problem}")
    if not address.isascii() or set(address) & set('<>"'):
        raise ValueError(f"{address!r} has signs that have to be percent-encoded")
    return address


class WebSub(Model):
    """A hub of the W3C's WebSub: feeds name it, and it is told which of them changed."""

    hub: Annotated[str, AfterValidator(_hub)]


class Webhook(Model):
    """A program that gets a message; the connection has its address, and the secret that messages are signed with."""

    connection: str
    private_addresses: bool = False


class Announce(Model):
    """Who is told of a new publication; nobody without it."""

    websub: WebSub | None = None
    webhooks: dict[Name, Webhook] = Field(default_factory=dict)

    @field_validator("webhooks")
    @classmethod
    def _not_the_hub(cls, webhooks: dict[str, Webhook]) -> dict[str, Webhook]:
        if HUB in webhooks:
            raise ValueError(f"no webhook can be called {HUB}: that is the hub's name")
        return webhooks

    @property
    def recipients(self) -> tuple[str, ...]:
        """Names of those who are told."""
        return (*((HUB,) if self.websub else ()), *self.webhooks)
