"""`pregon quarantine`: what is held back, why, and what becomes of it after a correction."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pregon.commands.options import AsOfOption, CityArgument, HomeOption, accepting, city_context, clock, write_json
from pregon.commands.stages import carry_out, print_carried
from pregon.home import default_home
from pregon.printing import err, line, stage_bars
from transforms.counting import counted

app = typer.Typer(
    no_args_is_help=True, help="What is held back of a city: list it, look at it, let it pass after a correction."
)


@app.command("list")
def list_held(
    city: CityArgument,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Only this reason, such as orphan.", metavar="REASON")
    ] = None,
    table: Annotated[str | None, typer.Option("--table", help="Only this source table.", metavar="TABLE")] = None,
    details: Annotated[bool, typer.Option("--details", help="Every finding, in a line each.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON; with --details an object a line for every finding.")
    ] = False,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", help="Write every finding to this file instead.", dir_okay=False, metavar="FILE"),
    ] = None,
    xlsx: Annotated[
        Path | None,
        typer.Option("--xlsx", help="Write every finding to this workbook instead.", dir_okay=False, metavar="FILE"),
    ] = None,
    home: HomeOption = None,
) -> None:
    """List what is held back, by reason, table and path: how much, since when, and a few keys.

    Example, for the owners of a source table: pregon quarantine list CITY --table bids --csv bids.csv

    Internal: it names rows and values of the source systems.
    """
    from pregon.quarantine.exporting import write_csv, write_xlsx
    from pregon.quarantine.listing import COLUMNS, exported, grouped, held
    from pregon.quarantine.printing import print_finding, print_listing

    ledger = city_context(city, home).ledger

    def found() -> Any:
        return held(ledger, reason=reason, table=table)

    if csv is not None:
        _tell_written(csv, write_csv(csv, COLUMNS, exported(found())))
    if xlsx is not None:
        _tell_written(xlsx, write_xlsx(xlsx, COLUMNS, exported(found()), "quarantine"))
    if csv is not None or xlsx is not None:
        return
    if details:
        for one in found():
            if as_json:
                write_json(dict(zip(COLUMNS, next(exported([one])), strict=True)))
            else:
                print_finding(one)
        return
    listing = grouped(found())
    if as_json:
        write_json(
            {
                "city": city,
                "findings": listing.rows,
                "processes": listing.processes,
                "groups": [group.to_json() for group in listing.groups],
            },
            indent=2,
        )
    else:
        print_listing(city, listing)


def _tell_written(path: Path, rows: int) -> None:
    err.print(f"{counted(rows, 'finding')}: {path}", highlight=False, markup=False, soft_wrap=True)


@app.command("show")
def show_held(
    city: CityArgument,
    name: Annotated[
        str,
        typer.Argument(
            help="An ocid, with or without the city's prefix, or a source row.",
            metavar="OCID|TABLE:KEY",
            show_default=False,
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    home: HomeOption = None,
) -> None:
    """Show all that is known of one thing that is held back.

    The reason in words, path and value, the lines of the mapping that it concerns, the row as it was last read, and
    the release that was held back, as long as the run's work files are there.

    Examples: pregon quarantine show CITY ocds-213czf-T2 · pregon quarantine show CITY documents:T2|D2

    Internal: it shows all columns of the row.
    """
    from pregon.quarantine.printing import print_shown
    from pregon.quarantine.showing import show

    shown = show(city_context(city, home), name)
    if as_json:
        write_json(shown.to_json(), indent=2)
    else:
        print_shown(shown)


@app.command()
def retry(
    city: CityArgument,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Ocids or source rows that are held back.", metavar="[OCID|TABLE:KEY…]", show_default=False
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is held back.")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Look again though nothing in the city's folder was changed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Stop after the checks: nothing is committed or published.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="NAME", help="As of `pregon run`: what the gate asked about."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who accepts, for the record.", metavar="NAME", show_default="your login name"),
    ] = None,
    as_of: AsOfOption = None,
    home: HomeOption = None,
) -> None:
    """Look again at what is held back, with the present mapping and prepare.sql, and without reading the sources.

    After a change in the city's folder this is a run that looks at every process, as any run would; without one the
    result would be the same, so nothing is done, unless you say --anyway. It goes through the gate and is committed and
    published as any run.

    Examples: pregon quarantine retry CITY --all · pregon quarantine retry CITY documents:T2|D2 --dry-run
    """
    from pregon import pipeline
    from pregon.quarantine.printing import print_retried
    from pregon.quarantine.retrying import choose, compare, reopen

    if bool(names) == everything:
        raise typer.BadParameter("name what to look at again, or say --all", param_hint="OCID|TABLE:KEY")
    context = city_context(city, home, as_of)
    chosen = choose(context, names or [])
    if chosen.unreadable:
        line(f"{counted(chosen.unreadable, 'row')} could not be read as rows: correct them at the source, and read them"
             f" again with pregon run {city}.")  # fmt: skip
    if chosen.changed:
        line("The city's folder or Pregón was changed since the last commit: every process is looked at.")
    elif not anyway:
        line(
            "Nothing in the city's folder was changed since the last commit, and no source is read here: the same would"
            " be held back for the same reasons. Correct mapping, prepare.sql or a code list first; rows that were"
            f" corrected at the source come with pregon run {city}. To look all the same: --anyway"
        )
        return
    root = home.absolute() if home else default_home()
    run = pipeline.Run.start(
        city, home=root, as_of=clock(as_of), accept=accept or (), by=accepting(accept, by)
    )  # fmt: skip
    with stage_bars() as stage:
        stage("read the configuration", lambda _: pipeline.validate(run))
        extracted = stage("take up what was last read", lambda _: reopen(run, context, chosen))
        carried = carry_out(stage, run, extracted, dry_run=dry_run)
    print_carried(run, carried)
    if not dry_run:
        print_retried(city, chosen, compare(context, chosen))
