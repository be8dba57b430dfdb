"""The hub of WebSub (https://www.w3.org/TR/websub/), which fetches feeds that changed and hands them to subscribers.

How a publisher tells its hub is left to the two of them (WebSub, 6). What hubs take is a form with `hub.mode=publish`
and the address of the topic, called `hub.url` by those that go back to PubSubHubbub and `hub.topic` by others: both are
sent.
"""

import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from pregon.announcing.due import Due
from pregon.announcing.posting import RecipientFailed, open_client, post
from pregon.announcing.told import Told
from pregon.city_announce import HUB
from pregon.loopback import is_loopback
from transforms.feeds.topics import topics
from transforms.publication import Publication
from transforms.snapshot import PublishedFile

_FORM = "application/x-www-form-urlencoded"


class HubRecipient:
    """The hub of a city's feeds: it is told of each feed whose bytes are not those it was told of."""

    name = HUB

    def __init__(self, hub: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.address = hub
        self._sleep = sleep

    def describe(self, due: Due, publication: Publication) -> list[str]:
        """Say what would be sent, a line for each feed."""
        return [f"publish {publication.url(one.path)}" for one in self._left(due)]

    def tell(self, due: Due, publication: Publication, keep: Callable[[Told], None]) -> int:
        """Tell the hub of each feed that changed; give how many; `keep` is told of each that arrived.

        A feed that the hub refuses does not keep the others from being told of. Raises `RecipientFailed`.
        """
        told = list(due.topics)
        sent = 0
        refusal: RecipientFailed | None = None
        with open_client(private_addresses=is_loopback(urlsplit(self.address).hostname)) as client:
            for one in self._left(due):
                topic = publication.url(one.path)
                form = urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic}).encode()
                try:
                    post(client, self.name, self.address, form, lambda: {"Content-Type": _FORM}, sleep=self._sleep)
                except RecipientFailed as error:
                    if error.retryable:
                        raise
                    refusal = refusal or error
                    continue
                sent += 1
                told.append(one.path)
                keep(due.told(tuple(told), done=False))
        if refusal:
            raise refusal
        keep(due.told())
        return sent

    def _left(self, due: Due) -> list[PublishedFile]:
        return [one for one in topics(due.changed) if one.path not in due.topics]
