"""The history of a process on the terminal, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pregon.printing import line, print_table
from transforms.counting import counted
from transforms.releases.changes import Change, fields
from transforms.releases.process_history import ProcessHistory, Step
from transforms.releases.rules import MergeRules
from transforms.site.history import told
from transforms.site.profile import printable
from transforms.texts import texts

_SIGNS = {"added": "+", "changed": "~", "removed": "-"}


def print_history(history: ProcessHistory, rules: MergeRules, *, at: str | None = None) -> None:
    """Print every release with what it changed; of the first, which says everything, what it said in numbers."""
    words = texts("en", "history")
    line(f"{history.ocid}: {counted(len(history.steps), 'release')}")
    for redaction in history.redactions:
        line(f"  redacted {redaction['as_of']} by {redaction['author']}: {redaction['path'] or 'everything'}"
             f" ({redaction['reason']})")  # fmt: skip
    for row in history.held:
        line(f"  held back now: {_held(row)}")
    for number, step in enumerate(history.steps, 1):
        recorded = step.recorded
        line("")
        line(f"{number}. {recorded.release['date']}  {', '.join(recorded.release['tag'])}  "
             f"({words['rule'][recorded.date_rule]})")  # fmt: skip
        place = (
            f"first published in {recorded.publication}" if recorded.publication else "not in a publication on record"
        )
        line(f"   release {recorded.release['id']}, run {recorded.run}, manifest {recorded.manifest}, {place}")
        if number == 1:
            line(f"   says {_by_section(step.changes)}")
            continue
        for change in step.changes:
            line(f"   {_sign(change)}{_source(history, change)}")
        if not step.changes:
            line("   changes nothing that is compiled")
    if at is not None:
        line("")
        if not history.steps:
            line(f"Nothing was known at {at}; the first of {counted(history.later, 'release')} came later.")
            return
        later = f"; {counted(history.later, 'release')} came later" if history.later else ""
        line(f"Known at {at}{later}:")
        for change in fields(history.state, rules):
            line(f"  {change.path}: {told(change.new)}")
    elif len(history.steps) == 1:
        line("Its fields: --json or --html; those of one path: --path PATH.")


def print_values(history: ProcessHistory, path: str) -> None:
    """Print every value that the fields at a path had, and when."""
    values = history.values(path)
    if not values:
        near = sorted({part for step in history.steps for change in step.changes for part in _around(change.field)})
        line(f"No field of {history.ocid} is, or lies in, {printable(path)}. It has: {', '.join(near)}")
        return
    for name, found in values.items():
        rows = history.rows(found[-1].change)
        line(f"{name}" + (f"  now from {', '.join(map(printable, rows))}" if rows else ""))
        print_table(
            ["from", "release", "run", "value"],
            [
                [
                    value.step.recorded.release["date"],
                    value.step.recorded.release["id"],
                    value.step.recorded.run,
                    "(removed)" if value.change.kind == "removed" else told(value.change.new),
                ]
                for value in found
            ],
        )


def history_json(history: ProcessHistory, *, path: str | None = None) -> dict[str, Any]:
    """Give a history as JSON values; with `path` the values of the fields there instead of the releases."""
    head: dict[str, Any] = {"city": history.city, "ocid": history.ocid}
    if path is not None:
        return head | {
            "path": path,
            "fields": [
                {
                    "path": name,
                    "rows": history.rows(found[-1].change),
                    "values": [
                        {"date": value.step.recorded.release["date"], "release": value.step.recorded.release["id"],
                         "run": value.step.recorded.run, "kind": value.change.kind, "value": value.change.new}
                        for value in found
                    ],
                }
                for name, found in history.values(path).items()
            ],
        }  # fmt: skip
    return head | {
        "releases": [_step(history, step) for step in history.steps],
        "later": history.later,
        "state": history.state,
        "held": list(history.held),
        "redactions": list(history.redactions),
    }


def _step(history: ProcessHistory, step: Step) -> dict[str, Any]:
    recorded = step.recorded
    return {
        "id": recorded.release["id"],
        "previous": recorded.previous_id,
        "date": recorded.release["date"],
        "date_rule": recorded.date_rule,
        "tag": recorded.release["tag"],
        "sequence": recorded.sequence,
        "run": recorded.run,
        "as_of": recorded.as_of,
        "manifest": recorded.manifest,
        "publication": recorded.publication,
        "changes": [
            {
                "path": change.path,
                "kind": change.kind,
                **({"old": change.old} if change.kind != "added" else {}),
                **({"new": change.new} if change.kind != "removed" else {}),
                "rows": history.rows(change),
            }
            for change in step.changes
        ],
    }


def _sign(change: Change) -> str:
    sign = f"{_SIGNS[change.kind]} {printable(change.path)}: "
    if change.kind == "added":
        return sign + told(change.new)
    return sign + (
        f"{told(change.old)} → {told(change.new)}" if change.kind == "changed" else f"was {told(change.old)}"
    )


def _source(history: ProcessHistory, change: Change) -> str:
    rows = history.rows(change) if change.kind != "removed" else []
    return f"   [{', '.join(map(printable, rows))}]" if rows else ""


def _by_section(changes: Sequence[Change]) -> str:
    counts: dict[str, int] = {}
    for change in changes:
        section = change.path.partition("/")[0]
        counts[section] = counts.get(section, 0) + 1
    return ", ".join(f"{section} {count:,}" for section, count in counts.items()) + " (fields)"


def _held(row: Mapping[str, str | None]) -> str:
    parts = (row["reason"], row["path"], row["row"], row["message"])
    return ", ".join(printable(part) for part in parts if part)


def _around(field: str) -> Iterator[str]:
    yield "/".join(field.split("/")[:2])
