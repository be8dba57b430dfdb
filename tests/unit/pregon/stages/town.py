"""A town whose source tables are given as rows, prepared and mapped without a lake, a source or a ledger."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from pregon.city import City
from pregon.city_transform import CityTransform
from pregon.stages.catalog import prepared_schema
from pregon.stages.map import map_bucket
from pregon.stages.prepare import Preparation, prepare_tables
from pregon.stages.rebuilding import Rebuilding
from transforms.mapping import compile_mapping, read_mapping
from transforms.mapping.assemble import State
from transforms.mapping.disclosure import DisclosureRules
from transforms.mapping.fields import PathFacts
from transforms.mapping.plan import Plan
from transforms.ocds import field_table
from transforms.quoting import literal, quote

TABLES: dict[str, dict[str, Any]] = {
    "calls": {"key": ["call_no"], "columns": ["call_no", "title", "state"]},
    "lines": {"key": ["call_no", "line_no"], "columns": ["call_no", "line_no", "what"]},
    "awards": {"key": ["award_no"], "columns": ["award_no", "call_no", "vendor_no"]},
    "contracts": {"key": ["contract_no"], "columns": ["contract_no", "award_no"]},
    "payments": {"key": ["payment_no"], "columns": ["payment_no", "contract_no", "amount"]},
    "vendors": {"key": ["vendor_no"], "lookup": True, "columns": ["vendor_no", "name"]},
    "certificates": {"key": ["cert_no"], "lookup": True, "columns": ["cert_no", "vendor_no", "kind"]},
}

MAPPING = """
process: {table: calls, key: call_no, ocid: "{call_no}"}
bindings:
  tender/id: {from: calls.call_no}
  tender/title: {from: calls.title}
  tender/status: {from: calls.state, codelist: tender_status}
  tender/items/description: {from: lines.what}
  contracts/awardID: {from: contracts.award_no}
  contracts/implementation/transactions/value/amount: {from: payments.amount}
tables:
  lines: {array: tender/items, parent: calls, on: call_no, id: line_no}
  awards: {array: awards, parent: calls, on: call_no, id: award_no}
  contracts: {array: contracts, parent: awards, on: award_no, id: contract_no}
  payments: {array: contracts/implementation/transactions, parent: contracts, on: contract_no, id: payment_no}
parties:
  vendor:
    table: vendors
    key: vendor_no
    id: "V-{vendor_no}"
    bindings:
      name: {from: vendors.name}
      details/classifications/description: {from: certificates.kind}
    tables: {certificates: {array: details/classifications, on: vendor_no, id: cert_no}}
    references: [{path: awards/suppliers, from: awards.vendor_no, role: supplier}]
"""

Rows = Mapping[str, Sequence[tuple[str | None, ...]]]

ROWS: Rows = {
    "calls": [("C1", "Lamps", "O"), ("C2", "Poles", "O"), ("C3", "Paint", "O")],
    "lines": [("C1", "1", "Bulbs"), ("C1", "2", "Wire"), ("C2", "1", "Steel")],
    "awards": [("A1", "C1", "1"), ("A2", "C2", "2")],
    "contracts": [("K1", "A1"), ("K2", "A2")],
    "payments": [("P1", "K1", "5"), ("P2", "K1", "7"), ("P3", "K2", "9")],
    "vendors": [("1", "One"), ("2", "Two"), ("3", "Three")],
    "certificates": [("X1", "1", "small"), ("X3", "3", "large")],
}

RULES = DisclosureRules(persons={}, conditions=(), pseudonym_key=b"", language="en")


def town(tables: Mapping[str, Any] = TABLES, **changes: Any) -> City:
    """The configuration of the town."""
    return City.model_validate(
        {
            "slug": "lampton",
            "folder": Path("cities/lampton"),
            "name": {"en": "Lampton", "es": "Lampton"},
            "ocid_prefix": "ocds-213czf",
            "country": "US",
            "publisher": {"name": "Lampton", "uri": "https://lampton.example"},
            "licence": {"name": "CC0 1.0", "uri": "https://creativecommons.org/publicdomain/zero/1.0/"},
            "publication_policy": "https://lampton.example/policy",
            "base_url": "https://lampton.example/data",
            "language": "en",
            "time_zone": "America/Chicago",
            "currency": "USD",
            "schedule": "0 5 * * *",
            "contacts": {"owner": "Purchasing", "email": "data@lampton.example"},
            "sources": {"books": {"kind": "sql", "url": "sqlite:///books.sqlite", "tables": dict(tables)}},
            "disclosure": {"persons": {}, "contact_points": "withhold"},
            **changes,
        }
    )


@dataclass
class Prepared:
    """What one preparation left: its counts, and its files read back."""

    town: "Town"
    folder: Path
    result: Preparation

    def states(self) -> dict[str, State]:
        """States of the processes looked at, by process."""
        found = {}
        for bucket in self.result.buckets:
            scratch = self.folder / f"scratch-{bucket}"
            scratch.mkdir()
            for state in map_bucket(
                self.town.city, self.town.plan, RULES, folder=self.folder, bucket=bucket, scratch=scratch
            ):
                found[state.process] = state
        return found

    def histories(
        self, as_of: str, *, released: Container[str] = (), rules: DisclosureRules = RULES
    ) -> dict[str, list[tuple[str | None, dict[str, Any]]]]:
        """States of the processes looked at, by process, each with its time: earlier ones, then the present one."""
        found: dict[str, list[tuple[str | None, dict[str, Any]]]] = {}
        self.findings: list[tuple[str, str, str]] = []
        for bucket in self.result.buckets:
            scratch = self.folder / f"scratch-{bucket}"
            scratch.mkdir()
            rebuilding = Rebuilding(
                as_of,
                lambda _: released,
                lambda past: found.setdefault(past.process, []).append((past.at, past.document)),
            )
            for state in map_bucket(
                self.town.city, self.town.plan, rules, folder=self.folder, bucket=bucket, scratch=scratch,
                rebuilding=rebuilding,
            ):  # fmt: skip
                found.setdefault(state.process, []).append((state.modified, state.document))
                self.findings += [(finding.code, finding.value, finding.row) for finding in state.findings]
        return found

    def held(self) -> dict[str, tuple[str, str]]:
        """Held source row → (reason, message)."""
        return {row: (reason, message) for _, row, reason, message in self._read("held")}

    def serving(self) -> dict[str, list[str]]:
        """Source row → processes it serves."""
        found: dict[str, list[str]] = {}
        for row, process in self._read("rows"):
            found.setdefault(row, []).append(process)
        return found

    def _read(self, name: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            return connection.execute(f"SELECT * FROM {literal(str(self.folder / (name + '.parquet')))}").fetchall()


@dataclass
class Town:
    """The town at work in a folder; `mapping` and `prepare_sql` may differ from the usual."""

    root: Path
    mapping: str = MAPPING
    prepare_sql: str = ""
    tables: Mapping[str, Any] = field(default_factory=lambda: TABLES)
    prepare_functions: dict[str, Any] = field(default_factory=dict)
    history: str = "snapshot"
    codelists: Mapping[str, Mapping[str, str | None]] = field(
        default_factory=lambda: {"tender_status": {"O": "active", "C": "complete", "X": None}}
    )
    extensions: Sequence[str] = ("organizationClassification",)
    withhold_contact_points: bool = True
    runs: int = 0

    def __post_init__(self) -> None:
        self.city = town(self.tables, history=self.history)
        self.transform = CityTransform(
            mapping=read_mapping(self.mapping, "mapping.yaml"),
            codelists={name: dict(codes) for name, codes in self.codelists.items()},
            prepare_sql=self.prepare_sql,
            prepare_functions=self.prepare_functions,
            fingerprint="",
        )
        fields = field_table(self.extensions)
        self.plan: Plan = compile_mapping(
            self.transform.mapping,
            schema=prepared_schema(self.city, self.transform),
            codelists=self.transform.codelists,
            fields=PathFacts(fields),
            party_fields=PathFacts(fields, "parties"),
            as_of_year=2026,
            withhold_contact_points=self.withhold_contact_points,
        )

    def prepare(
        self,
        rows: Rows,
        *,
        after: Prepared | None = None,
        changed: Mapping[str, Sequence[str]] | None = None,
        cancelled: Mapping[str, Sequence[str]] | None = None,
    ) -> Prepared:
        """Prepare the rows; `changed` are keys by table since the preparation `after`, `cancelled` those lost."""
        self.runs += 1
        folder = self.root / f"prepared-{self.runs}"
        scratch = self.root / f"scratch-{self.runs}"
        folder.mkdir()
        result = prepare_tables(
            self.city,
            self.transform,
            self.plan,
            images={name: self._image(name, rows.get(name, ())) for name in self.tables},
            cancelled={name: _keys(keys) for name, keys in (cancelled or {}).items()},
            earlier=after.folder if after else None,
            changed={name: _keys((changed or {}).get(name, ())) for name in self.tables},
            scratch=scratch,
            folder=folder,
        )
        return Prepared(self, folder, result)

    def _image(self, name: str, rows: Sequence[tuple[str | None, ...]]) -> str:
        columns = list(self.tables[name]["columns"])
        places = [columns.index(column) for column in self.tables[name]["key"]]
        wanted = [*columns, "_row"]
        values = [(*row, "|".join(row[place] or "" for place in places)) for row in rows]
        names = ", ".join(quote(column) for column in wanted)
        if not values:
            return f"SELECT {', '.join(f'CAST(NULL AS VARCHAR) AS {quote(column)}' for column in wanted)} WHERE false"
        cells = ", ".join(
            "(" + ", ".join("CAST(NULL AS VARCHAR)" if cell is None else literal(cell) for cell in row) + ")"
            for row in values
        )
        return f"SELECT * FROM (VALUES {cells}) AS t({names})"


def changed_keys(before: Rows, after: Rows) -> dict[str, list[str]]:
    """Keys of the rows, by table, that are others than before."""

    def by_key(name: str, rows: Sequence[tuple[str | None, ...]]) -> dict[str, Any]:
        columns = TABLES[name]["columns"]
        places = [columns.index(column) for column in TABLES[name]["key"]]
        return {"|".join(row[place] or "" for place in places): row for row in rows}

    found = {}
    for name in TABLES:
        old, new = by_key(name, before.get(name, ())), by_key(name, after.get(name, ()))
        found[name] = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return found


def _keys(keys: Sequence[str]) -> str:
    values = ", ".join(literal(key) for key in keys)
    return f"SELECT unnest([{values}]) AS _row" if keys else "SELECT CAST(NULL AS VARCHAR) AS _row WHERE false"
