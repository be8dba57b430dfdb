"""What checks and expectations weigh at the gate."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.checks.model import Level, Severity
from expectations.checks.registry import checks_by_id
from expectations.gate import Verdict, join
from expectations.summary import CheckResult, QualitySummary
from expectations.thresholds import GRAVITY, Limits, Outcome, Rule, Thresholds
from expectations.weighing import ExpectationResult, Weighed, percent, weigh_checks, weigh_expectations

CHECK = "reference.contract_in_awards"
THRESHOLDS = Thresholds(checks={CHECK: Rule(Limits(flag=0.01, ask=0.1, stop=0.5))})

limits = st.builds(Limits, *(st.none() | st.floats(0, 1) for _ in range(3)))
verdicts = st.builds(
    Verdict, st.sampled_from(GRAVITY), st.lists(st.text(max_size=3), max_size=2).map(tuple), st.just(("mend it",))
)


def result(
    failing: int = 1, processes: int = 100, *, check: str = CHECK, version: str = "1",
    severity: Severity = "critical", level: Level = "process",
) -> CheckResult:  # fmt: skip
    return CheckResult(
        check, version, severity, level, applied=processes, failed=failing, processes=processes,
        failed_processes=failing, passed=None if not processes else not failing,
    )  # fmt: skip


def whole(*, passed: bool | None, check: str = "time.ocid", level: Level = "time") -> CheckResult:
    return CheckResult(check, "1", "critical", level, applied=1 if passed is not None else 0, passed=passed)


def summary(*results: CheckResult) -> QualitySummary:
    return QualitySummary(100, {one.id: one for one in results})


def weigh(
    now: CheckResult, before: CheckResult | None = None, thresholds: Thresholds = THRESHOLDS, *accepted: str
) -> str:
    found = weigh_checks(
        summary(now), thresholds, before=summary(before) if before is not None else None, accepted=accepted
    )
    return found[0].outcome if found else "publish"


@pytest.mark.parametrize(
    ("failing", "expected"), [(0, "publish"), (1, "publish"), (2, "flag"), (11, "ask"), (51, "stop"), (100, "stop")]
)
def test_the_share_of_the_whole_publication_decides(failing: int, expected: str) -> None:
    assert weigh(result(failing)) == expected


def test_a_check_that_did_not_apply_weighs_nothing() -> None:
    assert weigh(result(0, 0)) == "publish"
    assert weigh(whole(passed=None), thresholds=Thresholds()) == "publish"


def test_a_reason_says_what_how_much_and_which_limit() -> None:
    (found,) = weigh_checks(summary(result(60)), THRESHOLDS)
    title = checks_by_id()[CHECK].title
    limit = f"more than quality.checks.{CHECK}.stop allows (50%)"
    assert found.reason == f"{title.en}: not so in 60 of 100 processes (60.0%; {CHECK}); {limit}"
    assert found.told("es") == f"{title.es}: no en 60 de 100 procesos (60,0\N{NO-BREAK SPACE}%; {CHECK})"
    assert "prepare.sql" in found.hints[0]
    assert found.verdict == Verdict("stop", (found.reason,), found.hints)


def test_a_regression_over_time_asks_and_the_next_publication_does_not() -> None:
    (found,) = weigh_checks(summary(whole(passed=False)), Thresholds())
    assert (found.outcome, found.key) == ("ask", "quality.over_time.critical")
    assert weigh_checks(summary(whole(passed=True)), Thresholds()) == []


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (result(20, 100), "flag"),  # as bad as it was
        (result(14, 100), "flag"),  # six share points, but six processes are chance
        (result(0, 0), "flag"),  # it did not apply
        (result(1, 100, version="0"), "flag"),  # another version of the check
        (None, "flag"),  # nothing was published
        (result(1, 100), "ask"),
    ],
)
def test_only_what_got_worse_than_the_last_publication_is_asked_about_by_default(
    before: CheckResult | None, expected: str
) -> None:
    assert weigh(result(20), before, Thresholds()) == expected


def test_a_worsening_names_the_share_before() -> None:
    (found,) = weigh_checks(summary(result(40)), Thresholds(), before=summary(result(10)))
    assert "40.0%" in found.reason
    assert "10.0% in the last publication" in found.reason
    assert "worse by more than quality.severities.critical.worse.ask allows (5%)" in found.reason


def test_a_check_of_the_whole_that_passed_before_and_fails_now_is_worse() -> None:
    one: dict[str, Any] = {"check": "unique.tender_id", "level": "dataset"}
    assert weigh(whole(passed=False, **one), whole(passed=True, **one), Thresholds()) == "ask"
    assert weigh(whole(passed=False, **one), whole(passed=False, **one), Thresholds()) == "flag"


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [((), "ask"), ((CHECK,), "flag"), (("quality",), "flag"), (("expectations",), "ask"), (("renamed",), "ask")],
)
def test_a_person_accepts_what_is_asked(accepted: tuple[str, ...], expected: str) -> None:
    assert weigh(result(20), None, THRESHOLDS, *accepted) == expected


def test_nobody_accepts_what_stops() -> None:
    assert weigh(result(60), None, THRESHOLDS, "quality", CHECK) == "stop"


def test_what_was_accepted_stays_on_record() -> None:
    (found,) = weigh_checks(summary(result(20)), THRESHOLDS, accepted=("quality",))
    assert found.accepted
    assert found.reason.endswith("; accepted")
    assert (found.to_json()["due"], found.to_json()["outcome"]) == ("ask", "flag")


def test_the_gravest_come_first_then_the_more_severe() -> None:
    ids = [one for one, check in checks_by_id().items() if check.level != "time"][:4]
    severities: list[Severity] = ["warning", "critical", "info", "critical"]
    found = weigh_checks(
        summary(*(result(50, check=one, severity=severity) for one, severity in zip(ids, severities, strict=True))),
        Thresholds(checks={ids[2]: Rule(Limits(stop=0.1))}),
    )
    assert [(one.outcome, one.severity) for one in found] == [
        ("stop", "info"), ("flag", "critical"), ("flag", "critical"), ("flag", "warning")
    ]  # fmt: skip


@given(limits, limits, st.integers(0, 100), st.data())
def test_more_failures_never_give_a_milder_outcome(
    level: Limits, worse: Limits, failing: int, data: st.DataObject
) -> None:
    thresholds = Thresholds(checks={CHECK: Rule(level, worse)})
    before = result(data.draw(st.integers(0, 100)))
    more = data.draw(st.integers(failing, 100))
    assert GRAVITY.index(_outcome(weigh(result(failing), before, thresholds))) <= GRAVITY.index(
        _outcome(weigh(result(more), before, thresholds))
    )


@given(st.integers(0, 100), st.sets(st.sampled_from(["quality", CHECK, "x.y", "renamed"])))
def test_accepting_never_gives_a_graver_outcome(failing: int, accepted: set[str]) -> None:
    alone = weigh(result(failing), None, THRESHOLDS)
    assert GRAVITY.index(_outcome(weigh(result(failing), None, THRESHOLDS, *accepted))) <= GRAVITY.index(
        _outcome(alone)
    )


def _outcome(text: str) -> Outcome:
    return next(outcome for outcome in GRAVITY if outcome == text)


@given(st.lists(verdicts), st.lists(verdicts))
def test_joined_verdicts_are_as_grave_as_the_gravest_whatever_their_order(
    one: list[Verdict], two: list[Verdict]
) -> None:
    joined = join([*one, *two])
    assert joined.outcome == max((found.outcome for found in (*one, *two)), key=GRAVITY.index, default="publish")
    assert joined.outcome == join([*two, *one]).outcome
    assert join([join(one), join(two)]).outcome == joined.outcome
    assert sorted(joined.reasons) == sorted(reason for found in (*one, *two) for reason in found.reasons)
    assert len(joined.hints) <= 1


def test_the_reasons_of_the_gravest_verdict_come_first() -> None:
    joined = join([Verdict("flag", ("a",)), Verdict("stop", ("b",)), Verdict("ask", ("c",)), Verdict("flag", ("d",))])
    assert joined.reasons == ("b", "c", "a", "d")


def expectation(share: float, severity: Severity = "critical") -> ExpectationResult:
    return {
        "severity": severity, "table": "awards", "expectation": "expect_column_values_to_not_be_null", "share": share,
        "text": {"en": "Every award has a date", "es": "Cada adjudicación tiene fecha"},
    }  # fmt: skip


STRICT = Thresholds(severities={"critical": Rule(Limits(flag=0.0, ask=0.1)), "warning": Rule(), "info": Rule()})


@pytest.mark.parametrize(
    ("found", "accepted", "expected"),
    [
        (expectation(0.0), (), None),
        (expectation(0.05), (), "flag"),
        (expectation(0.2), (), "ask"),
        (expectation(0.2), ("expectations",), "flag"),
        (expectation(0.2), ("quality",), "flag"),
        (expectation(0.2, "info"), (), None),
    ],
)
def test_expectations_are_weighed_by_their_severity(
    found: ExpectationResult, accepted: tuple[str, ...], expected: str | None
) -> None:
    weighed: list[Weighed] = weigh_expectations([found], STRICT, accepted=accepted)
    assert [one.outcome for one in weighed] == ([expected] if expected else [])


def test_an_expectation_says_its_own_text() -> None:
    (found,) = weigh_expectations([expectation(0.2)], STRICT)
    name = "awards.expect_column_values_to_not_be_null"
    assert found.reason == (
        f"Every award has a date: 20.0% of the rows ({name}); more than quality.severities.critical.ask allows (10%)"
    )
    assert found.told("es").startswith("Cada adjudicación tiene fecha: 20,0\N{NO-BREAK SPACE}% de las filas")


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0%"), (0.05, "5%"), (0.001, "0.1%"), (1.0, "100%"), (0.000001, "0.0001%")]
)
def test_limits_are_written_as_people_set_them(share: float, text: str) -> None:
    assert percent(share) == text
