"""After the last stage: those who asked for it are told what readers see."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

import orjson

from pregon.announcing import Due, HubRecipient, Told, WebhookRecipient, due, read_told, write_told
from pregon.city import City
from pregon.errors import PregonError
from pregon.publication.manifest import read_current
from pregon.run import Announced, Run
from pregon.stages.context import CityContext
from transforms.publication import Publication


class Recipient(Protocol):
    """Somebody who is told of publications."""

    @property
    def name(self) -> str:
        """What the city calls it."""

    @property
    def address(self) -> str:
        """Where it is, or the connection that says so."""

    def describe(self, due: Due, publication: Publication) -> list[str]:
        """Say what would be sent."""

    def tell(self, due: Due, publication: Publication, keep: Callable[[Told], None]) -> int:
        """Tell what is due; give how many messages were sent."""


class AnnouncementIncomplete(PregonError):
    """Some were not told what readers see; the publication stands. `failures` are by recipient."""

    def __init__(self, city: str, snapshot: str, failures: dict[str, PregonError]) -> None:
        told = "; ".join(f"{error} ({error.hint})" if error.hint else str(error) for error in failures.values())
        super().__init__(
            f"{city}: {snapshot} was not announced to {', '.join(failures)}: {told}",
            hint=f"the publication stands; pregon announce {city}",
        )
        self.city = city
        self.failures = failures
        self.retryable = any(error.retryable for error in failures.values())
        self.retry_after = max((one.retry_after for one in failures.values() if one.retry_after), default=None)


def announce_current(
    run: Run, context: CityContext, *, again: bool = False, progress: Callable[[str, int], None] | None = None
) -> Announced:
    """Tell every recipient of the city that does not know it what readers see.

    What they know is kept, so that a repeated call tells only those who were not reached; with `again` all of them. One
    that fails keeps no other from being told. Raises `AnnouncementIncomplete` at the end.
    """
    told: dict[str, int] = {}
    failures: dict[str, PregonError] = {}
    snapshot = ""
    for recipient, wanted, file in _due(run, again=again):
        snapshot = wanted.manifest.snapshot
        try:
            told[recipient.name] = recipient.tell(wanted, context.publication, partial(write_told, file))
        except PregonError as error:
            failures[recipient.name] = error
        if progress:
            progress("messages", sum(told.values()))
    if failures:
        raise AnnouncementIncomplete(run.slug, snapshot, failures)
    return Announced(snapshot or None, tuple(told), sum(told.values()))


def plan_announcement(run: Run, context: CityContext, *, again: bool = False) -> dict[str, list[str]]:
    """Say for each recipient that is to be told what would be sent, and send nothing."""
    return {
        recipient.name: recipient.describe(wanted, context.publication)
        for recipient, wanted, _ in _due(run, again=again)
    }


def _due(run: Run, *, again: bool) -> Iterator[tuple[Recipient, Due, Path]]:
    """Give who is to be told what, and the file in which it is kept; nothing where nothing is published."""
    current = read_current(run.place.public(run.slug))
    if current is None:
        return
    reached = list(_reached(run, current[1].snapshot))
    folder = run.place.internal(run.slug) / "announced"
    for recipient in _recipients(run.city):
        file = folder / f"{recipient.name}.json"
        wanted = due(current[1], read_told(file), recipient.address, reached, again=again)
        if wanted:
            yield recipient, wanted, file


def _recipients(city: City) -> Iterator[Recipient]:
    if city.announce.websub:
        yield HubRecipient(city.announce.websub.hub)
    for name, webhook in city.announce.webhooks.items():
        yield WebhookRecipient(name, webhook)


def _reached(run: Run, snapshot: str) -> Iterator[str]:
    """Give the targets that hold a snapshot, by the reports of `push`."""
    for target in run.city.targets:
        try:
            report = orjson.loads((run.place.internal(run.slug) / "targets" / f"{target}.json").read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(report, dict) and report.get("snapshot") == snapshot:
            yield target
