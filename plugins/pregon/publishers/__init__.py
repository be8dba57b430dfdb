"""Where a publication is pushed to: one module for each kind of target."""

from collections.abc import Collection
from pathlib import Path

from pregon.city_targets import CkanTarget, FilesystemTarget, S3Target, SocrataTarget, Target
from pregon.publication.promote import Retention
from pregon.publishers.base import (
    Action,
    Plan,
    Publisher,
    PushIncomplete,
    Step,
    TargetFailed,
    TargetMisconfigured,
    UnofficialPrefix,
    plan_push,
    push,
)
from pregon.publishers.ckan import CkanPublisher
from pregon.publishers.filesystem import FilesystemPublisher
from pregon.publishers.s3 import S3Publisher
from pregon.publishers.socrata import SocrataPublisher
from transforms.catalog.ckan import CkanSettings
from transforms.publication import Publication

__all__ = [
    "Action",
    "CkanPublisher",
    "FilesystemPublisher",
    "Plan",
    "Publisher",
    "PushIncomplete",
    "S3Publisher",
    "SocrataPublisher",
    "Step",
    "TargetFailed",
    "TargetMisconfigured",
    "UnofficialPrefix",
    "plan_push",
    "publisher",
    "push",
]


def publisher(
    name: str, target: Target, publication: Publication, permanent: Collection[str] = (), memory: Path | None = None
) -> Publisher:
    """Make the publisher of a city's target; `permanent` are the names of snapshots that stay there.

    `memory` is the folder for what a publisher has to know of its target from one push to the next.
    """
    kept = frozenset(permanent)
    match target:
        case FilesystemTarget():
            return FilesystemPublisher(target.path, name=name, retention=Retention(permanent=kept))
        case S3Target():
            return S3Publisher(
                target.bucket, prefix=target.prefix, connection=target.connection, name=name,
                retention=Retention(target.snapshots, permanent=kept), cache_seconds=target.cache_seconds,
            )  # fmt: skip
        case SocrataTarget():
            return SocrataPublisher(
                target.connection, target.datasets, publication, name=name, memory=memory,
                replaces=target.method == "replace", metadata=target.metadata, custom_fields=target.custom_fields,
                adopt=target.adopt,
            )  # fmt: skip
        case CkanTarget():
            return CkanPublisher(
                target.connection, _ckan_settings(target, publication), publication, name=name, adopt=target.adopt
            )


def _ckan_settings(target: CkanTarget, publication: Publication) -> CkanSettings:
    return CkanSettings(
        dataset=target.dataset or f"{publication.slug}-contracting",
        organization=target.organization,
        groups=target.groups,
        tags=target.tags,
        licence=target.licence,
        extras=target.extras,
        fields=target.fields,
        language=target.language or ("es" if publication.languages[0] == "es" else "en"),
        resources=target.resources,
        years=target.years,
        datastore=target.datastore,
        link=target.files == "link",
    )
