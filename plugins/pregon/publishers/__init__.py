"""Where a publication is pushed to: one module for each kind of target, and their registry."""

from collections.abc import Callable, Mapping
from typing import Any

from pregon.errors import PregonError
from pregon.publishers.base import Action, Plan, Publisher, Step, UnofficialPrefix, push
from pregon.publishers.filesystem import FilesystemPublisher

__all__ = [
    "PUBLISHERS",
    "Action",
    "FilesystemPublisher",
    "Plan",
    "Publisher",
    "Step",
    "UnknownTarget",
    "UnofficialPrefix",
    "publisher",
    "push",
]


class UnknownTarget(PregonError):
    """No publisher knows this kind of target."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"there is no target of kind {kind!r}", hint=f"there are: {', '.join(sorted(PUBLISHERS))}")
        self.kind = kind


PUBLISHERS: Mapping[str, Callable[..., Publisher]] = {FilesystemPublisher.kind: FilesystemPublisher}


def publisher(kind: str, **settings: Any) -> Publisher:
    """Make the publisher of a target from its settings; raises `UnknownTarget`."""
    if kind not in PUBLISHERS:
        raise UnknownTarget(kind)
    return PUBLISHERS[kind](**settings)
