"""The quality of a publication on the terminal, in one screen, and as JSON."""

from collections.abc import Collection, Iterator
from typing import Any

from pregon.printing import line, print_table
from pregon.quality_report.internal import Internal
from transforms.publication import Publication
from transforms.quality import Finding
from transforms.quality.inside import Example
from transforms.site.profile import printable
from transforms.site.quality import QualityPage
from transforms.texts import texts

MOST_LINES = 18
"""Checks that fail and are shown: with the rest they fill a screen of 24 lines or a few more."""

_LONGEST = 100


def print_quality(internal: Internal, publication: Publication, language: str, *, chosen: Collection[str]) -> None:
    """Print score and verdict, and the checks that fail among the chosen (ids), what matters first."""
    page = _page(internal, publication, language)
    words = page.words["terminal"]
    line(words["score"].format(score=page.score))
    line(" ".join(page.verdict))
    failed = [one for one in internal.report.of("failed") if one.id in chosen]
    if failed:
        print_table(words["columns"], [_row(page, one) for one in failed[:MOST_LINES]])
    else:
        line(words["nothing"])
    if len(failed) > MOST_LINES:
        line(words["more"].format(count=page.number(len(failed) - MOST_LINES), city=publication.slug))
    outcomes = [one.outcome for one in internal.report.findings if one.id in chosen]
    line(
        words["passed"].format(
            passed=page.number(outcomes.count("passed")),
            not_applicable=page.number(outcomes.count("not_applicable")),
        )
    )


def print_check(internal: Internal, publication: Publication, language: str, identifier: str) -> None:
    """Print all that is known of one check: what it costs, where it fails, and examples with their source rows."""
    page = _page(internal, publication, language)
    one = next((one for one in internal.report.findings if one.id == identifier), None)
    if one is None:
        line(page.words["terminal"]["not_asked"].format(check=identifier))
        return
    line(f"{one.id}: {page.said(one.title)} ({page.words['severity'][one.severity]})")
    line(f"  {_said_of(page, one)}")
    line(f"  {page.words['cost']}: {page.said(one.cost)}")
    if one.remark:
        line(f"  {page.words['remark']}: {page.said(one.remark)}")
    if one.figures:
        line(f"  {page.words['figures_label']}: {'; '.join(f'{name}: {value}' for name, value in page.figures(one))}")
    for place in one.places:
        line(f"  {printable(place.path, _LONGEST) or '/'}: {page.plural('in_processes', place.processes)}")
    for source in page.sources(one):
        name = printable(source.name, _LONGEST) or page.words["unknown_source"]
        line(f"  {page.words['from_tables']} {name}: {page.plural('from_rows', source.failures)}")
    if page.named(one):
        names = ", ".join(printable(name, _LONGEST) for name in page.named(one))
        line(f"  {page.words['whole_examples']}: {names}")
    for example in page.examples(one):
        for text in _example_lines(page, example):
            line(text)


def quality_json(internal: Internal, *, chosen: Collection[str]) -> dict[str, Any]:
    """Give the report as JSON, of the chosen checks, each with its examples and source tables."""
    found = internal.report.to_json()
    checks = []
    for one in found["checks"]:
        if one["id"] in chosen:
            inside = internal.inside
            more = {
                "source_tables": [vars(source) for source in inside.sources.get(one["id"], ())],
                "examples": [_example_json(example) for example in inside.examples.get(one["id"], ())],
                "named": list(inside.named.get(one["id"], ())),
            }
            checks.append({**one, **{name: value for name, value in more.items() if value}})
    return {**found, "checks": checks}


def _example_json(example: Example) -> dict[str, Any]:
    return {**vars(example), "message": dict(example.message), "columns": list(example.columns)}


def _page(internal: Internal, publication: Publication, language: str) -> QualityPage:
    return QualityPage(internal.report, publication, texts(language, "quality"), texts(language), internal.inside)


def _row(page: QualityPage, one: Finding) -> list[str]:
    severity = page.words["severity"][one.severity].lower()
    title = page.said(one.title)
    if one.whole:
        return [severity, one.id, page.words["terminal"]["whole"], "", "", title]
    of = page.number(one.processes)
    return [severity, one.id, page.number(one.failed_processes), of, page.percent(one.share or 0), title]


def _said_of(page: QualityPage, one: Finding) -> str:
    if one.outcome == "failed":
        return page.amount(one) + (f" ({page.percent(one.share or 0)})" if not one.whole else "")
    if one.outcome == "passed":
        text: str = page.words["terminal"]["in_order"]
        return text.format(count=page.number(one.applied if one.whole else one.processes))
    return f"{page.words['sections']['not_applicable']}: " + (
        page.said(one.reason) if one.reason else page.words["no_such_data"]
    )


def _example_lines(page: QualityPage, example: Example) -> Iterator[str]:
    yield f"  {printable(example.ocid, _LONGEST)} {printable(example.pointer, _LONGEST)}"
    yield f"      {printable(page.said(example.message), 3 * _LONGEST)}"
    if example.table:
        row = f"{printable(example.table, _LONGEST)}, {page.words['key']} {printable(example.key, _LONGEST)}"
        columns = f", {page.words['column']} {', '.join(example.columns)}" if example.columns else ""
        yield f"      {row}{columns}"
