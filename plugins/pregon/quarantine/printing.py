"""Quarantine on the terminal: groups, one thing with all that is known of it, and what a retry came to."""

import shlex
from collections import Counter
from collections.abc import Sequence

import orjson

from pregon.ledger import Quarantined
from pregon.printing import line, print_table
from pregon.quarantine.listing import Listing, day_of
from pregon.quarantine.reasons import is_unreadable, reason_of
from pregon.quarantine.retrying import Chosen, Retried, key_of
from pregon.quarantine.showing import Shown, row_name
from transforms.counting import counted
from transforms.site.profile import printable

MOST_STAYING = 10
"""Findings that a retry names of those that stay."""

_RELEASE_LINES = 40


def print_listing(city: str, listing: Listing) -> None:
    """Print the groups, and which command tells more."""
    if not listing.rows:
        line(f"{city} holds nothing back.")
        return
    print_table(
        ["reason", "findings", "table", "path", "since", "such as"],
        [
            [
                printable(group.reason),
                f"{group.rows:,}",
                printable(group.table),
                printable(group.path or ""),
                group.since,
                printable(", ".join(group.examples)) + (" …" if group.rows > len(group.examples) else ""),
            ]
            for group in listing.groups
        ],
        title=f"{city}: what is held back",
    )
    for reason in dict.fromkeys(group.reason for group in listing.groups):
        line(f"{printable(reason)}: {reason_of(reason).meaning}.")
    held = (
        f", in {counted(listing.processes, 'process', 'processes')} held back as a whole" if listing.processes else ""
    )
    line(f"{counted(listing.rows, 'finding')}{held}. One of them: pregon quarantine show {city} OCID|TABLE:KEY")


def print_finding(found: Quarantined) -> None:
    """Print a finding in a line."""
    row = found.row
    place = ", ".join(printable(part) for part in (row_name(found), row.ocid, row.path) if part)
    value = f" [{printable(row.value)}]" if row.value else ""
    line(f"{day_of(found.run_id)}  {printable(row.reason)}  {place}: {printable(row.message, 200)}{value}")


def print_shown(shown: Shown) -> None:
    """Print what is wrong and since when, the row, the lines of the mapping, the release, and what to do."""
    state = "stays as it was last published" if shown.published else "was never published"
    line(printable(shown.name) + (f": held back; it {state}" if any(one.found.row.ocid for one in shown.held) else ""))
    for one in shown.held:
        row = one.found.row
        line("")
        line(f"{printable(row.reason)}: {one.reason.meaning}")
        line(f"  since run  {one.found.run_id}")
        for name, value in (("row", row_name(one.found)), ("path", row.path), ("value", row.value)):
            if value:
                line(f"  {name:<9}  {printable(value, 200)}")
        line(f"  message    {printable(row.message, 400)}")
        for binding in one.bindings:
            line(f"  mapping    {printable(binding, 200)}")
        line(f"  what to do {one.reason.remedy}")
    for name, values in shown.rows.items():
        line("")
        line(f"{printable(name)}, as last read:")
        for column, value in values.items():
            line(f"  {printable(column)}: {printable(str(value), 200) if value is not None else '(empty)'}")
    if shown.release is not None:
        line("")
        line("The release that was held back:")
        written = orjson.dumps(shown.release, option=orjson.OPT_INDENT_2).decode().splitlines()
        for text in written[:_RELEASE_LINES]:
            indent = len(text) - len(text.lstrip())
            line("  " + " " * indent + printable(text, 200))
        if len(written) > _RELEASE_LINES:
            line(f"  … and {counted(len(written) - _RELEASE_LINES, 'more line')}; all of it: --json")
    line("")
    line(f"Corrected at the source: pregon run {shown.city}")
    if not all(is_unreadable(one.found.row.reason) for one in shown.held):
        name = shlex.quote(printable(shown.name))
        line(f"Corrected in the city's folder: pregon quarantine retry {shown.city} {name}")


def print_retried(city: str, chosen: Chosen, retried: Retried) -> None:
    """Print how many passed, and of those that stay why."""
    stay = {key_of(one) for one in retried.stay}
    line(f"Of {counted(len(chosen.keys), 'row or process', 'rows and processes')} held back before,"
         f" {retried.passed:,} passed and {len(stay):,} {'stays' if len(stay) == 1 else 'stay'}.")  # fmt: skip
    counts = Counter(one.row.reason for one in retried.stay)
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        line(f"{count:>9,} × {printable(reason)}: {reason_of(reason).meaning}")
    _name(retried.stay)
    if len(retried.stay) > MOST_STAYING:
        line(f"… and {len(retried.stay) - MOST_STAYING:,} more: pregon quarantine list {city} --details")


def _name(findings: Sequence[Quarantined]) -> None:
    for one in findings[:MOST_STAYING]:
        print_finding(one)
