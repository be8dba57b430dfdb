"""Webhooks: one signed message for each snapshot, as Standard Webhooks says (https://www.standardwebhooks.com).

`webhook-id` names the message, and is the same however often it is sent, so that a receiver can leave out repetitions;
`webhook-timestamp` is the time of sending, against replay; `webhook-signature` signs both and the body.
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from pregon.announcing.due import Due
from pregon.announcing.posting import RecipientMisconfigured, open_client, post
from pregon.announcing.told import Told
from pregon.city_announce import Webhook, unencrypted
from pregon.loopback import is_loopback
from pregon.sources.base import SourceConfigurationError
from pregon.sources.connections import ConnectionFields, connection_fields, variable_of
from transforms.feeds import INDEX
from transforms.feeds.topics import topics
from transforms.publication import Publication
from transforms.snapshot import PublishedFile

MOST_FILES = 500
"""Changed files that a message names; how many there are is always told."""

_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)
"""How long a secret has to be, by Standard Webhooks."""


class WebhookRecipient:
    """A program that gets a message about each snapshot that readers see."""

    def __init__(
        self,
        name: str,
        webhook: Webhook,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        # The address itself may be a secret, so it is not what is kept and shown.
        self.address = webhook.connection
        self._webhook = webhook
        self._sleep = sleep
        self._clock = clock

    def describe(self, due: Due, publication: Publication) -> list[str]:
        """Say what would be sent."""
        del publication
        changed, removed = len(due.changed), len(due.removed)
        return [f"message {message_id(due)}: {changed:,} files changed, {removed:,} removed"]

    def tell(self, due: Due, publication: Publication, keep: Callable[[Told], None]) -> int:
        """Send the message; `keep` is told when it was taken. Raises `RecipientMisconfigured`, `RecipientFailed`."""
        fields = self._fields()
        address, secret = self._address(fields), self._secret(fields)
        credentials = self._credentials(fields)
        body = orjson.dumps(message(due, publication))
        private = self._webhook.private_addresses or is_loopback(urlsplit(address).hostname)

        def headers() -> Mapping[str, str]:
            return {
                "Content-Type": "application/json",
                **credentials,
                **signed(message_id(due), int(self._clock()), body, secret),
            }

        with open_client(private_addresses=private) as client:
            post(client, self.name, address, body, headers, sleep=self._sleep)
        keep(due.told())
        return 1

    def _fields(self) -> ConnectionFields:
        name = self._webhook.connection
        try:
            found = connection_fields(name, source=f"announce to {self.name}")
        except SourceConfigurationError as error:
            raise RecipientMisconfigured(self.name, str(error), error.hint) from None
        if found is None:
            raise RecipientMisconfigured(
                self.name, f"the connection {name!r} is not defined", f"add it in Airflow, or set {variable_of(name)}"
            )
        return found

    def _address(self, fields: ConnectionFields) -> str:
        host = fields.host or ""
        scheme = fields.schema if fields.schema in ("http", "https") else "https"
        port = f":{fields.port}" if fields.port else ""
        address = host if "://" in host else f"{scheme}://{host}{port}"
        if problem := unencrypted(address):
            raise RecipientMisconfigured(
                self.name,
                f"the host of the connection {self._webhook.connection!r} {problem}",
                "its host is the whole address, such as https://hooks.example/contracting",
            )
        return address

    def _credentials(self, fields: ConnectionFields) -> dict[str, str]:
        """Give the headers that prove who sends: HTTP Basic where there is a login, a bearer token where told so."""
        way = str(fields.extra.get("auth") or ("basic" if fields.login else "none"))
        if way not in ("none", "basic", "bearer"):
            raise RecipientMisconfigured(
                self.name, f"the connection has auth {way!r}", "it can be none, basic or bearer"
            )
        if way != "none" and not fields.password:
            raise RecipientMisconfigured(self.name, f"the connection has no password, which auth {way} needs")
        if way == "basic":
            pair = f"{fields.login or ''}:{fields.password}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        return {"Authorization": f"Bearer {fields.password}"} if way == "bearer" else {}

    def _secret(self, fields: ConnectionFields) -> bytes | None:
        """Give the key that messages are signed with; None without one."""
        text = fields.extra.get("secret")
        if not text:
            return None
        try:
            key = base64.b64decode(str(text).removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) not in _SECRET_BYTES:
            raise RecipientMisconfigured(
                self.name,
                f"the secret of the connection {self._webhook.connection!r} is not one of Standard Webhooks",
                'it is whsec_ and 24 to 64 bytes in base64, such as echo "whsec_$(openssl rand -base64 32)" gives',
            )
        return key


def message_id(due: Due) -> str:
    """Name a message: the same for every try, another for each announcement."""
    return f"{due.manifest.city}-{due.manifest.snapshot}-{due.number}"


def signed(identifier: str, moment: int, body: bytes, secret: bytes | None) -> dict[str, str]:
    """Give the headers of a message that is sent at a moment (seconds since 1970), signed where there is a secret."""
    headers = {"webhook-id": identifier, "webhook-timestamp": str(moment)}
    if secret:
        digest = hmac.digest(secret, f"{identifier}.{moment}.".encode() + body, hashlib.sha256)
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def message(due: Due, publication: Publication) -> dict[str, Any]:
    """Give the body: which snapshot readers see, what changed since the one announced before, and where it lies."""
    manifest, changed, removed = due.manifest, due.changed, due.removed
    paths = {one.path for one in manifest.files}
    return {
        "type": "publication.current",
        "timestamp": manifest.as_of,
        "data": {
            "city": manifest.city,
            "synthetic": manifest.synthetic,
            "snapshot": manifest.snapshot,
            "previous": due.previous,
            "as_of": manifest.as_of,
            "published": manifest.published,
            "counts": dict(manifest.counts),
            "address": publication.url(),
            "manifest": publication.url("manifest.json"),
            "changes": publication.url(INDEX) if INDEX in paths else None,
            "feeds": [publication.url(one.path) for one in topics(manifest.files_of("feed")) if _is_of_changes(one)],
            "targets": list(due.targets),
            "files": {
                "changed": len(changed),
                "removed": len(removed),
                "listed": [_file(one, publication) for one in changed[:MOST_FILES]],
                "gone": removed[:MOST_FILES],
            },
        },
    }


def _is_of_changes(one: PublishedFile) -> bool:
    return one.path.startswith("feeds/changes.")


def _file(one: PublishedFile, publication: Publication) -> dict[str, Any]:
    return {
        "path": one.path,
        "url": publication.url(one.path),
        "sha256": one.sha256,
        "bytes": one.bytes,
        "media_type": one.media_type,
    }
