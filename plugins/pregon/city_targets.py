"""Where a city's publication is pushed to: the models of `targets` in `city.yaml`."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from pregon.city_sources import Model
from transforms.snapshot import USUAL_RESOURCES, PortalResource

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_CKAN_NAME = re.compile(r"[a-z0-9_-]{2,100}")
_CKAN_OURS = frozenset({"id", "name", "owner_org", "private", "state", "type", "extras", "tags", "groups", "resources"})
_PREFIX = re.compile(r"[\w!.*'()-]+(?:/[\w!.*'()-]+)*/?", re.ASCII)


_DATASET = re.compile(r"[a-z0-9]{4}-[a-z0-9]{4}")


def _dataset(name: str) -> str:
    if not _DATASET.fullmatch(name):
        raise ValueError(f"{name!r} is not the id of a dataset of Socrata, such as abcd-1234, as in its address")
    return name


def _bucket(name: str) -> str:
    if not _BUCKET.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a bucket: 3 to 63 small letters, digits, dots and hyphens")
    return name


def _prefix(text: str) -> str:
    if text and (not _PREFIX.fullmatch(text) or {".", ".."} & set(text.split("/"))):
        raise ValueError(f"{text!r} is not a prefix such as contracting or open/contracting")
    return text


def _ckan_name(name: str) -> str:
    if not _CKAN_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a name of CKAN: 2 to 100 small letters, digits, - and _, as in its address")
    return name


def _not_ours(keys: dict[str, str]) -> dict[str, str]:
    ours = [key for key in keys if key in _CKAN_OURS or key.startswith("pregon_")]
    if ours:
        raise ValueError(f"{ours[0]!r} is set by the push itself")
    return keys


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


class CkanTarget(Model):
    """A dataset of a CKAN portal; the connection says where the portal is, and holds the account's API token."""

    kind: Literal["ckan"]
    connection: str
    organization: Annotated[str, AfterValidator(_ckan_name)]
    dataset: Annotated[str, AfterValidator(_ckan_name)] | None = None
    groups: tuple[Annotated[str, AfterValidator(_ckan_name)], ...] = ()
    tags: tuple[str, ...] = ()
    licence: str | None = None
    extras: Annotated[dict[str, str], AfterValidator(_not_ours)] = Field(default_factory=dict)
    fields: Annotated[dict[str, str], AfterValidator(_not_ours)] = Field(default_factory=dict)
    language: Literal["en", "es"] | None = None
    files: Literal["link", "upload"] = "link"
    resources: Annotated[tuple[PortalResource, ...], Field(min_length=1)] = USUAL_RESOURCES
    years: int = Field(default=0, ge=0)
    datastore: tuple[str, ...] | None = None
    adopt: bool = False


class SocrataTarget(Model):
    """Datasets of a Socrata portal, one for a table; the connection says where it is, and holds an API key."""

    kind: Literal["socrata"]
    connection: str
    datasets: Annotated[dict[str, Annotated[str, AfterValidator(_dataset)]], Field(min_length=1)]
    method: Literal["upsert", "replace"] = "upsert"
    metadata: bool = True
    custom_fields: dict[str, dict[str, str]] = Field(default_factory=dict)
    adopt: bool = False

    @field_validator("datasets")
    @classmethod
    def _one_table_each(cls, datasets: dict[str, str]) -> dict[str, str]:
        for table, dataset in datasets.items():
            others = [other for other, same in datasets.items() if same == dataset and other != table]
            if others:
                raise ValueError(f"{dataset} can't hold both {table} and {others[0]}")
        return datasets


Target = Annotated[FilesystemTarget | S3Target | CkanTarget | SocrataTarget, Field(discriminator="kind")]
