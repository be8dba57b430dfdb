"""`quality:` of city.yaml: what a city says of checks, and what is wrong with it, with file, line and nearest name."""

from pathlib import Path

import pytest
from made_up_city import write_hamlet

from expectations.checks.registry import checks_by_id
from expectations.thresholds import DEFAULT_OVER_TIME, DEFAULT_RULES, Limits, Rule
from pregon.city import InvalidCity, read_city
from pregon.city_quality import Quality

CHECK = "reference.contract_in_awards"


def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quality: str) -> Quality:
    """Read the made-up city with these lines below `quality:`, the first of which is line 37."""
    hamlet = write_hamlet(tmp_path)
    file = hamlet.folder / "city.yaml"
    lines = "".join(f"  {line}\n" for line in quality.splitlines())
    file.write_text(file.read_text().replace("quality: {quarantine_stop: 1}\n", f"quality:\n{lines}"))
    monkeypatch.setenv("PREGON_CITIES", str(hamlet.cities))
    return read_city("hamlet").quality


def test_a_city_that_says_nothing_has_the_defaults() -> None:
    thresholds = Quality().thresholds
    assert thresholds.severities == DEFAULT_RULES
    assert thresholds.over_time == DEFAULT_OVER_TIME
    assert not thresholds.checks


def test_what_a_city_does_not_say_stays_as_it_is_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quality = read(
        tmp_path, monkeypatch, f"severities: {{critical: {{stop: 0.5}}}}\nchecks: {{{CHECK}: {{stop: 0.001}}}}"
    )
    default = DEFAULT_RULES["critical"]
    thresholds = quality.thresholds
    assert thresholds.severities["critical"] == Rule(Limits(flag=default.level.flag, stop=0.5), default.worse)
    assert thresholds.rule(CHECK, "critical", "process").level == Limits(flag=default.level.flag, stop=0.001)


def test_a_word_stands_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"severities: {{warning: ask}}\nover_time: {{warning: stop}}\nchecks: {{{CHECK}: publish, time.ocid: flag}}"
    thresholds = read(tmp_path, monkeypatch, text).thresholds
    assert thresholds.rule(CHECK, "critical", "process") == Rule()
    assert thresholds.rule("any", "warning", "process") == Rule(Limits(ask=0.0))
    assert thresholds.rule("any", "warning", "time").level == Limits(stop=0.0)
    assert thresholds.rule("time.ocid", "critical", "time").level == Limits(flag=0.0)


@pytest.mark.parametrize(
    ("quality", "problem"),
    [
        ("checks: {reference.contract_in_award: flag}",
         f"37: quality.checks.reference.contract_in_award: there is no such check; did you mean {CHECK!r}?"),
        ("over_time: {info: flag}\nleft_out: [unique.tender]",
         "38: quality.left_out.0: there is no check 'unique.tender'; did you mean 'unique.tender_id'?"),
        ("checks: {unique.tender_id: {flga: 0}}", "37: quality.checks.unique.tender_id.flga: is not a known key"),
        ("checks: {unique.tender_id: {flag: 2}}", "37: quality.checks.unique.tender_id.flag: must be less than"),
        ("checks: {unique.tender_id: {worse: {ask: -1}}}", "37: quality.checks.unique.tender_id.worse.ask: must be"),
        ("checks: {unique.tender_id: stopp}", "'stopp' is none of: publish, flag, ask, stop; did you mean 'stop'?"),
        ("checks: {time.ocid: {ask: 0}}", "37: quality.checks.time.ocid: a check over time passes or fails"),
        ("checks: {unique.tender_id: flag}\nleft_out: [unique.tender_id]", "this check is left out"),
        ("severities:\n  critical: {flag: 0.2, ask: 0.1}", "38: quality.severities.critical.flag: 0.2 is above ask"),
        ("severities: {critical: {stop: 0.1}}\nchecks:\n  reference.contract_in_awards: {ask: 0.2}",
         "above stop (0.1, which holds for its severity), so it never counts"),
        ("severities: {critical: {worse: {flag: 0.5}}}", "quality.severities.critical.worse.flag: 0.5 is above ask"),
        ("severities: {critical: {worse: 5}}", "quality.severities.critical.worse: must be a mapping"),
        ("over_time: {critical: never}", "quality.over_time.critical: 'never' is none of: publish, flag, ask, stop"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quality: str, problem: str
) -> None:
    with pytest.raises(InvalidCity) as raised:
        read(tmp_path, monkeypatch, quality)
    (found,) = raised.value.problems
    assert problem in found
    assert found.startswith("cities/hamlet/city.yaml:")


def test_a_graver_limit_of_a_check_may_be_below_a_milder_one_of_its_severity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"severities: {{critical: {{ask: 0.01, stop: 0.05}}}}\nchecks: {{{CHECK}: {{stop: 0.001}}}}"
    found = read(tmp_path, monkeypatch, text).thresholds.due(CHECK, "critical", "process", 0.002)
    assert found is not None
    assert found.outcome == "stop"


def test_every_check_has_an_id_of_its_own_and_can_be_named() -> None:
    checks = checks_by_id()
    assert list(checks) == sorted(checks)
    assert Quality(checks=dict.fromkeys(checks, "publish")).thresholds.whole == frozenset(checks)  # type: ignore[arg-type]
    assert Quality(left_out=tuple(checks)).left_out == tuple(checks)
