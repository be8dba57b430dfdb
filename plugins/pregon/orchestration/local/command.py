"""`bin/run [--once] [CITY]`: a city's two DAGs run through Airflow on this machine, and the publication served.

Exit codes: 0 both DAG runs succeeded, 1 not, 2 a command that can't be understood, 128 and the number of the signal
that stopped it before the end of the runs (130 after Ctrl-C).
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from pregon.demo import DEMO_CITY
from pregon.failures import explain, show_defects
from pregon.home import Home, default_home
from pregon.orchestration.local.interruption import Interruption, Stopped
from pregon.orchestration.local.session import Outcome, Request, Session
from pregon.orchestration.local.stack import REPOSITORY
from pregon.printing import print_error, print_outcome, print_summary
from pregon.run import ACCEPTABLE, Run


def main(arguments: Sequence[str] | None, interruption: Interruption) -> int:
    """Run the command; gives the exit status: 0 when both DAG runs succeeded. Raises Stopped."""
    options = parser().parse_args(arguments)
    if options.from_dir and not options.from_dir.is_dir():
        parser().error(f"--from {options.from_dir}: there is no such folder")
    console = Console(highlight=False, soft_wrap=True)
    interactive = not options.once and sys.stdin.isatty() and sys.stdout.isatty()
    request = Request(
        slug=options.city,
        home=options.home.absolute(),
        airflow_home=Path(os.environ.get("PREGON_AIRFLOW_HOME") or REPOSITORY / ".airflow").absolute(),
        from_dir=options.from_dir.absolute() if options.from_dir else None,
        full=options.full,
        accept=tuple(options.accept),
    )
    try:
        return _run(request, console, interruption, interactive=interactive)
    except Exception as error:
        told = explain(error)
        if told is None or os.environ.get("PREGON_TRACEBACK"):
            show_defects()
            raise
        print_error(*told)
        return 1


def _run(request: Request, console: Console, interruption: Interruption, *, interactive: bool) -> int:
    from pregon import pipeline

    # Half a minute before the first task would say the same.
    now = datetime.now(UTC)
    pipeline.validate(Run.start(request.slug, home=request.home, as_of=now, from_dir=request.from_dir))
    with Session(request, console, interruption, interactive=interactive) as session:
        outcome = session.run_city()
        _summarize(request, outcome)
        status = 0 if outcome.succeeded else 1
        if not interactive:
            return status
        console.print()
        # After a first run that failed there is nothing to serve, but Airflow shows why.
        if (Home(request.home).public(request.slug) / "current").exists():
            console.print(f"Publication  [link]{session.serve_publication()}[/]")
        console.print(f"Airflow      [link]{session.url}[/]")
        if session.login:
            console.print(f"Log in as    {session.login.name} / {escape(session.login.password)}")
        console.print("Ctrl-C stops everything.")
        try:
            session.stay()
        except Stopped:
            return status


def _summarize(request: Request, outcome: Outcome) -> None:
    """Print where the rows ended, what is new, and where the files are; as much of it as the run came to."""
    from pregon import pipeline

    run = Run.start(
        request.slug, home=request.home, as_of=outcome.as_of, from_dir=request.from_dir, full=request.full,
        accept=request.accept,
    )  # fmt: skip
    # A run that failed before its gate has accounted for nothing.
    with contextlib.suppress(FileNotFoundError):
        print_summary(pipeline.summary(run))
    print_outcome(outcome.committed, outcome.built, outcome.promoted)


def parser() -> argparse.ArgumentParser:
    """Describe the command's arguments."""
    described = argparse.ArgumentParser(
        prog="bin/run",
        description="Run a city's two DAGs through Airflow on this machine, then serve Airflow and the publication "
        "until Ctrl-C. Without a terminal it ends after the run, as with --once.",
        epilog="Airflow's own files are kept in PREGON_AIRFLOW_HOME (default: .airflow in the checkout).",
    )
    described.add_argument(
        "city", nargs="?", default=DEMO_CITY, metavar="CITY", help=f"default: {DEMO_CITY}, a made-up city"
    )
    described.add_argument("--once", action="store_true", help="run, print the summary, stop everything")
    described.add_argument(
        "--from", dest="from_dir", type=Path, metavar="DIR", help="read the city's files from this folder"
    )
    described.add_argument("--full", action="store_true", help="read the sources whole and look at every process")
    described.add_argument(
        "--accept", action="append", default=[], choices=ACCEPTABLE, metavar="GUARD",
        help="let a guard of the sources pass in this run; may be repeated",
    )  # fmt: skip
    described.add_argument(
        "--home", type=Path, default=default_home(), metavar="DIR",
        help="lake, ledger and publications (default: PREGON_HOME, else ./.pregon)",
    )  # fmt: skip
    return described
