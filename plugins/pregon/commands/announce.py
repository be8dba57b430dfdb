"""`pregon announce`: those who asked for it are told what readers see."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from pregon.city import read_city
from pregon.commands.options import CityArgument, HomeOption
from pregon.errors import PregonError
from pregon.home import default_home
from pregon.printing import line, stage_bars
from pregon.run import Run
from transforms.counting import counted


class NothingToAnnounce(PregonError):
    """A city has published nothing, or names nobody who is to be told."""

    def __init__(self, city: str, problem: str, hint: str) -> None:
        super().__init__(f"{city}: {problem}", hint=hint)
        self.city = city


def announce(
    city: CityArgument,
    home: HomeOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Tell those too who were told of this publication already.")
    ] = False,
) -> None:
    """Tell the city's WebSub hub and webhooks what readers see, unless they know.

    Every run does so after it has promoted and pushed a publication. This is for those that were down then, or are new.
    """
    from pregon import pipeline
    from pregon.publication.promote import resolve_current

    if not read_city(city).announce.recipients:
        raise NothingToAnnounce(city, "nobody is to be told", "announce: in city.yaml names who is")
    root = (home.absolute() if home else default_home()) / "public" / city
    if resolve_current(root) is None:
        raise NothingToAnnounce(city, "nothing is published", f"pregon run {city} publishes")
    run = Run.start(city, home=home.absolute() if home else default_home(), as_of=datetime.now(UTC))
    if dry_run:
        for recipient, planned in pipeline.plan_announcement(run, again=again).items():
            line(f"{recipient}:")
            for one in planned or ["nothing that it is told of has changed"]:
                line(f"  {one}")
        line("Dry run: nothing was sent.")
        return
    with stage_bars() as stage:
        done = stage("announce", lambda tell: pipeline.announce(run, tell, again=again))
    if done.recipients:
        line(f"{done.snapshot} was announced to {', '.join(done.recipients)}: {counted(done.messages, 'message')}.")
    else:
        line("Nobody had to be told.")
