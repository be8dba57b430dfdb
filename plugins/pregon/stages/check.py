"""Stage 5, check: which of a bucket's releases may be published, and for the others the source row to blame."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from expectations.checks.structure import StructureCheck
from pregon.json_lines import read_json_lines
from pregon.stages.redacted import REDACTED


@dataclass
class CheckedReleases:
    """The verdict on a bucket. `findings` are quarantine rows as JSON; `problems` count them by path.

    `redacted` of the `quarantined` were taken back as a whole: that is nothing that was found wrong.
    """

    passed: int = 0
    quarantined: list[str] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    redacted: int = 0

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {
            "passed": self.passed,
            "quarantined": self.quarantined,
            "findings": self.findings,
            "problems": dict(sorted(self.problems.items())),
        }


def check_releases(releases: Path, provenance: Path, structure: StructureCheck) -> CheckedReleases:
    """Check every release of a bucket; `provenance` tells for its processes which source rows they come from.

    If one of the new releases of a process is found wanting, all of them are held back: each builds on the one before.
    """
    checked = CheckedReleases()
    wanting: dict[str, list[Problem]] = {}
    for ocid, lines in groupby(read_json_lines(releases), key=itemgetter("ocid")):
        passed = 0
        problems: dict[Problem, None] = {}
        for line in lines:
            # What is wrong with a release is wrong with the next ones, too.
            found = _problems(line, structure)
            problems.update(dict.fromkeys(found))
            passed += not found
        if problems:
            wanting[ocid] = list(problems)
            checked.redacted += any(problem.reason == REDACTED for problem in problems)
        else:
            checked.passed += passed
    checked.quarantined += wanting
    for line in read_json_lines(provenance) if wanting else ():
        for problem in wanting.get(line["ocid"], ()):
            _hold(checked, line["ocid"], line["provenance"], problem)
    return checked


def _problems(line: Any, structure: StructureCheck) -> list["Problem"]:
    if problem := line.get("problem"):
        return [Problem(problem["code"], problem["message"])]
    return [
        Problem(structure.id, finding.message, finding.path, finding.entry, finding.value)
        for finding in structure(line["release"])
    ]


class Problem(NamedTuple):
    """Why a release may not be published; `path` and `entry` as in a StructureFinding, empty where it is all of it."""

    reason: str
    message: str
    path: str = ""
    entry: str = ""
    value: str | None = None


def _hold(checked: CheckedReleases, ocid: str, provenance: Sequence[Sequence[str]], problem: Problem) -> None:
    table, row = source_row(provenance, problem.entry)
    checked.findings.append(
        {
            "ocid": ocid,
            "table": table,
            "row": row,
            "reason": problem.reason,
            "path": problem.path or None,
            "value": problem.value,
            "message": problem.message,
        }
    )
    if problem.reason != REDACTED:
        checked.problems[problem.path or problem.reason] += 1


def source_row(provenance: Sequence[Sequence[str]], entry: str) -> tuple[str, str]:
    """Give (source table, key) of the row behind an entry, or behind the nearest entry around it."""
    best = ("", "")
    for path, row in provenance:
        around = entry == path or entry.startswith(f"{path}/") or not path
        if around and (not best[1] or len(path) > len(best[0])):
            best = (path, row)
    table, _, key = best[1].partition(":")
    return table, key
