"""Merge rules for ocdsmerge, built from the field table.

    >>> merge_rules()["tender", "submissionMethod"]
    'wholeListMerge'

`ocdsmerge.Merger(merge_rules=merge_rules(extensions))` merges as with the official schema patched with the same
extensions; without rules the library would fetch the newest schema from the network.
"""

from collections.abc import Iterable
from functools import cache

from transforms.ocds.extensions import checked
from transforms.ocds.fields import field_table

MergeRules = dict[tuple[str, ...], str]

_RULES = {"omit": "omitWhenMerged", "whole": "wholeListMerge"}


def merge_rules(extensions: Iterable[str] = ()) -> MergeRules:
    """Return rule by path (as a tuple). Raises UnknownExtension, IncompatibleExtensions."""
    return dict(_merge_rules(checked(extensions)))


@cache
def _merge_rules(extensions: tuple[str, ...]) -> MergeRules:
    rules: MergeRules = {}
    for field in field_table(extensions).values():
        path = tuple(field.path.split("/"))
        # A list replaced as a whole supersedes the rules of what is in it.
        inside = any(path[:length] in rules for length in range(1, len(path)))
        if field.merge in _RULES and not inside:
            rules[path] = _RULES[field.merge]
    return rules
