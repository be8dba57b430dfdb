"""Where a city's publication is pushed to: the models of `targets` in `city.yaml`."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pregon.city_sources import Model

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[\w!.*'()-]+(?:/[\w!.*'()-]+)*/?", re.ASCII)


def _bucket(name: str) -> str:
    if not _BUCKET.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a bucket: 3 to 63 small letters, digits, dots and hyphens")
    return name


def _prefix(text: str) -> str:
    if text and (not _PREFIX.fullmatch(text) or {".", ".."} & set(text.split("/"))):
        raise ValueError(f"{text!r} is not a prefix such as contracting or open/contracting")
    return text


class FilesystemTarget(Model):
    """A folder."""

    kind: Literal["filesystem"]
    path: str


class S3Target(Model):
    """A bucket of S3, or of what speaks its language; without a connection boto3 finds the keys."""

    kind: Literal["s3"]
    bucket: Annotated[str, AfterValidator(_bucket)]
    prefix: Annotated[str, AfterValidator(_prefix)] = ""
    connection: str | None = None
    snapshots: int = Field(default=5, ge=0)
    cache_seconds: int = Field(default=300, ge=0)


Target = Annotated[FilesystemTarget | S3Target, Field(discriminator="kind")]
