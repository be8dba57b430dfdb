"""What Toronto's cells hold that SQL reads badly: amounts run together, and divisions whose names contain commas."""

import csv
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

HOME_CURRENCY = "CAD"

PLACES = Decimal("0.000001")
"""Amounts keep six decimals, as those of money() do."""

IMPLAUSIBLE = Decimal(1_000_000_000)
"""No award of the city comes near; what does is a telephone number or a slip of the keyboard."""

_AMOUNT = re.compile(
    r"\$?\s*(?P<number>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)\.?\s*(?P<currency>CAD|USD)?\s*",
)
_SEVERAL = re.compile(r"[$0-9.,\s]+")
_UNIT_PRICE = re.compile(r"\$?\s*[0-9.,]+\s*/\s*[A-Za-z]+")


def awards(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Read the amount of each award, if its cell holds exactly one."""
    return _with_amounts(frame)


def agreements(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Read the amount of each contract, if its cell holds exactly one."""
    return _with_amounts(frame)


def processes(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Name the buyer: the division, or the divisions that buy together."""
    found = [_buyer(cell) for cell in _texts(frame["division"])]
    notes = [note for _, _, note in found]
    return frame.assign(
        buyer_id=[identifier for identifier, _, _ in found],
        buyer=[name for _, name, _ in found],
        _findings=_joined(frame["_findings"], notes),
    )


def _with_amounts(frame: "pd.DataFrame") -> "pd.DataFrame":
    found = [_amount(cell) for cell in _texts(frame["amount_cell"])]
    return frame.assign(
        amount=[amount for amount, _, _ in found],
        currency=[currency for _, currency, _ in found],
        _findings=_joined(frame["_findings"], [note for _, _, note in found]),
    )


def _amount(cell: str | None) -> tuple[Decimal | None, str | None, str | None]:
    """Give amount, currency and finding. Only a cell that is one amount as a whole has one; nothing is cut out."""
    if cell is None:
        return None, None, None
    whole = _AMOUNT.fullmatch(cell)
    if whole is None:
        return None, None, f"{_trouble(cell)}: {cell}"
    amount = Decimal(whole["number"].replace(",", ""))
    if amount >= IMPLAUSIBLE:
        return None, None, f"an amount of a billion or more is left out: {cell}"
    return amount.quantize(PLACES), whole["currency"] or HOME_CURRENCY, None


def _trouble(cell: str) -> str:
    if _UNIT_PRICE.fullmatch(cell):
        return "a unit price is no amount"
    if _SEVERAL.fullmatch(cell):
        return "several amounts run together, or one that is broken"
    return "not an amount"


def _buyer(cell: str | None) -> tuple[str | None, str | None, str | None]:
    """Give id, name and finding of a cell with one division or several."""
    if cell is None:
        return None, None, None
    rows = _divisions(_key(cell))
    if rows is None:
        return None, None, f"unknown division: {cell}"
    named = {code: name for code, name in rows if code}
    if not named:
        return None, None, None
    return "+".join(named), "; ".join(named.values()), None


@cache
def _divisions(key: str) -> tuple[tuple[str, str], ...] | None:
    """Take a normalized cell apart into known divisions: whole first, then at each comma; None if that fails."""
    known = _known()
    if key in known:
        return (known[key],)
    for comma in (found.start() for found in re.finditer(",", key)):
        head = known.get(key[:comma].strip())
        if head and (rest := _divisions(key[comma + 1 :].strip())):
            return (head, *rest)
    return None


@cache
def _known() -> dict[str, tuple[str, str]]:
    """Spelling of a division → (code, name), from the code list. Spellings without a code name no division."""
    path = Path(__file__).parent / "codelists" / "division.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = {row["code"]: row["source"] for row in reversed(rows)}
    return {_key(row["source"]): (row["code"], names[row["code"]]) for row in rows}


def _key(name: str) -> str:
    """Normalize a spelling: "&" is "and"; apostrophes, what became of them, and letter case don't count."""
    return " ".join(re.sub(r"[^a-z0-9,()\s-]", "", name.lower().replace("&", "and").replace("\xa0", " ")).split())


def _texts(column: "pd.Series[str]") -> list[str | None]:
    """Give the cells of a column, None where there is nothing, whatever pandas shows for that."""
    return [cell if isinstance(cell, str) else None for cell in column]


def _joined(findings: "pd.Series[str]", notes: list[str | None]) -> list[str | None]:
    """Add our findings to those of prepare.sql, one a line."""
    return ["\n".join(text for text in pair if text) or None for pair in zip(_texts(findings), notes, strict=True)]
