"""What the gate is told of expectations that are not met."""

from dataclasses import replace

from expectations.thresholds import Thresholds
from expectations.weighing import weigh_expectations
from pregon.table_expectations.results import ExpectationResults, Outcome, TableOutcomes, gate_results

FAILED = Outcome(
    id="column_values_to_not_be_null(title)", type="expect_column_values_to_not_be_null", columns=("title",),
    arguments={}, severity="critical", words={"en": "title is filled", "es": "title tiene valor"}, verdict="failed",
    judged="whole", evaluated=8, unexpected=2,
)  # fmt: skip


def told(*outcomes: Outcome) -> list[dict[str, object]]:
    results = ExpectationResults(
        "hamlet", "20260101T000000Z", "2026-01-01T00:00:00Z", 1, (TableOutcomes("tenders", "source", 8, outcomes),)
    )
    return [dict(one) for one in gate_results(results)]


def test_what_is_met_or_could_not_apply_is_not_told() -> None:
    assert told(replace(FAILED, verdict="passed", unexpected=0), replace(FAILED, verdict="not_applicable")) == []


def test_a_failure_has_its_share_of_the_rows_and_its_words() -> None:
    assert told(FAILED) == [
        {
            "severity": "critical",
            "table": "tenders",
            "expectation": "column_values_to_not_be_null(title)",
            "share": 0.25,
            "text": {"en": "tenders: title is filled", "es": "tenders: title tiene valor"},
        }
    ]


def test_what_is_of_the_whole_table_or_could_not_be_judged_counts_as_all_of_it() -> None:
    whole = replace(FAILED, evaluated=0, unexpected=0)
    broken = replace(FAILED, verdict="error", evaluated=0, unexpected=0, error="no such column")

    assert [one["share"] for one in told(whole, broken)] == [1.0, 1.0]


def test_a_critical_failure_flags_a_run_by_default() -> None:
    results = ExpectationResults(
        "hamlet", "20260101T000000Z", "2026-01-01T00:00:00Z", 1, (TableOutcomes("tenders", "source", 8, (FAILED,)),)
    )

    (weighed,) = weigh_expectations(gate_results(results), Thresholds())

    assert (weighed.id, weighed.outcome) == ("tenders.column_values_to_not_be_null(title)", "flag")
