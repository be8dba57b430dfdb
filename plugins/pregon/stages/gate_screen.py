"""What the gate says to the person at the terminal: why, where, what would have changed, what to do. One screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expectations.checks.model import Check
from expectations.checks.registry import checks_by_id
from expectations.gate import Verdict
from expectations.thresholds import GRAVITY
from expectations.weighing import Weighed, percent
from pregon.run import Run
from pregon.stages.assessing import FACTS, FAILURES
from pregon.stages.quality import asking
from transforms.site.profile import printable

MOST_LINES = 22
"""Lines of reasons and their rows: with the advice below them they fill one terminal."""

WIDTH = 110
"""Signs of a line; longer ones are cut where they only give an example, and count twice where not."""

EXAMPLES = 3
_VALUE = 40


@dataclass(frozen=True)
class Block:
    """One thing that was weighed: the decision on it alone, and places where it was found."""

    decision: Verdict
    weighed: Weighed | None = None
    details: Sequence[str] = ()

    def lines(self) -> list[str]:
        """Give its lines: what and how much, the limit, places."""
        head = f"{self.decision.outcome.upper():<5}"
        if self.weighed is None:
            said = [f"{head} {reason}" for reason in self.decision.reasons]
        else:
            one = self.weighed
            more = "worse by more" if one.before is not None else "more"
            said = [
                f"{head} {one.told()}",
                f"      {one.severity}; {more} than {one.key} allows ({percent(one.limit)})",
            ]
            if one.remark is not None:
                said.append(f"      {one.remark.en}")
            if one.examples and not self.details:
                said.append(f"      such as {printable(', '.join(one.examples[:EXAMPLES]), WIDTH)}")
        return [*said, *(f"      {printable(detail, WIDTH)}" for detail in self.details)]


class Screen:
    """All of it: what was weighed, what the run would have changed, what to do, and where there is more."""

    def __init__(self, blocks: Sequence[Block], *, changes: str, advice: Sequence[str], report: Path) -> None:
        grave = (block for block in blocks if block.decision.outcome != "publish")
        self.blocks = sorted(grave, key=lambda one: -GRAVITY.index(one.decision.outcome))
        self.changes = changes
        self.advised = tuple(advice)
        self.report = report

    def body(self) -> str:
        """Give the reasons, the gravest first, as many as fit; the others are counted."""
        lines: list[str] = []
        held = [block for block in self.blocks if block.decision.outcome in ("ask", "stop")]
        shown = 0
        for block in held:
            found = block.lines()
            if shown and sum(map(_height, [*lines, *found])) > MOST_LINES:
                break
            lines += found[:MOST_LINES]
            shown += 1
        if shown < len(held):
            lines.append(f"… and {len(held) - shown:,} more that hold it up")
        flagged = len(self.blocks) - len(held)
        if flagged:
            lines.append(f"and {flagged:,} that would only be flagged")
        return "\n".join([*lines, self.changes])

    def advice(self) -> str:
        """Give what to do, and where all of it is written."""
        return "\n      ".join([*self.advised, f"all of it is in {self.report}"])


def _height(line: str) -> int:
    return 1 + (len(line) - 1) // WIDTH


def examples_of(run: Run, checks: Sequence[str]) -> dict[str, list[str]]:
    """Give for each check a few places that fail it, each of another process where there are several."""
    if not checks:
        return {}
    facts = run.lake.local(f"{run.work}/quality/{FACTS}")
    failures = run.lake.local(f"{run.work}/quality/{FAILURES}")
    with (
        run.lake.scratch(f"{run.work}/scratch/screen") as scratch,
        asking(facts, failures=failures, scratch=scratch) as query,
    ):
        found = query(
            'SELECT "check", ocid, path, value, other, "table", "row" FROM failures'
            ' WHERE "check" IN (SELECT unnest(?))'
            ' QUALIFY row_number() OVER (PARTITION BY "check", ocid ORDER BY path, pointer) = 1'
            ' AND dense_rank() OVER (PARTITION BY "check" ORDER BY ocid) <= ?'
            ' ORDER BY "check", ocid',
            [list(checks), EXAMPLES],
        )
    examples: dict[str, list[str]] = {}
    for check, ocid, path, value, other, table, row in found:
        place = f"{table}:{row} ({ocid})" if table else ocid
        known = checks_by_id().get(check)
        said = message(known, {"value": value, "other": other}) if known is not None else value
        examples.setdefault(check, []).append(f"{place} {path}: {said}")
    return examples


def message(check: Check, values: Mapping[str, Any], language: str = "en") -> str:
    """Say of a failure what is wrong there, in the words of its check; values are shortened."""
    shown = {name: printable(str(value or ""), _VALUE) for name, value in values.items()}
    return check.message[language].format(**shown)
