"""The page of a quality report: the public one, and the internal one with examples; without scripts, and printable."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from transforms.publication import Publication
from transforms.quality.inside import Example, Inside, SourceCount
from transforms.quality.model import SEVERITIES, Finding, Outcome, QualityReport
from transforms.quality.trend import TrendEntry
from transforms.site.charts import Chart, Point, Series, line_chart
from transforms.site.environment import environment
from transforms.site.profile import printable
from transforms.texts import Texts, texts
from transforms.texts.names import localized
from transforms.texts.numbers import date, decimal, number, percent

FOLDER = "reports"

NEWEST = 12
"""Entries of the trend that the table shows; the others are folded."""

_LONGEST = 400
"""Characters of a value on the page."""

_MOST_FIGURES = 12
"""Figures of a check that the page tells; the JSON has all."""

_SHARES = frozenset({"unique", "share", "moved", "worse", "change"})
"""Figures that are shares, 0 to 1, beside those whose names end so."""

_SECTIONS = ("trend", "years", "score", "passed", "by_design", "not_applicable", "about")


def quality_page_name(publication: Publication, language: str) -> str:
    """Name the page in a language, within `reports/`: the first language has `quality.html`."""
    return localized("quality.html", language, publication.languages)


def quality_pages(report: QualityReport, publication: Publication) -> dict[str, bytes]:
    """Render the public page in every language of the publication, by file name."""
    return {
        quality_page_name(publication, language): _page(
            report,
            publication,
            language,
            others=[(code, quality_page_name(publication, code)) for code in publication.languages if code != language],
            back="../index.html" if language == publication.languages[0] else f"../index.{language}.html",
        )
        for language in publication.languages
    }


def internal_page_name(language: str) -> str:
    """Name the internal page in a language."""
    return f"report.{language}.html"


def internal_pages(report: QualityReport, publication: Publication, inside: Inside) -> dict[str, bytes]:
    """Render the page for internal use in every language of the publication, by file name."""
    return {
        internal_page_name(language): _page(
            report,
            publication,
            language,
            others=[(code, internal_page_name(code)) for code in publication.languages if code != language],
            inside=inside,
        )
        for language in publication.languages
    }


def _page(
    report: QualityReport,
    publication: Publication,
    language: str,
    *,
    others: Sequence[tuple[str, str]],
    back: str | None = None,
    inside: Inside | None = None,
) -> bytes:
    page = QualityPage(report, publication, texts(language, "quality"), texts(language), inside)
    text: str = (
        environment()
        .get_template("quality.html.jinja")
        .render(page=page, report=report, publication=publication, words=page.words, others=others, back=back)
    )
    return text.encode()


@dataclass(frozen=True)
class QualityLink:
    """What the home page tells of the report: its score in words, and where its files lie."""

    score: str
    page: str
    words: Mapping[str, str]
    data: str = f"{FOLDER}/quality.json"
    badge: str = f"{FOLDER}/quality.svg"


def quality_link(report: QualityReport, publication: Publication, language: str) -> QualityLink:
    """Say in a language how the home page names the report."""
    page = QualityPage(report, publication, texts(language, "quality"), texts(language))
    return QualityLink(page.score, f"{FOLDER}/{quality_page_name(publication, language)}", page.words["index"])


@dataclass(frozen=True)
class QualityPage:
    """What the template asks: words, numbers as readers of the country write them, and the parts of the report."""

    report: QualityReport
    publication: Publication
    words: Texts
    common: Texts
    inside: Inside | None = None

    @property
    def language(self) -> str:
        """Language of the page."""
        return self.words.language

    @property
    def city(self) -> str:
        """Name of the city."""
        return self.publication.name_in(self.language)

    def number(self, value: int) -> str:
        """Write a count."""
        return number(value, self.language, self.publication.country)

    def decimal(self, value: float, places: int = 1) -> str:
        """Write a number with decimals."""
        return decimal(value, self.language, self.publication.country, places=places)

    def percent(self, share: float) -> str:
        """Write a share."""
        return percent(share, self.language, self.publication.country)

    def day(self, moment: Any) -> str:
        """Write a day in the city's zone."""
        return date(moment, self.publication.time_zone, self.common)

    def said(self, text: Mapping[str, str]) -> str:
        """Give a text in the page's language."""
        return text[self.language] if self.language in text else next(iter(text.values()))

    def plural(self, name: str, count: int) -> str:
        """Give the text for one, or for so many."""
        text: str = self.words[f"{name}_one" if count == 1 else f"{name}_many"]
        return text.format(count=self.number(count))

    def printable(self, text: str) -> str:
        """Write what a record or a source says on one line."""
        return printable(text, _LONGEST)

    @property
    def score(self) -> str:
        """The score in words."""
        score = self.report.score
        found: str = (
            self.words["score_none"] if score is None else self.words["score_of"].format(score=self.decimal(score))
        )
        return found

    @property
    def verdict(self) -> list[str]:
        """What somebody reads who reads one line only."""
        words, report = self.words["verdict"], self.report
        if not report.processes:
            return [words["empty"]]
        critical, warnings = report.count("critical"), report.count("warning")
        found = []
        if critical.failed:
            found.append(words["critical_one" if critical.failed == 1 else "critical_many"].format(
                count=self.number(critical.failed)))  # fmt: skip
            if critical.processes:
                found.append(words["processes_one" if critical.processes == 1 else "processes_many"].format(
                    count=self.number(critical.processes), all=self.number(report.processes),
                    share=self.percent(critical.processes / report.processes)))  # fmt: skip
        elif not warnings.failed:
            return [words["clean"]]
        else:
            found.append(words["good"])
        if warnings.failed:
            found.append(words["warnings_one" if warnings.failed == 1 else "warnings_many"].format(
                count=self.number(warnings.failed)))  # fmt: skip
        return found

    @property
    def sections(self) -> list[str]:
        """The sections that the page has."""
        severities = [one for one in SEVERITIES if one == "critical" or self.report.failed(one)]
        outcomes: tuple[Outcome, ...] = ("passed", "by_design", "not_applicable")
        empty = {one for one in outcomes if not self.report.of(one)}
        return [*severities, *(one for one in _SECTIONS if one not in empty)]

    def amount(self, finding: Finding) -> str:
        """Say in how many processes a check fails."""
        if finding.whole:
            text: str = self.words["fails_time" if finding.level == "time" else "fails_whole"]
            return text
        if finding.processes == 1:
            name = "fails_of_one"
        else:
            name = "fails_one" if finding.failed_processes == 1 else "fails_many"
        text = self.words[name]
        return text.format(count=self.number(finding.failed_processes), processes=self.number(finding.processes))

    @staticmethod
    def width(share: float) -> str:
        """Give the width of a bar in percent."""
        return f"{100 * share:.1f}"

    def figures(self, finding: Finding) -> Iterator[tuple[str, str]]:
        """Give the figures of a check of the whole in words."""
        names, groups = self.words["figures"], self.words["figures_of"]
        shown = [(name, value) for name, value in (finding.figures or {}).items() if value is not None]
        for name, value in shown[:_MOST_FIGURES]:
            group, _, of = name.partition("/")
            label = f"{groups.get(group, group)} {of}" if of else names.get(name, name.replace("_", " "))
            yield self.printable(label), self._figure(group if of else name, value)

    def _figure(self, name: str, value: float) -> str:
        if isinstance(value, int):
            return self.number(value)
        if name.endswith("share") or name in _SHARES:
            return self.percent(value)
        return self.decimal(value)

    def examples(self, finding: Finding) -> Sequence[Example]:
        """Give the examples of a finding; none in the public report."""
        return self.inside.examples.get(finding.id, ()) if self.inside else ()

    def sources(self, finding: Finding) -> Sequence[SourceCount]:
        """Give the source tables behind a finding; none in the public report."""
        return self.inside.sources.get(finding.id, ()) if self.inside else ()

    def named(self, finding: Finding) -> Sequence[str]:
        """Give what a check of the whole names; nothing in the public report."""
        return self.inside.named.get(finding.id, ()) if self.inside else ()

    @property
    def trend(self) -> list[tuple[TrendEntry, bool]]:
        """The entries of the trend, the newest first, and whether other checks were asked than of the one before."""
        entries = self.report.trend
        changed = [False, *(one.checks != before.checks for before, one in pairwise(entries))]
        return list(zip(reversed(entries), reversed(changed), strict=True))

    @property
    def changed(self) -> bool:
        """Whether anywhere in the trend other checks were asked than before."""
        return any(changed for _, changed in self.trend)

    @property
    def newest(self) -> int:
        """Entries of the trend that are not folded."""
        return NEWEST

    @property
    def published(self) -> datetime:
        """When the newest commit was."""
        return datetime.fromisoformat(self.report.published)

    @property
    def score_text(self) -> str:
        """How the score is made."""
        weights = {part.severity: self.number(part.weight) for part in self.report.parts}
        text: str = self.words["score_text"]
        return text.format(**{one: weights.get(one, "–") for one in SEVERITIES})

    def row_percent(self, value: float) -> str:
        """Write a value of the chart of shares."""
        return f"{self.decimal(value)}\N{NO-BREAK SPACE}%"

    @property
    def score_chart(self) -> Chart | None:
        """The line of the scores; None before there are two of them."""
        points = [Point(one.moment, one.score) for one in self.report.trend if one.score is not None]
        return line_chart([Series("info", points)], lowest=0, highest=100) if len(points) > 1 else None

    @property
    def problems_chart(self) -> Chart | None:
        """The lines of the shares of processes with problems, in percent."""
        entries = [one for one in self.report.trend if one.processes]
        if len(entries) < 2:
            return None
        series = [
            Series(severity, [Point(one.moment, 100 * one.share(severity)) for one in entries])
            for severity in ("warning", "critical")
        ]
        return line_chart(series, lowest=0, highest=100)

    @property
    def score_alt(self) -> str:
        """The chart of the scores in words."""
        entries = [one for one in self.report.trend if one.score is not None]
        scores = [one.score or 0.0 for one in entries]
        text: str = self.words["trend_score_alt"]
        return text.format(
            first=self.decimal(scores[0]), last=self.decimal(scores[-1]), first_date=self.day(entries[0].moment),
            last_date=self.day(entries[-1].moment), lowest=self.decimal(min(scores)),
            highest=self.decimal(max(scores)),
        )  # fmt: skip

    @property
    def problems_alt(self) -> str:
        """The chart of the processes with problems in words."""
        first, *_, last = [one for one in self.report.trend if one.processes]
        text: str = self.words["trend_problems_alt"]
        return text.format(
            first=self.percent(first.share("critical")), last=self.percent(last.share("critical")),
            first_warning=self.percent(first.share("warning")), last_warning=self.percent(last.share("warning")),
            first_date=self.day(first.moment), last_date=self.day(last.moment),
        )  # fmt: skip
