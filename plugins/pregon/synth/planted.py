"""What must never be published from a synthetic database: patterns, and the very strings one database holds."""

import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Table, create_engine, func, select

from pregon.synth.schema import AWARD_SUPPLIERS, AWARDS, BIDS, CONTRACTS, SOLICITATIONS, VENDORS

SECRET_PATTERNS: Final = (
    re.compile(r"INTERNAL-ONLY-[A-Z0-9-]*"),
    re.compile(r"IBAN-RB[0-9A-Z-]*"),
    re.compile(r"\b000-[0-9]{2}-[0-9]{4}\b"),
    re.compile(r"\b00-[0-9]{7}\b"),
    re.compile(r"\(555\) 01[0-9]-[0-9]{4}"),
    re.compile(r"[a-z.+-]+@staff\.riverbend\.example"),
    re.compile(r"office@v[0-9]+\.(?:firm|trader)\.example"),
    re.compile(r"\b198\.51\.100\.[0-9]{1,3}\b"),
)
"""Internal notes, bank accounts, tax ids of persons and firms, telephones, staff and vendor mail, IP addresses."""
SEALED_STATUSES: Final = ("open", "eval", "pln", "draft", "can")
"""Solicitation statuses, lower-cased, under which bids are sealed; those of a cancelled one go back unopened."""
_AMOUNT: Final = re.compile(r"[^0-9.]")
_SEALED_AT_LEAST: Final = 10_000


def planted_secrets(url: str, *, limit: int = 50_000) -> list[str]:
    r"""List strings of this database that no public file may contain, at most `limit` of each kind, sorted.

    Beside values of internal columns: streets of sole traders, names of those who never won, amounts of sealed bids
    (plain digits, such as `48211.07`; only amounts no public row repeats or ends with), and titles of drafts. Search
    for an amount as a whole number: `(?<![0-9.])48211\.07(?![0-9])`. `SECRET_PATTERNS` finds the marked ones by shape.
    """
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            found: set[str] = set()
            for strings in (_persons(connection), _sealed_amounts(connection)):
                found.update(value for _, value in zip(range(limit), strings, strict=False))
            for table, columns in _MARKED:
                for column in columns:
                    rows = connection.execute(
                        select(table.c[column]).where(table.c[column].is_not(None), table.c[column] != "").limit(limit)
                    )
                    found.update(str(row[0]).strip() for row in rows)
            return sorted(found)
    finally:
        engine.dispose()


_MARKED: Final[tuple[tuple[Table, tuple[str, ...]], ...]] = (
    (VENDORS, ("tax_id", "email", "phone", "bank_account", "internal_notes")),
    (SOLICITATIONS, ("buyer_email", "buyer_phone", "evaluator_comments", "internal_notes")),
    (BIDS, ("evaluator_comments",)),
    (AWARDS, ("board_notes",)),
    (CONTRACTS, ("manager_phone", "retention_account")),
)


def _persons(connection: Connection) -> Iterator[str]:
    """Streets of all sole traders; names of those no award names."""
    winners = select(AWARD_SUPPLIERS.c.vendor_id).distinct()
    for row in connection.execute(select(VENDORS).where(VENDORS.c.is_individual == "Y").order_by(VENDORS.c.vendor_id)):
        yield row.street
    for row in connection.execute(
        select(VENDORS.c.legal_name)
        .where(VENDORS.c.is_individual == "Y", VENDORS.c.vendor_id.not_in(winners))
        .order_by(VENDORS.c.vendor_id)
    ):
        yield row.legal_name.strip()


def _sealed_amounts(connection: Connection) -> Iterator[str]:
    """Amounts of bids on solicitations that are open, being evaluated, or were cancelled."""
    sealed = (
        select(BIDS.c.bid_no, BIDS.c.amount)
        .join(SOLICITATIONS, SOLICITATIONS.c.sol_no == BIDS.c.sol_no)
        .where(func.lower(func.trim(SOLICITATIONS.c.status_code)).in_(SEALED_STATUSES))
    )
    secret: dict[str, str] = {}
    for row in connection.execute(sealed):
        plain = digits(row.amount)
        if plain and float(plain) >= _SEALED_AT_LEAST:
            secret[row.bid_no] = plain
    amounts = set(secret.values())
    public: set[str] = set()
    for table in (BIDS, AWARDS, CONTRACTS):
        key = table.c.bid_no if table is BIDS else None
        columns = [table.c.amount] if key is None else [table.c.amount, key]
        for row in connection.execute(select(*columns)):
            plain = digits(row.amount)
            if plain in amounts and (key is None or row.bid_no not in secret):
                public.add(plain)
    yield from sorted(amounts - public)


def digits(amount: str | None) -> str:
    """Amount as published numbers look: digits and point, no trailing zeros."""
    plain = _AMOUNT.sub("", amount or "")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
