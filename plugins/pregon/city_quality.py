"""`quality:` of a city's configuration: when the gate flags a run, asks a person, or stops it."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from expectations.thresholds import (
    DEFAULT_OVER_TIME,
    DEFAULT_RULES,
    Limits,
    Outcome,
    Rule,
    Thresholds,
    always,
)
from pregon.city_problems import nearest, places
from pregon.city_sources import Model

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_HOST = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$"
Host = Annotated[str, Field(pattern=_HOST, max_length=253)]

Share = Annotated[float, Field(ge=0, le=1)]


class ShareLimits(Model):
    """Shares, 0 to 1, above which a run is flagged, asked about or stopped."""

    flag: Share | None = None
    ask: Share | None = None
    stop: Share | None = None

    @property
    def limits(self) -> Limits:
        """The same for the gate."""
        return Limits(self.flag, self.ask, self.stop)


class CheckLimits(ShareLimits):
    """What checks may fail; `worse` limits by how many share points they may be worse than in the last publication."""

    worse: ShareLimits = ShareLimits()

    @property
    def rule(self) -> Rule:
        """The same for the gate."""
        return Rule(self.limits, self.worse.limits)


class AnyFailure(CheckLimits):
    """The word that stands instead of limits: what any failure leads to."""

    outcome: Outcome

    @property
    def rule(self) -> Rule:
        """The same for the gate."""
        return always(self.outcome)


def _word(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in OUTCOMES:
        raise ValueError(f"{value!r} is none of: {', '.join(OUTCOMES)}{nearest(value, OUTCOMES)}; nor are these limits")
    return AnyFailure(outcome=value)


WordOrLimits = Annotated[CheckLimits, BeforeValidator(_word)]


class Severities(Model):
    """Limits of all checks of a severity; what is not given stays as it is by default."""

    critical: WordOrLimits = CheckLimits()
    warning: WordOrLimits = CheckLimits()
    info: WordOrLimits = CheckLimits()


class OverTime(Model):
    """What a run is due that fails a check against the last publication, by the severity of the check."""

    critical: Outcome = DEFAULT_OVER_TIME["critical"]
    warning: Outcome = DEFAULT_OVER_TIME["warning"]
    info: Outcome = DEFAULT_OVER_TIME["info"]


class Quality(Model):
    """Thresholds of the gate, 0 to 1. Those of quarantine are shares of the processes looked at in the run."""

    quarantine_flag: float = Field(default=0.0, ge=0, le=1, description="above this share the publication is flagged")
    quarantine_stop: float = Field(default=0.05, ge=0, le=1, description="above this share the run stops")
    vanished_stop: float = Field(
        default=0.1, ge=0, le=1, description="share of the published processes that may be gone from the source at once"
    )
    renamed: Literal["flag", "stop"] = Field(
        default="stop", description="what a run does where a published process seems to have another key"
    )
    update_days: int = Field(default=31, ge=1, description="something changes at least once in so many days")
    delay_days: int = Field(default=7, ge=0, description="what changed is published within so many days")
    severities: Severities = Severities()
    over_time: OverTime = OverTime()
    checks: dict[str, WordOrLimits] = Field(default_factory=dict, description="limits of single checks, by their id")
    left_out: tuple[str, ...] = Field(default=(), description="ids of checks that are not asked at all")
    link_hosts: tuple[Host, ...] = Field(
        default=(), description="hosts whose documents `pregon links` may ask for, such as www.riverbend.gov"
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        places([*self._unknown(), *self._out_of_order()])
        return self

    def _unknown(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if not self.checks and not self.left_out:
            return
        # Only where a city names checks: the modules of all of them take their time, and DAG files are parsed often.
        from expectations.checks.registry import checks_by_id

        known = checks_by_id()
        for number, name in enumerate(self.left_out):
            if name not in known:
                yield ("left_out", number), f"there is no check {name!r}{nearest(name, known)}"
        for name, limits in self.checks.items():
            if name not in known:
                yield ("checks", name), f"there is no such check{nearest(name, known)}"
            elif name in self.left_out:
                yield ("checks", name), "this check is left out, so it has no limits"
            elif known[name].level == "time" and not isinstance(limits, AnyFailure):
                yield ("checks", name), f"a check over time passes or fails: give one of {', '.join(OUTCOMES)}"
            elif known[name].level == "dataset" and limits.worse != ShareLimits():
                yield ("checks", name, "worse"), "a check of the whole publication passes or fails, and has no share"

    def _out_of_order(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for severity, rule in self.thresholds.severities.items():
            yield from _disorder(("severities", severity), getattr(self.severities, severity).rule, rule)
        if not self.checks:
            return
        from expectations.checks.registry import checks_by_id

        for name, given in self.checks.items():
            if check := checks_by_id().get(name):
                rule = self.thresholds.rule(name, check.severity, check.level)
                yield from _disorder(("checks", name), given.rule, rule)

    @cached_property
    def thresholds(self) -> Thresholds:
        """The limits of checks and expectations for the gate."""
        severities: Mapping[Any, CheckLimits] = {
            severity: getattr(self.severities, severity) for severity in DEFAULT_RULES
        }
        return Thresholds(
            severities={
                severity: given.rule if isinstance(given, AnyFailure) else given.rule.over(DEFAULT_RULES[severity])
                for severity, given in severities.items()
            },
            over_time={severity: getattr(self.over_time, severity) for severity in DEFAULT_OVER_TIME},
            checks={name: given.rule for name, given in self.checks.items()},
            whole=frozenset(name for name, given in self.checks.items() if isinstance(given, AnyFailure)),
        )


def _disorder(place: tuple[str, ...], given: Rule, rule: Rule) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Tell of limits that would never count: those that are given above a graver one, given here or not."""
    for own, limits, below in ((given.level, rule.level, ()), (given.worse, rule.worse, ("worse",))):
        found = limits.disorder(own)
        if found is not None:
            milder, graver = found
            here = "" if getattr(own, graver) is not None else ", which holds for its severity"
            yield (
                (*place, *below, milder),
                f"{getattr(limits, milder)} is above {graver} ({getattr(limits, graver)}{here}), so it never counts",
            )
