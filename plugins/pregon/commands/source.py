"""`pregon source`: look at a city's sources before they are mapped, and test them before they are scheduled."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pregon.commands.options import AsOfOption, CityArgument, FromOption, HomeOption, clock, write_json
from pregon.home import Home, default_home
from pregon.printing import err, line, stage_bars

if TYPE_CHECKING:
    from pregon.stages.context import CityContext

app = typer.Typer(no_args_is_help=True, help="Look at a city's sources: what they hold, and whether they can be read.")


@app.command()
def profile(
    city: CityArgument,
    from_dir: FromOption = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", help="Read only the first N rows of each table: a quick look.", min=1, metavar="N"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a page to this file, for internal use.", dir_okay=False, metavar="FILE"),
    ] = None,
    paste: Annotated[
        bool,
        typer.Option("--paste", help="Print proposed lines for city.yaml, prepare.sql and mapping.yaml instead."),
    ] = False,
) -> None:
    """Tell what each table and column of a city's sources holds, and which OCDS paths it could fill.

    Only declared columns are read; of others the names are told. Nothing is kept but what --html writes.
    """
    if as_json and paste:
        raise typer.BadParameter("can't go with --json, which has the proposals too", param_hint="--paste")
    from pregon.profiling import profile_city
    from pregon.profiling.printing import print_profile, print_proposals

    context = _context(city, home, as_of, from_dir)
    with stage_bars() as stage:
        made = stage(f"profile {city}", lambda tell: profile_city(context, from_dir=from_dir, sample=sample, tell=tell))
    if html is not None:
        from transforms.site.profile import profile_page

        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_bytes(profile_page(made, country=context.city.country))
        err.print(f"Profile: {html}", highlight=False, markup=False, soft_wrap=True)
    if as_json:
        write_json(made.model_dump(mode="json"), indent=2)
    elif paste:
        print_proposals(made)
    elif html is None:
        print_profile(made)
        line(f"Proposed lines for city.yaml, prepare.sql and mapping.yaml: pregon source profile {city} … --paste")


@app.command("test")
def try_reading(
    city: CityArgument,
    from_dir: FromOption = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a city's sources without extracting: connection, permissions, columns, types, counts, keys.

    Exit 1 if anything is in the way of a run; warnings are not.
    """
    from pregon.sources.trial.city import try_sources
    from pregon.sources.trial.printing import print_checks

    context = _context(city, home, as_of, from_dir)
    with stage_bars() as stage:
        checks = stage(
            f"test {city}",
            lambda tell: try_sources(context.sources(from_dir), home=context.home.root, from_dir=from_dir, tell=tell),
        )
    passed = all(check.outcome != "failed" for check in checks)
    if as_json:
        write_json({"city": city, "ok": passed, "checks": [asdict(check) for check in checks]}, indent=2)
    else:
        print_checks(checks)
    if not passed:
        raise typer.Exit(1)


def _context(slug: str, home: Path | None, as_of: str | None, from_dir: Path | None) -> "CityContext":
    """Read the city, and make the demo city's database if it is asked for and not there yet."""
    from pregon.city import read_city
    from pregon.demo import DEMO_CITY, ensure_demo_source
    from pregon.pipeline import NoFiles
    from pregon.stages.context import CityContext

    root = home.absolute() if home else default_home()
    context = CityContext(read_city(slug), Home(root), clock(as_of))
    if from_dir and not any(source.reads_files for source in context.city.sources.values()):
        raise NoFiles(slug)
    if slug == DEMO_CITY and from_dir is None:
        ensure_demo_source(root, context.as_of)
    return context
