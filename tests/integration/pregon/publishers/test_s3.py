"""A bucket as a target, on a server that speaks S3: what arrives, what stays, what goes, and what is out of reach."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from made_up_publication import PUBLICATION, MemorySource, made_up_source, process
from servers.objects import S3Server, moto_server
from servers.programs import free_port

from pregon.publication.build import Format, Snapshot, build_snapshot
from pregon.publication.manifest import MANIFEST
from pregon.publication.promote import Retention, promote
from pregon.publishers import (
    PushIncomplete,
    S3Publisher,
    TargetFailed,
    TargetMisconfigured,
    UnofficialPrefix,
    base,
    push,
)
from transforms.snapshot import Manifest, Notice

pytestmark = pytest.mark.integration

AS_OF = datetime(2026, 3, 2, 5, tzinfo=UTC)
OFFICIAL = replace(PUBLICATION, ocid_prefix="ocds-abc123")
BUCKET = "open-data"

Publish = Callable[..., Snapshot]


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with moto_server() as server:
        yield server


@pytest.fixture
def client(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AIRFLOW_CONN_PORTAL_BUCKET", json.dumps(server.connection()))
    monkeypatch.setattr(base, "FIRST_WAIT", 0.01)
    server.client.create_bucket(Bucket=BUCKET)
    yield server.client
    for page in server.client.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        # A page holds as many as one request may remove; one by one they took longer than the tests.
        entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        removed = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
        if removed:
            server.client.delete_objects(Bucket=BUCKET, Delete={"Objects": removed, "Quiet": True})
    server.client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def source() -> MemorySource:
    return made_up_source()


@pytest.fixture
def publish(tmp_path: Path, source: MemorySource) -> Publish:
    def publish(day: int, *formats: Format) -> Snapshot:
        made = build_snapshot(
            tmp_path / "public", source, OFFICIAL, as_of=AS_OF + timedelta(days=day), code_version="1",
            formats=("jsonl", "packages", *formats),
        )  # fmt: skip
        promote(made.path)
        return made

    return publish


def target(**settings: Any) -> S3Publisher:
    settings = {"prefix": "contracting", "connection": "portal_bucket", "retention": Retention(1), **settings}
    return S3Publisher(BUCKET, name="bucket", **settings)


def send(snapshot: Snapshot, **settings: Any) -> base.Plan:
    return push(target(**settings), snapshot.path, snapshot.manifest, OFFICIAL)


def keys(client: Any, prefix: str = "") -> set[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return {entry["Key"] for page in pages for entry in page.get("Contents", ())}


def read(client: Any, key: str) -> bytes:
    body: bytes = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body


def written(client: Any, prefix: str) -> dict[str, datetime]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return {entry["Key"]: entry["LastModified"] for page in pages for entry in page.get("Contents", ())}


def test_a_push_leaves_the_snapshot_and_the_current_publication_whole(client: Any, publish: Publish) -> None:
    made = publish(0)
    send(made)
    names = {one.path for one in made.manifest.files} | {MANIFEST}
    for folder in (f"contracting/snapshots/{made.manifest.snapshot}/", "contracting/current/"):
        assert keys(client, folder) == {folder + name for name in names}
        for name in names:
            assert read(client, folder + name) == (made.path / name).read_bytes()
    assert keys(client) == keys(client, "contracting/")


def test_a_browser_is_told_what_a_file_is_and_how_long_it_may_be_kept(
    server: S3Server, client: Any, publish: Publish
) -> None:
    made = publish(0)
    send(made, cache_seconds=60)
    client.put_object_acl(Bucket=BUCKET, Key="contracting/current/index.html", ACL="public-read")

    def headers(path: str) -> Any:
        head = client.head_object(Bucket=BUCKET, Key=f"contracting/{path}")
        return head["ContentType"], head["CacheControl"]

    assert headers("current/index.html") == ("text/html; charset=utf-8", "public, max-age=60")
    assert headers("current/data.json") == ("application/json", "public, max-age=60")
    assert headers("current/bulk/releases/full.json.zip") == ("application/zip", "public, max-age=60")
    for_ever = ("application/gzip", "public, max-age=31536000, immutable")
    assert headers(f"snapshots/{made.manifest.snapshot}/bulk/releases/full.jsonl.gz") == for_ever
    answer = httpx.get(f"{server.endpoint}/{BUCKET}/contracting/current/index.html")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.content == (made.path / "index.html").read_bytes()


def test_nothing_is_sent_twice(client: Any, publish: Publish) -> None:
    made = publish(0)
    send(made)
    before = written(client, f"contracting/snapshots/{made.manifest.snapshot}/bulk/")
    plan = send(made)
    assert plan.count("put") == 1, "the manifest alone"
    assert written(client, f"contracting/snapshots/{made.manifest.snapshot}/bulk/") == before


def test_a_new_publication_takes_the_place_of_the_old_one(client: Any, publish: Publish, source: MemorySource) -> None:
    client.put_object(Bucket=BUCKET, Key="contracting/current/logo.png", Body=b"not ours")
    client.put_object(Bucket=BUCKET, Key="contracting/snapshots/notes.txt", Body=b"not ours")
    client.put_object(Bucket=BUCKET, Key="contracting/snapshots/elsewhere/data.csv", Body=b"not ours")
    send(publish(0, "csv"))
    assert "contracting/current/bulk/tables/full.csv.zip" in keys(client)
    snapshots = []
    for day in (1, 2, 3):
        source.commit(*process(500 + day, "2026", awarded=False))
        snapshots.append(publish(day))
        plan = send(snapshots[-1])
    assert {step.path: step.action for step in plan.steps}["bulk/releases/2024.json.zip"] == "keep"
    found = keys(client)
    assert "contracting/current/bulk/tables/full.csv.zip" not in found, "what is no more is taken away"
    assert {"contracting/current/logo.png", "contracting/snapshots/notes.txt"} < found
    assert "contracting/snapshots/elsewhere/data.csv" in found
    kept = {key.split("/")[2] for key in found if key.startswith("contracting/snapshots/2")}
    assert kept == {one.manifest.snapshot for one in snapshots[1:]}
    current = Manifest.from_json(read(client, "contracting/current/manifest.json"))
    assert current == snapshots[-1].manifest
    for one in current.files:
        assert hashlib.sha256(read(client, f"contracting/current/{one.path}")).hexdigest() == one.sha256


def test_an_interrupted_push_goes_on_where_it_was(client: Any, publish: Publish) -> None:
    made = publish(0)
    first = target()
    plan = first.plan(made.path, made.manifest)
    first.begin(plan)
    for step in plan.steps[: len(plan.steps) // 2]:
        first.execute(plan, step)
    assert not keys(client, "contracting/current/"), "readers see nothing of it"
    before = written(client, f"contracting/snapshots/{made.manifest.snapshot}/")
    send(made)
    after = written(client, f"contracting/snapshots/{made.manifest.snapshot}/")
    sent = {step.path for step in plan.steps[: len(plan.steps) // 2]}
    assert {key: moment for key, moment in before.items() if key.split("/", 3)[3] in sent}.items() <= after.items()
    assert not [key for key in keys(client) if key.endswith(".pushing.json")]


def test_what_was_begun_and_given_up_is_removed(client: Any, publish: Publish, source: MemorySource) -> None:
    given_up = publish(0)
    first = target()
    plan = first.plan(given_up.path, given_up.manifest)
    first.begin(plan)
    first.execute(plan, plan.steps[0])
    source.commit(*process(500, "2026"))
    send(publish(1))
    assert not keys(client, f"contracting/snapshots/{given_up.manifest.snapshot}/")


def test_what_does_not_arrive_whole_is_noticed(client: Any, publish: Publish) -> None:
    made = publish(0)

    class Spoiled(S3Publisher):
        def finish(self, plan: base.Plan) -> None:
            super().finish(plan)
            key = f"contracting/snapshots/{made.manifest.snapshot}/data.json"
            head = client.head_object(Bucket=BUCKET, Key=key)
            other = read(client, key).replace(b"a", b"b")
            client.put_object(Bucket=BUCKET, Key=key, Body=other, Metadata=head["Metadata"])
            client.delete_object(Bucket=BUCKET, Key="contracting/current/index.html")

    spoiled = Spoiled(BUCKET, prefix="contracting", connection="portal_bucket", name="bucket")
    with pytest.raises(PushIncomplete) as caught:
        push(spoiled, made.path, made.manifest, OFFICIAL)
    assert [problem.rpartition("/")[2] for problem in caught.value.problems] == [
        "data.json holds something else", "index.html is missing, or is another file",
    ]  # fmt: skip
    send(made)
    assert read(client, "contracting/current/index.html") == (made.path / "index.html").read_bytes()


def test_large_files_arrive_in_parts(client: Any, publish: Publish, tmp_path: Path) -> None:
    made = publish(0)
    large = made.path / "bulk/releases/full.jsonl.gz"
    content = bytes(range(256)) * 80_000  # 20 MB: boto3 sends parts of 8
    large.unlink()
    large.write_bytes(content)
    described = [
        replace(one, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        if one.path == "bulk/releases/full.jsonl.gz"
        else one
        for one in made.manifest.files
    ]
    manifest = replace(made.manifest, files=tuple(described))
    (made.path / MANIFEST).write_bytes(manifest.to_json())
    push(target(), made.path, manifest, OFFICIAL)
    assert read(client, "contracting/current/bulk/releases/full.jsonl.gz") == content
    assert "-" in client.head_object(Bucket=BUCKET, Key="contracting/current/bulk/releases/full.jsonl.gz")["ETag"]


def test_a_push_that_changes_nothing_can_be_looked_at_first(client: Any, publish: Publish) -> None:
    made = publish(0)
    told = target().plan(made.path, made.manifest).describe()
    assert "put    bulk/releases/full.json.zip" in told
    assert not keys(client)


def test_copies_from_before_a_redaction_go_and_what_is_out_of_reach_is_told(
    client: Any, publish: Publish, source: MemorySource
) -> None:
    old = publish(0)
    send(old)
    source.notices.append(Notice(1, AS_OF, None, "tender/title", "why"))
    new = publish(1)
    send(new)
    assert keys(client, f"contracting/snapshots/{old.manifest.snapshot}/")
    told = target().remove_older(1)
    assert not keys(client, f"contracting/snapshots/{old.manifest.snapshot}/")
    assert keys(client, f"contracting/snapshots/{new.manifest.snapshot}/")
    assert not any("versions" in one for one in told)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    assert any("older versions of objects, which the bucket open-data keeps" in one for one in target().remove_older(1))
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


def test_records_with_an_unofficial_prefix_stay_here(client: Any, publish: Publish) -> None:
    made = publish(0)
    with pytest.raises(UnofficialPrefix):
        push(target(), made.path, made.manifest, PUBLICATION)
    assert not keys(client)


def test_errors_say_what_to_do_and_no_secrets(
    client: Any, server: S3Server, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = publish(0)
    with pytest.raises(TargetFailed, match="NoSuchBucket") as caught:
        push(S3Publisher("nowhere-at-all", connection="portal_bucket"), made.path, made.manifest, OFFICIAL)
    assert not caught.value.retryable
    with pytest.raises(TargetMisconfigured, match="not defined") as undefined:
        push(S3Publisher(BUCKET, connection="forgotten"), made.path, made.manifest, OFFICIAL)
    assert "AIRFLOW_CONN_FORGOTTEN" in str(undefined.value.hint)
    down = {**server.connection(), "extra": {"endpoint_url": f"http://127.0.0.1:{free_port()}"}}
    monkeypatch.setenv("AIRFLOW_CONN_PORTAL_BUCKET", json.dumps(down))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(TargetFailed) as unreachable:
        push(target(), made.path, made.manifest, OFFICIAL)
    assert unreachable.value.retryable
    assert server.connection()["password"] not in str(unreachable.value)
