"""A city of small CSV files that a test edits as clerks do, and what its records say in OCDS, told independently.

The states here are made from the rows by a few lines of plain Python that share nothing with Pregón, so that extract,
prepare and map are judged too. Rows of `lines` have no key at all: the number that a row has in its file is their name.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from release_states import prune

SLUG = "brookside"
ZONE = ZoneInfo("America/Chicago")

COLUMNS: dict[str, tuple[str, ...]] = {
    "tenders": ("number", "title", "status", "estimate", "ways", "office", "reason", "closes", "changed"),
    "documents": ("number", "document", "title", "published"),
    "lines": ("number", "what", "quantity"),
    "firms": ("firm", "name"),
    "awards": ("award", "number", "firm", "status", "amount", "decided"),
    "contracts": ("contract", "award", "status", "amount", "signed"),
    "amendments": ("contract", "amendment", "rationale", "signed"),
    "payments": ("payment", "contract", "amount", "paid"),
}
KEYS: dict[str, tuple[str, ...]] = {
    "tenders": ("number",),
    "documents": ("number", "document"),
    "lines": (),
    "firms": ("firm",),
    "awards": ("award",),
    "contracts": ("contract",),
    "amendments": ("contract", "amendment"),
    "payments": ("payment",),
}

AMOUNTS = ("0", "800", "1200.5", "1150", "0.25", "no idea")
DATES = ("2026-01-05", "2026-07-01", "2026-11-01 00:30:00", "0201-03-01", "1900-01-01", "9999-12-31")
TENDERS = ("T1", "T2", "T3")
VALUES: dict[str, tuple[str, ...]] = {
    "title": ("Benches", "Lamps", "Ñandú, \"painted\"", "null"),
    "status": ("O", "C", "X", "?"),
    "estimate": AMOUNTS,
    "ways": ("web", "web;paper", "paper; ;web"),
    "office": ("Parks", "Works"),
    "reason": ("Old ones broke", "Growth"),
    "closes": DATES,
    "changed": ("2026-02-01 10:30:00", "2026-03-04 09:00:00", "2026-03-09 23:59:59", "0201-01-01", "2099-01-01"),
    "what": ("Bulbs", "Wire", "5"),
    "quantity": ("1", "5", "2.5"),
    "name": ("Carpenters", "Painters"),
    "published": DATES,
    "decided": DATES,
    "signed": DATES,
    "paid": DATES,
    "amount": AMOUNTS,
    "rationale": ("More work", "More time"),
    "number": (*TENDERS, "T9"),
    "firm": ("F1", "F2", "F9"),
    "award": ("A1", "A2", "A3"),
    "contract": ("K1", "K2"),
    "document": ("D1", "D2", "D10"),
    "amendment": ("1", "2"),
    "payment": ("P1", "P2", "P3"),
}  # fmt: skip
"""What a cell may hold. `T9`, `F9` and the like may be missing from the table that they lead to."""

CODES = {
    "tender_status": {"O": "active", "C": "complete", "X": "cancelled"},
    "award_status": {"O": "active", "C": "unsuccessful", "X": "cancelled"},
    "contract_status": {"O": "active", "C": "terminated", "X": "cancelled"},
}

_MAPPING = """\
process: {table: tenders, key: number, ocid: "{number}", modified: changed}
bindings:
  planning/rationale: {from: tenders.reason}
  tender/id: {from: tenders.number}
  tender/title: {from: tenders.title}
  tender/status: {from: tenders.status, codelist: tender_status}
  tender/value/amount: {from: tenders.estimate}
  tender/value/currency: {value: USD}
  tender/submissionMethod: {from: tenders.ways, split: ";"}
  tender/tenderPeriod/endDate: {from: tenders.closes}
  tender/documents/title: {from: documents.title}
  tender/documents/datePublished: {from: documents.published, time: start}
  tender/items/description: {from: lines.what}
  tender/items/quantity: {from: lines.quantity}
  awards/status: {from: awards.status, codelist: award_status}
  awards/date: {from: awards.decided}
  awards/value/amount: {from: awards.amount}
  awards/value/currency: {value: USD}
  contracts/awardID: {from: contracts.award}
  contracts/status: {from: contracts.status, codelist: contract_status}
  contracts/dateSigned: {from: contracts.signed, time: start}
  contracts/value/amount: {from: contracts.amount}
  contracts/value/currency: {value: USD}
  contracts/amendments/rationale: {from: amendments.rationale}
  contracts/amendments/date: {from: amendments.signed}
  contracts/implementation/transactions/date: {from: payments.paid}
  contracts/implementation/transactions/value/amount: {from: payments.amount}
  contracts/implementation/transactions/value/currency: {value: USD}
tables:
  documents: {array: tender/documents, parent: tenders, on: number, id: document}
  lines: {array: tender/items, parent: tenders, on: number, id: {content: all}}
  awards: {array: awards, parent: tenders, on: number, id: award}
  contracts: {array: contracts, parent: awards, on: award, id: contract}
  amendments: {array: contracts/amendments, parent: contracts, on: contract, id: amendment}
  payments: {array: contracts/implementation/transactions, parent: contracts, on: contract, id: payment}
parties:
  office:
    table: tenders
    key: office
    id: "OFFICE-{office}"
    bindings: {name: {from: tenders.office}}
    references: [{path: buyer, from: tenders.office, role: buyer}]
  firm:
    table: firms
    key: firm
    id: "FIRM-{firm}"
    bindings: {name: {from: firms.name}}
    references: [{path: awards/suppliers, from: awards.firm, role: supplier}]
"""

_CITY = """\
name: {{en: Brookside, es: Arroyo}}
synthetic: true
ocid_prefix: ocds-213czf
country: US
publisher: {{name: Brookside, uri: "https://brookside.example"}}
licence: {{name: CC0 1.0, uri: "https://creativecommons.org/publicdomain/zero/1.0/"}}
publication_policy: https://brookside.example/policy
base_url: https://brookside.example/data
language: en
time_zone: America/Chicago
currency: USD
schedule: "0 5 * * *"
contacts: {{owner: Purchasing, email: data@brookside.example}}
sources:
  files:
    kind: files
    tables:
{tables}
build: {{tables: false}}
disclosure: {{persons: {{}}, contact_points: withhold}}
quality: {{quarantine_stop: 1}}
"""

Row = dict[str, str]
"""A row by column; a blank cell is an empty text."""


def write_city(folder: Path, deletions: Mapping[str, str]) -> None:
    """Write the folder of the city, with a policy for lost rows of each table."""
    tables = []
    for name, columns in COLUMNS.items():
        key = f"[{', '.join(KEYS[name])}]" if KEYS[name] else "[line]"
        tables.append(
            f"      {name}:\n        file: {name}.csv\n        key: {key}\n        deletions: {deletions[name]}\n"
            f"        columns: [{', '.join(columns)}]\n        guards: {{emptied: false, shrink: 1}}\n"
            + ("" if KEYS[name] else "        row_number: line\n")
            + ("        lookup: true\n" if name == "firms" else "")
        )
    (folder / "codelists").mkdir(parents=True)
    (folder / "city.yaml").write_text(_CITY.format(tables="".join(tables)), encoding="utf-8")
    (folder / "mapping.yaml").write_text(_MAPPING, encoding="utf-8")
    for name, codes in CODES.items():
        lines = "".join(f"{source},{code}\n" for source, code in codes.items())
        (folder / "codelists" / f"{name}.csv").write_text(f"source,code\n{lines}", encoding="utf-8")


def write_sources(folder: Path, tables: Mapping[str, list[Row]], form: int) -> None:
    """Write the tables; `form` decides order of columns, white space and spelling of numbers, never the content."""
    folder.mkdir(exist_ok=True)
    spelling = random.Random(form)
    for name, rows in tables.items():
        columns = list(COLUMNS[name])
        spelling.shuffle(columns)
        end = spelling.choice(["\n", "\r\n"])
        lines = [",".join(columns)]
        lines += [",".join(_spelt(column, row[column], spelling) for column in columns) for row in rows]
        (folder / f"{name}.csv").write_text(end.join(lines) + end, encoding="utf-8", newline="")


def _spelt(column: str, cell: str, spelling: random.Random) -> str:
    if cell and column in {"estimate", "amount", "quantity"} and cell[0].isdigit():
        cell = spelling.choice([cell, f"0{cell}", f"{cell}0" if "." in cell else f"{cell}.0", f"+{cell}"])
    # Codes are compared exactly and names of parents joined, white space around them aside.
    cell = spelling.choice([cell, f" {cell}", f"{cell}  "])
    quoted = cell.replace('"', '""')
    return f'"{quoted}"' if "," in cell or '"' in cell or spelling.random() < 0.3 else cell


# What the rows say -------------------------------------------------------------------------------------------------


def number(text: str) -> float | int | None:
    """A number as JSON has it, None for what is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else value


def moment(text: str, *, start: bool = False) -> str | None:
    """A date or time of the city as RFC 3339; a date alone is completed, an impossible one is none."""
    if not text:
        return None
    value = datetime.fromisoformat(text)
    if not 1990 <= value.year <= 2076:
        return None
    if len(text) == 10 and not start:
        value += timedelta(hours=23, minutes=59, seconds=59)
    return value.replace(tzinfo=ZONE).isoformat()


def money(text: str) -> dict[str, Any] | None:
    """A value object."""
    amount = number(text)
    return None if amount is None else {"amount": amount, "currency": "USD"}


@dataclass
class Image:
    """What the city knows of its source after the last read: for each table its rows by name; lost ones by policy."""

    deletions: Mapping[str, str]
    tables: dict[str, dict[str, Row]] = field(default_factory=lambda: {name: {} for name in COLUMNS})
    cancelled: set[str] = field(default_factory=set)

    def read(self, tables: Mapping[str, list[Row]]) -> None:
        """Take in a full read of the files."""
        for name, rows in tables.items():
            found = {
                "|".join(row[column] for column in KEYS[name]) or str(place): dict(row)
                for place, row in enumerate(rows)
            }
            kept = {} if self.deletions[name] == "mark" else self.tables[name]
            self.tables[name] = {**kept, **found}
            if self.deletions[name] == "cancel":
                self.cancelled = set(self.tables[name]) - set(found)

    def _of(self, table: str, column: str, value: str, order: str) -> list[Row]:
        rows = [row for row in self.tables[table].values() if value and row[column] == value]
        return sorted(rows, key=lambda row: (len(row[order]), row[order]))

    def lines(self, tender: str) -> list[tuple[str, float | int | None]]:
        """What each line of a tender says; those that say nothing are no entries."""
        said = [(row["what"], number(row["quantity"])) for row in self._of("lines", "number", tender, "what")]
        return [line for line in said if line != ("", None)]

    def has(self, tender: str) -> bool:
        """Whether the source has the process, or had it and its loss means nothing, or that it is cancelled."""
        return tender in self.tables["tenders"]

    def state(self, tender: str, items: list[dict[str, Any]]) -> dict[str, Any]:
        """What is known of a process, without empty values; `items` are its lines with their ids."""
        row = self.tables["tenders"][tender]
        status = CODES["tender_status"].get(row["status"])
        if tender in self.cancelled and status not in {"complete", "cancelled"}:
            status = "cancelled"
        parties: dict[str, dict[str, Any]] = {}
        awards = [self._award(award, parties) for award in self._of("awards", "number", tender, "award")]
        contracts = [
            contract
            for award in self._of("awards", "number", tender, "award")
            for contract in self._of("contracts", "award", award["award"], "contract")
        ]
        contracts.sort(key=lambda contract: (len(contract["contract"]), contract["contract"]))
        state = {
            "planning": {"rationale": row["reason"]},
            "tender": {
                "id": tender,
                "title": row["title"],
                "status": status,
                "value": money(row["estimate"]),
                "submissionMethod": [way.strip() for way in row["ways"].split(";") if way.strip()],
                "tenderPeriod": {"endDate": moment(row["closes"])},
                "documents": [
                    {
                        "id": document["document"],
                        "title": document["title"],
                        "datePublished": moment(document["published"], start=True),
                    }
                    for document in self._of("documents", "number", tender, "document")
                ],
                "items": items,
            },
            "awards": awards,
            "contracts": [self._contract(contract) for contract in contracts],
        }
        if row["office"]:
            identifier = f"OFFICE-{row['office']}"
            state["buyer"] = {"id": identifier, "name": row["office"]}
            parties[identifier] = {"id": identifier, "name": row["office"], "roles": ["buyer"]}
        state["parties"] = [parties[one] for one in sorted(parties)]
        said: dict[str, Any] = _without_blanks(state)
        return said

    def _award(self, row: Row, parties: dict[str, dict[str, Any]]) -> dict[str, Any]:
        award: dict[str, Any] = {
            "id": row["award"],
            "status": CODES["award_status"].get(row["status"]),
            "date": moment(row["decided"]),
            "value": money(row["amount"]),
        }
        if row["firm"]:
            name = self.tables["firms"].get(row["firm"], {}).get("name")
            reference = {"id": f"FIRM-{row['firm']}", "name": name}
            award["suppliers"] = [reference]
            parties[reference["id"]] = {**reference, "roles": ["supplier"]}
        return award

    def _contract(self, row: Row) -> dict[str, Any]:
        return {
            "id": row["contract"],
            "awardID": row["award"],
            "status": CODES["contract_status"].get(row["status"]),
            "dateSigned": moment(row["signed"], start=True),
            "value": money(row["amount"]),
            "amendments": [
                {"id": one["amendment"], "rationale": one["rationale"], "date": moment(one["signed"])}
                for one in self._of("amendments", "contract", row["contract"], "amendment")
            ],
            "implementation": {
                "transactions": [
                    {"id": one["payment"], "date": moment(one["paid"]), "value": money(one["amount"])}
                    for one in self._of("payments", "contract", row["contract"], "payment")
                ]
            },
        }

    def changed(self, tender: str) -> datetime | None:
        """The source's own time of change."""
        row = self.tables["tenders"].get(tender)
        return datetime.fromisoformat(row["changed"]).replace(tzinfo=ZONE) if row and row["changed"] else None


def _without_blanks(value: Any) -> Any:
    if isinstance(value, dict):
        return prune({key: _without_blanks(member) for key, member in value.items() if member not in (None, "")})
    if isinstance(value, list):
        return [_without_blanks(member) for member in value]
    return value
