"""What changed from one publication to the next: the index of deltas, and feeds about it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Self, get_args

from transforms.addresses import is_address
from transforms.feeds.model import Category, Entry, Feed, tag_uri
from transforms.ocds import codelist
from transforms.publication import Publication
from transforms.texts import Texts, texts
from transforms.texts.names import localized

Kind = Literal["new", "updated", "cancelled"]
KINDS: tuple[Kind, ...] = get_args(Kind)

INDEX = "changes/index.json"
MOST_ENTRIES = 500
"""Entries of a feed: readers keep what they have seen."""

_RELEASE_TAGS = "https://standard.open-contracting.org/1.1/en/schema/codelists/#release-tag"
_CANCELLED = "tenderCancellation"


@dataclass(frozen=True)
class ChangedProcess:
    """A process with releases that an earlier publication did not have.

    `tags` are those of these releases, each once; `release` and `date` are of the newest one.
    """

    kind: Kind
    ocid: str
    release: str
    date: str
    tags: tuple[str, ...]
    title: str
    buyer: str
    document: str | None

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {**asdict(self), "tags": list(self.tags)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """Take back what `to_json` gave."""
        return cls(**{**found, "tags": tuple(found["tags"])})


@dataclass(frozen=True)
class Delta:
    """One publication in the index: what it added to the one before.

    `base` None: there is no way from the one before, everything has to be taken anew. `path` is the file of changed
    records, None where there are none.
    """

    publication: str
    published: str
    base: str | None
    path: str | None
    new: int = 0
    updated: int = 0
    cancelled: int = 0


def changed_process(releases: Sequence[Mapping[str, Any]], compiled: Mapping[str, Any], known: int) -> ChangedProcess:
    """Tell what changed in a process of which the first `known` releases had been published before."""
    new = releases[known:]
    tags = tuple(dict.fromkeys(tag for release in new for tag in release["tag"]))
    tender = compiled.get("tender", {})
    documents = (one.get("url") for one in tender.get("documents", []))
    return ChangedProcess(
        kind="new" if not known else "cancelled" if _CANCELLED in tags else "updated",
        ocid=compiled["ocid"],
        release=new[-1]["id"],
        date=new[-1]["date"],
        tags=tags,
        title=str(tender.get("title") or compiled.get("planning", {}).get("rationale") or compiled["ocid"]),
        buyer=str(compiled.get("buyer", {}).get("name") or ""),
        document=next((url for url in documents if is_address(url)), None),
    )


def index_json(deltas: Sequence[Delta], whole: str) -> bytes:
    """Write the index: where to take everything, and the deltas, oldest first."""
    content = {"publication": deltas[-1].publication, "whole": whole, "deltas": [asdict(one) for one in deltas]}
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"


def read_index(text: bytes) -> list[Delta]:
    """Read an index; raises `ValueError`, `TypeError` or `KeyError` where it isn't one."""
    return [Delta(**one) for one in json.loads(text)["deltas"]]


def feed_path(name: str, language: str, languages: Sequence[str], suffix: str) -> str:
    """Name the file of a feed; that in the first language has no language in its name."""
    return localized(f"feeds/{name}.{suffix}", language, languages)


def changes_feed(
    changed: Sequence[tuple[Delta, ChangedProcess]],
    publication: Publication,
    language: str,
    suffix: str,
    updated: datetime,
    home: str,
) -> Feed:
    """Make the feed of changed processes in a language, for a form with a suffix; `changed` has the newest first."""
    words = texts(language, "feeds")
    city = publication.name_in(language)

    def address(one: str) -> str:
        return publication.url(feed_path("changes", one, publication.languages, suffix))

    return Feed(
        id=tag_uri(publication.base_url, f"{publication.slug}/changes/{language}"),
        title=words["changes"]["title"].format(city=city),
        description=_description(words["changes"]["description"].format(city=city), publication, words),
        updated=updated,
        author=publication.publisher_name,
        url=address(language),
        home=publication.url(home),
        language=language,
        licence=f"{publication.licence_name}, {publication.licence_uri}",
        entries=[_entry(delta, one, publication, words, language) for delta, one in changed[:MOST_ENTRIES]],
        others=[(one, address(one)) for one in publication.languages if one != language],
        hub=publication.hub,
    )


def _description(text: str, publication: Publication, words: Texts) -> str:
    return f"{text} {words['synthetic']}" if publication.synthetic else text


def _entry(delta: Delta, one: ChangedProcess, publication: Publication, words: Texts, language: str) -> Entry:
    tags = codelist("releaseTag")
    kind = words["changes"]["kinds"][one.kind]
    what = ", ".join(tags.title(tag, language) for tag in one.tags)
    summary = words["changes"]["summary"].format(kind=kind, what=what, ocid=one.ocid)
    return Entry(
        id=tag_uri(publication.base_url, f"{one.ocid}/{one.release}/{language}"),
        title=f"{kind}: {one.title}",
        updated=datetime.fromisoformat(delta.published),
        published=datetime.fromisoformat(delta.published),
        url=one.document or publication.url(),
        summary=f"{one.buyer}. {summary}" if one.buyer else summary,
        categories=[
            Category(one.kind, tag_uri(publication.base_url, "change"), kind),
            *(Category(tag, _RELEASE_TAGS, tags.title(tag, language)) for tag in one.tags),
        ],
        data={
            "ocid": one.ocid, "release": one.release, "date": one.date, "change": one.kind, "tag": list(one.tags),
            "publication": delta.publication,
        },
    )  # fmt: skip
