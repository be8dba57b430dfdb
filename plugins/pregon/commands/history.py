"""`pregon history`: what is published of a process, since when, and where it comes from."""

from pathlib import Path
from typing import Annotated

import typer

from pregon.commands.options import CityArgument, HomeOption, city_context, write_json
from pregon.printing import err


def history(
    city: CityArgument,
    ocid: Annotated[
        str,
        typer.Argument(
            help="The process's ocid, with or without the city's prefix.", metavar="OCID", show_default=False
        ),
    ],
    home: HomeOption = None,
    path: Annotated[
        str | None,
        typer.Option(
            "--path",
            help="Only the fields at or below this path, with or without ids of entries: every value they had.",
            metavar="PATH",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            help="What was known then: a day, to its end in the city's zone, or a time with zone.",
            metavar="DATE",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a page to this file, for internal use.", dir_okay=False, metavar="FILE"),
    ] = None,
) -> None:
    """Show all releases of a process, what each changed, and the source rows behind it.

    Internal: it names rows of the source systems.
    """
    from pregon.history.printing import history_json, print_history, print_values
    from pregon.history.reading import moment, read_history

    context = city_context(city, home)
    try:
        then = moment(at, context.city.time_zone) if at else None
    except ValueError as error:
        raise typer.BadParameter(
            f"{at!r} is neither a day such as 2026-04-01 nor a time such as 2026-04-01T12:00:00Z", param_hint="--at"
        ) from error
    found = read_history(context, ocid, at=then)
    if html is not None:
        from transforms.ocds import dictionary
        from transforms.ocds.dictionary import Language
        from transforms.site.history import history_page

        language: Language = "es" if context.city.language == "es" else "en"
        page = history_page(
            found,
            context.merge_rules,
            language=language,
            country=context.city.country,
            time_zone=context.city.time_zone,
            titles={row.path: row.full_title for row in dictionary(context.city.extensions, language)},
            at=at,
        )
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_bytes(page)
        err.print(f"History: {html}", highlight=False, markup=False, soft_wrap=True)
    if as_json:
        write_json(history_json(found, path=path), indent=2)
    elif path is not None:
        print_values(found, path)
    elif html is None:
        print_history(found, context.merge_rules, at=at)
