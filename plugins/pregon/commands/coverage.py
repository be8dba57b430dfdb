"""`pregon coverage`: how a city's publication, or anybody's OCDS files, are filled, and what that makes computable."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pregon.commands.options import HomeOption, city_context, write_json
from pregon.printing import stage_bars


def coverage(
    subjects: Annotated[
        list[str],
        typer.Argument(
            help="A city (see `pregon cities`), or OCDS files and folders of them; - for standard input.",
            metavar="CITY|FILE…",
            show_default=False,
        ),
    ],
    by: Annotated[
        Literal["year", "department"] | None,
        typer.Option("--by", help="Show the share of each section's fields by year or by department."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every path, not only those that something is filled in.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    home: HomeOption = None,
) -> None:
    """Count how every field is filled and every code used, and tell which indicators that makes computable.

    Of a city also what is mapped and hardly ever filled, and which source columns reach no path. That is internal: it
    names tables and columns of the source systems.
    """
    from pregon.coverage.files import files_coverage
    from pregon.coverage.printing import print_coverage
    from pregon.coverage.publication import city_coverage

    [first, *others] = subjects
    if not others and _is_city(first):
        context = city_context(first, home)
        with stage_bars() as stage:
            found = stage(f"coverage of {first}", lambda _: city_coverage(context, against_mapping=by is None))
    else:
        with stage_bars() as stage:
            found = stage("coverage", lambda tell: files_coverage([Path(one) for one in subjects], tell))
    if as_json:
        write_json(found.to_json(internal=True), indent=2)
    else:
        print_coverage(found, by=by, everything=everything)


def _is_city(name: str) -> bool:
    """Tell a city from a file: a city's name has neither dot nor slash, and no file is called so."""
    from pregon.city import slugs

    return name in slugs() or not (name == "-" or "." in name or "/" in name or Path(name).exists())
