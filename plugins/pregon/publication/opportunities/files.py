"""The files that list opportunities: feeds and calendars, whole and by part, and a page in each language."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import chain

from pregon.publication.bulk import settle
from pregon.publication.draft import Draft, digest
from pregon.publication.manifest import describe
from transforms.feeds.calendar import icalendar
from transforms.feeds.changes import MOST_ENTRIES
from transforms.feeds.forms import FeedForm, Form
from transforms.feeds.opportunities import MOST_OF_PART, OpportunityFeeds, Subject, most_wanted
from transforms.opportunities import Contract, Cut, Listed, Listing, OpportunityOptions
from transforms.packages import rfc3339
from transforms.site.opportunities import FORMS, opportunities_name, opportunities_page
from transforms.snapshot import FULL, Content, PublishedFile
from transforms.texts.names import page_name


@dataclass(frozen=True)
class _Part:
    """What a set of feeds holds: tenders and plans, or contracts."""

    subject: Subject
    cut: Cut | None
    listed: Sequence[Listed] = ()
    contracts: Sequence[Contract] = ()

    @property
    def digests(self) -> Iterator[str]:
        """Tell what is in it from anything else."""
        return chain((one.digest for one in self.listed), (one.digest for one in self.contracts))


def build_opportunities(
    draft: Draft, found: Listing, options: OpportunityOptions, as_of: datetime, published: datetime
) -> None:
    """Add the files of a listing. Those that say the same as in the promoted snapshot are taken over.

    `published` is the time of the newest commit: that of feeds in which nothing is listed.
    """
    files = _Files(draft, as_of, digest(draft.code_version, draft.publication.fingerprint, repr(options)))
    parts = list(_parts(found))
    for language in draft.publication.languages:
        page = opportunities_name(draft.publication, language)
        feeds = OpportunityFeeds(draft.publication, language, page, published, options)
        for part in parts:
            moment = [] if any(part.digests) else [rfc3339(published)]
            for form in FORMS:
                path = feeds.path(part.subject, form.suffix, part.cut)
                write = partial(_written, feeds, part, form)
                files.add(path, "feed", form.name, form.media_type, [*part.digests, *moment], write)
        home = page_name(draft.publication, language)
        text = opportunities_page(found, feeds, draft.publication, language, options, home, published)
        files.add(page, "page", "HTML", "text/html", [sha256(text).hexdigest()], partial(bytes, text))
    files.settle()


def _parts(found: Listing) -> Iterator[_Part]:
    yield _Part("opportunities", None, most_wanted(found.tenders, MOST_ENTRIES))
    for cut in found.cuts:
        yield _Part("opportunities", cut, most_wanted(found.of(cut), MOST_OF_PART))
    yield _Part("plans", None, most_wanted(found.plans, MOST_ENTRIES))
    yield _Part("expiring", None, contracts=found.contracts[:MOST_ENTRIES])


def _written(feeds: OpportunityFeeds, part: _Part, form: Form) -> bytes:
    if isinstance(form, FeedForm):
        entries = [*feeds.entries(part.listed), *feeds.contract_entries(part.contracts)]
        return form.write(feeds.feed(part.subject, form.suffix, entries, part.cut))
    events = [*feeds.events(part.listed), *feeds.contract_events(part.contracts)]
    return icalendar(feeds.calendar(part.subject, events, part.cut))


class _Files:
    """Writes files, or takes over those of the promoted snapshot that were made of the same."""

    def __init__(self, draft: Draft, as_of: datetime, common: str) -> None:
        self._draft = draft
        self._as_of = as_of
        self._common = common
        self._known: dict[str, PublishedFile] = {}
        if draft.previous:
            self._known = {one.path: one for one in draft.previous[1].files}
        self._written: list[str] = []

    def add(
        self, path: str, content: Content, format: str, media_type: str, made_of: Iterable[str],  # noqa: A002
        write: Callable[[], bytes],
    ) -> None:  # fmt: skip
        """Add a file; its bytes, which `write` gives, depend on what it is `made_of` and nothing else of the ledger."""
        draft = self._draft
        fingerprint = digest(self._common, path, *made_of)
        known = self._known.get(path)
        if known and known.fingerprint == fingerprint and draft.take_over_whole(known):
            return
        (draft.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (draft.folder / path).write_bytes(write())
        self._written.append(path)
        draft.files.append(
            describe(
                draft.folder, path, content=content, segment=FULL, format=format, media_type=media_type,
                published=self._as_of, fingerprint=fingerprint,
            )
        )  # fmt: skip

    def settle(self) -> None:
        """Wait until the disk has all files: at once, because each one alone would be waited for."""
        for path in self._written:
            settle(self._draft.folder / path, self._as_of)
