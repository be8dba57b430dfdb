"""Files in a bucket of S3, or of what speaks its language (MinIO, Ceph, R2 …).

boto3 signs, and nothing else: requests go through the client of all HTTP sources, with its bounds on time, size and
redirects. Listing: ListObjectsV2 of the S3 API. An object is whole or not there, so nothing has to settle.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregon.buckets import ANONYMOUS, UnusableConnection, s3_client
from pregon.sources.base import SourceConfigurationError, SourceLimitError, SourceSpec, TableSpec
from pregon.sources.connections import ConnectionFields, connection_fields, variable_of
from pregon.sources.files.addresses import host_of, path_of
from pregon.sources.files.patterns import Pattern
from pregon.sources.files.transports.base import MAX_LISTED, Remote
from pregon.sources.http.client import HttpClient, Limits, open_client
from pregon.sources.http.errors import UnknownAnswer

if TYPE_CHECKING:
    from botocore.client import BaseClient

PAGE_KEYS = 1000
"""Keys of one answer: the API gives no more."""

_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@contextmanager
def open_s3(
    source: SourceSpec, table: TableSpec, address: str, *, sleep: Callable[[float], None] = time.sleep
) -> Iterator["S3Transport"]:
    """Open the way to the files of a table: `s3://bucket/pattern`.

    The connection's login and password are the keys; its extra may have `endpoint_url`, `region_name`,
    `session_token`, and `auth`: `environment` (what boto3 finds: variables, files, role of the machine) or `anonymous`.
    Without a connection everything is anonymous.

    Raises:
        SourceConfigurationError: the connection is not defined, or lacks something.
    """
    signer = _signer(source, table, address)
    with open_client(replace(source, connection=None), sleep=sleep) as client:
        yield S3Transport(source, table, address, client, signer)


class S3Transport:
    """Lists a folder of a bucket, and fetches objects."""

    def __init__(
        self, source: SourceSpec, table: TableSpec, address: str, client: HttpClient, signer: "BaseClient"
    ) -> None:
        self._table = table
        self._bucket = host_of(address)
        self._pattern = Pattern(path_of(address))
        self._client = client
        self._signer = signer
        self._seconds = min(int(Limits.of(source.options).file_seconds), 7 * 86_400)
        self._error = {"source": source.name, "table": table.name, "file": address}
        self._place = hashlib.sha256(f"{signer.meta.endpoint_url} {self._bucket}".encode()).hexdigest()[:16]

    def listing(self) -> list[Remote]:
        """Give the objects whose keys begin as those that are meant."""
        # Of what one file is called, its companions are called, too.
        found = self._all(self._pattern.text if self._pattern.is_exact else self._literal())
        # Where there is none, people want to know what there is.
        return found or self._page(self._pattern.folder, {}).files

    def _all(self, begin: str) -> list[Remote]:
        found: list[Remote] = []
        following: dict[str, str] = {}
        while True:
            page = self._page(begin, following)
            found += page.files
            if len(found) > MAX_LISTED:
                raise SourceLimitError(
                    f"there are more than {MAX_LISTED:,} objects in its folder",
                    **self._error,
                    hint="write more of the key before the first * or ?",
                )
            if page.following is None:
                return found
            following = {"ContinuationToken": page.following}

    def settle(self, files: Sequence[Remote]) -> None:
        """Do nothing: an object is seen when it is whole."""

    def fetch(self, file: Remote, target: Path, *, unless: str | None = None) -> str | None:
        """Save an object, unless it was listed as the one of last time."""
        if unless and unless == file.identity:
            return None
        address = self._signed("get_object", {"Key": file.name}, self._seconds)
        headers = self._client.download(address, target, table=self._table.name)
        return self._identity(file.name, (headers or {}).get("etag"))

    def _page(self, begin: str, following: Mapping[str, str]) -> "_Page":
        wanted = {"Prefix": begin, "EncodingType": "url", "MaxKeys": PAGE_KEYS}
        address = self._signed("list_objects_v2", {**wanted, **following}, 3600)
        answer = self._client.get(address, table=self._table.name, accept_json=False)
        try:
            return _page(answer.body, self._identity)
        except ValueError as error:
            raise UnknownAnswer(f"gives no list of objects ({error})", **self._error) from error

    def _literal(self) -> str:
        """Give what all keys that are meant begin with."""
        text, folder = self._pattern.text, self._pattern.folder
        rest = text[len(folder) :]
        end = next((index for index, letter in enumerate(rest) if letter in "*?[{"), len(rest))
        return folder + rest[:end]

    def _signed(self, operation: str, parameters: Mapping[str, Any], seconds: int) -> str:
        from botocore.exceptions import BotoCoreError

        try:
            return str(
                self._signer.generate_presigned_url(
                    operation, Params={"Bucket": self._bucket, **parameters}, ExpiresIn=seconds
                )
            )
        except BotoCoreError as error:
            raise SourceConfigurationError(
                f"can't be asked for ({type(error).__name__})",
                **self._error,
                hint="check the bucket's name and the connection: login and password, or auth in its extra",
            ) from error

    def _identity(self, key: str, etag: str | None) -> str:
        # Of an object that was written in parts the tag is no hash of the content, but it changes with it all the same.
        return f"{self._place} {etag} {key}" if etag else ""


@dataclass(frozen=True, slots=True)
class _Page:
    files: list[Remote]
    following: str | None


def _page(body: bytes, identity: Any) -> _Page:
    """Read the answer of ListObjectsV2."""
    from urllib.parse import unquote_plus
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError(f"it is no XML ({type(error).__name__})") from error
    if root.tag.rpartition("}")[2] != "ListBucketResult":
        raise ValueError("it is another document")
    space = _NAMESPACE if root.tag.startswith("{") else ""
    encoded = root.findtext(f"{space}EncodingType") == "url"
    files = []
    for entry in root.findall(f"{space}Contents"):
        key = entry.findtext(f"{space}Key") or ""
        key = unquote_plus(key) if encoded else key
        # One that ends so stands for a folder; one with dots, which HTTP clients resolve, can't be asked for.
        if not key.endswith("/") and not {".", ".."} & set(key.split("/")):
            etag = entry.findtext(f"{space}ETag")
            files.append(Remote(key, int(entry.findtext(f"{space}Size") or 0), identity(key, etag)))
    more = root.findtext(f"{space}IsTruncated") == "true"
    following = root.findtext(f"{space}NextContinuationToken")
    if more and not following:
        raise ValueError("it says that there is more, but not where")
    return _Page(files, following if more else None)


def _signer(source: SourceSpec, table: TableSpec, address: str) -> "BaseClient":
    try:
        return s3_client(_fields(source))
    except UnusableConnection as error:
        raise SourceConfigurationError(
            f"the connection {source.connection!r} {error.problem}",
            source=source.name,
            table=table.name,
            file=address,
            hint=error.hint,
        ) from error


def _fields(source: SourceSpec) -> ConnectionFields:
    if source.connection is None:
        return ANONYMOUS
    fields = connection_fields(source.connection, source=source.name)
    if fields is None:
        raise SourceConfigurationError(
            f"the connection {source.connection!r} is not defined",
            source=source.name,
            hint=f"add it in Airflow, or set {variable_of(source.connection)}",
        )
    return fields
