"""What the commands show: bars while they work, then tables and lines."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from transforms.counting import counted

if TYPE_CHECKING:
    from pregon.checking import Report
    from pregon.run import Built, Committed, Promoted

_ONE = {"processes": "process", "files": "file"}
"""Singular of what the stages count; other words are names of tables."""

_ROOM_FOR_BARS = 80

out = Console()
err = Console(stderr=True)


def line(text: str) -> None:
    """Print a line as it is: not broken, and nothing in it taken for markup."""
    out.print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def stage_bars() -> Iterator[Callable[..., Any]]:
    """Give a function that runs a stage with a bar on a terminal, and with a line of text elsewhere."""
    bar = [BarColumn()] if err.width >= _ROOM_FOR_BARS else []
    columns = (SpinnerColumn(), TextColumn("{task.description:<32}"), *bar, TextColumn("{task.fields[note]}"))
    with Progress(*columns, TimeElapsedColumn(), console=err, disable=not err.is_terminal) as bars:

        def stage(name: str, work: Callable[[Callable[[str, int], None]], Any]) -> Any:
            task = bars.add_task(name, total=None, note="")
            started = datetime.now(UTC)
            last = ""

            def tell(what: str, done: int) -> None:
                nonlocal last
                last = f"{done:,} {_ONE.get(what, what) if done == 1 else what}"
                bars.update(task, note=last)

            result = work(tell)
            bars.update(task, total=1, completed=1)
            if not err.is_terminal:
                seconds = (datetime.now(UTC) - started).total_seconds()
                err.print(f"{name:<32} {seconds:7.1f} s  {last}".rstrip(), highlight=False, soft_wrap=True)
            return result

        yield stage


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, title: str | None = None) -> None:
    """Print a table, whose last column may be broken, or a line per row where the terminal is too narrow for one."""
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    longest = max(len(word) for row in (headers, *rows) for word in row[-1].split() or [""])
    if sum(widths[:-1]) + longest + 3 * len(headers) + 1 > out.width:
        if title:
            line(f"{title}:")
        for row in rows:
            first, *others = row
            cells = (f"{header} {cell}" for header, cell in zip(headers[1:], others, strict=True) if cell)
            line(f"  {first}: {', '.join(cells)}")
        return
    table = Table(title=title)
    for index, header in enumerate(headers):
        numbers = bool(rows) and all(row[index].replace(",", "").isdigit() for row in rows)
        table.add_column(header, justify="right" if numbers else "left", no_wrap=index < len(headers) - 1)
    for row in rows:
        table.add_row(*row)
    out.print(table, markup=False)


def print_summary(summary: dict[str, Any]) -> None:
    """Print where every source row of a run ended, and what is wrong with those that were held back."""
    from pregon.stages.problems import problem_lines

    rows = []
    for name, counts in summary["tables"].items():
        why = ", ".join(f"{reason} {count:,}" for reason, count in counts["reasons"].items())
        rows.append([name, f"{counts['rows']:,}", f"{counts['released']:,}", f"{counts['quarantined']:,}", why])
    print_table(
        ["source table", "rows", "in releases", "quarantined", "why"],
        rows,
        title=f"{summary['city']}: where every source row ended",
    )
    for finding in summary["findings"][:10]:
        # A note is the city's own text and needs no code.
        kind = finding["path"] if finding["code"] == "note" else f"{finding['path']} {finding['code']}"
        line(f"  {finding['count']:>8,} × {kind}")
    if summary["problems"]:
        line("Held back by the checks:")
        for problem in problem_lines(summary["problems"]):
            line(f"  {problem}")


def print_outcome(committed: "Committed | None", built: "Built | None", promoted: "Promoted | None") -> None:
    """Print what is new and where it lies, as far as the run came."""
    if committed:
        processes = counted(committed.processes, "process", "processes")
        line(f"{counted(committed.releases, 'new release')} of {processes}.")
    if built:
        news = "New snapshot" if built.changed else "Nothing changed; the snapshot stays"
        line(f"{news}: {built.snapshot}, {counted(built.files, 'file')}, {counted(built.size, 'byte')}")
    if promoted:
        line(f"Publication: {promoted.path}")


def print_report(report: "Report") -> None:
    """Print what a file holds, then each kind of finding with its count and a few places."""
    findings = counted(report.total, "finding") if report.total else "no findings"
    held = ", ".join(counted(count, kind) for kind, count in report.entries.items())
    checked = f"{held}, " if held else ""
    line(f"{report.file}: {report.kind}, {checked}{findings}")
    for kind in report.most_frequent:
        line(f"  {kind.count:>9,} × {kind.code}{f'  {kind.path}' if kind.path else ''}")
        for finding in kind.examples:
            place = f"{finding.where}: " if finding.where else ""
            line(f"              {place}{finding.message}")
        if 0 < len(kind.examples) < kind.count:
            line(f"              … and {kind.count - len(kind.examples):,} more")
    if report.lacks:
        missing = " ".join(f"--extension {name}" for name in report.lacks)
        line(f"  Outside a package nothing declares extensions; try: {missing}")


def print_warning(message: str, hint: str | None) -> None:
    """Print what went wrong beside a result that stands, to standard error."""
    err.print(f"warning: {message}", style="yellow", highlight=False, markup=False, soft_wrap=True)
    if hint:
        err.print(f"hint: {hint}", highlight=False, markup=False, soft_wrap=True)


def print_error(message: str, hint: str | None) -> None:
    """Print what went wrong, and what to do about it, to standard error."""
    err.print(f"error: {message}", style="red", highlight=False, markup=False, soft_wrap=True)
    if hint:
        err.print(f"hint: {hint}", highlight=False, markup=False, soft_wrap=True)
