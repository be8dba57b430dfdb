"""`pregon check`: whether OCDS files, of any publisher, are valid, and how good what they say is."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pregon.commands.options import write_json
from pregon.printing import err, line, print_report


def check(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Files, folders (every JSON file below), addresses (https://…), or - for standard input."
            " .gz and .zip are read too.",
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
    no_examples: Annotated[bool, typer.Option("--no-examples", help="Counts only, and no value of the files.")] = False,
    structure_only: Annotated[
        bool, typer.Option("--structure-only", help="Leave the checks of quality out: is it valid OCDS, and no more?")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 if a check of quality fails that is critical or a warning, too.")
    ] = False,
    language: Annotated[
        Literal["en", "es"], typer.Option("--lang", help="Language of what is said of quality.")
    ] = "en",
    private_addresses: Annotated[
        bool, typer.Option("--private-addresses", help="Let addresses lead into your own network.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, one object a file, then one of quality.")
    ] = False,
) -> None:
    """Check OCDS files: valid against OCDS 1.1.5 and the extensions they declare, and good to use? Exit 1 on the first.

    Packages, releases, records, compiled and versioned releases; one document, an array, or JSON Lines. OCDS 1.0 is
    upgraded first. What is said of quality is of all files together, and of each process once.
    """
    from pregon.checking import check_file, extension_ids
    from pregon.checking.quality import Quality
    from pregon.checking.telling import quality_lines
    from pregon.memory import paused_collection

    examples = 0 if no_examples else limit
    chosen = extension_ids() if extensions and "all" in extensions else extensions or []
    bad = False
    with ExitStack() as stack:
        stack.enter_context(paused_collection())
        quality = None if structure_only else stack.enter_context(Quality(examples=examples))
        bars = stack.enter_context(
            Progress(
                SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[note]}"),
                TimeElapsedColumn(), console=err, transient=True, disable=not err.is_terminal,
            )
        )  # fmt: skip
        task = bars.add_task("", total=None, note="")

        def tell(what: str, done: int) -> None:
            bars.update(task, note=f"{done:,} {what}")

        for name, path in _files(files, private_addresses=private_addresses):
            bars.reset(task, description=name, note="")
            try:
                report = check_file(
                    path,
                    name=name,
                    extensions=chosen,
                    examples=examples,
                    progress=tell,
                    stream=sys.stdin.buffer if name == "-" else None,
                    quality=quality,
                )
            except OSError as error:
                raise typer.BadParameter(
                    f"{name} can't be read: {error.strerror or error}", param_hint="FILE…"
                ) from error
            bad = bad or bool(report.kinds)
            if as_json:
                write_json(report.to_json())
            else:
                print_report(report)
        if quality is not None:
            bars.reset(task, description="quality", note="")
            found = quality.result(tell)
            bad = bad or (strict and found.grave)
            if as_json:
                write_json({"quality": found.to_json(language)})
            else:
                for text in quality_lines(found, language):
                    line(text)
    if bad:
        raise typer.Exit(1)


def _files(given: list[str], *, private_addresses: bool) -> Iterator[tuple[str, Path]]:
    """Give name and path of each file: those below folders, and what addresses lead to."""
    from pregon.checking import files_below
    from pregon.checking.addresses import fetch, is_address

    found: list[str | Path] = []
    for text in given:
        path = Path(text)
        if is_address(text):
            found.append(text)
        elif path.is_dir():
            below = list(files_below(path))
            if not below:
                raise typer.BadParameter(f"{path} holds no file with a name such as *.json or *.jsonl.gz")
            found += below
        elif path.exists() or text == "-":
            found.append(path)
        else:
            raise typer.BadParameter(f"{path} does not exist", param_hint="FILE…")
    for one in found:
        if isinstance(one, Path):
            yield str(one), one
        else:
            with tempfile.TemporaryDirectory(prefix="pregon-check-") as folder:
                file = Path(folder) / "file"
                yield fetch(one, file, private_addresses=private_addresses), file
