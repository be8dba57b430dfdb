"""Where a publication is pushed to: one module for each kind of target."""

from collections.abc import Collection

from pregon.city_targets import FilesystemTarget, S3Target, Target
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
from pregon.publishers.filesystem import FilesystemPublisher
from pregon.publishers.s3 import S3Publisher

__all__ = [
    "Action",
    "FilesystemPublisher",
    "Plan",
    "Publisher",
    "PushIncomplete",
    "S3Publisher",
    "Step",
    "TargetFailed",
    "TargetMisconfigured",
    "UnofficialPrefix",
    "plan_push",
    "publisher",
    "push",
]


def publisher(name: str, target: Target, permanent: Collection[str] = ()) -> Publisher:
    """Make the publisher of a city's target; `permanent` are the names of snapshots that stay there."""
    kept = frozenset(permanent)
    match target:
        case FilesystemTarget():
            return FilesystemPublisher(target.path, name=name, retention=Retention(permanent=kept))
        case S3Target():
            return S3Publisher(
                target.bucket, prefix=target.prefix, connection=target.connection, name=name,
                retention=Retention(target.snapshots, permanent=kept), cache_seconds=target.cache_seconds,
            )  # fmt: skip
