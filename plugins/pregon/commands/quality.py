"""`pregon quality`: what is wrong with what is published, and the list of issues to hand on."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

import typer

from pregon.commands.options import CityArgument, HomeOption, city_context, write_json
from pregon.errors import PregonError
from pregon.printing import err, line


def quality(
    city: CityArgument,
    home: HomeOption = None,
    issues: Annotated[
        Path | None,
        typer.Option(
            "--issues",
            help="Write the list of issues to this file: FILE.csv, or FILE.xlsx for a workbook.",
            dir_okay=False,
            metavar="FILE",
        ),
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option("--check", help="Only this check, with examples; may be repeated.", metavar="ID"),
    ] = None,
    severity: Annotated[
        list[str] | None,
        typer.Option(
            "--severity", help="Only checks of this severity; may be repeated.", metavar="critical|warning|info"
        ),
    ] = None,
    language: Annotated[
        Literal["en", "es"] | None,
        typer.Option("--lang", help="Language of what is printed.", show_default="the city's first"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with examples.")] = False,
) -> None:
    """Show what the checks found in what is committed: what matters first, in one screen.

    Internal: examples and issues name rows of the source systems. The pages lie in HOME/internal/CITY/quality.
    """
    from expectations.checks.model import SEVERITIES
    from expectations.checks.registry import checks_by_id
    from pregon.quality_report.internal import internal_of, write_internal, write_issues
    from pregon.quality_report.printing import print_check, print_quality, quality_json
    from pregon.stages.quality import standing
    from transforms.site.quality import internal_page_name
    from transforms.texts import texts

    known = checks_by_id()
    for name in check or ():
        if name not in known:
            near = get_close_matches(name, known, 1, 0.4)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise typer.BadParameter(f"there is no check {name!r}{hint}", param_hint="--check")
    for name in severity or ():
        if name not in SEVERITIES:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(SEVERITIES)}", param_hint="--severity")
    if issues is not None and issues.suffix.lower() not in (".csv", ".xlsx"):
        raise typer.BadParameter(f"{issues.name} ends neither in .csv nor in .xlsx", param_hint="--issues")
    chosen = {
        name: one
        for name, one in known.items()
        if (not check or name in check) and (not severity or one.severity in severity)
    }
    context = city_context(city, home)
    lake, slug, publication = context.home.lake, context.city.slug, context.publication
    spoken = language or publication.languages[0]
    words = texts(spoken, "quality")["terminal"]
    with standing(lake, context, purpose="command") as found, lake.scratch(f"{slug}/quality-list") as scratch:
        if found is None:
            raise PregonError(f"nothing of {slug} was committed yet", hint=f"run `pregon run {slug}` first")
        internal = internal_of(found, context, scratch)
        if issues is not None:
            issues.parent.mkdir(parents=True, exist_ok=True)
            listed = write_issues(issues, found, context, scratch, checks=chosen, language=spoken)
    if as_json:
        write_json(quality_json(internal, chosen=chosen), indent=2)
    elif check:
        for name in dict.fromkeys(check):
            if name in chosen:
                print_check(internal, publication, spoken, name)
    else:
        print_quality(internal, publication, spoken, chosen=chosen)
    say = err.print if as_json else line
    if issues is not None:
        say(words["issues"].format(path=issues, count=f"{listed.listed:,}"))
        if listed.listed < listed.total:
            say(words["listed"].format(listed=f"{listed.listed:,}", all=f"{listed.total:,}"))
    folder = write_internal(lake, context)
    if folder is not None and not as_json:
        line(words["report"].format(path=folder / internal_page_name(spoken)))
