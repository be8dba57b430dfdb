"""From which share of failures on a run is flagged, asked about, or stopped.

    thresholds = Thresholds(checks={"reference.contract_in_awards": Rule(Limits(stop=0.001))})
    rule = thresholds.rule("reference.contract_in_awards", "critical", "process")
    rule.at(0.02)          # Passed(outcome="stop", limit=0.001, name="quality.checks.reference.….stop")

All shares are 0 to 1, and a limit counts when a share is above it: 0 means any failure, 1 means never. Kept light: the
configuration of cities is made of these, and it is read whenever DAGs are parsed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from expectations.checks.model import Level, Severity

Outcome = Literal["publish", "flag", "ask", "stop"]
"""What becomes of a run: published, published and said so, put to a person, or not published."""

GRAVITY: tuple[Outcome, ...] = ("publish", "flag", "ask", "stop")
"""The outcomes, the graver the later."""

Limited = Literal["flag", "ask", "stop"]
LIMITED: tuple[Limited, ...] = ("flag", "ask", "stop")
"""The outcomes that have a limit."""


@dataclass(frozen=True)
class Limits:
    """Shares above which an outcome is due; None where no share leads to it."""

    flag: float | None = None
    ask: float | None = None
    stop: float | None = None

    def over(self, other: "Limits") -> "Limits":
        """Give these limits, and those of `other` where there is none here."""
        return Limits(*(mine if mine is not None else theirs for mine, theirs in zip(self, other, strict=True)))

    def passed(self, share: float) -> Limited | None:
        """Give the gravest outcome whose limit a share is above."""
        for outcome, limit in zip(reversed(LIMITED), reversed(tuple(self)), strict=True):
            if limit is not None and share > limit:
                return outcome
        return None

    def disorder(self, given: "Limits") -> tuple[Limited, Limited] | None:
        """Give one of the `given` limits that is above a graver one, and the graver, so that it never counts."""
        for place, milder in enumerate(LIMITED):
            limit = getattr(given, milder)
            for graver in LIMITED[place + 1 :]:
                above = getattr(self, graver)
                if limit is not None and limit < 1 and above is not None and limit > above:
                    return milder, graver
        return None

    def __iter__(self) -> Iterator[float | None]:
        return iter((self.flag, self.ask, self.stop))


@dataclass(frozen=True)
class Rule:
    """What a check may fail: the share of its processes, and by how much (share points) it may be worse than before."""

    level: Limits = Limits()
    worse: Limits = Limits()

    def over(self, other: "Rule") -> "Rule":
        """Give this rule, and that of `other` where this one says nothing."""
        return Rule(self.level.over(other.level), self.worse.over(other.worse))


def always(outcome: Outcome) -> Rule:
    """Give the rule by which any failure leads to one outcome."""
    return Rule(Limits(**{outcome: 0.0}) if outcome != "publish" else Limits())


NOTHING = Rule()

DEFAULT_RULES: Mapping["Severity", Rule] = MappingProxyType(
    {
        "critical": Rule(Limits(flag=0.0), Limits(flag=0.01, ask=0.05)),
        "warning": Rule(Limits(flag=0.1), Limits(flag=0.05)),
        "info": Rule(),
    }
)
"""A first publication is never held up, however messy; what gets much worse than what is public is asked about."""

DEFAULT_OVER_TIME: Mapping["Severity", Outcome] = MappingProxyType(
    {"critical": "ask", "warning": "flag", "info": "publish"}
)


class Due(NamedTuple):
    """An outcome that is due, the limit that was passed, and the key of `city.yaml` that sets it."""

    outcome: Outcome
    limit: float
    name: str


@dataclass(frozen=True)
class Thresholds:
    """The limits of a city. A rule of a check has precedence, limit by limit, over that of its severity.

    `whole` are the checks whose rule stands alone: those to which the city gave a word instead of limits.
    """

    severities: Mapping["Severity", Rule] = field(default_factory=lambda: DEFAULT_RULES)
    over_time: Mapping["Severity", Outcome] = field(default_factory=lambda: DEFAULT_OVER_TIME)
    checks: Mapping[str, Rule] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()

    def rule(self, check: str, severity: "Severity", level: "Level") -> Rule:
        """Give the limits of a check."""
        own = self.checks.get(check, NOTHING)
        if check in self.whole:
            return own
        return own.over(always(self.over_time[severity]) if level == "time" else self.severities[severity])

    def due(self, check: str, severity: "Severity", level: "Level", share: float) -> Due | None:
        """Give what is due to a check that fails in a share of its processes; None if nothing is."""
        limits = self.rule(check, severity, level).level
        outcome = limits.passed(share)
        return self._due(check, severity, level, outcome, limits, "") if outcome else None

    def due_to_worsening(self, check: str, severity: "Severity", level: "Level", points: float) -> Due | None:
        """Give what is due to a check whose share of failures grew by so many share points; None if nothing is."""
        limits = self.rule(check, severity, level).worse
        outcome = limits.passed(points)
        return self._due(check, severity, level, outcome, limits, "worse.") if outcome else None

    def _due(
        self, check: str, severity: "Severity", level: "Level", outcome: Limited, limits: Limits, kind: str
    ) -> Due:
        own = self.checks.get(check, NOTHING)
        if check in self.whole:
            name = f"checks.{check}"
        elif getattr(own.worse if kind else own.level, outcome) is not None:
            name = f"checks.{check}.{kind}{outcome}"
        elif level == "time":
            name = f"over_time.{severity}"
        else:
            name = f"severities.{severity}.{kind}{outcome}"
        return Due(outcome, getattr(limits, outcome), f"quality.{name}")
