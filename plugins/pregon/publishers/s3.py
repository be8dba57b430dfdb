"""A bucket of S3 as a target: `<prefix>/snapshots/<id>/…` whole, and `<prefix>/current/…` overwritten, manifest last.

S3 has no links, so what did not change is copied within the bucket. A reader of `current/` may see files of two
publications while it is overwritten; `snapshots/<id>/` is whole as soon as its `manifest.json` is there. Nothing is
deleted that no manifest written here names. API: https://docs.aws.amazon.com/AmazonS3/latest/API/.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pregon.buckets import FROM_ENVIRONMENT, UnusableConnection, s3_client
from pregon.publication.manifest import MANIFEST
from pregon.publication.promote import Retention
from pregon.publishers.base import Plan, Step, TargetFailed, TargetMisconfigured
from pregon.sources.connections import connection_fields, variable_of
from transforms.snapshot import Manifest, PublishedFile

if TYPE_CHECKING:
    from botocore.client import BaseClient

PUSHING = ".pushing.json"
"""The manifest of a copy that is not whole yet: by it what was begun and given up can be removed."""

_PASSING = frozenset({"InternalError", "RequestTimeout", "RequestTimeTooSkewed", "ServiceUnavailable", "SlowDown"})
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_CHUNK = 1 << 20
_DELETED_AT_ONCE = 1000
_FOR_EVER = "public, max-age=31536000, immutable"


class S3Publisher:
    """Writes snapshots to a bucket. `cache_seconds` is how long caches may keep files of `current/` without asking."""

    kind: ClassVar[str] = "s3"
    remote: ClassVar[bool] = True
    parallel: ClassVar[int] = 8

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        connection: str | None = None,
        name: str = "s3",
        retention: Retention = Retention(),  # noqa: B008 - frozen
        cache_seconds: int = 300,
    ) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.name = name
        self.retention = retention
        self._connection = connection
        self._cache_seconds = cache_seconds

    def plan(self, snapshot: Path, manifest: Manifest) -> Plan:
        """Plan to upload what the bucket's current publication doesn't hold, and to take away what is no more."""
        there = self._read_manifest(self._current(MANIFEST))
        held = {(one.path, one.sha256) for one in there.files} if there else set()
        steps = [
            Step("keep" if (one.path, one.sha256) in held else "put", one.path, one.bytes, one)
            for one in manifest.files
        ]
        steps.append(Step("put", MANIFEST, (snapshot / MANIFEST).stat().st_size))
        gone = {one.path: one for one in there.files} if there else {}
        for one in manifest.files:
            gone.pop(one.path, None)
        steps += [Step("remove", one.path, one.bytes, one) for one in gone.values()]
        return Plan(snapshot, manifest, tuple(steps), before=there)

    def begin(self, plan: Plan) -> None:
        """Say what is going to be written, before it is."""
        self._write(self._key(plan, PUSHING), plan.manifest.to_json(), "application/json", "no-store")

    def execute(self, plan: Plan, step: Step) -> None:
        """Upload a file to the snapshot, or copy it there; one that is there already is left alone."""
        if step.file is None or step.action == "remove":
            return  # the manifest comes last, and so does taking away
        key = self._key(plan, step.path)
        if self._holds(key, step.file):
            return
        if step.action == "keep" and self._copied(plan, step.file, key):
            return
        with self._failures(step.path):
            self._client.upload_file(
                str(plan.snapshot / step.path),
                self.bucket,
                key,
                ExtraArgs={
                    **_headers(step.file, _FOR_EVER),
                    "Metadata": {"sha256": step.file.sha256},
                    "ChecksumAlgorithm": "SHA256",
                },
            )

    def finish(self, plan: Plan) -> None:
        """Complete the snapshot, let `current/` follow: data first, manifest last; and remove what is too old."""
        text = (plan.snapshot / MANIFEST).read_bytes()
        self._write(self._key(plan, MANIFEST), text, "application/json", _FOR_EVER)
        self._delete([self._key(plan, PUSHING)])
        # Data before the pages and catalogues that lead to them.
        for are_data in (True, False):
            files = [one for one in plan.manifest.files if one.path.startswith("bulk/") is are_data]
            with ThreadPoolExecutor(self.parallel) as pool:
                list(pool.map(partial(self._make_current, plan), files))
        self._write(self._current(MANIFEST), text, "application/json", f"public, max-age={self._cache_seconds}")
        self._delete([self._current(step.path) for step in plan.steps if step.action == "remove"])
        self._remove_old(plan.manifest)

    def _make_current(self, plan: Plan, file: PublishedFile) -> None:
        key = self._current(file.path)
        if not self._holds(key, file):
            self._copy(self._key(plan, file.path), key, file, f"public, max-age={self._cache_seconds}")

    def verify(self, plan: Plan) -> Sequence[str]:
        """Read back every file that was sent, byte by byte; of those that were copied here, what the bucket says."""
        problems = []
        current = self._read_manifest(self._current(MANIFEST))
        if current is None or current.snapshot != plan.manifest.snapshot:
            problems.append(f"{self._current(MANIFEST)} names another snapshot")
        with ThreadPoolExecutor(self.parallel) as pool:
            found = pool.map(partial(self._problems, plan), plan.steps)
            return [*problems, *chain.from_iterable(found)]

    def _problems(self, plan: Plan, step: Step) -> list[str]:
        if step.file is None or step.action == "remove":
            return []
        key = self._key(plan, step.path)
        found = []
        if step.action == "put" and self._checksum(key) != step.file.sha256:
            found.append(f"{key} holds something else")
        places = (key, self._current(step.path))
        return found + [f"{one} is missing, or is another file" for one in places if not self._holds(one, step.file)]

    def remove_older(self, redactions: int) -> Sequence[str]:
        """Remove every snapshot from before a redaction, begun ones too, and say what is out of reach."""
        current = self._read_manifest(self._current(MANIFEST))
        for manifest, key in self._snapshots():
            if manifest.redactions < redactions and (current is None or current.snapshot != manifest.snapshot):
                self._remove(manifest, key)
        left = ["copies that caches before the bucket, or its readers, hold"]
        with self._failures(self.bucket):
            versioning = self._client.get_bucket_versioning(Bucket=self.bucket).get("Status")
        if versioning:
            left.append(f"older versions of objects, which the bucket {self.bucket} keeps: delete them there")
        return left

    @cached_property
    def _client(self) -> "BaseClient | Any":
        fields = FROM_ENVIRONMENT
        if self._connection:
            found = connection_fields(self._connection, source=f"target {self.name}")
            if found is None:
                raise TargetMisconfigured(
                    self.name, f"the connection {self._connection!r} is not defined",
                    f"add it in Airflow, or set {variable_of(self._connection)}",
                )  # fmt: skip
            fields = found
        try:
            return s3_client(fields)
        except UnusableConnection as error:
            raise TargetMisconfigured(
                self.name, f"the connection {self._connection!r} {error.problem}", error.hint
            ) from error

    def _key(self, plan: Plan, path: str) -> str:
        return f"{self.prefix}snapshots/{plan.manifest.snapshot}/{path}"

    def _current(self, path: str) -> str:
        return f"{self.prefix}current/{path}"

    def _holds(self, key: str, file: PublishedFile) -> bool:
        head = self._head(key)
        return bool(head and head["ContentLength"] == file.bytes and head["Metadata"].get("sha256") == file.sha256)

    def _head(self, key: str) -> Mapping[str, Any] | None:
        with self._failures(key, missing=True):
            found: Mapping[str, Any] = self._client.head_object(Bucket=self.bucket, Key=key)
            return found
        return None

    def _copied(self, plan: Plan, file: PublishedFile, key: str) -> bool:
        """Copy a file from the publication before, if that still holds it."""
        if plan.before is None:
            return False
        source = f"{self.prefix}snapshots/{plan.before.snapshot}/{file.path}"
        if not self._holds(source, file):
            return False
        self._copy(source, key, file, _FOR_EVER)
        return True

    def _copy(self, source: str, key: str, file: PublishedFile, cache: str) -> None:
        with self._failures(key):
            self._client.copy(
                {"Bucket": self.bucket, "Key": source},
                self.bucket,
                key,
                ExtraArgs={
                    **_headers(file, cache),
                    "Metadata": {"sha256": file.sha256},
                    "MetadataDirective": "REPLACE",
                },
            )

    def _write(self, key: str, body: bytes, media_type: str, cache: str) -> None:
        with self._failures(key):
            self._client.put_object(
                Bucket=self.bucket, Key=key, Body=body, ContentType=media_type, CacheControl=cache,
                ChecksumAlgorithm="SHA256",
            )  # fmt: skip

    def _read(self, key: str) -> bytes | None:
        with self._failures(key, missing=True):
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            return body
        return None

    def _read_manifest(self, key: str) -> Manifest | None:
        text = self._read(key)
        if text is None:
            return None
        try:
            return Manifest.from_json(text)
        except (ValueError, TypeError, KeyError):
            return None  # not one of ours, or of another version: everything is sent anew

    def _checksum(self, key: str) -> str:
        digest = hashlib.sha256()
        with self._failures(key, missing=True):
            for chunk in self._client.get_object(Bucket=self.bucket, Key=key)["Body"].iter_chunks(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def _snapshots(self) -> Iterator[tuple[Manifest, str]]:
        """Give the snapshots in the bucket, whole ones and begun ones, with the key of what tells of them."""
        with self._failures(f"{self.prefix}snapshots/"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=f"{self.prefix}snapshots/", Delimiter="/"
            )
            folders = [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])]
        for folder in folders:
            for name in (MANIFEST, PUSHING):
                manifest = self._read_manifest(folder + name)
                # A manifest that lies elsewhere than it says isn't ours to act on.
                if manifest and folder == f"{self.prefix}snapshots/{manifest.snapshot}/":
                    yield manifest, folder + name
                    break

    def _remove_old(self, current: Manifest) -> None:
        """Remove what the retention does not keep, and what was begun and given up."""
        others = [(manifest, key) for manifest, key in self._snapshots() if manifest.snapshot != current.snapshot]
        others.sort(key=lambda one: (one[0].as_of, one[0].snapshot), reverse=True)
        whole = [manifest for manifest, key in others if key.endswith(MANIFEST)]
        old = self.retention.too_old(whole, current)
        for manifest, key in others:
            if manifest.snapshot in old or not key.endswith(MANIFEST):
                self._remove(manifest, key)

    def _remove(self, manifest: Manifest, told_by: str) -> None:
        """Remove the files of a snapshot, and last what tells of them."""
        folder = f"{self.prefix}snapshots/{manifest.snapshot}/"
        self._delete([folder + one.path for one in manifest.files])
        self._delete([*({folder + PUSHING, folder + MANIFEST} - {told_by})])
        self._delete([told_by])

    def _delete(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            with self._failures(keys[start]):
                answer = self._client.delete_objects(
                    Bucket=self.bucket,
                    Delete={"Objects": [{"Key": key} for key in keys[start : start + _DELETED_AT_ONCE]], "Quiet": True},
                )
            errors = answer.get("Errors", [])
            if errors:
                raise TargetFailed(self.name, errors[0].get("Key", ""), str(errors[0].get("Code")), retryable=True)

    @contextmanager
    def _failures(self, path: str, *, missing: bool = False) -> Iterator[None]:
        """Say in our words what the bucket refused; with `missing` what is not there is passed over."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if missing and code in _MISSING:
                return
            raise TargetFailed(
                self.name,
                f"s3://{self.bucket}/{path}",
                code or str(status),
                retryable=code in _PASSING or status >= 500,
            ) from error
        except NoCredentialsError as error:
            raise TargetMisconfigured(
                self.name, "there are no keys for its bucket", "name a connection, or give boto3 keys"
            ) from error
        except (Boto3Error, BotoCoreError) as error:
            retryable = not isinstance(error.__cause__ or error.__context__, ClientError) or "50" in str(error)
            raise TargetFailed(
                self.name, f"s3://{self.bucket}/{path}", type(error).__name__, retryable=retryable
            ) from error


def _headers(file: PublishedFile, cache: str) -> dict[str, str]:
    text = file.media_type.startswith("text/")
    return {"ContentType": f"{file.media_type}; charset=utf-8" if text else file.media_type, "CacheControl": cache}
