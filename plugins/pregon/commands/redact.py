"""`pregon redact` and `pregon redactions`: take back what should not have been published, and what was taken back."""

from typing import Annotated

import typer

from pregon.city import read_city
from pregon.commands.options import AsOfOption, CityArgument, HomeOption, clock, write_json
from pregon.commands.push import announce_calmly
from pregon.home import Home, default_home
from pregon.printing import line, print_table, stage_bars
from pregon.run import Run
from transforms.counting import counted

ALWAYS_LEFT = (
    "search engines: ask them to remove the old address from results and cache",
    "archives such as web.archive.org, data registries and portals that harvested a file: ask them to fetch it again",
    "people who downloaded it: the notice in redactions.json and on the home page asks them to delete it",
)
"""What no program can do."""


def redact(
    city: CityArgument,
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET…",
            help="OCID: the process as a whole. OCID:PATH: a value, or all below it, in one process; an entry is named"
            " by its id, as in OCID:parties/US-X-1/address. PATH: in every process.",
            show_default=False,
        ),
    ],
    reason: Annotated[
        str, typer.Option(help="Why, in words for the public; must not quote what is removed.", show_default=False)
    ],
    by: Annotated[str, typer.Option(help="Who decided; on record, never published.", show_default=False)],
    home: HomeOption = None,
    as_of: AsOfOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what holds it; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before it is done.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Put the rule on record even if no release holds such a value yet.")
    ] = False,
) -> None:
    """Take a value, or a process, back: from all releases, snapshots and portal copies, the lake, and internal files.

    The rule stays, so that no later run publishes it again. Killed or interrupted, the same command goes on. Pause the
    city's DAGs, or let a run that is going on end first: what such a run made can't be committed any more.
    """
    from pregon.redaction.carrying_out import carry_out, survey
    from pregon.redaction.errors import AlreadyRedacted

    place = Home(home.absolute() if home else default_home())
    try:
        work = survey(
            read_city(city), place, targets, as_of=clock(as_of).replace(microsecond=0), reason=reason, author=by,
            anyway=anyway,
        )  # fmt: skip
    except AlreadyRedacted as done:
        line(f"{done}; {done.hint}.")
        return
    note = work.note
    for target in note.targets:
        wider = f" (asked for: {target.given}; the standard has no release without it)" if target.widened else ""
        what = "the whole process" if target.path is None else target.path
        line(f"{target.ocid or 'every process'}: {what}{wider}")
    if note.numbers:
        line("This redaction was begun before and goes on; its reason and author stay as they were given then.")
    line(
        f"{counted(note.releases, 'release')} of {counted(note.processes, 'process', 'processes')} hold it;"
        f" {counted(len(work.rows), 'source row')} behind it;"
        f" {counted(len(work.copies), 'published copy', 'published copies')} to be replaced or removed"
    )
    for named in work.copies:
        line(f"  {named}")
    if dry_run:
        line("Dry run: nothing was changed.")
        return
    if not yes:
        typer.confirm("This can't be undone. Go on?", abort=True)
    with stage_bars() as stage:
        note = carry_out(work, lambda name, step: stage(name, lambda _: step()))
        announce_calmly(stage, Run.start(city, home=place.root, as_of=clock(as_of)))
    line("Done:")
    for lines in note.done.values():
        for one in lines:
            line(f"  - {one}")
    line("Left for a person to do:")
    for one in [text for lines in note.left.values() for text in lines] + list(ALWAYS_LEFT):
        line(f"  - {one}")


def redactions(
    city: CityArgument,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what was taken back from a city's publication, with reason and author; exit 1 if any is not completed."""
    from pregon.ledger import Ledger
    from pregon.stages.ledger_location import ledger_location

    read_city(city)
    place = Home(home.absolute() if home else default_home())
    found = Ledger.open(ledger_location(place, city), city).redacting.all()
    if as_json:
        write_json(
            [
                {
                    "number": one.number,
                    "date": one.as_of.isoformat(),
                    "ocid": one.ocid,
                    "path": one.path,
                    "reason": one.reason,
                    "by": one.author,
                    "completed": not one.open,
                }
                for one in found
            ],
            indent=2,
        )
    else:
        print_table(
            ["number", "date", "ocid", "path", "reason", "by", "state"],
            [
                [
                    str(one.number),
                    f"{one.as_of:%Y-%m-%d %H:%M}",
                    one.ocid or "every process",
                    one.path or "the whole process",
                    one.reason,
                    one.author,
                    "NOT COMPLETED" if one.open else "completed",
                ]
                for one in found
            ],
        )
    if any(one.open for one in found):
        raise typer.Exit(1)
