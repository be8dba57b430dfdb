"""`pregon publications` and `pregon rollback`: the snapshots that are kept, and the way back to one of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pregon.city import read_city
from pregon.commands.options import CityArgument, HomeOption, city_context, write_json
from pregon.commands.push import push_and_announce
from pregon.errors import PregonError
from pregon.home import default_home
from pregon.printing import line, print_table, stage_bars
from pregon.run import Promoted, Run
from transforms.counting import counted
from transforms.snapshot import Manifest


class NothingToRollBack(PregonError):
    """The snapshot that was asked for is the one that readers see already."""

    def __init__(self, city: str, snapshot: str) -> None:
        super().__init__(
            f"{city}: readers see {snapshot} already", hint=f"pregon publications {city} lists those there are"
        )
        self.city = city
        self.snapshot = snapshot


def publications(
    city: CityArgument,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the snapshots of a city's publication that are kept, the newest first, and which one readers see."""
    root, redactions = _place(city, home)
    current, kept = _kept(root)
    if as_json:
        write_json(
            [
                {
                    "publication": one.snapshot,
                    "current": one.snapshot == current,
                    "as_of": one.as_of,
                    "published": one.published,
                    "releases": one.counts["releases"],
                    "processes": one.counts["records"],
                    "files": len(one.files),
                    "bytes": sum(file.bytes for file in one.files),
                    "may_be_promoted": one.redactions >= redactions,
                }
                for one in kept
            ],
            indent=2,
        )
        return
    if not kept:
        line(f"{city} has published nothing yet.")
        return
    print_table(
        ["publication", "built as of", "newest commit", "releases", "processes", "files", "bytes", ""],
        [
            [
                one.snapshot,
                one.as_of,
                one.published,
                f"{one.counts['releases']:,}",
                f"{one.counts['records']:,}",
                f"{len(one.files):,}",
                f"{sum(file.bytes for file in one.files):,}",
                _state(one, current, redactions),
            ]
            for one in kept
        ],
    )


def rollback(
    city: CityArgument,
    publication: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="The publication to go back to (see `pregon publications`).",
            show_default="the newest one that is older than the current one",
        ),
    ] = None,
    home: HomeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before it is done.")] = False,
    no_push: Annotated[
        bool, typer.Option("--no-push", help="Leave the city's targets as they are, and tell nobody.")
    ] = False,
) -> None:
    """Let readers see an older publication again, at once and whole.

    The ledger stays as it is: the next run that builds publishes again all that is committed. Correct what was wrong,
    or pause the city's DAGs, before that. A publication from before a redaction is refused.
    """
    from pregon.publication import promote

    root, redactions = _place(city, home)
    current, kept = _kept(root)
    wanted = promote.chosen(root, publication)
    if wanted.snapshot == current:
        raise NothingToRollBack(city, wanted.snapshot)
    promote.refuse_older(wanted, redactions)
    before = next((one for one in kept if one.snapshot == current), None)
    line(f"Readers see now:     {_told(before) if before else 'nothing'}")
    line(f"They will see again: {_told(wanted)}")
    targets = [] if no_push else sorted(read_city(city).targets)
    if targets:
        line(f"Also sent to: {', '.join(targets)}")
    if dry_run:
        line("Dry run: nothing was changed.")
        return
    if not yes:
        typer.confirm("Go on?", abort=True)
    with stage_bars() as stage:
        stage("promote", lambda _: promote.rollback(root, wanted.snapshot, redactions=redactions))
        if not no_push:
            run = Run.start(city, home=home.absolute() if home else default_home(), as_of=datetime.now(UTC))
            push_and_announce(stage, run, Promoted(wanted.snapshot, str(root / "current")), targets)
    line(f"Readers see {wanted.snapshot}. The next run that builds publishes again all that is committed.")


def _place(city: str, home: Path | None) -> tuple[Path, int]:
    """Give the folder of a city's publication, and the number of the newest redaction on record."""
    context = city_context(city, home)
    return context.home.public(city), context.ledger.redacting.newest()


def _kept(root: Path) -> tuple[str | None, list[Manifest]]:
    from pregon.publication.manifest import read_current
    from pregon.publication.promote import snapshots

    current = read_current(root)
    return current[1].snapshot if current else None, snapshots(root)


def _state(one: Manifest, current: str | None, redactions: int) -> str:
    if one.snapshot == current:
        return "readers see it"
    return "" if one.redactions >= redactions else "from before a redaction"


def _told(one: Manifest) -> str:
    releases = counted(one.counts["releases"], "release")
    processes = counted(one.counts["records"], "process", "processes")
    return f"{one.snapshot}, {releases} of {processes}, newest commit {one.published}"
