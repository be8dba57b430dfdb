"""The command line: `pregon`. Everything here is words, options and exit codes; the work is in the pipeline.

Exit codes: 0 done, 1 findings or a run that failed, 2 a command that can't be understood.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from pregon.city import InvalidCity, UnknownCity, read_city, slugs
from pregon.errors import PregonError
from pregon.home import default_home
from transforms.errors import TransformError

if TYPE_CHECKING:
    from pregon.checking import Report

app = typer.Typer(
    name="pregon",
    help="Publish a city's contracting as open data: e-procurement records in, OCDS releases with a true history out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""

out = Console()
err = Console(stderr=True)

CityArgument = Annotated[
    str, typer.Argument(help="Folder name of the city (see `pregon cities`).", metavar="CITY", show_default=False)
]
HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Folder for lake, ledger and publications.",
        metavar="DIR",
        show_default="$PREGON_HOME, else ./.pregon",
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="The run's clock, RFC 3339 with a zone, such as 2026-11-22T12:00:00Z.",
        metavar="TIME",
        show_default="now",
    ),
]
FromOption = Annotated[
    Path | None,
    typer.Option(
        "--from", help="Read the city's file sources from this folder.", exists=True, file_okay=False, metavar="DIR"
    ),
]


@app.command()
def run(
    city: CityArgument,
    from_dir: FromOption = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every table whole and look at every process, changed or not.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Stop after the checks: nothing is committed or published.")
    ] = False,
) -> None:
    """Run the nine stages for a city: from its sources to HOME/public/CITY/current/."""
    from pregon import pipeline
    from pregon.demo import DEMO_CITY, ensure_demo_source

    root = home.absolute() if home else default_home()
    current = pipeline.Run.start(city, home=root, as_of=_clock(as_of), from_dir=from_dir, full=full)
    with _stages() as stage:
        stage("read the configuration", lambda _: pipeline.validate(current))
        if city == DEMO_CITY and from_dir is None:
            stage("make the demo city's database", lambda _: ensure_demo_source(root, current.clock))
        extracted = stage("extract", lambda tell: pipeline.extract(current, tell))
        prepared = stage("prepare", lambda tell: pipeline.prepare(current, extracted, tell))
        checked = []
        for number, bucket in enumerate(prepared.buckets, start=1):
            part = f" {number}/{len(prepared.buckets)}" if len(prepared.buckets) > 1 else ""
            mapped = stage(f"map{part}", lambda tell, b=bucket: pipeline.map_states(current, prepared, b, tell))
            released = stage(f"release{part}", lambda tell, m=mapped: pipeline.release(current, m, tell))
            checked.append(stage(f"check{part}", lambda tell, r=released: pipeline.check(current, r, tell)))
        verdict = stage("gate", lambda _: pipeline.decide(current, prepared, checked))
        if dry_run:
            out.print(
                f"Dry run: {sum(part.passed for part in checked):,} releases would be committed,"
                f" {verdict.quarantined:,} quarantined; the gate says {verdict.outcome}."
            )
            return
        committed = stage("commit", lambda tell: pipeline.commit(current, prepared, verdict, checked, tell))
        built = stage("build", lambda tell: pipeline.build(current, tell))
        promoted = stage("promote", lambda tell: pipeline.promote(current, built, tell))
        for target in current.city.targets:
            stage(f"push {target}", lambda tell, t=target: pipeline.push(current, promoted, t, tell))
    print_summary(pipeline.summary(current))
    for reason in verdict.reasons:
        out.print(f"[yellow]The gate noted:[/] {reason}")
    out.print(f"{committed.releases:,} new releases of {committed.processes:,} processes.")
    news = "New snapshot" if built.changed else "Nothing changed; the snapshot stays"
    out.print(f"{news}: {built.snapshot}, {built.files} files, {built.size:,} bytes")
    out.print(f"Publication: {promoted.path}", soft_wrap=True)


@contextmanager
def _stages() -> Iterator[Callable[..., Any]]:
    """Give a function that runs a stage with a bar on a terminal, and with a line of text elsewhere."""
    columns = (SpinnerColumn(), TextColumn("{task.description:<32}"), BarColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeElapsedColumn(), console=err, disable=not err.is_terminal) as bars:

        def stage(name: str, work: Callable[[Callable[[str, int], None]], Any]) -> Any:
            task = bars.add_task(name, total=None, note="")
            started = datetime.now(UTC)
            last = ""

            def tell(what: str, done: int) -> None:
                nonlocal last
                last = f"{done:,} {what}"
                bars.update(task, note=last)

            result = work(tell)
            bars.update(task, total=1, completed=1)
            if not err.is_terminal:
                seconds = (datetime.now(UTC) - started).total_seconds()
                err.print(f"{name:<32} {seconds:7.1f} s  {last}")
            return result

        yield stage


def print_summary(summary: dict[str, Any]) -> None:
    """Print where every source row of a run ended, and what is wrong with those that were held back."""
    from pregon.stages.problems import problem_lines

    table = Table(title=f"{summary['city']}: where every source row ended")
    table.add_column("source table", no_wrap=True)
    for name in ("rows", "in releases", "quarantined"):
        table.add_column(name, justify="right")
    table.add_column("why")
    for name, counts in summary["tables"].items():
        why = ", ".join(f"{reason} {count:,}" for reason, count in counts["reasons"].items())
        table.add_row(name, f"{counts['rows']:,}", f"{counts['released']:,}", f"{counts['quarantined']:,}", why)
    out.print(table)
    for finding in summary["findings"][:10]:
        # A note is the city's own text and needs no code.
        kind = finding["path"] if finding["code"] == "note" else f"{finding['path']} {finding['code']}"
        out.print(f"  {finding['count']:>8,} × {kind}", highlight=False, markup=False)
    if summary["problems"]:
        out.print("Held back by the checks:", highlight=False)
        for line in problem_lines(summary["problems"]):
            out.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def cities(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Check mapping, code lists and preparation too.")] = False,
) -> None:
    """List the cities, with what is wrong with their configuration; exit 1 if anything is."""
    found = []
    for slug in slugs():
        try:
            city = read_city(slug)
            if check:
                from pregon.home import Home
                from pregon.stages.context import CityContext

                _ = CityContext(city, Home(default_home()), datetime.now(UTC)).plan
            found.append({"city": slug, "name": city.name.en, "prefix": city.ocid_prefix, "problems": []})
        except InvalidCity as error:
            found.append({"city": slug, "name": "", "prefix": "", "problems": error.problems})
        except UnknownCity:
            problem = (
                f"cities/{slug}: a folder's name is lower-case letters, digits and hyphens, starting with a letter"
            )
            found.append({"city": slug, "name": "", "prefix": "", "problems": [problem]})
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    else:
        table = Table("city", "name", "ocid prefix", "configuration")
        for entry in found:
            problems = len(entry["problems"])
            verdict = f"{problems} problem{'' if problems == 1 else 's'}" if problems else "ok"
            table.add_row(str(entry["city"]), str(entry["name"]), str(entry["prefix"]), verdict)
        out.print(table)
        # Below the table: a cell would break file and line apart.
        for entry in found:
            for problem in entry["problems"]:
                out.print(problem, highlight=False, markup=False, soft_wrap=True)
    if any(entry["problems"] for entry in found):
        raise typer.Exit(1)


@app.command("check")
def check_files(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Files, folders (every JSON file below), or - for standard input. .gz and .zip are read too.",
            metavar="FILE…",
            show_default=False,
        ),
    ],
    extensions: Annotated[
        list[str] | None,
        typer.Option(
            "--extension",
            help="Registry id of an extension used by releases and records outside packages (which declare theirs);"
            " repeat it for several, or say `all`.",
            metavar="ID",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(help="Examples shown of each kind of finding.", min=0)] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a file.")] = False,
) -> None:
    """Validate OCDS files against OCDS 1.1.5 and the extensions they declare; exit 1 on findings.

    Packages, releases, records, compiled and versioned releases; one document, an array, or JSON Lines.
    """
    from pregon.checking import check_file, extension_ids

    chosen = extension_ids() if extensions and "all" in extensions else extensions or []
    bad = False
    for path in _files_to_check(files):
        with Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[note]}"), TimeElapsedColumn(),
            console=err, transient=True, disable=not err.is_terminal,
        ) as bars:  # fmt: skip
            task = bars.add_task(str(path), total=None, note="")
            try:
                report = check_file(
                    path,
                    extensions=chosen,
                    examples=limit,
                    progress=lambda what, done: bars.update(task, note=f"{done:,} {what}"),  # noqa: B023 - called in here
                    stream=sys.stdin.buffer if str(path) == "-" else None,
                )
            except OSError as error:
                raise typer.BadParameter(
                    f"{path} can't be read: {error.strerror or error}", param_hint="FILE…"
                ) from error
        bad = bad or bool(report.kinds)
        if as_json:
            sys.stdout.write(json.dumps(report.to_json(), ensure_ascii=False) + "\n")
        else:
            print_report(report)
    if bad:
        raise typer.Exit(1)


def _files_to_check(given: list[Path]) -> list[Path]:
    """Replace each folder by the JSON files below it."""
    from pregon.checking import files_below

    found: list[Path] = []
    for path in given:
        if path.is_dir():
            below = list(files_below(path))
            if not below:
                raise typer.BadParameter(f"{path} holds no file with a name such as *.json or *.jsonl.gz")
            found += below
        elif path.exists() or str(path) == "-":
            found.append(path)
        else:
            raise typer.BadParameter(f"{path} does not exist", param_hint="FILE…")
    return found


def print_report(report: "Report") -> None:
    """Print what a file holds, then each kind of finding with its count and a few places."""

    def line(text: str) -> None:
        out.print(text, highlight=False, markup=False, soft_wrap=True)

    findings = f"{report.total:,} finding{'' if report.total == 1 else 's'}" if report.total else "no findings"
    held = ", ".join(f"{count:,} {kind}s" for kind, count in report.entries.items())
    checked = f"{held}, " if held else ""
    line(f"{report.file}: {report.kind}, {checked}{findings}")
    for kind in report.most_frequent:
        line(f"  {kind.count:>9,} × {kind.code}{f'  {kind.path}' if kind.path else ''}")
        for finding in kind.examples:
            place = f"{finding.where}: " if finding.where else ""
            line(f"              {place}{finding.message}")
        if 0 < len(kind.examples) < kind.count:
            line(f"              … and {kind.count - len(kind.examples):,} more")
    if report.lacks:
        missing = " ".join(f"--extension {name}" for name in report.lacks)
        line(f"  Outside a package nothing declares extensions; try: {missing}")


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
        result = city.advance(url, days=advance, seed=seed, as_of=_clock(as_of) if as_of else None)
    else:
        if "://" not in database:
            Path(database).parent.mkdir(parents=True, exist_ok=True)
        with Progress(console=err, disable=not err.is_terminal) as bars:
            task = bars.add_task("processes", total=processes)
            result = city.generate(
                url,
                processes=processes,
                seed=seed,
                as_of=_clock(as_of),
                replace=replace,
                progress=lambda what, done: bars.update(task, description=what, completed=done),
            )
    out.print(f"Riverbend as of {result.as_of}: {result.processes:,} processes", highlight=False)
    for name, rows in result.rows.items():
        out.print(f"{rows:>11,}  {name}", highlight=False)
    if result.changes:
        changes = ", ".join(f"{kind} {count:,}" for kind, count in result.changes.items())
        out.print(f"Changes: {changes}", highlight=False, soft_wrap=True)


@app.command()
def serve(
    home: HomeOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8090,
) -> None:
    """Serve HOME/public over HTTP: what a portal, a vendor or a browser sees."""
    import uvicorn

    from pregon.web import create_app

    public = (home.absolute() if home else default_home()) / "public"
    if not public.is_dir():
        raise PregonError(f"there is nothing to serve: {public} does not exist", hint="run `pregon run CITY` first")
    out.print(f"Serving {public} at http://{host}:{port}/ (Ctrl-C ends it)", soft_wrap=True)
    uvicorn.run(create_app(public), host=host, port=port, log_level="warning")


def _clock(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is not a time such as 2026-11-22T12:00:00Z", param_hint="--as-of"
        ) from error
    if moment.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no zone: add Z or an offset such as -05:00", param_hint="--as-of")
    return moment


def main() -> None:
    """Run the command line; an error that a person can mend is printed without a traceback."""
    try:
        app()
    except (PregonError, TransformError) as error:
        err.print(f"error: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
        hint = getattr(error, "hint", None)
        if hint:
            err.print(f"hint: {hint}", highlight=False, markup=False, soft_wrap=True)
        if os.environ.get("PREGON_TRACEBACK"):
            raise
        raise SystemExit(1) from None
    except SystemExit as end:
        # This is what typer makes of Ctrl-C.
        if end.code == INTERRUPTED:
            err.print("interrupted; the same command takes up where this one stopped")
        raise


if __name__ == "__main__":
    main()
