"""A source profile on the terminal: a table for each of its tables, and below it what has to be dealt with."""

from collections.abc import Iterator

from pregon.printing import line, print_table
from transforms.counting import counted
from transforms.profile.model import ColumnProfile, KeyProfile, Profile, Suspicion, TableProfile
from transforms.site import profile as page
from transforms.site.profile import printable
from transforms.texts import Texts, texts

_CELL = 44
_EXAMPLES = 3


def print_profile(profile: Profile) -> None:
    """Print a profile."""
    words = texts("en", "profile")
    if profile.sample is not None:
        line(words["sample"].format(rows=f"{profile.sample:,}"))
        line("")
    for source in profile.sources:
        for table in source.tables:
            _print_table(source.name, table, words)
    if profile.links:
        line(f"{words['links']}:")
        for link in profile.links:
            key = f" ({words['link_key']})" if link.key else ""
            line(f"  {link.column} {words['link_to']} {link.other}: {link.share:.0%} of {link.values:,} values{key}")


def print_proposals(profile: Profile) -> None:
    """Print what is ready to paste, file by file."""
    for source in profile.sources:
        for table in source.tables:
            for file, text in (
                ("city.yaml", table.city_yaml), ("prepare.sql", table.prepare_sql), ("mapping.yaml", table.mapping_yaml)
            ):  # fmt: skip
                if text:
                    mark = "--" if file.endswith("sql") else "#"
                    line(f"{mark} {file}: {source.name}.{table.name}")
                    line(text)


def _print_table(source: str, table: TableProfile, words: Texts) -> None:
    stage = f", about {words['stages'][table.stage]}" if table.stage else ""
    part = f" ({words['sampled']})" if table.sampled else ""
    line(f"{source}.{table.name}: {counted(table.rows, 'row')}{part}, {counted(len(table.columns), 'column')}{stage}")
    for text in _about(table, words):
        line(f"  {text}")
    rows = [_row(column, words) for column in table.columns]
    if rows:
        print_table([words["column"], words["holds"], words["filled"], words["different"], words["path"],
                     words["values"]], rows)  # fmt: skip
    for column in table.columns:
        for text in column_notes(column, words):
            line(f"  {column.name}: {text}")
    if table.undeclared:
        line(f"  {words['undeclared']}:")
        for one in table.undeclared:
            told = [words["personal_data"][suspicion.data] for suspicion in one.personal]
            told += [one.proposals[0].path] if one.proposals else []
            line(f"    {one.source_name}" + (f": {', '.join(told)}" if told else ""))
    line("")


def _about(table: TableProfile, words: Texts) -> Iterator[str]:
    if not table.rows:
        yield words["nothing"]
        return
    if table.expected is not None:
        yield words["expected"].format(rows=f"{table.expected:,}")
    yield key_text(table.key, words)
    if table.key.candidates and table.key.wanting:
        keys = "; ".join(", ".join(one.columns) for one in table.key.candidates)
        yield words["key_candidates"].format(keys=keys)
    if table.cursors:
        yield words["cursors"].format(columns=", ".join(table.cursors))
    if table.rejected:
        reasons = ", ".join(f"{reason} {rows:,}" for reason, rows in table.rejected.items())
        yield words["rejected"].format(rows=f"{sum(table.rejected.values()):,}", reasons=reasons)
    if not table.undeclared_known:
        yield words["undeclared_unknown"]


def key_text(key: KeyProfile, words: Texts) -> str:
    """Say how the declared key holds."""
    name = ", ".join(key.declared)
    code = f"key_{key.made}" if key.made else "key_holds" if key.holds else "key_broken"
    return str(words[code].format(key=name, repeated=f"{key.repeated:,}", empty=f"{key.empty:,}"))


def _row(column: ColumnProfile, words: Texts) -> list[str]:
    about = "" if column.distinct.exact else f"{words['about']} "
    path = column.proposals[0] if column.proposals else None
    mark = "" if path is None or path.confidence == "high" else " ?"
    return [
        column.name,
        str(words["kinds"][column.kind]),
        share(column.filled_share),
        f"{about}{column.distinct.count:,}",
        f"{path.path}{mark}" if path else "",
        _values(column),
    ]


def _values(column: ColumnProfile) -> str:
    if column.range:
        return f"{column.range.lowest} … {column.range.highest}"
    shown = column.frequent if not column.unique else ()
    values = [one.value for one in (*shown, *column.random)][:_EXAMPLES]
    text = ", ".join(map(printable, values))
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"


def share(value: float) -> str:
    """Write a share as the page does, with a blank that breaks."""
    return page.share(value).replace("\N{NO-BREAK SPACE}", " ")


def column_notes(column: ColumnProfile, words: Texts) -> Iterator[str]:
    """Say what has to be dealt with in a column."""
    new = [one for one in column.null_words if not one.declared]
    if new:
        yield words["null_words"].format(words=", ".join(f"{one.value!r} ({one.rows:,})" for one in new))
    undecided = {one.form for one in column.date_formats if one.decided == "undecided" and one.ambiguous}
    if len(column.date_formats) > 1 or undecided:
        for one in column.date_formats:
            form = "date_form_undecided" if one.form in undecided else "date_form"
            yield words[form].format(form=one.form, rows=f"{one.rows:,}")
    for finding in column.findings:
        examples = ", ".join(printable(value)[:_CELL] for value in finding.examples)
        shown = f" ({examples})" if examples else ""
        yield f"{words['finding'][finding.code]['title']}: {counted(finding.rows, 'row')}{shown}"
    if column.misfits:
        examples = ", ".join(printable(one.value)[:_CELL] for one in column.misfit_examples)
        yield words["misfits"].format(rows=f"{column.misfits:,}", examples=examples)
    for suspicion in column.personal:
        yield f"{words['personal'].lower()}: {suspicion_text(suspicion, words)}"


def suspicion_text(suspicion: Suspicion, words: Texts) -> str:
    """Say what is suspected, and why."""
    why = words["personal_where"][suspicion.where].format(
        share=share(suspicion.share or 0), rows=f"{suspicion.rows or 0:,}"
    )
    return f"{words['personal_data'][suspicion.data]} ({why})"
