"""The commands of `pregon`: their options and what they print; the work is in the pipeline."""

from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from pregon.city import InvalidCity, UnknownCity, cities_folder, read_city, slugs
from pregon.commands import check, expectations, ledger, quarantine, redact, source
from pregon.commands.announce import announce
from pregon.commands.coverage import coverage
from pregon.commands.history import history
from pregon.commands.links import links
from pregon.commands.options import AsOfOption, CityArgument, FromOption, HomeOption, accepting, clock, write_json
from pregon.commands.publications import publications, rollback
from pregon.commands.push import push
from pregon.commands.quality import quality
from pregon.commands.stages import carry_out, print_carried
from pregon.errors import PregonError
from pregon.failures import explain
from pregon.home import Home, default_home
from pregon.printing import err, line, print_table, stage_bars
from transforms.counting import counted
from transforms.errors import TransformError

app = typer.Typer(
    name="pregon",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(source.app, name="source")
app.add_typer(ledger.app, name="ledger")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(expectations.app, name="expectations")
app.command()(announce)
app.command()(check.check)
app.command()(coverage)
app.command()(history)
app.command()(links)
app.command()(publications)
app.command()(quality)
app.command()(redact.redact)
app.command()(redact.redactions)
app.command()(push)
app.command()(rollback)


def _version(wanted: bool) -> None:
    if wanted:
        line(f"pregon {version('pregon')}")
        raise typer.Exit


@app.callback()
def pregon(
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Publish a city's contracting as open data: e-procurement records in, OCDS releases with a true history out."""
    del show_version


@app.command()
def run(
    city: CityArgument,
    from_dir: FromOption = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every table whole and look at every process, changed or not.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept",
            metavar="NAME",
            help="Let a guard of the sources or of the gate pass in this run, or a check (by its id) that the gate asks"
            " about; `quality` is all of these. May be repeated.",
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who accepts, for the record.", metavar="NAME", show_default="your login name"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Stop after the checks: nothing is committed or published.")
    ] = False,
) -> None:
    """Run the nine stages for a city: from its sources to HOME/public/CITY/current/.

    Exit 3 if the gate asks a person: the screen says why, and with which command the same run goes on.
    """
    from pregon import pipeline
    from pregon.demo import DEMO_CITY, ensure_demo_source

    root = home.absolute() if home else default_home()
    current = pipeline.Run.start(
        city, home=root, as_of=clock(as_of), from_dir=from_dir, full=full, accept=accept or (), by=accepting(accept, by)
    )
    with stage_bars() as stage:
        stage("read the configuration", lambda _: pipeline.validate(current))
        if city == DEMO_CITY and from_dir is None:
            stage("make the demo city's database", lambda _: ensure_demo_source(root, current.clock))
        extracted = stage("extract", lambda tell: pipeline.extract(current, tell))
        carried = carry_out(stage, current, extracted, dry_run=dry_run)
    print_carried(current, carried)


@app.command()
def cities(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Check mapping, code lists and preparation too.")] = False,
) -> None:
    """List the cities, with what is wrong with their configuration; exit 1 if anything is."""
    found = [_city_entry(slug, check=check) for slug in slugs()]
    if not found:
        folder = cities_folder()
        problem = "holds no city" if folder.is_dir() else "is not there"
        raise PregonError(
            f"the folder of cities, {folder}, {problem}",
            hint="check PREGON_CITIES; docs/add-a-city.md says how a city's folder looks",
        )
    if as_json:
        write_json(found, indent=2)
    else:
        rows = [
            [entry["city"], entry["name"], entry["prefix"], counted(len(entry["problems"]), "problem")]
            if entry["problems"]
            else [entry["city"], entry["name"], entry["prefix"], "ok"]
            for entry in found
        ]
        print_table(["city", "name", "ocid prefix", "configuration"], rows)
        # Below the table: a cell would break file and line apart.
        for entry in found:
            for problem in entry["problems"]:
                line(problem)
    if any(entry["problems"] for entry in found):
        raise typer.Exit(1)


def _city_entry(slug: str, *, check: bool) -> dict[str, Any]:
    """Describe a city, with what is wrong with its folder."""
    entry: dict[str, Any] = {"city": slug, "name": "", "prefix": "", "problems": []}
    try:
        city = read_city(slug)
        entry |= {"name": city.name.en, "prefix": city.ocid_prefix}
        if check:
            from pregon.stages.context import CityContext
            from pregon.table_expectations.suites import read_suites

            _ = CityContext(city, Home(default_home()), datetime.now(UTC)).plan, read_suites(city)
    except InvalidCity as error:
        entry["problems"] = error.problems
    except UnknownCity:
        problem = "a folder's name is lower-case letters, digits and hyphens, starting with a letter"
        entry["problems"] = [f"cities/{slug}: {problem}"]
    except (PregonError, TransformError, OSError) as error:
        message, _hint = explain(error) or (str(error), None)
        entry["problems"] = [message]
    return entry


@app.command()
def synth(
    database: Annotated[str, typer.Option("--out", help="SQLite file, or any SQLAlchemy URL.", metavar="DB")],
    processes: Annotated[int, typer.Option(help="How many contracting processes to make.", min=1)] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same city.")] = 1,
    advance: Annotated[
        int | None,
        typer.Option(help="Move an existing database this many days forward instead.", min=1, metavar="DAYS"),
    ] = None,
    as_of: AsOfOption = None,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite a database that is there.")] = False,
) -> None:
    """Write the e-procurement database of the synthetic city Riverbend, or let time pass in it."""
    from pregon import synth as city

    url = database if "://" in database else f"sqlite:///{database}"
    if advance is not None:
        if replace:
            raise typer.BadParameter(
                "is for a new database, and --advance for one that is there", param_hint="--replace"
            )
        result = city.advance(url, days=advance, seed=seed, as_of=clock(as_of) if as_of else None)
    else:
        if "://" not in database:
            Path(database).parent.mkdir(parents=True, exist_ok=True)
        with Progress(console=err, disable=not err.is_terminal) as bars:
            task = bars.add_task("processes", total=processes)
            result = city.generate(
                url,
                processes=processes,
                seed=seed,
                as_of=clock(as_of),
                replace=replace,
                progress=lambda what, done: bars.update(task, description=what, completed=done),
            )
    line(f"Riverbend as of {result.as_of}: {counted(result.processes, 'process', 'processes')}")
    for name, rows in result.rows.items():
        line(f"{rows:>11,}  {name}")
    if result.changes:
        line("Changes: " + ", ".join(f"{kind} {count:,}" for kind, count in result.changes.items()))


@app.command()
def serve(
    home: HomeOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any that is free.", min=0, max=65535)] = 8090,
) -> None:
    """Serve HOME/public over HTTP: what a portal, a vendor or a browser sees."""
    from pregon.web.serving import serve as serve_folder

    public = (home.absolute() if home else default_home()) / "public"
    if not public.is_dir():
        raise PregonError(f"there is nothing to serve: {public} does not exist", hint="run `pregon run CITY` first")
    serve_folder(public, host, port, lambda url: line(f"Serving {public} at {url} (Ctrl-C ends it)"))
