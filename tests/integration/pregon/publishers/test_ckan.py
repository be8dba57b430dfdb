"""A dataset of a real CKAN holds what was published, whatever came between."""

import hashlib
from pathlib import Path

import httpx
import pytest
from made_up_publication import MemorySource, process
from servers.portal import GROUP, ORGANIZATION, CkanPortal

from pregon.publishers import Plan, TargetFailed, push
from transforms.snapshot import Notice

from .ckan_dataset import NAME, SMALL, Killed, extras, resources, send, show, target, watched
from .conftest import AS_OF, OFFICIAL, Publish

pytestmark = pytest.mark.integration


def test_a_city_that_says_where_gets_a_dataset_that_people_can_use(portal: CkanPortal, publish: Publish) -> None:
    made = publish()
    plan = send(made, groups=[GROUP], tags=["Trees & Sons"], extras={"Department": "Finance"})
    assert {step.action for step in plan.steps} == {"put"}
    found = httpx.get(f"{portal.url}/api/3/action/package_show", params={"id": NAME}, timeout=60).json()["result"]
    assert (found["title"], found["private"]) == ("City of Lindenau contracting records (OCDS)", False)
    assert found["organization"]["name"] == ORGANIZATION
    assert [one["name"] for one in found["groups"]] == [GROUP]
    assert {"procurement", "Trees Sons"} <= {one["name"] for one in found["tags"]}
    assert found["license_id"] == "cc-zero"
    assert (found["maintainer"], found["maintainer_email"]) == ("Procurement Office", "opendata@lindenau.example")
    said = {one["key"]: one["value"] for one in found["extras"]}
    assert said["ocid_prefix"] == "ocds-abc123"
    assert said["publication_policy"] == OFFICIAL.publication_policy
    assert said["title_es"].startswith("Registros de contratación")
    assert (said["temporal_start"], said["temporal_end"]) == ("2024-01-01", "2026-12-31")
    assert said["Department"] == "Finance"
    assert [(one["format"], one["name"]) for one in found["resources"]] == [
        ("XLSX", "Tables, all years, XLSX"),
        ("CSV", "Tables, all years, CSV"),
        ("CSV", "Contracting processes"),
        ("CSV", "Awards"),
        ("CSV", "Contracts"),
        ("CSV", "Organizations involved"),
        ("JSON", "Releases, all years, JSON"),
        ("JSONL", "Compiled releases, all years, JSON Lines"),
        ("HTML", "Data dictionary"),
        ("CSV", "Data dictionary, CSV"),
    ]
    workbook = found["resources"][0]
    assert workbook["url"] == "https://data.lindenau.example/contracting/bulk/tables/full.xlsx"
    file = next(one for one in made.manifest.files if one.path == "bulk/tables/full.xlsx")
    assert (workbook["size"], workbook["hash"]) == (file.bytes, file.sha256)
    page = httpx.get(f"{portal.url}/dataset/{NAME}", timeout=60).text
    assert "Contracting processes" in page
    for one in found["resources"]:
        views = portal.action("resource_view_list", id=one["id"])
        assert [view["view_type"] for view in views] == ["datatables_view"] * bool(one["datastore_active"])


def test_a_second_push_sends_nothing(portal: CkanPortal, publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    made = publish()
    send(made, **SMALL)
    before = show(portal)
    with watched(monkeypatch) as sent:
        plan = send(made, **SMALL)
    assert not sent
    assert {step.action for step in plan.steps} == {"keep"}
    assert show(portal) == before
    assert "keep   3 unchanged" in plan.describe()


def test_a_plan_tells_what_would_be_sent_and_sends_nothing(
    portal: CkanPortal, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = publish(formats=("csv",))
    with watched(monkeypatch) as sent:
        told = target().plan(made.path, made.manifest).describe()
    assert not sent
    assert f"put    dataset {NAME}" in told
    assert "note   the portal links to https://data.lindenau.example/contracting/, which has to be served" in told
    assert "put    bulk/tables/full.csv.zip" in told
    assert "note   no table is loaded: their rows are read from Parquet; add parquet to build.tables" in told


def test_what_changed_is_changed_in_place(
    portal: CkanPortal, publish: Publish, source: MemorySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(publish(), **SMALL)
    before = resources(portal)
    source.commit(*process(500, "2026"))
    release, compiled = process(1, "2024")
    assert compiled["ocid"] in source.compiled_of
    changed = {**compiled, "awards": [{**award, "title": "Award, amended"} for award in compiled["awards"]]}
    source.commit({**release, "id": f"{release['id']}-2"}, changed)
    with watched(monkeypatch) as sent:
        send(publish(1), **SMALL)
    after = resources(portal)
    assert {key: (one["id"], one["url"]) for key, one in after.items()} == {
        key: (one["id"], one["url"]) for key, one in before.items()
    }
    assert all(after[key]["pregon_hash"] != before[key]["pregon_hash"] for key in after)
    loaded = {what["method"]: len(what["records"]) for name, what in sent if what.get("records")}
    assert loaded == {"insert": 1, "upsert": 1}, "only the rows that differ are sent"
    found = portal.action(
        "datastore_search", resource_id=after["datastore/awards"]["id"], filters={"awards/title": "Award, amended"}
    )
    assert found["total"] == 1


def test_a_push_that_is_killed_after_any_change_is_completed_by_the_next(
    portal: CkanPortal, publish: Publish, source: MemorySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = publish()

    def push_to_the_end() -> int:
        for attempt in range(30):
            try:
                with watched(monkeypatch, killed_after=1):
                    send(made, **SMALL)
            except Killed:
                continue
            return attempt
        raise AssertionError("it never comes to its end")

    with pytest.raises(Killed), watched(monkeypatch, killed_after=4):
        send(made, **SMALL)
    anybody = httpx.get(f"{portal.url}/api/3/action/package_show", params={"id": NAME}, timeout=60)
    assert anybody.status_code in (403, 404), "readers see nothing of the first push until it is whole"
    assert push_to_the_end() >= 2
    assert not show(portal)["private"]
    assert set(resources(portal)) == {"bulk/tables/full.csv.zip", "datastore/awards"}
    before = {key: one["id"] for key, one in resources(portal).items()}

    source.commit(*process(500, "2026"))
    old, made = made, publish(1)
    with pytest.raises(Killed), watched(monkeypatch, killed_after=4):
        send(made, **SMALL)
    back = {step.path: step.action for step in target(**SMALL).plan(old.path, old.manifest).steps}
    assert back["datastore/awards"] == "put", "what is half loaded is not taken for what was there before"
    push_to_the_end()
    assert {key: one["id"] for key, one in resources(portal).items()} == before
    assert extras(portal)["pregon_snapshot"] == made.manifest.snapshot
    assert send(made, **SMALL).count("put") == 0


def test_years_come_and_go(portal: CkanPortal, publish: Publish, source: MemorySource) -> None:
    chosen = {"resources": ("csv", "releases"), "years": 1}
    send(publish(), **chosen)
    assert list(resources(portal)) == [
        "bulk/tables/full.csv.zip", "bulk/releases/full.json.zip",
        "bulk/tables/2026.csv.zip", "bulk/releases/2026.json.zip",
    ]  # fmt: skip
    source.commit(*process(600, "2027"))
    plan = send(publish(1), **chosen)
    assert {step.path for step in plan.steps if step.action == "remove"} == {
        "bulk/tables/2026.csv.zip", "bulk/releases/2026.json.zip",
    }  # fmt: skip
    assert list(resources(portal))[2:] == ["bulk/tables/2027.csv.zip", "bulk/releases/2027.json.zip"]
    made = publish(2)
    send(made, resources=("releases", "csv"))
    assert list(resources(portal)) == ["bulk/releases/full.json.zip", "bulk/tables/full.csv.zip"]


def test_files_are_uploaded_and_nothing_stays_of_them_when_they_go(
    portal: CkanPortal, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = publish()
    chosen = {"resources": ("csv", "compiled", "dictionary"), "files": "upload"}
    send(made, **chosen)
    uploaded = {key: one for key, one in resources(portal).items() if one["url_type"] == "upload"}
    assert set(uploaded) == {"bulk/tables/full.csv.zip", "bulk/compiled/full.jsonl.gz", "dictionary.en.csv"}
    for key, one in uploaded.items():
        with httpx.stream("GET", one["url"], timeout=60) as answer:
            assert b"".join(answer.iter_raw()) == (made.path / key).read_bytes()
        assert (one["size"], one["hash"]) == ((made.path / key).stat().st_size, digest(made.path / key))
    with watched(monkeypatch) as sent:
        send(made, **chosen)
    assert not sent
    assert all(stored(portal, one["id"]).is_file() for one in uploaded.values())
    send(made, resources=("csv",), files="link")
    assert not any(stored(portal, one["id"]).exists() for one in uploaded.values())
    (left,) = resources(portal).values()
    assert left["url"].startswith("https://data.lindenau.example/")
    assert left["id"] == uploaded["bulk/tables/full.csv.zip"]["id"]


def stored(portal: CkanPortal, identity: str) -> Path:
    """Where CKAN keeps the file of a resource."""
    return portal.settings.parent / "storage/resources" / identity[:3] / identity[3:6] / identity[6:]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_does_not_arrive_whole_is_noticed_and_a_large_one_explained(
    portal: CkanPortal, publish: Publish, tmp_path: Path
) -> None:
    made = publish()
    chosen = {"resources": ("csv",), "files": "upload"}
    pushed = target(**chosen)
    plan = push(pushed, made.path, made.manifest, OFFICIAL)
    (held,) = resources(portal).values()
    kept = stored(portal, held["id"])
    kept.write_bytes(b"x" * kept.stat().st_size)
    again = Plan(made.path, made.manifest, plan.steps)
    assert pushed.verify(again) == ["bulk/tables/full.csv.zip holds something else"]
    large = made.path / "bulk/tables/full.csv.zip"
    large.unlink()
    large.write_bytes(b"\0" * (11 << 20))
    portal.action("dataset_purge", id=NAME)
    with pytest.raises(TargetFailed, match=r"ckan\.max_resource_size") as caught:
        push(target(**chosen), made.path, made.manifest, OFFICIAL)
    assert not caught.value.retryable


def test_after_a_redaction_nothing_older_stays_and_what_is_out_of_reach_is_told(
    portal: CkanPortal, publish: Publish, source: MemorySource
) -> None:
    send(publish(), **SMALL)
    assert any("from before the redaction" in one for one in target(**SMALL).remove_older(1))
    source.notices.append(Notice(1, AS_OF, None, "awards/title", "why"))
    for compiled in source.compiled_of.values():
        for award in compiled.get("awards", ()):
            award.pop("title", None)
    made = publish(1)
    send(made, **SMALL)
    identity = resources(portal)["datastore/awards"]["id"]
    found = portal.action("datastore_search", resource_id=identity)
    assert {one["awards/title"] for one in found["records"]} == {None}
    assert found["total"] == 9
    told = target(**SMALL).remove_older(1)
    assert not any("before the redaction" in one for one in told)
    assert any("activity stream" in one for one in told)
