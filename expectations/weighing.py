"""What the results of checks and of suites of expectations weigh at the gate.

    weighed = weigh_checks(summary, thresholds, before=last_summary, accepted=("x.placeholder",))
    verdict = join(one.verdict for one in weighed)

Shares are of the whole publication as it would be after the run, and not of the processes that it looked at: the same
publication gets the same verdict, whether a run looked at all of it or at a single process.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from expectations.checks.model import Level, Severity, Texts
from expectations.checks.registry import checks_by_id
from expectations.gate import FEW, Verdict
from expectations.summary import CheckResult, QualitySummary
from expectations.thresholds import GRAVITY, Due, Outcome, Thresholds
from transforms.counting import counted

QUALITY = "quality"
"""What a person accepts who accepts everything that was asked about checks and expectations."""

EXPECTATIONS = "expectations"
"""The same of expectations alone; a single check is accepted by its id."""


class ExpectationResult(TypedDict):
    """What an expectation of a suite came to: the share of the rows of a table that break it, 0 to 1, and a text."""

    severity: Severity
    table: str
    expectation: str
    share: float
    text: Mapping[str, str]


@dataclass(frozen=True)
class Weighed:
    """A check or expectation whose failures are due an outcome.

    `id` is that of the check, or `table.expectation`. `due` is the outcome by its limits, `outcome` what is left of it
    where a person accepted it. `share` fails now; `before` failed in the last publication, where that is what counts.
    `failed` of `processes` fail: both None for what is judged as a whole, and for expectations.
    """

    id: str
    kind: Literal["check", "expectation"]
    severity: Severity
    title: Texts
    due: Outcome
    outcome: Outcome
    share: float
    limit: float
    key: str
    before: float | None = None
    failed: int | None = None
    processes: int | None = None
    examples: tuple[str, ...] = ()
    remark: Texts | None = None

    @property
    def accepted(self) -> bool:
        """Whether a person accepted it."""
        return self.outcome != self.due

    def told(self, language: str = "en") -> str:
        """Say what was found, without its limit."""
        title = self.title[language]
        spanish = language == "es"
        share = _shown(self.share, language)
        if self.kind == "expectation":
            rows = "de las filas" if spanish else "of the rows"
            found = f"{title}: {share} {rows} ({self.id})"
        elif self.failed is None or self.processes is None:
            found = f"{title}: {'no se cumple' if spanish else 'not so'} ({self.id})"
        elif spanish:
            processes = counted(self.processes, "proceso", "procesos")
            found = f"{title}: no en {self.failed:,} de {processes} ({share}; {self.id})"
        else:
            processes = counted(self.processes, "process", "processes")
            found = f"{title}: not so in {self.failed:,} of {processes} ({share}; {self.id})"
        if self.before is not None:
            last = "en la publicación anterior" if spanish else "in the last publication"
            found += f"; {_shown(self.before, language)} {last}"
        return found

    @property
    def reason(self) -> str:
        """Say what was found, and which limit it passed where that holds the run up, or would have."""
        if self.accepted:
            return f"{self.told()}; accepted"
        if self.outcome == "flag":
            return self.told()
        more = "worse by more" if self.before is not None else "more"
        return f"{self.told()}; {more} than {self.key} allows ({percent(self.limit)})"

    @property
    def hints(self) -> tuple[str, ...]:
        """Say what to do about it."""
        if self.outcome != "stop":
            return ()
        name = f"checks.{self.id}" if self.kind == "check" else f"severities.{self.severity}"
        return (
            f"correct what {self.id} found at the source, or prepare.sql, code lists and mapping, and run again; if it"
            f" has to be published as it is, raise quality.{name}",
        )

    @property
    def verdict(self) -> Verdict:
        """The verdict on the run as far as this is concerned."""
        return Verdict(self.outcome, (self.reason,), self.hints)

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values, with what is said of it in both languages."""
        return {
            "id": self.id,
            "kind": self.kind,
            "severity": self.severity,
            "due": self.due,
            "outcome": self.outcome,
            "share": self.share,
            "limit": self.limit,
            "key": self.key,
            "before": self.before,
            "failed": self.failed,
            "processes": self.processes,
            "text": {language: self.told(language) for language in ("en", "es")},
        }


def _shown(share: float, language: str) -> str:
    return f"{share:.1%}" if language != "es" else f"{share * 100:.1f}\N{NO-BREAK SPACE}%".replace(".", ",")


def percent(share: float) -> str:
    """Write a share as people set it: 5 %, 0.1 %, without zeros that say nothing."""
    return f"{share * 100:.4f}".rstrip("0").rstrip(".") + "%"


def weigh_checks(
    summary: QualitySummary,
    thresholds: Thresholds,
    *,
    before: QualitySummary | None = None,
    accepted: Collection[str] = (),
) -> list[Weighed]:
    """Weigh the results of all checks; those that are due nothing are left out, the gravest come first.

    `before` is what the last publication came to. A check that was changed since, or did not apply then, is not
    compared; and so few more processes as `FEW` are no worsening, because shares of less are chance.
    """
    weighed = []
    for result in summary.results.values():
        if not result.share:
            continue
        earlier = before.results.get(result.id) if before is not None else None
        due, compared = _due(result, earlier, thresholds)
        if due is None:
            continue
        known = checks_by_id().get(result.id)
        weighed.append(
            Weighed(
                id=result.id,
                kind="check",
                severity=result.severity,
                title=known.title if known is not None else Texts(result.id, result.id),
                due=due.outcome,
                outcome=_after(due.outcome, accepted, result.id, QUALITY),
                share=result.share,
                limit=due.limit,
                key=due.name,
                before=earlier.share if compared and earlier is not None else None,
                failed=result.failed_processes if result.processes else None,
                processes=result.processes or None,
                examples=result.examples,
                remark=result.remark,
            )
        )
    return sorted(weighed, key=_order)


def weigh_expectations(
    results: Iterable[ExpectationResult], thresholds: Thresholds, *, accepted: Collection[str] = ()
) -> list[Weighed]:
    """Weigh the results of suites of expectations by the limits of their severities; the gravest come first."""
    weighed = []
    for result in results:
        share, severity = result["share"], result["severity"]
        name = f"{result['table']}.{result['expectation']}"
        due = thresholds.due(name, severity, "field", share) if share else None
        if due is not None:
            weighed.append(
                Weighed(
                    id=name,
                    kind="expectation",
                    severity=severity,
                    title=Texts(result["text"]["en"], result["text"]["es"]),
                    due=due.outcome,
                    outcome=_after(due.outcome, accepted, name, EXPECTATIONS, QUALITY),
                    share=share,
                    limit=due.limit,
                    key=due.name,
                )
            )
    return sorted(weighed, key=_order)


def _due(result: CheckResult, earlier: CheckResult | None, thresholds: Thresholds) -> tuple[Due | None, bool]:
    """Give what is due to a result, and whether that is because it is worse than before."""
    share = result.share or 0.0
    level: Level = result.level
    now = thresholds.due(result.id, result.severity, level, share)
    if earlier is None or earlier.share is None or earlier.version != result.version or level == "time":
        return now, False
    if result.processes and result.failed_processes - earlier.failed_processes <= FEW:
        return now, False
    worse = thresholds.due_to_worsening(result.id, result.severity, level, share - earlier.share)
    if worse is not None and (now is None or GRAVITY.index(worse.outcome) > GRAVITY.index(now.outcome)):
        return worse, True
    return now, False


def _after(due: Outcome, accepted: Collection[str], *names: str) -> Outcome:
    """Give what is left of an outcome: a person may accept what is asked, never what stops."""
    return "flag" if due == "ask" and any(name in accepted for name in names) else due


def _order(one: Weighed) -> tuple[int, int, float, str]:
    severities: tuple[Severity, ...] = ("critical", "warning", "info")
    return -GRAVITY.index(one.outcome), severities.index(one.severity), -one.share, one.id
