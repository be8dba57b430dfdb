"""What `pregon source test` prints: a row for each table, then what is in the way and what to do about it."""

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from pregon.printing import line, print_table
from pregon.sources.trial.model import Check, Subject
from transforms.counting import counted

_MARKS = {"ok": "✓", "warning": "!", "failed": "✗", "unknown": "?"}
_HEADS = {"table": "is there", "count": "rows"}
_SUBJECTS: tuple[Subject, ...] = tuple(one for one in get_args(Subject) if one != "connection")


def print_checks(checks: Sequence[Check]) -> None:
    """Print the outcome of all checks."""
    asked = [subject for subject in _SUBJECTS if any(check.subject == subject for check in checks)]
    tables = dict.fromkeys(check.place for check in checks if check.table)
    if tables:
        rows = [[place, *(_cell(checks, place, subject) for subject in asked)] for place in tables]
        print_table(["table", *(_HEADS.get(subject, subject) for subject in asked)], rows)
    for check in checks:
        if check.outcome in ("failed", "warning"):
            line(f"{_MARKS[check.outcome]} {check.place}, {check.subject}: {check.message}")
            if check.hint:
                line(f"  {check.hint}")
    for check in checks:
        # Where unpublished data is found.
        if check.subject == "columns" and check.outcome == "ok" and "; " in check.message:
            line(f"  {check.place}: {check.message.partition('; ')[2]}")
    line(_verdict(checks))


def _cell(checks: Sequence[Check], place: str, subject: Subject) -> str:
    found = [check for check in checks if check.place == place and check.subject == subject]
    if not found:
        return ""
    [check, *_] = found
    if check.outcome == "ok" and subject == "count":
        return check.message.partition(" ")[0]
    return _MARKS[check.outcome]


def _verdict(checks: Sequence[Check]) -> str:
    counts = Counter(check.outcome for check in checks)
    problems = counted(counts["failed"], "problem") if counts["failed"] else "Everything that a run needs is there"
    warnings = f", {counted(counts['warning'], 'warning')}" if counts["warning"] else ""
    untold = "; ?: the source does not tell" if counts["unknown"] else ""
    return f"{problems}{warnings}{untold}."
