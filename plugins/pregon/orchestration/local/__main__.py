"""`bin/run [--once] [CITY]`: a city's two DAGs run through Airflow on this machine, and the publication served."""

import argparse
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from rich.console import Console
from rich.markup import escape

from pregon.city import read_city
from pregon.demo import DEMO_CITY, ensure_demo_source
from pregon.errors import PregonError
from pregon.home import default_home
from pregon.orchestration.local.session import Request, Session
from pregon.orchestration.local.stack import REPOSITORY


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit status: 0 when both DAG runs succeeded."""
    options = _parser().parse_args(arguments)
    # Whoever runs this in the background (a shell then ignores the signal) wants a stop to be clean all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    console = Console(highlight=False, soft_wrap=True)
    interactive = not options.once and sys.stdin.isatty() and sys.stdout.isatty()
    request = Request(
        slug=options.city,
        home=options.home.absolute(),
        airflow_home=REPOSITORY / ".airflow",
        from_dir=options.from_dir.absolute() if options.from_dir else None,
        full=options.full,
    )
    try:
        return _run(request, console, interactive=interactive)
    except PregonError as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        if error.hint:
            console.print(f"[bold]hint:[/] {escape(error.hint)}")
        return 1
    except KeyboardInterrupt:
        console.print("interrupted")
        return 130


def _run(request: Request, console: Console, *, interactive: bool) -> int:
    read_city(request.slug)
    if request.from_dir and not request.from_dir.is_dir():
        raise PregonError(f"--from {request.from_dir}: there is no such folder")
    with Session(request, console, interactive=interactive) as session:
        if request.slug == DEMO_CITY:
            # While Airflow starts.
            ensure_demo_source(request.home, datetime.now(UTC).replace(microsecond=0))
        collected, published = session.run_city()
        _summarize(request, collected.run_after, console)
        status = 0 if published and published.state == "success" else 1
        if not interactive:
            return status
        publication = session.serve_publication()
        console.print(f"\nPublication  [link]{publication}[/]")
        console.print(f"Airflow      [link]{session.url}[/]")
        if session.login:
            console.print(f"Log in as    {session.login.name} / {escape(session.login.password)}")
        console.print("Ctrl-C stops both.")
        try:
            session.stay()
        except KeyboardInterrupt:
            return status


def _summarize(request: Request, as_of: datetime, console: Console) -> None:
    console.print(f"summary of {as_of} {request.home}")


def _leave(number: int, _frame: object) -> NoReturn:
    # Unwinds the stack, so that every process started is stopped first.
    sys.exit(128 + number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/run",
        description="Run a city's two DAGs through Airflow on this machine, then serve Airflow and the publication "
        "until Ctrl-C. Without a terminal it ends after the run, as with --once.",
    )
    parser.add_argument(
        "city", nargs="?", default=DEMO_CITY, metavar="CITY", help=f"default: {DEMO_CITY}, a made-up city"
    )
    parser.add_argument("--once", action="store_true", help="run, print the summary, stop everything")
    parser.add_argument(
        "--from", dest="from_dir", type=Path, metavar="DIR", help="read the city's files from this folder"
    )
    parser.add_argument("--full", action="store_true", help="read the sources whole and look at every process")
    parser.add_argument(
        "--home", type=Path, default=default_home(), metavar="DIR",
        help="lake, ledger and publications (default: PREGON_HOME, else ./.pregon)",
    )  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
