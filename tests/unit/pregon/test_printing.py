"""Tables keep every number readable, however narrow the terminal is."""

import pytest
from rich.console import Console

from pregon import printing

HEADERS = ["source table", "rows", "why"]
ROWS = [["line_items", "1,234", "duplicate_row 3, orphan 57"], ["bids", "7", ""]]


def printed(monkeypatch: pytest.MonkeyPatch, width: int) -> str:
    console = Console(width=width)
    monkeypatch.setattr(printing, "out", console)
    with console.capture() as capture:
        printing.print_table(HEADERS, ROWS, title="hamlet")
    return capture.get()


def test_a_table_breaks_its_last_column_only(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(monkeypatch, 50).splitlines()
    assert all(len(line) <= 50 for line in lines)
    assert any("line_items" in line and "1,234" in line for line in lines)
    assert "…" not in "".join(lines)


@pytest.mark.parametrize("width", [20, 38])
def test_without_room_for_a_table_each_row_is_a_line(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    assert printed(monkeypatch, width).splitlines() == [
        "hamlet:",
        "  line_items: rows 1,234, why duplicate_row 3, orphan 57",
        "  bids: rows 7",
    ]
