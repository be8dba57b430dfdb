"""The report for the city alone, in HOME/internal/<city>/quality: pages with examples, and the list of issues.

It is made after every run, and again when somebody asks for it and it is not of the last commit. A second time is safe:
the folder is made beside its place and put there whole.
"""

import json
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from expectations.assessment import MOST_FAILURES
from expectations.checks.model import Check
from expectations.checks.registry import checks_by_id
from pregon.home import Home
from pregon.lake import Lake
from pregon.publication.manifest import read_current, read_manifest
from pregon.publication.quality import earlier_trend
from pregon.quality_report.columns import Columns
from pregon.quality_report.examples import inside_of
from pregon.quality_report.issues import counts, issues, write_csv
from pregon.quality_report.kept import KeptQuality, about_of, report_of
from pregon.quality_report.workbook import MOST_ROWS, Contents, write_workbook
from pregon.stages.context import CityContext
from pregon.stages.quality import Standing, standing
from transforms.packages import rfc3339
from transforms.publication import Publication
from transforms.quality import QualityReport
from transforms.quality.inside import Inside
from transforms.site.quality import internal_pages
from transforms.texts import texts
from transforms.texts.numbers import date

FOLDER = "quality"
CSV, WORKBOOK = "issues.csv", "issues.xlsx"

_STAMP = "made.json"


class Internal(NamedTuple):
    """The report of what stands now, with what only the city may see."""

    report: QualityReport
    inside: Inside
    standing: Standing


class Listed(NamedTuple):
    """How many issues a file lists, of how many there are."""

    listed: int
    total: int


def quality_folder(home: Home, slug: str) -> Path:
    """Folder of the internal report."""
    return home.internal(slug) / FOLDER


def write_internal(lake: Lake, context: CityContext, snapshot: Path | None = None) -> Path | None:
    """Write pages and lists, unless they are there already; None where nothing was ever committed.

    `snapshot` is the one that was just built (default: the one that readers see), whose trend is shown.
    """
    head = context.ledger.head()
    if head is None:
        return None
    folder = quality_folder(context.home, context.city.slug)
    snapshot = snapshot or _current(context)
    stamp = {
        "manifest": head.manifest,
        "redactions": context.ledger.redacting.newest(),
        "checks": KeptQuality(lake, context).fingerprint,
        "publication": context.publication.fingerprint,
        "snapshot": snapshot.name if snapshot else None,
    }
    if _stamp(folder) == stamp:
        return folder
    new = folder.with_name(f".{FOLDER}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        with standing(lake, context, purpose="internal") as found:
            if found is None:
                return None
            internal = internal_of(found, context, new, snapshot)
            for name, page in internal_pages(internal.report, context.publication, internal.inside).items():
                (new / name).write_bytes(page)
            for name in (CSV, WORKBOOK):
                write_issues(new / name, found, context, new)
        (new / _STAMP).write_text(json.dumps(stamp), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return folder


def internal_of(found: Standing, context: CityContext, scratch: Path, snapshot: Path | None = None) -> Internal:
    """Make the report with its examples of what the checks found; `scratch` is a folder for work files."""
    head = context.ledger.head()
    snapshot = snapshot or _current(context)
    moment = rfc3339(head.as_of) if head else ""
    name, as_of, published = "", moment, moment
    if snapshot:
        manifest = read_manifest(snapshot)
        name, as_of, published = manifest.snapshot, manifest.as_of, manifest.published
    about = about_of(context, snapshot=name, as_of=as_of, published=published)
    report = report_of(found, about, earlier_trend(snapshot))
    columns = Columns(context.transform.mapping, context.city)
    return Internal(report, inside_of(found, checks_by_id(), columns, scratch), found)


def write_issues(
    path: Path,
    found: Standing,
    context: CityContext,
    scratch: Path,
    *,
    checks: Mapping[str, Check] | None = None,
    language: str | None = None,
) -> Listed:
    """Write the issues of these checks (default: all) to a file, as CSV or, where its name ends so, as a workbook."""
    chosen = checks_by_id() if checks is None else checks
    columns = Columns(context.transform.mapping, context.city)
    if path.suffix.lower() != ".xlsx":
        count = write_csv(path, issues(found.failures, chosen, columns, scratch))
        return Listed(count, count)
    counted = counts(found.failures, chosen, scratch)
    order = [*found.summary.results]
    counted.sort(
        key=lambda one: (_rank(chosen[one[0]]), -one[2], order.index(one[0]) if one[0] in order else 0, one[1])
    )
    total = sum(failures for _, _, failures, _ in counted)
    words = texts(language or context.publication.languages[0], "quality")
    head = context.ledger.head()
    moment = head.as_of if head else context.as_of
    contents = Contents(moment, _made(context.publication, moment, words.language), total, counted)
    listed = write_workbook(
        path, issues(found.failures, chosen, columns, scratch, most=MOST_ROWS), contents, chosen, words
    )
    return Listed(listed, total)


def _rank(check: Check) -> int:
    return ("critical", "warning", "info").index(check.severity)


def _made(publication: Publication, moment: datetime, language: str) -> str:
    day = date(moment, publication.time_zone, texts(language))
    made: str = texts(language, "quality")["issues"]["made"]
    return made.format(city=publication.name_in(language), date=day, most=MOST_FAILURES)


def _current(context: CityContext) -> Path | None:
    current = read_current(context.home.public(context.city.slug))
    return current[0] if current else None


def _stamp(folder: Path) -> object:
    try:
        return json.loads((folder / _STAMP).read_bytes())
    except (OSError, ValueError):
        return None
