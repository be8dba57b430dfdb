"""A dataset of a real CKAN holds what was published, whatever came between."""

import hashlib
from typing import Any

import httpx
import pytest
from made_up_publication import process
from servers.portal import GROUP, ORGANIZATION, CkanPortal

from pregon.city_targets import CkanTarget
from pregon.publication.build import Snapshot
from pregon.publishers import Plan, Publisher, publisher, push

from .conftest import OFFICIAL, Publish

pytestmark = pytest.mark.integration

NAME = "lindenau-contracting"


def target(**settings: Any) -> Publisher:
    settings = {"connection": "open_data", "organization": ORGANIZATION, **settings}
    return publisher("portal", CkanTarget(kind="ckan", **settings), OFFICIAL)


def send(snapshot: Snapshot, **settings: Any) -> Plan:
    return push(target(**settings), snapshot.path, snapshot.manifest, OFFICIAL)


def show(portal: CkanPortal) -> dict[str, Any]:
    found: dict[str, Any] = portal.action("package_show", id=NAME)
    return found


def test_a_city_that_says_where_gets_a_dataset_that_people_can_use(portal: CkanPortal, publish: Publish) -> None:
    made = publish()
    plan = send(made, groups=[GROUP], tags=["Trees & Sons"], extras={"Department": "Finance"})
    assert {step.action for step in plan.steps} == {"put"}
    found = show(portal)
    assert (found["title"], found["private"], found["state"]) == (
        "City of Lindenau contracting records (OCDS)",
        False,
        "active",
    )
    assert send(made).count("keep") == len(plan.steps)


def test_files_are_uploaded(portal: CkanPortal, publish: Publish) -> None:
    made = publish()
    send(made, files="upload")
    for one in show(portal)["resources"]:
        if one["url_type"] == "upload":
            with httpx.stream("GET", one["url"], timeout=60) as answer:
                content = b"".join(answer.iter_raw())
            assert hashlib.sha256(content).hexdigest() == one["hash"]
    assert send(made, files="upload").count("put") == 0
