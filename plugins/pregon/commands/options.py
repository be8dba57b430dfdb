"""What several commands share: their arguments and options, the clock, and JSON on standard output."""

import getpass
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pregon.stages.context import CityContext

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


def clock(text: str | None) -> datetime:
    """Read `--as-of`; now where it is not given."""
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


def accepting(accept: Sequence[str] | None, by: str | None) -> str | None:
    """Give who accepts, where something is accepted: as told, or whoever is logged in."""
    if not accept or by:
        return by if accept else None
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # No account has this number, as in many containers.
        return None


def city_context(slug: str, home: Path | None, as_of: str | None = None) -> "CityContext":
    """Read a city; the ledger is opened when it is asked for. Raises UnknownCity, InvalidCity."""
    from pregon.city import read_city
    from pregon.home import Home, default_home
    from pregon.stages.context import CityContext

    return CityContext(read_city(slug), Home(home.absolute() if home else default_home()), clock(as_of))


def write_json(value: object, *, indent: int | None = None) -> None:
    """Print JSON, with escapes where the terminal could not show every letter."""
    plain = (sys.stdout.encoding or "utf-8").lower().replace("-", "") != "utf8"
    sys.stdout.write(json.dumps(value, indent=indent, ensure_ascii=plain) + "\n")
