"""Names of columns and sheets for people, in their language."""

from collections.abc import Iterable, Mapping, Sequence

from transforms.ocds import FieldTable, UnknownField, full_title
from transforms.ocds.dictionary import Language
from transforms.tables.plan import POINTER, Table, TablePlan
from transforms.xml_text import xml_text

LONGEST_SHEET_NAME = 31
"""Characters of the name of a worksheet: Excel's specifications and limits."""


def headings(table: Table, fields: FieldTable, language: Language, pointer: str) -> list[str]:
    """Give each column of a table the titles that lead to it, those of the table itself left out.

    `awards/value/amount` is "Value › Amount" in the table of awards. `pointer` is the name of the place of a row. A
    column that the standard does not know has its path, from the table on; of two with the same titles both get their
    paths too.
    """
    above = table.chain[-1] if table.chain else ""
    first = len(table.header) - len(table.columns)
    found = []
    for number, path in enumerate(table.header):
        if number < first:
            found.append(pointer if path == POINTER else _title(fields, path, "", language))
        else:
            found.append(_title(fields, path, above, language))
    twice = {name for name in found if found.count(name) > 1}
    return [
        xml_text(f"{name} ({path})" if name in twice else name) for name, path in zip(found, table.header, strict=True)
    ]


def _title(fields: FieldTable, path: str, above: str, language: Language) -> str:
    try:
        title = full_title(fields, path, language)
        return title.removeprefix(full_title(fields, above, language) + " › ") if above else title
    except UnknownField:
        return path[len(above) + 1 :] if above else path


def sheet_names(plan: TablePlan, taken: Iterable[str]) -> Mapping[str, str]:
    """Name the sheet of each table, by the table's name: the whole name, or as many of its last words as fit."""
    used = {name.lower() for name in taken}
    names = {}
    for table in plan.tables:
        name = _unique(_fitting(table.name.split("_")), used)
        used.add(name.lower())
        names[table.name] = name
    return names


def _fitting(words: Sequence[str]) -> str:
    while len("_".join(words)) > LONGEST_SHEET_NAME and len(words) > 1:
        words = words[1:]
    return "_".join(words)[:LONGEST_SHEET_NAME]


def _unique(name: str, used: set[str]) -> str:
    number, unique = 2, name
    while unique.lower() in used:
        ending = f"_{number}"
        unique, number = name[: LONGEST_SHEET_NAME - len(ending)] + ending, number + 1
    return unique
