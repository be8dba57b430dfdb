"""The report out of what the last commit kept of every process."""

from functools import cached_property

from expectations.report import About, quality_report
from pregon.lake import Lake
from pregon.publication.draft import digest
from pregon.stages.assessing import checks_fingerprint
from pregon.stages.context import CityContext
from pregon.stages.quality import Standing, asking, standing
from transforms.quality import QualityReport, TrendEntry
from transforms.quality.model import VERSION


class KeptQuality:
    """A `QualitySource` of a city; `afresh` finds everything anew, because the ledger was rewritten."""

    def __init__(self, lake: Lake, context: CityContext, *, afresh: bool = False) -> None:
        self._lake = lake
        self._context = context
        self._afresh = afresh

    @cached_property
    def fingerprint(self) -> str:
        """The checks with their versions, what the city asks of them, and the shape of the report."""
        return digest(VERSION, checks_fingerprint(self._context))

    def report(
        self, *, snapshot: str, as_of: str, published: str, earlier: tuple[TrendEntry, ...]
    ) -> QualityReport | None:
        """Make the report of a snapshot; None where nothing was ever committed."""
        with standing(self._lake, self._context, purpose="report", afresh=self._afresh) as found:
            if found is None:
                return None
            about = about_of(self._context, snapshot=snapshot, as_of=as_of, published=published)
            return report_of(found, about, earlier)


def about_of(context: CityContext, *, snapshot: str, as_of: str, published: str) -> About:
    """Say what a report is about."""
    publication = context.publication
    return About(publication.slug, dict(publication.name), publication.synthetic, snapshot, as_of, published)


def report_of(found: Standing, about: About, earlier: tuple[TrendEntry, ...]) -> QualityReport:
    """Make the report of what the checks found."""
    with asking(found.facts, failures=found.failures, scratch=found.scratch) as query:
        return quality_report(found.summary, query, about=about, earlier=earlier)
