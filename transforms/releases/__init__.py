"""From the states of a process to its releases: difference, identity, dates, tags, merging."""

from transforms.releases.changes import Change, changes
from transforms.releases.difference import Difference, difference
from transforms.releases.errors import NoStage, NotJson, UnmergeableState
from transforms.releases.identity import canonical, content_hash, release_id
from transforms.releases.making import Previous, Release, expected_id, make_release, state_hash
from transforms.releases.merging import merge_release, merge_releases
from transforms.releases.rules import MergeRules
from transforms.releases.tombstones import equal_but_for_tombstones, with_tombstones

__all__ = [
    "Change",
    "Difference",
    "MergeRules",
    "NoStage",
    "NotJson",
    "Previous",
    "Release",
    "UnmergeableState",
    "canonical",
    "changes",
    "content_hash",
    "difference",
    "equal_but_for_tombstones",
    "expected_id",
    "make_release",
    "merge_release",
    "merge_releases",
    "release_id",
    "state_hash",
    "with_tombstones",
]
