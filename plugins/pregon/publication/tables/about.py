"""The first sheet of a workbook: what it is, where it comes from, and which sheet holds what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from transforms.packages import UNDATED
from transforms.publication import Publication
from transforms.snapshot import FULL
from transforms.tables import TablePlan, TableRows, sheet_rows
from transforms.texts import texts
from transforms.texts.names import dictionary_name
from transforms.texts.numbers import date, number

_COLUMNS = 3


@dataclass(frozen=True)
class Said:
    """What one workbook says of itself. `part` is its number where there are several."""

    segment: str
    processes: int
    published: datetime
    part: int | None


def about_rows(
    publication: Publication, plan: TablePlan, language: str, names: Mapping[str, str], bold: str, said: Said
) -> str:
    """Write the rows of the sheet; `names` are those of the sheets, `bold` is the style of headings."""
    words, site = texts(language, "workbook"), texts(language)
    known = language if language in publication.languages else publication.languages[0]
    period = {FULL: site["all_years"], UNDATED: site["undated"]}.get(said.segment, said.segment)
    notes = [words["text"]]
    notes += [words["synthetic"]] if publication.synthetic else []
    notes += [site["unofficial"].format(prefix=publication.ocid_prefix)] if not publication.official else []
    facts = [
        (words["period"], period),
        (words["processes"], number(said.processes, language, publication.country)),
        (words["published"], date(said.published, publication.time_zone, site)),
        (words["licence"], f"{publication.licence_name}, {publication.licence_uri}"),
        (words["source"], publication.url()),
        (words["dictionary"], publication.url(dictionary_name(known))),
    ]
    more = [words["year_note"]]
    more += [words["part"].format(number=said.part)] if said.part else []
    more += [note.format(zone=publication.time_zone) for note in words["notes"]]
    tables = [
        (
            names[table.name],
            table.name,
            site["tables"].get(table.name) or site["table_other"].format(path=table.chain[-1] if table.chain else ""),
        )
        for table in plan.tables
    ]
    title = [(words["title"].format(city=publication.name_in(language)),)]
    header = [(words["sheet"], words["table"], words["holds"])]
    plain: list[Sequence[str]] = [*((note,) for note in notes), (), *facts, (), *((note,) for note in more), ()]
    return "".join(
        _rows(rows, style, publication) for rows, style in ((title, bold), (plain, ""), (header, bold), (tables, ""))
    )


def _rows(lines: Sequence[Sequence[str]], style: str, publication: Publication) -> str:
    rows = [[*line, *[None] * (_COLUMNS - len(line))] for line in lines]
    taken = TableRows(rows, [], [])
    return "".join(sheet_rows(["string"] * _COLUMNS, [style] * _COLUMNS, taken, publication.time_zone))
