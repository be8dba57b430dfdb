"""What the checks found in a run, folded for people: one entry for each kind, with its count and a few source rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pregon.lake import Lake
from pregon.stages.redacted import REDACTED
from transforms.counting import counted

EXAMPLES = 3
"""Places kept of each kind of problem; all of them are in the work files of the run."""


def problems_found(lake: Lake, checked: Iterable[str]) -> list[dict[str, Any]]:
    """Fold the problems in these results of `check`, the most frequent kind first.

    An entry has `path` (None where the release as a whole is concerned), `reason`, `count`, and `examples` of `ocid`,
    `row` (`table:key` of the source row to blame), `value` and `message`.
    """
    kinds: dict[tuple[str, str], dict[str, Any]] = {}
    for key in checked:
        for found in lake.read_json(key)["findings"]:
            if found["reason"] == REDACTED:
                continue
            kind = kinds.setdefault(
                (found["path"] or "", found["reason"]),
                {"path": found["path"], "reason": found["reason"], "count": 0, "examples": []},
            )
            kind["count"] += 1
            if len(kind["examples"]) < EXAMPLES:
                row = f"{found['table']}:{found['row']}" if found["table"] else None
                example = {"ocid": found["ocid"], "row": row, "value": found["value"], "message": found["message"]}
                kind["examples"].append(example)
    return [kinds[name] for name in sorted(kinds, key=lambda name: (-kinds[name]["count"], name))]


def problem_lines(problems: Sequence[Mapping[str, Any]], *, most: int = 5) -> list[str]:
    """Say each kind of problem in a line: count, path, what is wrong in the first, and a few source rows."""
    lines = []
    for problem in problems[:most]:
        examples = problem["examples"]
        rows = ", ".join(dict.fromkeys(example["row"] for example in examples if example["row"]))
        more = " …" if problem["count"] > len(examples) else ""
        where = f" ({rows}{more})" if rows else ""
        lines.append(f"{problem['count']:,} × {problem['path'] or problem['reason']}: {examples[0]['message']}{where}")
    if len(problems) > most:
        lines.append(f"… and {counted(len(problems) - most, 'more kind')}")
    return lines
