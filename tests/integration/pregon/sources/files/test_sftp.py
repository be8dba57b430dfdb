"""Files on an SFTP server, from the pinned key to rows: OpenSSH's own, and one that has bad days."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up_sources import files, table
from paramiko import ECDSAKey
from servers.faulty_sftp import FaultySftp, faulty_sftp
from servers.programs import ServerMissing
from servers.sshd import SftpServer, sftp_server

from pregon.sources.base import SourceConfigurationError, SourceUnavailableError
from pregon.sources.files.transports import sftp
from pregon.sources.files.transports.errors import (
    ChecksumDiffers,
    FileNotSettled,
    HostKeyDiffers,
    LoginRefused,
    TransferFailed,
)
from pregon.sources.files.transports.sftp import open_sftp
from pregon.sources.http.errors import AnswerTooLarge, PrivateAddressRefused

from .conftest import Connect, Extract, csv, names

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def started() -> Iterator[SftpServer]:
    with tempfile.TemporaryDirectory(prefix="pregon-sshd-") as folder:
        try:
            with sftp_server(Path(folder)) as server:
                yield server
        except ServerMissing as missing:
            pytest.skip(str(missing))


@pytest.fixture
def server(started: SftpServer, connect: Connect) -> Iterator[SftpServer]:
    """The server with nothing on it, and a connection to it."""
    for path in sorted(started.folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    connect(started.connection())
    return started


@pytest.fixture
def faulty(connect: Connect) -> Iterator[FaultySftp]:
    with faulty_sftp() as server:
        server.files = {"/out/a.csv": csv(1, 2)}
        connect(server.connection())
        yield server


def put(server: SftpServer, objects: dict[str, bytes]) -> None:
    for name, content in objects.items():
        path = server.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_files_are_found_by_pattern_and_read_in_order(server: SftpServer, extract: Extract) -> None:
    put(
        server,
        {
            "awards-10.csv": csv(3),
            "awards-9.csv": csv(1, 2),
            "awards-9.csv.done": b"",
            "old/awards-1.csv": csv(99),
            "buyers.csv": csv(98),
        },
    )
    (server.folder / "awards-11.csv").symlink_to(server.folder / "old" / "awards-1.csv")
    (server.folder / "awards-12.csv").symlink_to("nowhere")
    found = extract(server.address("awards-*.csv"))
    assert names(found) == ["awards-9.csv", "awards-10.csv", "awards-11.csv"]
    assert extract.titles == {"1": "t1", "2": "t2", "3": "t3", "99": "t99"}


def test_folders_may_be_patterns_too(server: SftpServer, extract: Extract) -> None:
    put(server, {"2025/12/a.csv": csv(1), "2026/01/a.csv": csv(2), "2026/02/b.csv": csv(3), "2026/a.csv": csv(4)})
    assert names(extract(server.address("20*/*/a.csv"))) == ["2025/12/a.csv", "2026/01/a.csv"]
    assert names(extract(server.address("{date:%Y}/01/a.csv"), day=1)) == ["2026/01/a.csv"]


def test_the_newest_is_taken(server: SftpServer, extract: Extract) -> None:
    put(server, {"a-9.csv": csv(1), "a-10.csv": csv(2), "a-11.csv": csv(3)})
    assert names(extract(server.address("a-*.csv"), newest=2)) == ["a-10.csv", "a-11.csv"]


def test_a_large_file_arrives_as_it_is(server: SftpServer, extract: Extract) -> None:
    content = b"id,title\n" + b"".join(f"{number},{os.urandom(512).hex()}\n".encode() for number in range(12_000))
    put(server, {"a.csv": content})
    entry = extract(server.address("a.csv"))
    assert entry.notes["files"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert entry.rows_read == 12_000


def test_size_and_time_prove_nothing_so_the_bytes_do(server: SftpServer, extract: Extract) -> None:
    put(server, {"a.csv": csv(1)})
    os.utime(server.folder / "a.csv", (1_700_000_000, 1_700_000_000))
    extract(server.address("a.csv"))
    assert extract(server.address("a.csv"), day=1).mode == "unchanged"
    put(server, {"a.csv": csv(2)})
    os.utime(server.folder / "a.csv", (1_700_000_000, 1_700_000_000))
    assert extract(server.address("a.csv"), day=2).mode == "full"
    assert extract.titles["2"] == "t2"


def test_a_file_that_still_grows_is_left_for_later(server: SftpServer, extract: Extract, monkeypatch: Any) -> None:
    put(server, {"a.csv": csv(1)})
    waited: list[float] = []

    def write_on(seconds: float) -> None:
        waited.append(seconds)
        with (server.folder / "a.csv").open("ab") as stream:
            stream.write(b"2,t2\n")

    spec = files(table(file=server.address("a.csv")))
    with open_sftp(_options(spec, settle=7.0), spec.tables[0], server.address("a.csv"), sleep=write_on) as transport:
        listed = transport.listing()
        with pytest.raises(FileNotSettled, match=r"a\.csv: is still being written") as caught:
            transport.settle(listed)
    assert waited == [7.0]
    assert caught.value.retryable


def _options(spec: Any, **options: Any) -> Any:
    from dataclasses import replace

    return replace(spec, connection="drop", options={"private_addresses": True, **options})


@pytest.mark.parametrize("companion", ["a.csv.done", "a.csv.sha256"])
def test_a_companion_says_that_a_file_is_complete(
    server: SftpServer, extract: Extract, companion: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(server, {"a.csv": csv(1), companion: hashlib.sha256(csv(1)).hexdigest().encode()})
    looked: list[object] = []
    monkeypatch.setattr(sftp.SftpTransport, "settle", lambda _, files: looked.extend(files))
    extract(server.address("a.csv"))
    assert looked == []


def test_a_checksum_that_does_not_fit_is_told(server: SftpServer, extract: Extract) -> None:
    put(server, {"a.csv": csv(1), "a.csv.md5": b"d41d8cd98f00b204e9800998ecf8427e  a.csv\n"})
    with pytest.raises(ChecksumDiffers):
        extract(server.address("a.csv"))


def test_a_missing_file_or_folder_is_told(server: SftpServer, extract: Extract) -> None:
    put(server, {"awards_2026.csv": csv(1)})
    with pytest.raises(SourceUnavailableError, match="is not there") as caught:
        extract(server.address("awards-2026.csv"))
    assert "did you mean 'awards_2026.csv'?" in str(caught.value.hint)
    with pytest.raises(SourceUnavailableError, match="is not there") as caught:
        extract(server.address("nowhere/a.csv"))
    assert "check the folder" in str(caught.value.hint)


# Who is spoken to -----------------------------------------------------------------------------------------------------


def test_a_server_whose_key_is_not_pinned_is_not_spoken_to(
    server: SftpServer, extract: Extract, connect: Connect
) -> None:
    connect(server.connection(host_key=None))
    with pytest.raises(SourceConfigurationError, match="pins no key of the server") as caught:
        extract(server.address("a.csv"))
    assert "ssh-keyscan" in str(caught.value.hint)


def test_another_server_gets_no_login(faulty: FaultySftp, extract: Extract, connect: Connect) -> None:
    other = ECDSAKey.generate()
    connect(faulty.connection(extra={"host_key": f"{other.get_name()} {other.get_base64()}"}))
    with pytest.raises(HostKeyDiffers, match="the server shows the key SHA256:") as caught:
        extract(faulty.address("out/a.csv"))
    assert not caught.value.retryable
    assert faulty.logins == []


def test_a_key_of_another_kind_is_another_key(
    faulty: FaultySftp, server: SftpServer, extract: Extract, connect: Connect
) -> None:
    connect(faulty.connection(extra={"host_key": server.host_key}))
    with pytest.raises(HostKeyDiffers, match="of no kind in common"):
        extract(faulty.address("out/a.csv"))
    assert faulty.logins == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"login": ""}, "has no login"),
        ({"password": ""}, "has neither a password nor a private_key"),
        ({"host": "elsewhere.example"}, r"is for the host elsewhere\.example, not 127"),
        ({"conn_type": "aws"}, "is of type aws, not sftp"),
        ({"extra": {"host_key": "ssh-ed25519 x"}}, "a host_key that is no public key"),
        ({"extra": {"host_key": "AAAAB3NzaC1kc3MAAACBAP"}}, "a host_key that is no public key|ssh-dss"),
        ({"extra": {"host_key": "ssh-dss AAAAB3NzaC1kc3M="}}, "of the kind 'ssh-dss', which is not spoken here"),
    ],
)
def test_a_connection_that_lacks_something_is_named(
    faulty: FaultySftp, extract: Extract, connect: Connect, changes: dict[str, Any], words: str
) -> None:
    connect(faulty.connection(**changes))
    with pytest.raises(SourceConfigurationError, match=words):
        extract(faulty.address("out/a.csv"))
    assert faulty.logins == []


def test_a_private_key_that_cannot_be_read_is_named_without_it(
    server: SftpServer, extract: Extract, connect: Connect
) -> None:
    damaged = server.private_key.replace("A", "B")
    connect(server.connection(private_key=damaged))
    with pytest.raises(SourceConfigurationError, match="a private_key that can't be read") as caught:
        extract(server.address("a.csv"))
    assert damaged[60:80] not in f"{caught.value} {caught.value.hint}"


def test_the_host_may_be_the_connections(faulty: FaultySftp, extract: Extract, connect: Connect) -> None:
    connect(faulty.connection(host="127.0.0.1", port=faulty.port))
    assert extract("sftp:///out/a.csv").rows_read == 2
    connect(faulty.connection())
    with pytest.raises(SourceConfigurationError, match="has no host"):
        extract("sftp:///out/a.csv", day=1)


def test_a_password_that_is_wrong_is_told_and_not_tried_again(
    faulty: FaultySftp, extract: Extract, connect: Connect
) -> None:
    connect(faulty.connection(password="not-the-one"))  # noqa: S106
    with pytest.raises(LoginRefused, match="does not accept the login") as caught:
        extract(faulty.address("out/a.csv"), settings={"requests": {"tries": 5}})
    assert not caught.value.retryable
    assert "not-the-one" not in f"{caught.value} {caught.value.hint}"
    assert len(faulty.logins) == 1


def test_a_private_address_needs_the_word_of_the_source(faulty: FaultySftp, extract: Extract) -> None:
    with pytest.raises(PrivateAddressRefused):
        extract(faulty.address("out/a.csv"), settings={"private_addresses": False})
    assert faulty.logins == []


# Bad days -------------------------------------------------------------------------------------------------------------


def test_a_transfer_that_breaks_off_begins_again(
    faulty: FaultySftp, extract: Extract, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty.drops = 2
    monkeypatch.setattr("pregon.sources.patience.FIRST_DELAY", 0.0)
    assert extract(faulty.address("out/a.csv"), settings={"requests": {"tries": 3}}).rows_read == 2
    assert len(faulty.logins) == 3


def test_a_transfer_that_breaks_off_too_often_is_told(faulty: FaultySftp, extract: Extract) -> None:
    faulty.drops = 9
    with pytest.raises(TransferFailed, match="breaks off") as caught:
        extract(faulty.address("out/a.csv"))
    assert caught.value.retryable


def test_a_file_is_bounded_in_time_and_size(faulty: FaultySftp, extract: Extract) -> None:
    faulty.files["/out/large.csv"] = csv(*range(100_000))
    with pytest.raises(AnswerTooLarge):
        extract(faulty.address("out/large.csv"), settings={"requests": {"tries": 1, "file_bytes": 100_000}})
    faulty.wait = 0.1
    with pytest.raises(TransferFailed, match=r"takes longer than 0\.5 s"):
        extract(faulty.address("out/large.csv"), settings={"requests": {"tries": 1, "file_seconds": 0.5}})


def test_a_server_that_is_away_is_told(faulty: FaultySftp, extract: Extract) -> None:
    with pytest.raises(TransferFailed, match=r"can't be reached at 127\.0\.0\.1:9"):
        extract("sftp://127.0.0.1:9/out/a.csv")


def test_a_file_that_may_not_be_read_is_told(faulty: FaultySftp, extract: Extract) -> None:
    faulty.forbidden = {"/out/a.csv"}
    with pytest.raises(LoginRefused, match="may not read it"):
        extract(faulty.address("out/a.csv"), settings={"requests": {"tries": 5}})


def test_names_that_are_paths_are_not_believed(faulty: FaultySftp, extract: Extract) -> None:
    faulty.files["/out/b.csv"] = csv(3)
    faulty.renamed = {"/out/b.csv": "/out/../../../etc/x.csv\0"}
    assert names(extract(faulty.address("out/*.csv*"))) == ["a.csv"]
