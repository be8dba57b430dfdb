from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pregon.orchestration.local.api import TaskInstance
from pregon.orchestration.local.watch import COLLECT, FINISHED, failed, left_waiting, progress

START = datetime(2026, 1, 1, tzinfo=UTC)
UNFINISHED = ("none", "scheduled", "queued", "running", "up_for_retry")
STATES = (*UNFINISHED, *sorted(FINISHED))


def instance(
    task_id: str, state: str, *, index: int = -1, start: int | None = 0, end: int | None = None
) -> TaskInstance:
    return TaskInstance(
        task_id=task_id,
        map_index=index,
        state=state,
        label="",
        try_number=1,
        start=None if start is None else START + timedelta(seconds=start),
        end=None if end is None else START + timedelta(seconds=end),
    )


def now(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_mapped_stage_counts_its_finished_tasks() -> None:
    instances = [
        instance("map", "success", index=0, start=2, end=5),
        instance("map", "running", index=1, start=3),
        instance("map", "none", index=2, start=None),
    ]
    [stage] = progress(instances, ["map"], now(10))
    assert (stage.state, stage.done, stage.total, stage.seconds) == ("running", 1, 3, 8)
    assert not stage.finished


def test_a_finished_stage_lasted_from_its_first_start_to_its_last_end() -> None:
    instances = [instance("map", "success", index=n, start=n, end=4 + n) for n in range(3)]
    [stage] = progress(instances, ["map"], now(100))
    assert (stage.state, stage.seconds) == ("success", 6)


def test_stages_keep_their_order_and_wait_until_they_have_tasks() -> None:
    stages = progress([instance("check", "queued", start=None)], COLLECT, now(1))
    assert [stage.stage for stage in stages] == list(COLLECT)
    assert {stage.stage: stage.state for stage in stages}["check"] == "queued"
    assert {stage.stage: stage.state for stage in stages}["gate"] == "waiting"


def test_one_failed_bucket_fails_the_stage_when_the_others_are_over() -> None:
    instances = [instance("map", "success", index=0, end=1), instance("map", "failed", index=1, end=2)]
    [stage] = progress(instances, ["map"], now(3))
    assert stage.state == "failed"
    assert failed(instances) == [instances[1]]


def test_what_did_not_run_because_of_another_is_not_to_blame() -> None:
    assert failed([instance("commit", "upstream_failed")]) == []


@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=6))
def test_a_stage_is_finished_exactly_when_all_its_tasks_are(states: list[str]) -> None:
    instances = [instance("map", state, index=index, end=1) for index, state in enumerate(states)]
    [stage] = progress(instances, ["map"], now(2))
    assert stage.finished == (set(states) <= FINISHED)
    assert stage.done == sum(state in FINISHED for state in states)


def test_only_tries_of_before_are_not_waited_for() -> None:
    before = instance("read_sales", "up_for_retry", start=1, end=4)
    after = instance("prepare", "up_for_retry", start=6, end=7)
    unbegun = instance("plan_sales", "up_for_retry", start=None)
    others = [instance("map", "running", start=1), instance("gate", "none", start=None)]
    assert left_waiting([before, after, unbegun, *others], now(5)) == [before, unbegun]
