"""A dataset of a real CKAN, as tests push to it and look at it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from servers.portal import ORGANIZATION, CkanPortal

from pregon.city_targets import CkanTarget
from pregon.publication.build import Snapshot
from pregon.publishers import Plan, Publisher, publisher, push
from pregon.publishers.ckan_api import CkanApi

from .conftest import OFFICIAL

NAME = "lindenau-contracting"
SMALL = {"resources": ("csv", "tables"), "datastore": ("awards",)}
"""As few resources as show what is to be shown."""


def target(**settings: Any) -> Publisher:
    settings = {"connection": "open_data", "organization": ORGANIZATION, **settings}
    return publisher("portal", CkanTarget(kind="ckan", **settings), OFFICIAL)


def send(snapshot: Snapshot, **settings: Any) -> Plan:
    return push(target(**settings), snapshot.path, snapshot.manifest, OFFICIAL)


def show(portal: CkanPortal) -> dict[str, Any]:
    found: dict[str, Any] = portal.action("package_show", id=NAME)
    return found


def resources(portal: CkanPortal) -> dict[str, dict[str, Any]]:
    """Ours by what they are made from; one that is there twice is a failure."""
    ours = [one for one in show(portal)["resources"] if one.get("pregon")]
    found = {one["pregon"]: one for one in ours}
    assert len(found) == len(ours)
    return found


def extras(portal: CkanPortal) -> dict[str, str]:
    return {one["key"]: one["value"] for one in show(portal)["extras"]}


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch, *, killed_after: int | None = None) -> Iterator[list[tuple[str, Any]]]:
    """Note what is asked of the portal to change it; after so many changes the process ends."""
    sent: list[tuple[str, Any]] = []
    do: Callable[..., Any] = CkanApi._result

    def result(self: CkanApi, name: str, about: str, **what: Any) -> Any:
        found = do(self, name, about, **what)
        if name not in ("package_show", "datastore_search", "resource_show"):
            sent.append((name, what.get("json") or what.get("form")))
            if len(sent) == killed_after:
                raise Killed
        return found

    with monkeypatch.context() as patched:
        patched.setattr(CkanApi, "_result", result)
        yield sent
