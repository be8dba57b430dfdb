"""`pregon ledger`: the book of record, restored from what was published, and verified."""

from pathlib import Path
from typing import Annotated

import typer

from pregon.commands.options import CityArgument, HomeOption, city_context, write_json
from pregon.printing import line, stage_bars
from transforms.counting import counted
from transforms.packages import rfc3339

app = typer.Typer(no_args_is_help=True, help="The ledger, a city's book of record: restore it, verify it.")

CURRENT = "current"
_EXAMPLES = 5


@app.command()
def rebuild(
    city: CityArgument,
    from_publication: Annotated[
        str,
        typer.Option(
            "--from-publication",
            help="Folder of a snapshot or of a publication, such as a portal's copy; `current`: HOME/public/CITY.",
            metavar="DIR|current",
        ),
    ],
    home: HomeOption = None,
    redacted: Annotated[
        bool,
        typer.Option(
            "--redacted", help="Take redacted releases too; record their redactions again before the next run."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Restore a city's lost ledger from its published files; refused where the ledger holds anything.

    Releases keep ids, dates and content. What they do not tell (source rows, quarantine) the next run finds out.
    """
    from pregon.stages.restore import restore_ledger

    context = city_context(city, home)
    place = context.home.public(city) if from_publication == CURRENT else Path(from_publication).absolute()
    with stage_bars() as stage:
        found, restored = stage(
            f"restore {city}", lambda tell: restore_ledger(context, place, redacted=redacted, tell=tell)
        )
    if as_json:
        write_json(
            {
                "city": city,
                "ledger": context.ledger.location,
                "snapshot": found.manifest.snapshot,
                "releases": restored.releases,
                "processes": restored.processes,
                "runs": [rfc3339(moment) for moment in restored.runs],
                "order_of_commit": found.ordered,
                "rewritten": restored.rewritten,
                "redacted": restored.redacted,
                "merged_otherwise": restored.merged_otherwise,
            },
            indent=2,
        )
        return
    processes = counted(restored.processes, "process", "processes")
    releases = counted(restored.releases, "release")
    line(f"{releases} of {processes} from {found.manifest.snapshot}, all with the ids they had.")
    if found.ordered:
        line(f"Committed by {counted(len(restored.runs), 'run')}, the last as of {rfc3339(restored.runs[-1])}.")
    else:
        line("This publication does not tell the order of commit: all stand as of one run, in the order of the file.")
    if restored.merged_otherwise:
        what = counted(restored.merged_otherwise, "compiled release")
        line(f"{what} would be merged otherwise by today's rules, and stayed as published.")
    for ocid in restored.redacted:
        line(f"Redacted, to be redacted again before the next run: {ocid}")
    line(
        f"Next: pregon ledger verify {city}, then pregon run {city} --dry-run, which should tell 0 releases to commit."
    )


@app.command()
def verify(
    city: CityArgument,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read a city's whole ledger and check that it holds what it promises; exit 1 with what is wrong where."""
    from pregon.ledger.findings import MOST

    context = city_context(city, home)
    with stage_bars() as stage:
        found = stage(f"verify {city}", lambda tell: context.ledger.verify(context.merge_rules, tell))
    if as_json:
        write_json(
            {
                "city": city,
                "ledger": context.ledger.location,
                "ok": found.sound,
                "releases": found.releases,
                "processes": found.processes,
                "runs": found.runs,
                "publications": found.publications,
                "redacted": found.redacted,
                "counts": found.counts,
                "findings": [finding._asdict() for finding in found.findings],
            },
            indent=2,
        )
    else:
        processes = counted(found.processes, "process", "processes")
        redacted = f", {found.redacted:,} of them redacted" if found.redacted else ""
        line(
            f"{counted(found.releases, 'release')} of {processes}{redacted}; {counted(found.runs, 'run')}, "
            f"{counted(found.publications, 'publication')}: {'all is well' if found.sound else 'not all is well'}."
        )
        for kind, count in found.counts.items():
            named = [finding for finding in found.findings if finding.kind == kind]
            line(f"{count:>9,} × {kind}")
            for finding in named[:_EXAMPLES]:
                place = " ".join(part for part in (finding.ocid, finding.release_id) if part)
                line(f"            {place + ': ' if place else ''}{finding.message}")
            if count > _EXAMPLES:
                line(f"            … and {count - len(named[:_EXAMPLES]):,} more; --json names up to {MOST}")
    if not found.sound:
        raise typer.Exit(1)
