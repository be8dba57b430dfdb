"""Links from a legal amendment to the releases with the old and the new values (OCDS 1.1 "Amendments").

The source knows the amendment but no releases, so this stage writes `releaseID` (this release, which holds the new
values) and `amendsReleaseID` (the one before, with the old values) into each new amendment. Amendments that come
with the first release of their tender, award or contract get none: the values they changed were never released.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from transforms.releases.merging import Document


def link_amendments(body: Document, compiled: Mapping[str, Any], release_id: str, previous_id: str) -> Document:
    """Return the body with the amendments linked that the compiled release before does not have.

    A link the source itself gives is kept. The body is not changed; parts without new amendments are shared.
    """
    linked = dict(body)
    if "tender" in body:
        linked["tender"] = _linked(body["tender"], compiled.get("tender"), release_id, previous_id)
    for section in ("awards", "contracts"):
        if section in body:
            old = {str(entry["id"]): entry for entry in compiled.get(section, ())}
            linked[section] = [
                _linked(entry, old.get(str(entry["id"])), release_id, previous_id) for entry in body[section]
            ]
    return linked


def _linked(entry: Document, old: Mapping[str, Any] | None, release_id: str, previous_id: str) -> Document:
    amendments = entry.get("amendments")
    if not amendments or old is None:
        return entry
    before = {str(amendment["id"]) for amendment in old.get("amendments", ())}
    return {**entry, "amendments": list(_with_links(amendments, before, release_id, previous_id))}


def _with_links(amendments: list[Document], before: set[str], release_id: str, previous_id: str) -> Iterator[Document]:
    links = {"amendsReleaseID": previous_id, "releaseID": release_id}
    for amendment in amendments:
        yield amendment if str(amendment["id"]) in before else {**amendment, **(links | amendment)}


def without_links(release: Mapping[str, Any], previous_id: str | None) -> Document:
    """Return a release as it was when its id was made: without the links that `link_amendments` wrote afterwards.

    Those are `releaseID` where it names the release itself, which no source can know, and beside it `amendsReleaseID`
    where it names the release before. `previous_id` is the id of that; None for a first release, which has no links.
    """
    found = dict(release)
    if previous_id is None:
        return found
    own = {"releaseID": release["id"], "amendsReleaseID": previous_id}
    if isinstance(tender := release.get("tender"), dict):
        found["tender"] = _without(tender, own)
    for section in ("awards", "contracts"):
        if section in release:
            found[section] = [_without(entry, own) for entry in release[section]]
    return found


def _without(entry: Document, own: Mapping[str, str]) -> Document:
    amendments = entry.get("amendments")
    if not amendments:
        return entry
    return {
        **entry,
        "amendments": [
            {key: value for key, value in amendment.items() if key not in own or own[key] != value}
            for amendment in amendments
        ],
    }
