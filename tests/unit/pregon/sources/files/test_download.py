import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from made_up_sources import files, image, run, table

from pregon.lake import Lake
from pregon.sources.base import EmptySourceError, SourceLimitError, SourceUnreadableError
from pregon.sources.files import download
from pregon.sources.files.download import DownloadError, public_name

DATA = b"id,title\n1,a\n2,b\n"


class Portal(BaseHTTPRequestHandler):
    """Answers as portals do, on good days and on bad ones."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in {"/to-file", "/to-disk", "/loop"}:
            place = {"/to-file": "/Awarded%20Contracts.csv", "/to-disk": "file:///etc/passwd", "/loop": "/loop"}[path]
            self._answer(302, b"", location=place)
        elif path == "/busy.csv":
            self._answer(503, b"", **{"retry-after": "7"})
        elif path == "/gone.csv":
            self._answer(404, b"")
        elif path == "/cut.csv":
            self._answer(200, DATA, length=len(DATA) + 10)
        elif path == "/packed.csv":
            self._answer(200, gzip.compress(DATA), **{"content-encoding": "gzip"})
        elif path == "/empty.csv":
            self._answer(200, b"")
        elif path == "/page.csv":
            self._answer(200, b"  <html><body>maintenance</body></html>")
        else:
            self._answer(200, DATA)

    def _answer(self, status: int, body: bytes, *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def portal() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Portal) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def titles(lake: Lake, address: str, **options: object) -> list[str]:
    manifest = run(lake, files(table(file=address, **options)), lake.root.parent)  # type: ignore[arg-type]
    return [row["title"] for row in image(lake, manifest)]


@pytest.mark.parametrize("path", ["/Awarded%20Contracts.csv?token=secret", "/packed.csv"])
def test_a_file_is_fetched(lake: Lake, portal: str, path: str) -> None:
    assert titles(lake, portal + path) == ["a", "b"]


def test_a_redirect_is_followed_and_the_manifest_names_the_file_not_the_address(lake: Lake, portal: str) -> None:
    spec = files(table(file=f"{portal}/to-file?token=secret", format="csv"))
    manifest = run(lake, spec, lake.root.parent)
    assert manifest.tables["things"].notes["files"][0]["name"] == "to-file"
    assert b"secret" not in lake.read_bytes(lake.list("testville/manifests")[0])


def test_a_file_that_has_not_changed_is_not_read_again(lake: Lake, portal: str) -> None:
    spec = files(table(file=f"{portal}/x.csv"))
    run(lake, spec, lake.root.parent)
    assert run(lake, spec, lake.root.parent, day=1).tables["things"].mode == "unchanged"


@pytest.mark.parametrize(
    ("path", "status", "retryable", "after"), [("/busy.csv", 503, True, 7), ("/gone.csv", 404, False, None)]
)
def test_a_refusal_tells_whether_to_try_again(
    lake: Lake, portal: str, path: str, status: int, retryable: bool, after: int | None
) -> None:
    with pytest.raises(DownloadError, match=f"answered {status}") as caught:
        titles(lake, portal + path)
    assert (caught.value.status, caught.value.retryable, caught.value.retry_after) == (status, retryable, after)


def test_an_answer_that_breaks_off_is_refused(lake: Lake, portal: str) -> None:
    with pytest.raises(DownloadError, match="can't be fetched"):
        titles(lake, portal + "/cut.csv?token=secret")


def test_a_server_that_does_not_answer_is_named_without_secrets(lake: Lake) -> None:
    with pytest.raises(DownloadError) as caught:
        titles(lake, "http://user:secret@127.0.0.1:9/x.csv?token=secret")
    assert "http://127.0.0.1:9/x.csv" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.retryable


@pytest.mark.parametrize("path", ["/to-disk", "/loop"])
def test_a_redirect_to_the_disk_or_without_end_is_not_followed(lake: Lake, portal: str, path: str) -> None:
    with pytest.raises((SourceUnreadableError, DownloadError)):
        titles(lake, portal + path, format="csv")


def test_only_http_is_spoken(lake: Lake) -> None:
    with pytest.raises(SourceUnreadableError, match="neither http nor https"):
        titles(lake, "ftp://127.0.0.1/x.csv")


def test_a_download_beyond_all_measure_is_stopped(lake: Lake, portal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "MAX_DOWNLOAD", 5)
    with pytest.raises(SourceLimitError, match="larger than 5 bytes"):
        titles(lake, portal + "/x.csv")


def test_nothing_and_a_web_page_are_no_data(lake: Lake, portal: str) -> None:
    with pytest.raises(EmptySourceError):
        titles(lake, portal + "/empty.csv")
    with pytest.raises(SourceUnreadableError, match="web page"):
        titles(lake, portal + "/page.csv")


def test_what_may_be_secret_is_left_out_of_a_name() -> None:
    assert public_name("https://u:p@host.example:8443/a%20b.csv?x=1#y") == "https://host.example:8443/a%20b.csv"
