"""Files in a bucket, from listing to rows, on a server that speaks S3."""

import hashlib
from collections.abc import Iterator

import pytest
from servers.objects import S3Server, moto_server

from pregon.sources.base import SourceConfigurationError, SourceUnavailableError
from pregon.sources.files.transports import s3
from pregon.sources.files.transports.errors import ChecksumDiffers
from pregon.sources.http.errors import AddressNotFound, AnswerTooLarge, PrivateAddressRefused, ServerFailed

from .conftest import Connect, Extract, csv, names

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with moto_server() as server:
        yield server


@pytest.fixture
def bucket(server: S3Server, connect: Connect) -> Iterator[str]:
    name = "city-drop"
    server.client.create_bucket(Bucket=name)
    connect(server.connection())
    yield name
    for page in server.client.get_paginator("list_objects_v2").paginate(Bucket=name):
        for entry in page.get("Contents", ()):
            server.client.delete_object(Bucket=name, Key=entry["Key"])
    server.client.delete_bucket(Bucket=name)


def put(server: S3Server, bucket: str, objects: dict[str, bytes]) -> None:
    for key, body in objects.items():
        server.client.put_object(Bucket=bucket, Key=key, Body=body)


def test_files_are_found_by_pattern_and_read_in_order(server: S3Server, bucket: str, extract: Extract) -> None:
    put(
        server,
        bucket,
        {
            "out/awards-10.csv": csv(3),
            "out/awards-9.csv": csv(1, 2),
            "out/awards-9.csv.done": b"",
            "out/older/awards-1.csv": csv(99),
            "out/buyers.csv": csv(98),
            "out/": b"",
        },
    )
    found = extract(f"s3://{bucket}/out/awards-*.csv")
    assert names(found) == ["awards-9.csv", "awards-10.csv"]
    assert extract.titles == {"1": "t1", "2": "t2", "3": "t3"}
    assert found.rows_read == 3


def test_a_key_may_hold_whatever_a_key_may(server: S3Server, bucket: str, extract: Extract) -> None:
    key = "año 2026/a&b+c <d>%20#e?.csv"
    put(server, bucket, {key: csv(1)})
    assert names(extract(f"s3://{bucket}/{key}")) == [key.rpartition("/")[2]]


def test_the_newest_is_taken(server: S3Server, bucket: str, extract: Extract) -> None:
    put(server, bucket, {"a-31-12-2025.csv": csv(1), "a-02-01-2026.csv": csv(2), "a-01-01-2026.csv": csv(3)})
    extract(f"s3://{bucket}/a-{{date:%d-%m-%Y}}.csv", newest=True)
    assert extract.titles == {"2": "t2"}


def test_what_was_not_written_again_is_not_fetched_again(
    server: S3Server, bucket: str, extract: Extract, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(server, bucket, {"a-1.csv": csv(1), "a-2.csv": csv(2)})
    address = f"s3://{bucket}/a-*.csv"
    extract(address)
    fetched: list[str] = []
    fetch = s3.HttpClient.download
    monkeypatch.setattr(s3.HttpClient, "download", lambda *args, **kw: (fetched.append("x"), fetch(*args, **kw))[1])
    assert extract(address, day=1).mode == "unchanged"
    assert fetched == []
    put(server, bucket, {"a-2.csv": csv(2, title="changed ")})
    assert extract(address, day=2).mode == "full"
    assert extract.titles == {"1": "t1", "2": "changed 2"}
    put(server, bucket, {"a-3.csv": csv(3)})
    assert extract(address, day=3).rows_read == 3


def test_all_pages_of_a_list_are_read(
    server: S3Server, bucket: str, extract: Extract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "PAGE_KEYS", 2)
    put(server, bucket, {f"a-{number}.csv": csv(number) for number in range(5)})
    assert names(extract(f"s3://{bucket}/a-*.csv")) == [f"a-{number}.csv" for number in range(5)]


def test_a_checksum_beside_a_file_is_compared(server: S3Server, bucket: str, extract: Extract) -> None:
    right = hashlib.sha256(csv(1)).hexdigest().upper()
    put(server, bucket, {"a.csv": csv(1), "a.csv.sha256": f"{right} *a.csv\n".encode()})
    assert extract(f"s3://{bucket}/a*").rows_read == 1
    put(server, bucket, {"a.csv": csv(1, 2)})
    with pytest.raises(ChecksumDiffers, match=r"a\.csv: is not what a\.csv\.sha256 says") as caught:
        extract(f"s3://{bucket}/a*", day=1)
    assert caught.value.retryable


def test_only_files_with_their_companion_are_taken_where_that_is_asked(
    server: S3Server, bucket: str, extract: Extract
) -> None:
    put(server, bucket, {"a-1.csv": csv(1), "a-1.csv.ok": b"", "a-2.csv": csv(2)})
    assert names(extract(f"s3://{bucket}/a-*.csv", companion=".ok")) == ["a-1.csv"]
    server.client.delete_object(Bucket=bucket, Key="a-1.csv.ok")
    with pytest.raises(SourceUnavailableError, match=r"is not there with \.ok beside it"):
        extract(f"s3://{bucket}/a-*.csv", day=1, companion=".ok")


def test_a_missing_file_is_told_with_what_there_is(server: S3Server, bucket: str, extract: Extract) -> None:
    put(server, bucket, {"out/awards_2026.csv": csv(1), "out/buyers.csv": csv(1)})
    with pytest.raises(SourceUnavailableError, match="is not there") as caught:
        extract(f"s3://{bucket}/out/awards-2026.csv")
    assert "did you mean 'awards_2026.csv'?" in str(caught.value.hint)


def test_a_missing_bucket_is_told(server: S3Server, bucket: str, extract: Extract) -> None:
    with pytest.raises(AddressNotFound, match="NoSuchBucket"):
        extract("s3://another-bucket/a.csv")


def test_a_file_beyond_all_measure_is_stopped(server: S3Server, bucket: str, extract: Extract) -> None:
    put(server, bucket, {"a.csv": csv(*range(100))})
    with pytest.raises(AnswerTooLarge):
        extract(f"s3://{bucket}/a.csv", settings={"requests": {"file_bytes": 100}})


def test_a_private_address_needs_the_word_of_the_source(bucket: str, extract: Extract) -> None:
    with pytest.raises(PrivateAddressRefused):
        extract(f"s3://{bucket}/a.csv", settings={"private_addresses": False})


@pytest.mark.parametrize("auth", [None, "anonymous"])
def test_a_public_bucket_needs_no_keys(
    server: S3Server, bucket: str, extract: Extract, connect: Connect, auth: str | None
) -> None:
    put(server, bucket, {"a.csv": csv(1)})
    server.client.put_object_acl(Bucket=bucket, Key="a.csv", ACL="public-read")
    connect({"conn_type": "aws", "extra": {"endpoint_url": server.endpoint, "auth": "anonymous"}})
    assert extract(f"s3://{bucket}/a.csv").rows_read == 1


def test_keys_may_be_those_of_the_machine(
    server: S3Server, bucket: str, extract: Extract, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(server, bucket, {"a.csv": csv(1)})
    connect({"conn_type": "aws", "extra": {"endpoint_url": server.endpoint, "auth": "environment"}})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-machine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    assert extract(f"s3://{bucket}/a.csv").rows_read == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"conn_type": "aws"}, "has no login: give the keys"),
        ({"conn_type": "aws", "login": "x"}, "has no login or no password"),
        ({"conn_type": "aws", "extra": {"auth": "magic"}}, "has no login"),
        ({"conn_type": "sftp", "login": "x", "password": "hidden"}, "is of type sftp, not aws"),
        (
            {"conn_type": "aws", "login": "x", "password": "hidden", "extra": {"endpoint_url": "x"}},
            "endpoint_url",
        ),
    ],
)
def test_a_connection_that_lacks_something_is_named(
    bucket: str, extract: Extract, connect: Connect, fields: dict[str, object], words: str
) -> None:
    connect(fields)
    with pytest.raises(SourceConfigurationError, match=words) as caught:
        extract(f"s3://{bucket}/a.csv")
    assert "hidden" not in str(caught.value)


def test_a_server_that_is_away_is_told_without_secrets(bucket: str, extract: Extract, connect: Connect) -> None:
    fields = {"conn_type": "aws", "login": "made-up-key", "password": "hidden"}
    connect({**fields, "extra": {"endpoint_url": "http://127.0.0.1:9"}})
    with pytest.raises(ServerFailed) as caught:
        extract(f"s3://{bucket}/a.csv")
    assert "made-up-key" not in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_keys_of_the_server_never_name_a_local_file(
    server: S3Server, bucket: str, extract: Extract, tmp_path_factory: pytest.TempPathFactory
) -> None:
    put(server, bucket, {"out/..%2f..%2fx.csv": csv(1), "out/../../../escaped.csv": csv(2)})
    extract(f"s3://{bucket}/out/**/*.csv")
    assert set(extract.titles) == {"1"}
    assert list(tmp_path_factory.getbasetemp().rglob("escaped.csv")) == []
