"""The page of opportunities: what vendors may take part in, and how to follow it, one file for each language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from transforms.feeds.changes import MOST_ENTRIES
from transforms.feeds.forms import ATOM, CALENDAR, JSON_FEED, RSS, Form
from transforms.feeds.opportunities import OpportunityFeeds, Subject
from transforms.opportunities import Contract, Cut, Listed, Listing, OpportunityOptions
from transforms.opportunities.told import Told, page_anchor
from transforms.publication import Publication
from transforms.site.environment import environment
from transforms.texts import texts
from transforms.texts.names import localized
from transforms.texts.numbers import date, number

FORMS: Sequence[Form] = (ATOM, RSS, JSON_FEED, CALENDAR)
"""The forms of what is listed."""


@dataclass(frozen=True)
class _Followed:
    """A set of feeds: of what, how much is listed, and where they are by name."""

    name: str
    count: int
    feeds: Sequence[tuple[str, str]]


def opportunities_name(publication: Publication, language: str) -> str:
    """Name the page in a language: that in the first language has no language in its name."""
    return localized("opportunities.html", language, publication.languages)


def opportunities_page(
    found: Listing,
    feeds: OpportunityFeeds,
    publication: Publication,
    language: str,
    options: OpportunityOptions,
    home: str,
    published: datetime,
) -> bytes:
    """Render the page; `home` is the page that it leads back to, `published` the time of the newest commit.

    Everything that comes from configuration or data is escaped by the template.
    """
    told, common = Told(publication, language), texts(language)
    sections = [
        ("open", _by_date([one for one in found.tenders if one.state == "open"])),
        ("upcoming", _by_date([one for one in found.tenders if one.state == "upcoming"])),
        ("planned", _by_date(found.plans)),
        ("closed", [one for one in found.tenders if one.state in {"closed", "cancelled"}]),
    ]
    page: str = (
        environment()
        .get_template("opportunities.html.jinja")
        .render(
            publication=publication,
            words=texts(language, "opportunities"),
            common=common,
            feed_words=told.words,
            city=publication.name_in(language),
            home=home,
            languages=[(one, opportunities_name(publication, one)) for one in publication.languages if one != language],
            published=date(published, publication.time_zone, common),
            published_at=published.isoformat(),
            sections=[(name, listed[:MOST_ENTRIES], len(listed)) for name, listed in sections],
            contracts=found.contracts[:MOST_ENTRIES],
            contracts_in_all=len(found.contracts),
            followed=[(kind, list(group)) for kind, group in _followed(found, feeds, told)],
            told=told,
            anchor=page_anchor,
            anchored=_anchored(found.contracts, {one.tender.ocid for _, listed in sections for one in listed}),
            media_types={form.name: form.media_type for form in FORMS},
            options=options,
            number=lambda value: number(value, language, publication.country),
        )
    )
    return page.encode()


def _by_date(listed: Sequence[Listed]) -> list[Listed]:
    """Sort by the date that counts, the next one first; those without a date last."""
    dated = [(_date(one), one) for one in listed]
    with_date = sorted(((day, one.tender.ocid, one) for day, one in dated if day), key=lambda found: found[:2])
    return [*(one for _, _, one in with_date), *(one for day, one in dated if not day)]


def _date(one: Listed) -> datetime | None:
    tender = one.tender
    text = {"planned": tender.expected, "upcoming": tender.start}.get(one.state, tender.deadline)
    return datetime.fromisoformat(text) if text else None


def _anchored(contracts: Sequence[Contract], seen: set[str]) -> set[int]:
    """Give the places of contracts that are the first of a process that has not been `seen`: a page names it once."""
    places = set()
    for place, one in enumerate(contracts):
        if one.ocid not in seen:
            places.add(place)
            seen = seen | {one.ocid}
    return places


def _followed(found: Listing, feeds: OpportunityFeeds, told: Told) -> Iterator[tuple[str, Iterator[_Followed]]]:
    def links(subject: Subject, cut: Cut | None = None) -> list[tuple[str, str]]:
        return [(form.name, feeds.path(subject, form.suffix, cut)) for form in FORMS]

    yield "all", iter([
        _Followed(told.words["opportunities"]["name"], len(found.tenders), links("opportunities")),
        _Followed(told.words["plans"]["name"], len(found.plans), links("plans")),
        _Followed(told.words["expiring"]["name"], len(found.contracts), links("expiring")),
    ])  # fmt: skip
    for kind, cuts in groupby(found.cuts, key=lambda cut: cut.kind):
        named = sorted(((told.cut(cut), cut) for cut in cuts), key=lambda one: (one[0].casefold(), one[1]))
        yield kind, iter(_Followed(name, len(found.of(cut)), links("opportunities", cut)) for name, cut in named)
