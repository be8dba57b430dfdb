"""Rows of a table as CSV (RFC 4180)."""

import csv
import io

from transforms.tables.cells import composed, escape_formula
from transforms.tables.flatten import Row, TableRows
from transforms.tables.plan import Table

BYTE_ORDER_MARK = "\ufeff"


def csv_header(table: Table, *, byte_order_mark: bool = False) -> bytes:
    """Write the header of a table as the first line of its file.

    With a byte order mark Excel takes the file for UTF-8 when it is opened by a double-click; other tools may take the
    mark for a part of the first column's name.
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(map(escape_formula, table.header))
    return ((BYTE_ORDER_MARK if byte_order_mark else "") + text.getvalue()).encode()


def csv_lines(taken: TableRows) -> list[str]:
    """Write each row as a line of CSV, with its end, in which no text is a formula."""
    rows = plain_rows(taken)
    if taken.risky:
        rows = rows.copy() if rows is taken.rows else rows
        for number, column in taken.risky:
            rows[number] = _with(rows[number], column, escape_formula(rows[number][column]))
    if taken.composed:
        for number, column in taken.composed:
            text = rows[number][column]
            safe = escape_formula(text)
            if safe is not text:
                rows[number] = _with(rows[number], column, safe)
    lines = _Lines()
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines


class _Lines(list[str]):
    """A list that can be written to: `csv` writes each row at once, whatever line breaks are in it."""

    write = list.append


def plain_rows(taken: TableRows) -> list[Row]:
    """Give rows of texts and numbers only: arrays, true and false are texts. The rows taken stay as they are."""
    if not taken.composed:
        return taken.rows
    rows = taken.rows.copy()
    for number, column in taken.composed:
        rows[number] = _with(rows[number], column, composed(rows[number][column]))
    return rows


def _with(row: Row, column: int, value: object) -> Row:
    changed = row.copy()
    changed[column] = value
    return changed
