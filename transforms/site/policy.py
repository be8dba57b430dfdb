"""The publication policy as a page: what the city decided, and what is really published.

The points are those that the Open Contracting Partnership asks a policy to answer
(https://standard.open-contracting.org/1.1/en/guidance/publish/#finalize-your-publication-policy). Nothing here names a
table or a column of a source.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from transforms.ocds import FieldTable, UnknownField, codelist, field_table, full_title
from transforms.ocds.dictionary import Language
from transforms.publication import Publication
from transforms.site.environment import environment
from transforms.site.links import safe_link
from transforms.snapshot import FULL, Manifest
from transforms.texts import Texts, texts
from transforms.texts.names import localized, page_name
from transforms.texts.numbers import date, number

POLICY = "policy.html"

PersonRule = Literal["withhold", "pseudonym", "publish"]


@dataclass(frozen=True)
class Withheld:
    """`path` is published only while the field `test` has one of `values` (`when`), or only while it has none."""

    path: str
    test: str
    values: tuple[str, ...]
    when: bool


@dataclass(frozen=True)
class Policy:
    """What a city decided about its publication, as far as it is public.

    `sources` are the kinds of its systems, one for each. `kept`: processes were published as OCDS before and keep their
    ocid. `history`: what the first publication of a process told. `codes` are, by codelist, those that the standard
    does not have, `schemes` the lists of identifiers and of classifications in use. `said` are the city's own words on
    a point, by language.
    """

    sources: tuple[str, ...] = ()
    kept: bool = False
    history: Literal["snapshot", "events"] = "snapshot"
    persons: tuple[tuple[str, PersonRule], ...] = ()
    contact_points: Literal["withhold", "publish"] | None = None
    withheld: tuple[Withheld, ...] = ()
    codes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    schemes: tuple[str, ...] = ()
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of everything above."""
        said = sorted((point, sorted(words.items())) for point, words in self.said.items())
        facts = [
            self.sources, self.kept, self.history, self.persons, self.contact_points, self.withheld, self.codes,
            self.schemes, said,
        ]  # fmt: skip
        return hashlib.sha256(repr(facts).encode()).hexdigest()


NO_POLICY = Policy()


def is_own(publication: Publication) -> bool:
    """Tell whether the address of the city's policy is that of the page made here."""
    return publication.publication_policy in {
        publication.url(localized(POLICY, language, publication.languages)) for language in publication.languages
    }


def policy_pages(
    manifest: Manifest, publication: Publication, policy: Policy, *, quality: bool = False
) -> Iterator[tuple[str, bytes]]:
    """Render the page in every language of the publication, with its file name.

    With `quality` it refers to the report on quality. Everything that comes from configuration is escaped.
    """
    for language in publication.languages:
        page = PolicyPage(manifest, publication, policy, texts(language, "policy"), texts(language), quality=quality)
        text: str = environment().get_template("policy.html.jinja").render(page=page, words=page.words)
        yield localized(POLICY, language, publication.languages), text.encode()


@dataclass(frozen=True)
class PolicyPage:
    """What the template asks."""

    manifest: Manifest
    publication: Publication
    policy: Policy
    words: Texts
    common: Texts
    quality: bool

    @property
    def language(self) -> Language:
        """Language of the page."""
        return "es" if self.words.language == "es" else "en"

    @property
    def city(self) -> str:
        """Name of the city."""
        return self.publication.name_in(self.language)

    @property
    def home(self) -> str:
        """The home page in the same language."""
        return page_name(self.publication, self.language)

    @property
    def others(self) -> list[tuple[str, str]]:
        """The page in the other languages: code and file name."""
        languages = self.publication.languages
        return [(one, localized(POLICY, one, languages)) for one in languages if one != self.language]

    @property
    def dictionary(self) -> str | None:
        """The page of the dictionary in the same language."""
        name = localized("dictionary.html", self.language, self.publication.languages)
        return name if self.manifest.tables else None

    @property
    def quality_page(self) -> str | None:
        """The report on quality in the same language."""
        return (
            f"reports/{localized('quality.html', self.language, self.publication.languages)}" if self.quality else None
        )

    @property
    def elsewhere(self) -> str | None:
        """Address of the policy that the city wrote itself, where it has one that may be linked to."""
        address = self.publication.publication_policy
        return None if is_own(self.publication) or safe_link(address) == "#" else address

    @property
    def published(self) -> str:
        """The day of the newest commit in words."""
        return date(datetime.fromisoformat(self.manifest.published), self.publication.time_zone, self.common)

    @property
    def issued(self) -> str | None:
        """The day of the first commit in words."""
        moment = self.manifest.issued
        return date(datetime.fromisoformat(moment), self.publication.time_zone, self.common) if moment else None

    @property
    def years(self) -> tuple[str, str] | None:
        """First and last year with releases."""
        years = [one for one in self.manifest.segments_of("releases") if one[:4].isdigit()]
        return (years[-1][:4], years[0][:4]) if years else None

    @property
    def frequency(self) -> str:
        """How often is published, in words."""
        known = self.words["frequencies"]
        text: str = known.get(self.publication.accrual_periodicity, known["irregular"])
        return text

    @property
    def stages(self) -> list[str]:
        """The parts of a process that the tables have columns for."""
        tops = {column.path.split("/")[0] for table in self.manifest.tables for column in table.columns}
        names: dict[str, str] = self.words["stages"]
        return [said for part, said in names.items() if part in tops]

    @property
    def formats(self) -> list[tuple[str, str]]:
        """The formats that are really published, each with what it is for."""
        found = {one.format for one in self.manifest.files if one.segment == FULL}
        names: dict[str, Any] = self.words["formats"]
        return [(said["name"], said["text"]) for name, said in names.items() if name in found]

    @property
    def sources(self) -> list[str]:
        """The kinds of source systems in words, with how many of each."""
        kinds = dict.fromkeys(self.policy.sources)
        words = self.words["kinds"]
        counts = [(words.get(kind, words["other"]), self.policy.sources.count(kind)) for kind in kinds]
        return [f"{said} ({self.number(count)})" if count > 1 else said for said, count in counts]

    @property
    def persons(self) -> list[tuple[str, str]]:
        """Each role with what is published of a natural person in it."""
        roles = codelist("partyRole", self.publication.extensions)
        return [
            (roles.title(role, self.language), self.words["person_rules"][rule]) for role, rule in self.policy.persons
        ]

    @property
    def withheld(self) -> Iterator[tuple[str, str, str]]:
        """What is withheld for a time: its title, its path, and on what it depends."""
        for one in self.policy.withheld:
            values = self._codes(one.test, one.values)
            text = self.words["when" if one.when else "unless"].format(field=self.title(one.test), values=values)
            yield self.title(one.path), one.path, text

    @property
    def codes(self) -> list[tuple[str, str]]:
        """The codes of the city's own, by list."""
        return [(name, ", ".join(codes)) for name, codes in self.policy.codes]

    def said(self, point: str) -> str | None:
        """Give the city's own words on a point in the language of the page, else in a language that has them."""
        words = self.policy.said.get(point)
        return words.get(self.language) or next(iter(words.values())) if words else None

    def title(self, path: str) -> str:
        """Give the titles that lead to a path; of one that is not known, the path."""
        try:
            return full_title(self._fields, path, self.language)
        except UnknownField:
            return path

    def number(self, value: int) -> str:
        """Write a count."""
        return number(value, self.language, self.publication.country)

    @staticmethod
    def safe_link(address: str) -> str:
        """Give an address back if a page may link to it."""
        return safe_link(address)

    @property
    def _fields(self) -> FieldTable:
        return field_table(self.publication.extensions)

    def _codes(self, path: str, values: Sequence[str]) -> str:
        found = self._fields.get(path)
        if found is None or found.codelist is None:
            return ", ".join(values)
        titles = codelist(found.codelist, self.publication.extensions)
        return ", ".join(titles.title(value, self.language) for value in values)
