"""The contract between the stage `push` and a target.

A push is a plan of steps, one for each resource; each step can be repeated alone, and a repeated one does no harm. What
readers of the target see changes in `finish`, after every step is done, and is verified by `verify`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal, Protocol

from pregon.errors import PregonError
from transforms.publication import Publication
from transforms.snapshot import Manifest, PublishedFile

ATTEMPTS = 3
FIRST_WAIT = 1.0
"""Seconds before a step is tried again; doubled each time."""

Action = Literal["put", "keep", "remove"]


class UnofficialPrefix(PregonError):
    """The city has no issued ocid prefix, so its records must not reach a remote portal."""

    def __init__(self, target: str, prefix: str) -> None:
        super().__init__(
            f"target {target!r} is remote, and {prefix} is the unofficial prefix reserved for documentation",
            hint="ask the Open Contracting Partnership for a prefix and set ocid_prefix in city.yaml",
        )
        self.target = target
        self.prefix = prefix


@dataclass(frozen=True)
class Step:
    """What happens to one resource of a target."""

    action: Action
    path: str
    bytes: int
    file: PublishedFile | None = None


@dataclass(frozen=True)
class Plan:
    """What a push would do: shown in a dry run, executed step by step otherwise.

    `before` is what the target holds now, where it can tell. `notes` are what whoever reads the plan should know.
    """

    snapshot: Path
    manifest: Manifest
    steps: tuple[Step, ...]
    before: Manifest | None = None
    notes: tuple[str, ...] = ()

    def count(self, action: Action) -> int:
        """Count the steps of one kind."""
        return sum(step.action == action for step in self.steps)

    def describe(self) -> str:
        """Write the plan for people, one line for each step that changes something."""
        lines = [f"{step.action:6} {step.path} ({step.bytes:,} bytes)" for step in self.steps if step.action != "keep"]
        notes = [f"note   {note}" for note in self.notes]
        return "\n".join(
            [f"snapshot {self.manifest.snapshot}", *lines, f"keep   {self.count('keep')} unchanged", *notes]
        )


class Publisher(Protocol):
    """A kind of target. `remote` tells whether others read it, `parallel` how many steps may be done at once."""

    kind: ClassVar[str]
    remote: ClassVar[bool]
    parallel: ClassVar[int]
    name: str

    def plan(self, snapshot: Path, manifest: Manifest) -> Plan:
        """Compare a snapshot with what the target has."""

    def begin(self, plan: Plan) -> None:
        """Do what comes before the first step; safe to repeat."""

    def execute(self, plan: Plan, step: Step) -> None:
        """Do one step; safe to repeat, and beside others."""

    def finish(self, plan: Plan) -> None:
        """Make the target's readers see the new publication."""

    def verify(self, plan: Plan) -> Sequence[str]:
        """Read the target back; list what is not as it should be."""

    def remove_older(self, redactions: int) -> Sequence[str]:
        """Remove every copy from before a redaction, after a newer one was pushed; safe to repeat.

        Gives in words, for a person, what of the target is out of reach and may still hold what was redacted: versions
        that it keeps, caches before it, other people's copies. A publisher that can't remove anything says so here.
        """


def push(
    target: Publisher,
    snapshot: Path,
    manifest: Manifest,
    publication: Publication,
    tell: Callable[[int], None] | None = None,
) -> Plan:
    """Push a snapshot to one target, step after step; `tell` hears how many are done.

    A step that fails for a reason that may pass is tried again. Raises `UnofficialPrefix` before anything is sent where
    the target is remote and the city has no issued prefix, `TargetFailed` where the target refuses or can't be reached,
    and `PushIncomplete` where it does not hold what was sent.
    """
    plan = plan_push(target, snapshot, manifest, publication)
    with _told(target):
        return _carry_out(target, plan, tell)


def plan_push(target: Publisher, snapshot: Path, manifest: Manifest, publication: Publication) -> Plan:
    """Say what a push would do, without doing it. Raises `UnofficialPrefix` and `TargetFailed`."""
    allow(target, publication)
    with _told(target):
        return target.plan(snapshot, manifest)


@contextmanager
def _told(target: Publisher) -> Iterator[None]:
    """Say of errors of the system which target they are of."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TargetFailed(target.name, str(error.filename or ""), reason, retryable=True) from error


def _carry_out(target: Publisher, plan: Plan, tell: Callable[[int], None] | None) -> Plan:
    _patiently(lambda: target.begin(plan))
    with ThreadPoolExecutor(target.parallel) as pool:
        waiting = {pool.submit(_patiently, partial(target.execute, plan, step)) for step in plan.steps}
        try:
            for done, one in enumerate(as_completed(waiting), start=1):
                one.result()
                if tell:
                    tell(done)
        finally:
            pool.shutdown(cancel_futures=True)  # what has not begun is not begun any more after a failure
    _patiently(lambda: target.finish(plan))
    problems = target.verify(plan)
    if problems:
        raise PushIncomplete(target.name, list(problems))
    return plan


def _patiently(step: Callable[[], None]) -> None:
    """Do a step, three times over where time may mend what failed."""
    from tenacity import retry, retry_if_exception, stop_after_attempt, wait_exponential_jitter

    again = retry(
        retry=retry_if_exception(lambda error: isinstance(error, PregonError) and error.retryable),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential_jitter(multiplier=FIRST_WAIT, max=30, jitter=FIRST_WAIT),
        reraise=True,
    )
    again(step)()


def allow(target: Publisher, publication: Publication) -> None:
    """Raise `UnofficialPrefix` where the publication may not reach the target."""
    if target.remote and not publication.official:
        raise UnofficialPrefix(target.name, publication.ocid_prefix)


class TargetFailed(PregonError):
    """A target refused something, or can't be reached; `resource` is what was to be written or read."""

    def __init__(self, target: str, resource: str, reason: str, *, retryable: bool) -> None:
        super().__init__(
            f"target {target!r}: {resource}: {reason}",
            hint="push again: what has arrived is not sent twice" if retryable else "check its settings and rights",
        )
        self.target = target
        self.resource = resource
        self.reason = reason
        self.retryable = retryable


class TargetMisconfigured(PregonError):
    """What is configured is not enough to reach a target."""

    def __init__(self, target: str, problem: str, hint: str | None = None) -> None:
        super().__init__(f"target {target!r}: {problem}", hint=hint)
        self.target = target


class PushIncomplete(PregonError):
    """After a push the target does not hold what it should; `problems` lists each resource."""

    retryable = True

    def __init__(self, target: str, problems: list[str]) -> None:
        super().__init__(f"target {target!r} is incomplete: {'; '.join(problems[:5])}", hint="push again")
        self.target = target
        self.problems = problems
