"""What was released of a process before a release, as the checks of single releases need it.

    earlier = nothing_before()
    for release in releases:                      # oldest first
        outcome = CHECK.run(release, earlier)
        earlier = earlier.after(release)

`UNKNOWN` stands for a release whose history nobody knows: what rests on it does not apply.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from transforms.ocds import release_schema, supported_extensions
from transforms.releases import MergeRules, UnmergeableState
from transforms.releases.merging import merge_release

Release = Mapping[str, Any]


class Earlier:
    """What was released of a process before a release.

    `known` tells whether anybody knows what there was: `tags` are then all tags used so far, `ids` the ids of its
    releases, and `date` that of the newest ("" for none). `compiled` is what they come to; {} says that there is
    nothing before, None that it is unknown. `rules` merge the next release; by default those of all supported
    extensions.
    """

    __slots__ = ("_merged", "_rules", "compiled", "date", "ids", "known", "tags")

    def __init__(
        self,
        tags: frozenset[str] = frozenset(),
        ids: frozenset[str] = frozenset(),
        date: str = "",
        compiled: Release | None = None,
        *,
        known: bool = True,
        rules: MergeRules | None = None,
    ) -> None:
        self.tags = tags
        self.ids = ids
        self.date = date
        self.compiled = compiled
        self.known = known
        self._rules = rules
        self._merged: tuple[Release, Release | None] | None = None

    def merged(self, release: Release) -> Release | None:
        """Give the compiled release after this one; None where that is unknown, or no merge is possible."""
        if self._merged is None or self._merged[0] is not release:
            self._merged = (release, self._merge(release))
        return self._merged[1]

    def _merge(self, release: Release) -> Release | None:
        if not isinstance(self.compiled, dict):
            return None
        if not isinstance(release.get("ocid"), str) or not isinstance(release.get("date"), str):
            return None
        try:
            return merge_release(self.compiled, release, self._rules or all_rules())
        except UnmergeableState:
            return None

    def after(self, release: Release) -> "Earlier":
        """Give what is known once this release is out, too."""
        tags, identifier, date = release.get("tag"), release.get("id"), release.get("date")
        return Earlier(
            self.tags.union(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else self.tags,
            self.ids | {identifier} if isinstance(identifier, str) else self.ids,
            max(self.date, date) if isinstance(date, str) else self.date,
            self.merged(release),
            known=self.known,
            rules=self._rules,
        )


UNKNOWN = Earlier(known=False)


def nothing_before(rules: MergeRules | None = None) -> Earlier:
    """Give what there is before the first release of a process."""
    return Earlier(compiled={}, rules=rules)


def in_order(releases: Iterable[Release], rules: MergeRules | None = None) -> Iterator[tuple[Release, Earlier]]:
    """Give all releases of a process, oldest first, each with what there was before it."""
    last: tuple[Release, Earlier] | None = None
    for release in releases:
        # Only now: most processes have one release, and nothing needs to know what comes after it.
        earlier = nothing_before(rules) if last is None else last[1].after(last[0])
        last = (release, earlier)
        yield last


@cache
def all_rules() -> MergeRules:
    """Give the merge rules of the standard with every supported extension."""
    return MergeRules.from_schema(release_schema(supported_extensions()))
