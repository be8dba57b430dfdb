import gzip
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from servers.scripted import Reply, Scripted, json_reply, later

from pregon.sources.base import SourceError, SourceSpec
from pregon.sources.http.client import open_client
from pregon.sources.http.errors import (
    AddressNotFound,
    AnswerTooLarge,
    AuthenticationRejected,
    NotAFile,
    NotJson,
    RequestRefused,
    ServerFailed,
    StillWorking,
    Throttled,
    UnknownAnswer,
)

from .conftest import Open

HTML = Reply(body=b"<html>maintenance</html>", headers={"content-type": "text/html"})
GOOD = json_reply([{"id": 1.50}])


def test_numbers_keep_their_text(server: Scripted, client: Open) -> None:
    server.answers(Reply(body=b'[{"amount": 1.50, "id": 12345678901234567890}]'))
    answer = client().get(server.address + "/rows")
    assert answer.json() == [{"amount": "1.50", "id": "12345678901234567890"}]
    assert answer.address == server.address + "/rows"


@pytest.mark.parametrize(
    "passing",
    [
        Reply(429, headers={"retry-after": "0"}),
        Reply(429, headers={"retry-after": "soon"}),
        Reply(429, headers={"retry-after": "\u00b2"}),
        Reply(202),
        Reply(500),
        Reply(503),
        Reply(408),
        Reply(body=b'{"a": 1}', length=400, drop=4),
        Reply(body=b'{"a": 1}', length=100),
        HTML,
        Reply(body=b'[{"id": 1}, {"id"'),
        Reply(body=b""),
        Reply(body=b'{"a": NaN}'),
    ],
)
def test_what_passes_by_itself_is_tried_again(server: Scripted, client: Open, passing: Reply) -> None:
    server.answers(passing, passing, GOOD)
    assert client().get(server.address).json() == [{"id": "1.5"}]
    assert len(server.requests) == 3


def test_a_time_out_is_tried_again(server: Scripted, client: Open) -> None:
    server.answers(Reply(wait=0.3), GOOD)
    assert client(read_seconds=0.1).get(server.address).json() == [{"id": "1.5"}]


@pytest.mark.parametrize(
    ("reply", "error", "times"),
    [
        (Reply(401), AuthenticationRejected, 1),
        (Reply(403, b'{"message": "no"}'), AuthenticationRejected, 1),
        (Reply(404), AddressNotFound, 1),
        (Reply(410), AddressNotFound, 1),
        (Reply(400, b'{"message": "no such column: foo"}'), RequestRefused, 1),
        (Reply(409), RequestRefused, 1),
        (Reply(429), Throttled, 3),
        (Reply(202), StillWorking, 3),
        (Reply(502), ServerFailed, 3),
        (HTML, NotJson, 3),
    ],
)
def test_the_error_says_whether_time_may_mend_it(
    server: Scripted, client: Open, reply: Reply, error: type[SourceError], times: int
) -> None:
    server.answers(reply)
    with pytest.raises(error, match=r"^portal\.rows: http://127") as caught:
        client(tries=3).get(server.address + "/x?key=hidden", table="rows")
    assert len(server.requests) == times
    assert caught.value.retryable is (times > 1)
    assert "hidden" not in f"{caught.value} {caught.value.hint}"


def test_what_the_server_says_is_told(server: Scripted, client: Open) -> None:
    server.answers(Reply(400, b'{"message":\n "no such column: foo"}'))
    with pytest.raises(RequestRefused, match="no such column: foo") as caught:
        client().get(server.address)
    assert caught.value.status == 400


def test_the_delay_grows_and_the_server_may_set_it(server: Scripted, client: Open, waits: list[float]) -> None:
    replies = [Reply(500), Reply(500), Reply(429, headers={"retry-after": "17"})]
    server.answers(*replies, Reply(503, headers={"retry-after": later(40)}), GOOD)
    client().get(server.address)
    first, second, asked, dated = waits
    assert 0.5 <= first <= 1.0 <= second <= 2.0
    assert asked == 17
    assert 38 <= dated <= 40


def test_waiting_longer_than_the_budget_is_left_to_a_later_run(server: Scripted, client: Open) -> None:
    server.answers(Reply(429, headers={"retry-after": "7200"}))
    with pytest.raises(Throttled) as caught:
        client(budget=600).get(server.address)
    assert caught.value.retry_after == 7200
    assert len(server.requests) == 1


def test_an_answer_is_bounded_in_size_also_after_decompression(server: Scripted, client: Open, tmp_path: Path) -> None:
    bomb = gzip.compress(b" " * (5 << 20))
    server.answers(Reply(body=bomb, headers={"content-encoding": "gzip"}))
    with pytest.raises(AnswerTooLarge, match="larger than 1,048,576 bytes"):
        client(answer_bytes=1 << 20).get(server.address)
    with pytest.raises(AnswerTooLarge):
        client(file_bytes=1 << 20).download(server.address, tmp_path / "file")


@pytest.mark.parametrize("drip", [{"drip": 0.01}, {"drip": 0.01, "drip_headers": True}])
@pytest.mark.parametrize("body", [b"[" + b" " * 4000 + b"]", gzip.compress(b"[" + b" " * (1 << 20) + b"]")])
def test_an_answer_is_bounded_in_time_however_steadily_it_drips(
    server: Scripted, client: Open, drip: dict[str, Any], body: bytes
) -> None:
    coding = "gzip" if body.startswith(b"\x1f") else "identity"
    server.answers(Reply(body=body, headers={"content-encoding": coding, "x-filling": "x" * 4000}, **drip))
    began = time.monotonic()
    with pytest.raises(ServerFailed, match=r"takes longer than 0\.2 s") as caught:
        client(answer_seconds=0.2, tries=1).get(server.address)
    assert time.monotonic() - began < 2
    assert caught.value.retryable


def test_a_file_is_bounded_in_time(server: Scripted, client: Open, tmp_path: Path) -> None:
    server.answers(Reply(body=b"x" * 4000, drip=0.01))
    with pytest.raises(ServerFailed, match=r"takes longer than 0\.2 s"):
        client(file_seconds=0.2, tries=1).download(server.address, tmp_path / "file")


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip"])
def test_what_is_packed_as_nobody_asked_for_is_not_unpacked(server: Scripted, client: Open, coding: str) -> None:
    server.answers(Reply(body=b"x", headers={"content-encoding": coding}))
    with pytest.raises(UnknownAnswer, match=coding):
        client().get(server.address)
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


def test_a_packed_answer_whose_end_is_missing_is_not_taken_for_whole(
    server: Scripted, client: Open, tmp_path: Path
) -> None:
    packed = gzip.compress(b"id;title\n" * 1000)
    server.answers(Reply(body=packed[:-20], headers={"content-encoding": "gzip"}))
    with pytest.raises(ServerFailed, match="ends too early"):
        client(tries=2).download(server.address, tmp_path / "file")
    assert len(server.requests) == 2


def test_a_web_page_is_no_file(server: Scripted, client: Open, tmp_path: Path) -> None:
    server.answers(Reply(body=b"\n <!DOCTYPE html><p>Back soon"), Reply(body=b"<releases/>"))
    client().download(server.address, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"<releases/>"
    server.answers(HTML)
    with pytest.raises(NotAFile, match="a web page where a file was due"):
        client(tries=3).download(server.address, tmp_path / "file")


def test_a_source_says_how_patient_to_be(server: Scripted) -> None:
    server.answers(Reply(500))
    spec = SourceSpec("portal", "rest", (), options={"private_addresses": True, "requests": {"tries": 2}})
    waits: list[float] = []
    with open_client(spec, sleep=waits.append) as opened, pytest.raises(ServerFailed):
        opened.get(server.address)
    assert len(server.requests) == len(waits) + 1 == 2


def test_a_connection_that_cannot_be_made_is_told_without_secrets(client: Open) -> None:
    with pytest.raises(ServerFailed) as caught:
        client(tries=1).get("http://user:hidden@127.0.0.1:9/x.csv?token=hidden")
    assert "http://127.0.0.1:9/x.csv" in str(caught.value)
    assert "hidden" not in f"{caught.value} {caught.value.hint}"


def test_a_file_is_saved_as_it_is(server: Scripted, client: Open, tmp_path: Path) -> None:
    server.answers(Reply(body=b"id;t\xedtulo\n", headers={"etag": '"7"', "last-modified": "Mon"}))
    headers = client().download(server.address, tmp_path / "file")
    assert headers is not None
    assert (headers["etag"], (tmp_path / "file").read_bytes()) == ('"7"', b"id;t\xedtulo\n")


def test_nothing_new_is_no_file(server: Scripted, client: Open, tmp_path: Path) -> None:
    server.answers(Reply(304, b""))
    assert client().download(server.address, tmp_path / "file", headers={"If-None-Match": '"7"'}) is None
    assert server.requests[0].headers["if-none-match"] == '"7"'


def test_a_download_that_breaks_off_begins_again(server: Scripted, client: Open, tmp_path: Path) -> None:
    server.answers(Reply(body=b"0123456789", length=20, drop=7), Reply(body=b"0123456789"))
    client().download(server.address, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"0123456789"


def test_a_damaged_compression_is_tried_again(server: Scripted, client: Open) -> None:
    server.answers(Reply(body=zlib.compress(b"{}")[:-3] + b"xyz", headers={"content-encoding": "gzip"}), GOOD)
    assert client().get(server.address).json() == [{"id": "1.5"}]
