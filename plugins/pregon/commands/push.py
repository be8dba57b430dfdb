"""`pregon push`: what readers see, sent to the city's targets again, or what that would do."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pregon.city import read_city
from pregon.commands.options import CityArgument, HomeOption
from pregon.errors import PregonError
from pregon.home import default_home
from pregon.printing import line, print_warning, stage_bars
from pregon.run import Promoted, Run
from transforms.counting import counted


class NothingToPush(PregonError):
    """A city has no publication that readers see, no target, or not the one that was named."""


class PushesFailed(PregonError):
    """Some targets did not take a publication; the others have it. `failures` are by target."""

    def __init__(self, city: str, snapshot: str, failures: dict[str, PregonError], reached: int) -> None:
        told = "; ".join(f"{error} ({error.hint})" if error.hint else str(error) for error in failures.values())
        super().__init__(
            f"{city}: {snapshot} did not reach {counted(len(failures), 'target')} ({reached} reached): {told}",
            hint=f"the publication stands; push again: pregon push {city} {' '.join(failures)}",
        )
        self.city = city
        self.failures = failures
        self.retryable = all(error.retryable for error in failures.values())


def push_all(stage: Callable[..., Any], run: Run, promoted: Promoted, targets: Iterable[str]) -> None:
    """Push to every target, whatever becomes of the others; raises `PushesFailed` at the end."""
    from pregon import pipeline

    failures: dict[str, PregonError] = {}
    wanted = list(targets)
    for target in wanted:
        try:
            stage(f"push {target}", lambda tell, one=target: pipeline.push(run, promoted, one, tell))
        except PregonError as error:
            failures[target] = error
    if failures:
        raise PushesFailed(run.slug, promoted.snapshot, failures, len(wanted) - len(failures))


def push_and_announce(stage: Callable[..., Any], run: Run, promoted: Promoted, targets: Iterable[str]) -> None:
    """Push to targets, then announce, whatever became of them; raises `PushesFailed` at the end."""
    try:
        push_all(stage, run, promoted, targets)
    except PushesFailed:
        announce_calmly(stage, run)
        raise
    announce_calmly(stage, run)


def announce_calmly(stage: Callable[..., Any], run: Run) -> None:
    """Tell those who are to be told; a failure is a warning, because the publication stands all the same."""
    from pregon import pipeline

    if not run.city.announce.recipients:
        return
    try:
        stage("announce", lambda tell: pipeline.announce(run, tell))
    except (PregonError, OSError) as error:
        print_warning(str(error), getattr(error, "hint", None))


def push(
    city: CityArgument,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="TARGET…", help="Targets of city.yaml.", show_default="all of them"),
    ] = None,
    home: HomeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")] = False,
) -> None:
    """Send what readers see to the city's targets, and verify what arrived. What is there already is not sent twice.

    Every run does so after it has promoted a new publication. This is for a target that is new, or that was down.
    """
    from pregon import pipeline

    known = sorted(read_city(city).targets)
    unknown = sorted(set(targets or ()) - set(known))
    if unknown or not known:
        named = f"no target {unknown[0]!r}" if unknown else "no targets"
        raise NothingToPush(
            f"{city}: there is {named} in city.yaml", hint=f"there are: {', '.join(known)}" if known else "see targets:"
        )
    place = home.absolute() if home else default_home()
    run = Run.start(city, home=place, as_of=datetime.now(UTC))
    promoted = _current(run)
    if dry_run:
        for target in targets or known:
            line(f"{target}:")
            line(pipeline.plan_push(run, promoted, target).describe())
        line("Dry run: nothing was sent.")
        return
    with stage_bars() as stage:
        push_and_announce(stage, run, promoted, targets or known)
    line(f"{promoted.snapshot} is at {', '.join(targets or known)}.")


def _current(run: Run) -> Promoted:
    from pregon.publication.manifest import read_current

    root: Path = run.place.public(run.slug)
    current = read_current(root)
    if current is None:
        raise NothingToPush(f"{run.slug}: nothing is published", hint=f"pregon run {run.slug} publishes")
    return Promoted(current[1].snapshot, str(root / "current"))
