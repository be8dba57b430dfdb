"""Says in lines of text what the quality checks found: the gravest first, each with its count, places and cost."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from expectations.checks.model import SEVERITIES, Texts
from expectations.summary import CheckResult
from pregon.checking.quality import QualityReport

_SEVERITIES: Mapping[str, Texts] = {
    "critical": Texts(
        "critical: readers can't use it, or conclude wrongly", "crítico: no se puede usar, o lleva a error"
    ),
    "warning": Texts("warning: it is probably wrong", "advertencia: probablemente es un error"),
    "info": Texts("for information: worth a look", "para información: merece una mirada"),
}
_LEFT_OUT: Mapping[str, Texts] = {
    "no_ocid": Texts("releases or records without ocid", "entregas o registros sin ocid"),
    "unmergeable": Texts("processes whose releases can't be merged", "procesos cuyas entregas no se pueden combinar"),
    "too_deep": Texts("documents nested too deeply", "documentos con demasiados niveles"),
}


def quality_lines(report: QualityReport, language: str = "en") -> Iterator[str]:
    """Give the lines of a report, in English or Spanish (`es`)."""
    spanish = language == "es"
    summary = report.summary
    if not summary.processes:
        yield "Calidad: ningún proceso de contratación" if spanish else "Quality: no contracting process"
    else:
        yield _heading(summary.processes, summary.score, spanish=spanish)
    for reason, count in report.left_out.items():
        yield f"  {'sin revisar' if spanish else 'not looked at'}: {count:,} {_LEFT_OUT[reason][language]}"
    for severity in SEVERITIES:
        failed = [result for result in report.failed if result.severity == severity]
        if failed:
            yield f"  {_SEVERITIES[severity][language]}"
        for result in failed:
            yield from _check_lines(report, result, language)
    verdicts = Counter(result.passed for result in summary.results.values())
    if spanish:
        yield f"  comprobaciones superadas: {verdicts[True]}; no aplicables: {verdicts[None]}"
    else:
        yield f"  {verdicts[True]} checks passed, {verdicts[None]} did not apply"


def _heading(processes: int, score: float | None, *, spanish: bool) -> str:
    if spanish:
        noun = "proceso de contratación" if processes == 1 else "procesos de contratación"
        told = "sin puntuación" if score is None else f"puntuación {score:g} de 100"
        return f"Calidad de {processes:,} {noun}: {told}"
    told = "no score" if score is None else f"score {score:g} of 100"
    return f"Quality of {processes:,} {'process' if processes == 1 else 'processes'}: {told}"


def _check_lines(report: QualityReport, result: CheckResult, language: str) -> Iterator[str]:
    check = report.checks[result.id]
    yield f"    {_count(result, spanish=language == 'es')}{check.title[language]} ({result.id})"
    if result.severity != "info":
        yield f"              {check.cost[language]}"
    if result.figures:
        yield f"              {', '.join(f'{name}: {_figure(value)}' for name, value in result.figures.items())}"
    for text in (result.reason, result.remark):
        if text is not None:
            yield f"              {text[language]}"
    places = report.examples.get(result.id, ())
    several = len({place.file for found in report.examples.values() for place in found}) > 1
    for place in places:
        file = f"{place.file}: " if several else ""
        yield f"              {file}{place.where}: {report.message(result.id, place, language)}"
    if result.examples:
        yield f"              {', '.join(result.examples[:5])}"
    if 0 < len(places) < result.failed:
        more = result.failed - len(places)
        yield f"              … y {more:,} más" if language == "es" else f"              … and {more:,} more"


def _count(result: CheckResult, *, spanish: bool) -> str:
    """Say in how many processes a check fails; of the whole there is nothing to count."""
    if not result.processes:
        return f"{'conjunto' if spanish else 'the whole':>9}   "
    return f"{result.failed_processes:>9,} {'de' if spanish else 'of'} {result.processes:,} × "


def _figure(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
