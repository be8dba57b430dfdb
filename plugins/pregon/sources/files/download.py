"""Files over HTTP: streamed to disk, with a limit on size and time, and no way to anything but HTTP."""

from pathlib import Path
from urllib.parse import urlsplit

from pregon.sources.base import SourceError, SourceLimitError, SourceUnavailableError, SourceUnreadableError

MAX_DOWNLOAD = 5 << 30
CONNECT_SECONDS = 20.0
READ_SECONDS = 120.0
MAX_REDIRECTS = 5

_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


class DownloadError(SourceUnavailableError):
    """A server did not give the file; `status` is its answer, `retry_after` the seconds it asks to wait."""

    def __init__(  # the answer is part of the error
        self,
        problem: str,
        *,
        source: str,
        table: str,
        file: str,
        status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(
            problem,
            source=source,
            table=table,
            file=file,
            hint="check `file:` of the table, and that the portal answers; then run again",
        )
        self.status = status
        self.retry_after = retry_after
        self.retryable = status is None or status in _RETRYABLE


def is_address(file: str) -> bool:
    """Tell whether a configured file is an address rather than a path."""
    return "://" in file


def public_name(address: str) -> str:
    """Give an address without what may be secret in it: user, password, query and fragment."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def download(address: str, target: Path, *, source: str, table: str) -> None:
    """Fetch `address` to `target`.

    Raises:
        DownloadError: the server can't be reached, refuses, or breaks off.
        SourceLimitError: the file is larger than `MAX_DOWNLOAD`.
        SourceUnreadableError: the address, or one it redirects to, is not plain HTTP(S).
    """
    import httpx

    name = public_name(address)
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        with httpx.Client(timeout=timeout, headers={"User-Agent": "pregon"}) as client:
            url = httpx.URL(address)
            for _ in range(MAX_REDIRECTS + 1):
                _check_scheme(url, source=source, table=table, file=name)
                with client.stream("GET", url) as response:
                    if response.next_request is None:
                        _save(response, target, source=source, table=table, file=name)
                        return
                    following = response.next_request.url
                if url.scheme == "https" and following.scheme != "https":
                    raise SourceUnreadableError(
                        "redirects to an address without encryption", source=source, table=table, file=name
                    )
                url = following
            raise DownloadError(f"redirects more than {MAX_REDIRECTS} times", source=source, table=table, file=name)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        problem = f"can't be fetched ({type(error).__name__}: {error})"
        raise DownloadError(problem, source=source, table=table, file=name) from error


def _check_scheme(url: object, *, source: str, table: str, file: str) -> None:
    if getattr(url, "scheme", "") not in {"http", "https"}:
        raise SourceUnreadableError(
            f"leads to an address that is neither http nor https ({getattr(url, 'scheme', '')}:)",
            source=source,
            table=table,
            file=file,
            hint="use an http or https address, or a local path with --from",
        )


def _save(response: "object", target: Path, *, source: str, table: str, file: str) -> None:
    import httpx

    assert isinstance(response, httpx.Response)  # noqa: S101 - narrows the type, httpx is imported late
    if response.status_code != httpx.codes.OK:
        after = response.headers.get("retry-after", "")
        raise DownloadError(
            f"the server answered {response.status_code} {response.reason_phrase}",
            source=source,
            table=table,
            file=file,
            status=response.status_code,
            retry_after=int(after) if after.isdigit() else None,
        )
    total = 0
    with target.open("wb") as stream:
        for chunk in response.iter_bytes(1 << 20):
            total += len(chunk)
            if total > MAX_DOWNLOAD:
                raise _too_large(source, table, file)
            stream.write(chunk)


def _too_large(source: str, table: str, file: str) -> SourceError:
    return SourceLimitError(
        f"is larger than {MAX_DOWNLOAD:,} bytes", source=source, table=table, file=file, hint="split it at its source"
    )
