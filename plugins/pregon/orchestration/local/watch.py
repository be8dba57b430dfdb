"""Following a DAG run: one line per stage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pregon.orchestration.local.api import TaskInstance

COLLECT = ("extract", "prepare", "map", "release", "check", "expectations", "gate", "commit")
PUBLISH = ("build", "promote", "push")

FINISHED = {"success", "skipped", "failed", "upstream_failed", "removed"}
_FAILED = {"failed", "upstream_failed"}


@dataclass(frozen=True)
class Progress:
    """How far a stage is: `done` of `total` tasks, `seconds` since its first one started."""

    stage: str
    state: str
    done: int
    total: int
    seconds: float

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen in this stage."""
        return self.state in FINISHED


def progress(instances: Iterable[TaskInstance], stages: Sequence[str], now: datetime) -> list[Progress]:
    """Sum up the task instances of a run by stage, in the order of `stages`."""
    found: dict[str, list[TaskInstance]] = {stage: [] for stage in stages}
    for instance in instances:
        found.setdefault(_stage_of(instance.task_id), []).append(instance)
    return [_stage(stage, of_stage, now) for stage, of_stage in found.items()]


def _stage_of(task_id: str) -> str:
    """Give the stage that a task belongs to: each source is planned and read by tasks of its own."""
    return "extract" if task_id.startswith(("plan_", "read_")) else task_id


def _stage(stage: str, instances: list[TaskInstance], now: datetime) -> Progress:
    states = {instance.state for instance in instances}
    starts = [instance.start for instance in instances if instance.start]
    ends = [instance.end for instance in instances if instance.end]
    over = bool(instances) and states <= FINISHED
    end = max(ends, default=now) if over else now
    return Progress(
        stage=stage,
        state=_state(states, over=over),
        done=sum(instance.state in FINISHED for instance in instances),
        total=len(instances),
        seconds=max((end - min(starts)).total_seconds(), 0.0) if starts else 0.0,
    )


def _state(states: set[str], *, over: bool) -> str:
    if over:
        for state in ("failed", "upstream_failed", "success"):
            if state in states:
                return state
        return "skipped"
    if "up_for_retry" in states:
        return "up_for_retry"
    if states & {"running", *FINISHED}:
        return "running"
    return "queued" if states & {"queued", "scheduled"} else "waiting"


def left_waiting(instances: Iterable[TaskInstance], since: datetime) -> list[TaskInstance]:
    """Give the instances that were broken off before a moment, or before they began, and wait for their next try."""
    return [one for one in instances if one.state == "up_for_retry" and (one.start is None or one.start < since)]


def failed(instances: Iterable[TaskInstance]) -> list[TaskInstance]:
    """Give the instances that failed themselves, not because of another."""
    return [instance for instance in instances if instance.state == "failed"]
