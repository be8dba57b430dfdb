"""The contract between the stage `push` and a target.

A push is a plan of steps, one for each resource; each step can be repeated alone, and a repeated one does no harm. What
readers of the target see changes in `finish`, after every step is done, and is verified by `verify`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, Protocol

from pregon.errors import PregonError
from transforms.publication import Publication
from transforms.snapshot import Manifest, PublishedFile

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
    """What a push would do: shown in a dry run, executed step by step otherwise."""

    snapshot: Path
    manifest: Manifest
    steps: tuple[Step, ...]

    def describe(self) -> str:
        """Write the plan for people, one line for each step that changes something."""
        lines = [f"{step.action:6} {step.path} ({step.bytes:,} bytes)" for step in self.steps if step.action != "keep"]
        kept = sum(step.action == "keep" for step in self.steps)
        return "\n".join([f"snapshot {self.manifest.snapshot}", *lines, f"keep   {kept} unchanged"])


class Publisher(Protocol):
    """A kind of target. `remote` tells whether others read it."""

    kind: ClassVar[str]
    remote: ClassVar[bool]
    name: str

    def plan(self, snapshot: Path, manifest: Manifest) -> Plan:
        """Compare a snapshot with what the target has."""

    def execute(self, plan: Plan, step: Step) -> None:
        """Do one step; safe to repeat."""

    def finish(self, plan: Plan) -> None:
        """Make the target's readers see the new publication."""

    def verify(self, plan: Plan) -> Sequence[str]:
        """Read the target back; list what is not as it should be."""

    def remove_older(self, redactions: int) -> Sequence[str]:
        """Remove every copy from before a redaction, after a newer one was pushed; safe to repeat.

        Gives in words, for a person, what of the target is out of reach and may still hold what was redacted: versions
        that it keeps, caches before it, other people's copies. A publisher that can't remove anything says so here.
        """


def push(target: Publisher, snapshot: Path, manifest: Manifest, publication: Publication) -> Plan:
    """Push a snapshot to one target, step after step.

    Raises `UnofficialPrefix` before anything is sent where the target is remote and the city has no issued prefix, and
    `PushIncomplete` where the target does not hold what was sent.
    """
    allow(target, publication)
    plan = target.plan(snapshot, manifest)
    for step in plan.steps:
        target.execute(plan, step)
    target.finish(plan)
    problems = target.verify(plan)
    if problems:
        raise PushIncomplete(target.name, list(problems))
    return plan


def allow(target: Publisher, publication: Publication) -> None:
    """Raise `UnofficialPrefix` where the publication may not reach the target."""
    if target.remote and not publication.official:
        raise UnofficialPrefix(target.name, publication.ocid_prefix)


class PushIncomplete(PregonError):
    """After a push the target does not hold what it should; `problems` lists each resource."""

    retryable = True

    def __init__(self, target: str, problems: list[str]) -> None:
        super().__init__(f"target {target!r} is incomplete: {'; '.join(problems[:5])}", hint="push again")
        self.target = target
        self.problems = problems
