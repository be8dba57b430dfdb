"""The release stage for one process: from its state and what was released before to its next release.

>>> made = make_release("ocds-213czf-1", {"tender": {"id": "1"}}, None, None, AS_OF, rules, "en")
>>> made.release["tag"]
['tender']
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from transforms.releases.amendments import link_amendments, without_links
from transforms.releases.dates import Rule as DateRule
from transforms.releases.dates import release_date
from transforms.releases.difference import Difference, check_identifiers, difference, unchanged, with_parties
from transforms.releases.errors import NoStage
from transforms.releases.identity import bytes_hash, canonical_state, release_id
from transforms.releases.merging import Document, first_compiled, merge_release
from transforms.releases.rules import MergeRules
from transforms.releases.tags import first_tags, holders, later_tags, update_tags

# The order of the release schema, with the extensions' sections where a reader looks for them.
_SECTIONS = ("title", "description", "parties", "buyer", "planning", "tender", "bids", "awards", "contracts")


@dataclass(frozen=True, slots=True)
class Previous:
    """What is known of a process from its releases so far."""

    release_id: str
    #: date of the latest release
    date: str
    #: hash of the state the latest release brought (`state_hash`)
    state_hash: str
    #: every tag one of its releases had
    tags: frozenset[str]
    #: the compiled release as JSON; read only if the state changed
    compiled_json: bytes
    #: the same as a document, where it was made just now
    document: Document | None = None

    @property
    def compiled(self) -> Document:
        """The compiled release, not to be changed."""
        if self.document is not None:
            return self.document
        compiled: Document = orjson.loads(self.compiled_json)
        return compiled


@dataclass(frozen=True, slots=True)
class Release:
    """A new release, and what is known after it."""

    ocid: str
    release: Document
    compiled: Document
    state_hash: str
    previous_id: str | None
    date_rule: DateRule
    #: what differs from before; None for a first release
    changes: Difference | None

    def as_previous(self, before: Previous | None) -> Previous:
        """Give what the next release is made from; `before` is what this one was made from."""
        release = self.release
        tags = frozenset(release["tag"]).union(before.tags if before else ())
        return Previous(release["id"], release["date"], self.state_hash, tags, b"", self.compiled)


def state_hash(state: Document) -> str:
    """Hash by which an unchanged state is known again; raises NotJson."""
    return bytes_hash(canonical_state(state)[1])


def expected_id(release: Document, previous_id: str | None) -> str:
    """Return the id that `make_release` gives a release with this content after the one before (None: the first).

    Another id than that says that the content is not what was first published. Raises NotJson.
    """
    return release_id(release["ocid"], previous_id, without_links(release, previous_id))


def make_release(
    ocid: str,
    state: Document,
    modified: str | None,
    previous: Previous | None,
    as_of: datetime,
    rules: MergeRules,
    language: str,
) -> Release | None:
    """Make the next release of a process, or None if its state says nothing new.

    `state` is release-shaped, without ocid, id, date, tag, initiationType and language; `modified` the source's own
    time of change (RFC 3339) or None; `previous` None for the first release. Neither is changed; the results share
    parts with them. Same arguments, same result. Raises UnmergeableState, NoStage or NotJson if no release can be made.
    """
    state, raw = canonical_state(state)
    digest = bytes_hash(raw)
    if previous is None:
        check_identifiers(state, rules)
        tags = first_tags(ocid, state)
        body, changes = state, None
        sections: str | None = digest
    else:
        if previous.state_hash == digest:
            return None
        compiled = previous.compiled
        found = difference(state, compiled, rules)
        if found is None:
            return None
        changes, sections = found, None
        body, tags = _later(ocid, found, state, compiled, previous.tags, rules)
    date = release_date(modified, as_of, previous.date if previous else None)
    head = {"tag": tags, "initiationType": "tender", "language": language}
    previous_id = previous.release_id if previous else None
    identifier = release_id(ocid, previous_id, {**head, **body}, sections=sections)
    if previous is not None:
        body = link_amendments(body, compiled, identifier, previous.release_id)
    release = {"ocid": ocid, "id": identifier, "date": date.text, **head, **_in_order(body)}
    after = first_compiled(release) if previous is None else merge_release(compiled, release, rules)
    return Release(ocid, release, after, digest, previous_id, date.rule, changes)


def _later(
    ocid: str,
    changes: Difference,
    state: Document,
    compiled: Mapping[str, Any],
    released: frozenset[str],
    rules: MergeRules,
) -> tuple[Document, list[str]]:
    """Sections and tags of a release after the first; every tag's section is there (`reference/ocds.md` 1.4)."""
    body = dict(changes.body)
    tags = later_tags(changes, state, compiled, released)
    repeated: dict[str, list[str] | None] = {}
    if not tags:
        repeated = holders(changes, state, compiled, rules)
    elif "bids" in body and "tender" not in body:
        repeated = {"tender": None}
    for section, ids in repeated.items():
        content = state.get(section) or compiled.get(section)
        if content and section not in body and (part := _repeated(content, section, rules, ids)):
            body[section] = part
    if not tags:
        tags = update_tags([section for section in repeated if section in body], released)
        if not tags:
            raise NoStage(ocid)
    return with_parties(body, state, compiled, rules), tags


def _repeated(content: Any, section: str, rules: MergeRules, ids: list[str] | None) -> Any:
    """Return an unchanged section as short as it can be told; with all its entries where nothing else is in it."""
    part = unchanged(content, section, rules, ids)
    if part is None and type(content) is dict:
        part = canonical_state(content)[0]
    return part


def _in_order(body: Document) -> Document:
    ordered = {section: body[section] for section in _SECTIONS if section in body}
    if len(ordered) < len(body):
        ordered.update(body)
    return ordered
