"""Feeds and calendars of what vendors may take part in."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import quote, urlsplit

from transforms.feeds.calendar import Calendar, Event
from transforms.feeds.changes import feed_path
from transforms.feeds.model import Category, Entry, Feed, tag_uri
from transforms.opportunities import Contract, Cut, Listed, Tender, code_class
from transforms.opportunities.options import OpportunityOptions
from transforms.opportunities.told import Told, page_anchor
from transforms.publication import Publication

Subject = Literal["opportunities", "plans", "expiring"]

MOST_OF_PART = 100
"""Entries of the feeds of a part: whoever wants all takes the feed of everything."""

_STATES = {"open": 0, "upcoming": 1, "closed": 2, "cancelled": 3, "planned": 4}


class OpportunityFeeds:
    """Makes the feeds of a publication in one language.

    `page` is the page for people, `moment` the time of the newest commit.
    """

    def __init__(
        self, publication: Publication, language: str, page: str, moment: datetime, options: OpportunityOptions
    ) -> None:
        self._publication = publication
        self._language = language
        self._page = page
        self._moment = moment
        self._options = options
        self._told = Told(publication, language)
        self._words = self._told.words
        self._entries: dict[str, Entry] = {}
        self._events: dict[str, list[Event]] = {}

    def path(self, subject: Subject, suffix: str, cut: Cut | None = None, language: str | None = None) -> str:
        """Give the path of a feed within the publication."""
        return opportunities_path(self._publication, subject, suffix, language or self._language, cut)

    def title(self, subject: Subject, cut: Cut | None = None) -> str:
        """Give the title of a feed."""
        title: str = self._words[subject]["title"].format(city=self._publication.name_in(self._language))
        return f"{title}: {self._told.cut(cut)}" if cut else title

    def feed(self, subject: Subject, suffix: str, entries: Sequence[Entry], cut: Cut | None = None) -> Feed:
        """Make a feed of entries."""
        name = f"{subject}/{cut.kind}/{cut.file_name}" if cut else subject
        base = self._publication.base_url
        return Feed(
            id=tag_uri(base, f"{self._publication.slug}/{name}/{self._language}"),
            title=self.title(subject, cut),
            description=self._description(subject),
            updated=max((entry.updated for entry in entries), default=self._moment),
            author=self._publication.publisher_name,
            url=self._publication.url(self.path(subject, suffix, cut)),
            home=self._publication.url(self._page),
            language=self._language,
            licence=f"{self._publication.licence_name}, {self._publication.licence_uri}",
            entries=entries,
            others=[
                (one, self._publication.url(self.path(subject, suffix, cut, one)))
                for one in self._publication.languages
                if one != self._language
            ],
            hub=self._publication.hub,
        )

    def calendar(self, subject: Subject, events: Sequence[Event], cut: Cut | None = None) -> Calendar:
        """Make a calendar of events."""
        return Calendar(
            title=self.title(subject, cut),
            description=self._description(subject),
            language=self._language,
            time_zone=self._publication.time_zone,
            url=self._publication.url(self._page),
            events=events,
        )

    def entries(self, listed: Iterable[Listed]) -> list[Entry]:
        """Make the entries of tenders or plans, in their order."""
        found = []
        for one in listed:
            if one.digest not in self._entries:
                self._entries[one.digest] = self._entry(one)
            found.append(self._entries[one.digest])
        return found

    def contract_entries(self, contracts: Iterable[Contract]) -> list[Entry]:
        """Make the entries of contracts that are about to end, in their order."""
        return [self._contract(one) for one in contracts]

    def events(self, listed: Iterable[Listed]) -> list[Event]:
        """Make the events of tenders: deadlines, meetings, opening; of plans: the day of the advertisement."""
        found = []
        for one in listed:
            if one.digest not in self._events:
                self._events[one.digest] = list(self._events_of(one))
            found += self._events[one.digest]
        return found

    def contract_events(self, contracts: Iterable[Contract]) -> list[Event]:
        """Make the events of contracts: the days on which they end."""
        return [
            Event(
                id=self._uid(one.ocid, f"contract-end/{one.id}"),
                title=self._words["events"]["contract_end"].format(title=one.title),
                start=self._told.local(one.end).date(),
                updated=datetime.fromisoformat(one.updated),
                published=datetime.fromisoformat(one.published),
                sequence=one.revisions,
                description="\n".join(self._told.contract_lines(one)),
                url=self._link(one.ocid),
            )
            for one in contracts
        ]

    def _entry(self, listed: Listed) -> Entry:
        tender = listed.tender
        state = self._words["states"][listed.state]
        data = {
            "ocid": tender.ocid, "state": listed.state, "status": tender.status, "deadline": tender.deadline,
            "questions_until": tender.question_deadline, "expected": tender.expected,
            "method": tender.method, "category": tender.category, "set_asides": list(tender.set_asides) or None,
            "codes": [{"scheme": scheme, "id": code} for scheme, code, _ in tender.codes] or None,
        }  # fmt: skip
        return Entry(
            id=tag_uri(self._publication.base_url, f"{tender.ocid}/opportunity/{self._language}"),
            title=tender.title if listed.state in {"open", "planned"} else f"{state}: {tender.title}",
            updated=listed.updated,
            published=datetime.fromisoformat(tender.published),
            url=tender.document or self._link(tender.ocid),
            summary="\n".join([*self._told.lines(tender, listed.state), *filter(None, [tender.description])]),
            categories=list(self._categories(tender, listed.state)),
            data={name: value for name, value in data.items() if value is not None},
        )

    def _contract(self, one: Contract) -> Entry:
        data = {
            "ocid": one.ocid, "contract": one.id, "end": one.end, "latest_end": one.latest_end,
            "renewable": one.renewable, "category": one.category,
        }  # fmt: skip
        return Entry(
            id=tag_uri(self._publication.base_url, f"{one.ocid}/contract-end/{one.id}/{self._language}"),
            title=one.title,
            updated=datetime.fromisoformat(one.updated),
            published=datetime.fromisoformat(one.published),
            url=self._link(one.ocid),
            summary="\n".join(self._told.contract_lines(one)),
            categories=list(self._common(one.department, one.department_name, one.category)),
            data={name: value for name, value in data.items() if value is not None},
        )

    def _categories(self, tender: Tender, state: str) -> Iterator[Category]:
        base, told = self._publication.base_url, self._told
        yield Category(state, tag_uri(base, "opportunity-state"), self._words["states"][state])
        yield from self._common(tender.department, tender.department_name, tender.category)
        if tender.method:
            yield Category(tender.method, codelist_address("method"), told.code("method", tender.method))
        for code in tender.set_asides:
            yield Category(code, tag_uri(base, "set-aside"), told.code("reservedParticipation", code))
        classes = (code_class(scheme, code, self._options.code_digits) for scheme, code, _ in tender.codes)
        for found in dict.fromkeys(one for one in classes if one):
            yield Category(found[1], tag_uri(base, f"classification/{found[0]}"), " ".join(found))

    def _common(self, department: str, name: str, category: str | None) -> Iterator[Category]:
        if department:
            yield Category(department, tag_uri(self._publication.base_url, "department"), name)
        if category:
            label = self._told.code("procurementCategory", category)
            yield Category(category, codelist_address("procurement-category"), label)

    def _events_of(self, listed: Listed) -> Iterator[Event]:
        tender, state = listed.tender, listed.state
        names, told = self._words["events"], self._told

        def event(kind: str, text: str, start: datetime, place: str = "", *, whole_day: bool = False) -> Event:
            return Event(
                id=self._uid(tender.ocid, kind),
                title=text.format(title=tender.title),
                start=start.date() if whole_day else start,
                updated=datetime.fromisoformat(tender.updated),
                published=datetime.fromisoformat(tender.published),
                sequence=tender.revisions,
                description="\n".join(told.lines(tender, state)),
                url=tender.document or self._link(tender.ocid),
                place=place,
                categories=[told.code("procurementCategory", tender.category)] if tender.category else [],
                cancelled=state == "cancelled",
            )

        if state == "planned":
            if tender.expected:
                yield event("expected", names["expected"], told.local(tender.expected), whole_day=True)
            return
        if tender.question_deadline:
            yield event("questions", names["questions"], told.local(tender.question_deadline))
        for place, meeting in enumerate(tender.meetings):
            yield event(f"meeting/{meeting.id or place}", names["meeting"], told.local(meeting.date), meeting.place)
        if tender.deadline:
            yield event("deadline", names["deadline"], told.local(tender.deadline))
        if tender.opening:
            yield event("opening", names["opening"], told.local(tender.opening))

    def _link(self, ocid: str) -> str:
        return self._publication.url(f"{self._page}#{quote(page_anchor(ocid))}")

    def _uid(self, ocid: str, kind: str) -> str:
        host = urlsplit(self._publication.base_url).hostname or "localhost"
        return f"{quote(f'{ocid}/{kind}', safe='/:-._~')}@{host}"

    def _description(self, subject: Subject) -> str:
        text: str = self._words[subject]["description"].format(
            city=self._publication.name_in(self._language),
            closed=self._options.closed_days,
            expiring=self._options.expiring_days,
        )
        return f"{text} {self._words['synthetic']}" if self._publication.synthetic else text


def opportunities_path(
    publication: Publication, subject: Subject, suffix: str, language: str, cut: Cut | None = None
) -> str:
    """Give the path of a feed or calendar: `feeds/opportunities/category/works.es.atom`."""
    name = f"{subject}/{cut.kind}/{cut.file_name}" if cut else subject
    return feed_path(name, language, publication.languages, suffix)


def most_wanted(listed: Sequence[Listed], most: int) -> list[Listed]:
    """Give those that a feed has room for: what is open goes before what is over; their order stays."""
    if len(listed) <= most:
        return list(listed)
    kept = {one.tender.ocid for one in sorted(listed, key=lambda one: _STATES[one.state])[:most]}
    return [one for one in listed if one.tender.ocid in kept]


def codelist_address(name: str) -> str:
    """Give the address of a codelist's description in the standard's documentation."""
    return f"https://standard.open-contracting.org/1.1/en/schema/codelists/#{name}"
