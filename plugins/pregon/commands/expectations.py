"""`pregon expectations`: propose a suite for a city's tables, and judge them now."""

from pathlib import Path
from typing import Annotated

import typer

from pregon.commands.options import AsOfOption, CityArgument, FromOption, HomeOption, city_context, write_json
from pregon.printing import line, stage_bars

app = typer.Typer(no_args_is_help=True, help="What a city's tables have to look like: propose it, and judge them.")


@app.command()
def draft(
    city: CityArgument,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="Only this table; may be repeated.", metavar="TABLE")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="File for a single table, or folder.",
            metavar="PATH",
            show_default="the city's folder expectations/",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite suites that are there.")] = False,
    from_dir: FromOption = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", help="Read only the first N rows of each table.", min=1, metavar="N"),
    ] = None,
) -> None:
    """Profile a city's sources and propose a suite for each table. Read it before you rely on it."""
    from pregon.demo import DEMO_CITY, ensure_demo_source
    from pregon.table_expectations.drafting import draft_suites, write_drafts

    context = city_context(city, home, as_of)
    if city == DEMO_CITY and from_dir is None:
        ensure_demo_source(context.home.root, context.as_of)
    with stage_bars() as stage:
        drafts = stage(
            f"profile {city}",
            lambda tell: draft_suites(context, tables=table or (), from_dir=from_dir, sample=sample, tell=tell),
        )
    for path, count in write_drafts(drafts, context.city, out=out, force=force):
        line(f"{path}: {count} expectations proposed")


@app.command()
def run(
    city: CityArgument,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Judge the source tables as they were last read, whole; exit 1 if a critical expectation is not met."""
    from pregon.table_expectations.now import judge_now
    from pregon.table_expectations.results import say_failure

    context = city_context(city, home)
    with stage_bars() as stage:
        results, folder = stage(f"expectations of {city}", lambda tell: judge_now(context, tell))
    if as_json:
        write_json(results.to_json(), indent=2)
    else:
        for failure in results.failures():
            line(f"{failure.severity:>8}  {say_failure(failure)}")
        counts = results.counts
        line(
            f"{counts['passed']} expectations are met, {counts['failed']} are not, {counts['error']} could not be"
            f" judged, {counts['not_applicable']} had nothing to judge."
        )
        if context.city.expectations.data_docs and results.tables:
            line(f"Data Docs: {folder / 'data_docs' / 'index.html'}")
    if results.failures("critical"):
        raise typer.Exit(1)
