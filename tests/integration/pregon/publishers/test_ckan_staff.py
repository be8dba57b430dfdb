"""What others do to a dataset of a real CKAN: its staff, another city, and whoever takes the portal down."""

import json
from typing import Any

import pytest
from made_up_publication import MemorySource, process
from servers.portal import ORGANIZATION, CkanPortal
from servers.programs import free_port

from pregon.publishers import TargetFailed, TargetMisconfigured
from pregon.publishers.ckan import DatasetDeleted, DatasetNotOurs

from .ckan_dataset import NAME, SMALL, extras, resources, send, show
from .conftest import Publish

pytestmark = pytest.mark.integration


def test_what_the_staff_of_the_portal_adds_stays(portal: CkanPortal, publish: Publish, source: MemorySource) -> None:
    send(publish(), **SMALL)
    there = show(portal)
    portal.action(
        "package_patch", id=NAME, title="Renamed by hand",
        extras=[*there["extras"], {"key": "Reviewed by", "value": "The council"}],
        tags=[*({"name": one["name"]} for one in there["tags"]), {"name": "by hand"}],
    )  # fmt: skip
    added = portal.action(
        "resource_create",
        package_id=NAME,
        name="Tables, all years, CSV",
        url="https://elsewhere.example/x",
        format="CSV",
    )
    portal.action("package_resource_reorder", id=NAME, order=[added["id"]])
    source.commit(*process(500, "2026"))
    plan = send(publish(1), **SMALL)
    assert {step.path: step.action for step in plan.steps}[f"dataset {NAME}"] == "put"
    found = show(portal)
    assert found["title"] == "City of Lindenau contracting records (OCDS)", "the title is the city's"
    assert extras(portal)["Reviewed by"] == "The council"
    assert "by hand" in {one["name"] for one in found["tags"]}
    assert found["resources"][0]["id"] == added["id"]
    assert found["resources"][0]["url"] == "https://elsewhere.example/x"
    assert set(resources(portal)) == {"bulk/tables/full.csv.zip", "datastore/awards"}


def test_a_dataset_that_is_not_ours_is_left_alone_until_it_is_adopted(portal: CkanPortal, publish: Publish) -> None:
    made = publish()
    portal.action(
        "package_create", name=NAME, owner_org=ORGANIZATION, title="Made by hand",
        resources=[{"name": "A list", "url": "https://elsewhere.example/list"}],
    )  # fmt: skip
    with pytest.raises(DatasetNotOurs, match="was not made by Pregón") as caught:
        send(made, **SMALL)
    assert "adopt: true" in str(caught.value.hint)
    assert show(portal)["title"] == "Made by hand"
    send(made, **SMALL, adopt=True)
    assert show(portal)["title"] == "City of Lindenau contracting records (OCDS)"
    assert [one["name"] for one in show(portal)["resources"] if not one.get("pregon")] == ["A list"]
    assert send(made, **SMALL).count("put") == 0, "it is ours from then on"
    portal.action("package_patch", id=NAME, extras=[{"key": "pregon_city", "value": "quillfield"}])
    with pytest.raises(DatasetNotOurs, match="another city"):
        send(made, **SMALL)


def test_a_dataset_that_was_deleted_comes_back_only_where_the_city_says_so(
    portal: CkanPortal, publish: Publish
) -> None:
    made = publish()
    send(made, **SMALL)
    portal.action("package_delete", id=NAME)
    with pytest.raises(DatasetDeleted):
        send(made, **SMALL)
    send(made, **SMALL, adopt=True)
    assert show(portal)["state"] == "active"
    assert set(resources(portal)) == {"bulk/tables/full.csv.zip", "datastore/awards"}


def test_rows_that_got_lost_at_the_portal_come_back(portal: CkanPortal, publish: Publish) -> None:
    made = publish()
    send(made, **SMALL)
    identity = resources(portal)["datastore/awards"]["id"]
    portal.action("datastore_delete", resource_id=identity, filters={"_id": [1, 2]}, force=True)
    plan = send(made, **SMALL)
    assert [step.path for step in plan.steps if step.action == "put"] == ["datastore/awards"]
    assert portal.action("datastore_search", resource_id=identity)["total"] == 9
    portal.action("datastore_delete", resource_id=identity, force=True)
    send(made, **SMALL)
    assert portal.action("datastore_search", resource_id=identity)["total"] == 9


def test_errors_say_what_to_do_and_no_secrets(
    portal: CkanPortal, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = publish()

    def failure(connection: dict[str, Any], **settings: Any) -> TargetFailed | TargetMisconfigured:
        monkeypatch.setenv("AIRFLOW_CONN_OPEN_DATA", json.dumps(connection))
        with pytest.raises((TargetFailed, TargetMisconfigured)) as caught:
            send(made, **SMALL, **settings)
        assert portal.token not in f"{caught.value} {caught.value.hint}"
        return caught.value

    wrong = failure({**portal.connection(), "password": "made-up-token"})
    assert "has to be an editor of the organization" in str(wrong)
    assert not wrong.retryable
    assert "has no password" in str(failure({**portal.connection(), "password": ""}))
    down = failure({**portal.connection(), "host": f"http://127.0.0.1:{free_port()}"})
    assert down.retryable
    assert "nothing of CKAN is at this address" in str(
        failure({**portal.connection(), "host": f"{portal.url}/nowhere"})
    )
    assert "organization" in str(failure(portal.connection(), organization="no-such-office")).lower()
    assert portal.action("package_search", include_private=True)["count"] == 0
