"""Stage 5, check: which of a bucket's releases may be published, and for the others the source row to blame."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from expectations.checks.structure import StructureCheck
from pregon.json_lines import read_json_lines


@dataclass
class CheckedReleases:
    """The verdict on a bucket. `findings` are quarantine rows as JSON; `problems` count them by path."""

    passed: int = 0
    quarantined: list[str] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """Give the fields as JSON values."""
        return {
            "passed": self.passed,
            "quarantined": self.quarantined,
            "findings": self.findings,
            "problems": dict(sorted(self.problems.items())),
        }


def check_releases(releases: Path, structure: StructureCheck) -> CheckedReleases:
    """Check every release of a bucket."""
    checked = CheckedReleases()
    for line in read_json_lines(releases):
        ocid = line["ocid"]
        if "problem" in line:
            problem = line["problem"]
            _hold(checked, ocid, line["provenance"], problem["code"], "", "", problem["message"], None)
            checked.quarantined.append(ocid)
            continue
        found = structure(line["release"])
        if not found:
            checked.passed += 1
            continue
        checked.quarantined.append(ocid)
        for finding in found:
            _hold(
                checked,
                ocid,
                line["provenance"],
                structure.id,
                finding.path,
                finding.entry,
                finding.message,
                finding.value,
            )
    return checked


def _hold(
    checked: CheckedReleases,
    ocid: str,
    provenance: Sequence[Sequence[str]],
    reason: str,
    path: str,
    entry: str,
    message: str,
    value: str | None,
) -> None:
    table, row = source_row(provenance, entry)
    checked.findings.append(
        {
            "ocid": ocid,
            "table": table,
            "row": row,
            "reason": reason,
            "path": path or None,
            "value": value,
            "message": message,
        }
    )
    checked.problems[path or reason] += 1


def source_row(provenance: Sequence[Sequence[str]], entry: str) -> tuple[str, str]:
    """Give (source table, key) of the row behind an entry, or behind the nearest entry around it."""
    best: Sequence[str] = ("", "", "")
    for found in provenance:
        path = found[0]
        if (entry == path or entry.startswith(f"{path}/") or not path) and (not best[2] or len(path) > len(best[0])):
            best = found
    return best[1], best[2]
