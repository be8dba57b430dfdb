"""Where a publication is pushed to: one module for each kind of target."""

from pregon.city_targets import FilesystemTarget, S3Target, Target
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


def publisher(name: str, target: Target) -> Publisher:
    """Make the publisher of a city's target."""
    match target:
        case FilesystemTarget():
            return FilesystemPublisher(target.path, name=name)
        case S3Target():
            return S3Publisher(
                target.bucket, prefix=target.prefix, connection=target.connection, name=name, keep=target.snapshots,
                cache_seconds=target.cache_seconds,
            )  # fmt: skip
