"""A mapping of a made-up city, and what is needed to compile and assemble it."""

import copy
from collections.abc import Mapping
from typing import Any

import yaml

from transforms.mapping import compile_mapping, read_mapping
from transforms.mapping.fields import PathFacts
from transforms.mapping.plan import Plan, TablePlan
from transforms.mapping.sql import FINDING_END
from transforms.ocds import field_table

EXTENSIONS = ("bids", "lots", "organizationClassification")

MAPPING: dict[str, Any] = {
    "process": {"table": "calls", "key": "call_no", "ocid": "{call_no}", "modified": "changed"},
    "bindings": {
        "tender/id": {"from": "calls.call_no"},
        "tender/title": {"from": "calls.title"},
        "tender/status": {"from": "calls.state", "codelist": "tender_status"},
        "tender/value/amount": {"from": "calls.estimate"},
        "tender/value/currency": {"value": "USD"},
        "tender/submissionMethod": {"from": "calls.ways", "split": ";"},
        "tender/tenderPeriod/endDate": {"from": "calls.closes"},
        "tender/items/description": {"from": "lines.what"},
        "tender/items/unit/value/amount": {"from": "lines.price"},
        "tender/items/unit/value/currency": {"value": "USD"},
        "bids/details/value/amount": {"from": "offers.amount"},
        "bids/details/value/currency": {"value": "USD"},
        "awards/title": {"from": "awards.title"},
        "contracts/awardID": {"from": "contracts.award_no"},
        "contracts/implementation/transactions/value/amount": {"from": "payments.amount"},
        "contracts/implementation/transactions/value/currency": {"value": "USD"},
    },
    "tables": {
        "lines": {"array": "tender/items", "parent": "calls", "on": "call_no", "id": "line_no"},
        "offers": {"array": "bids/details", "parent": "calls", "on": "call_no", "id": "offer_no"},
        "awards": {"array": "awards", "parent": "calls", "on": "call_no", "id": "award_no"},
        "winners": {"parent": "awards", "on": "award_no"},
        "contracts": {"array": "contracts", "parent": "awards", "on": {"award_no": "award_no"}, "id": "contract_no"},
        "payments": {
            "array": "contracts/implementation/transactions",
            "parent": "contracts",
            "on": "contract_no",
            "id": "{contract_no}-{payment_no}",
            "modified": "paid",
        },
    },
    "parties": {
        "office": {
            "table": "calls",
            "key": "office",
            "id": "OFFICE-{office}",
            "bindings": {"name": {"from": "calls.office"}},
            "references": [{"path": "buyer", "from": "calls.office", "role": "buyer"}],
        },
        "vendor": {
            "table": "vendors",
            "key": "vendor_no",
            "id": "V-{vendor_no}",
            "person": "is_person",
            "bindings": {
                "name": {"from": "vendors.name"},
                "identifier/id": {"from": "vendors.vendor_no"},
                "identifier/scheme": {"value": "US-EX"},
                "address/locality": {"from": "vendors.city"},
                "details/classifications/description": {"from": "certificates.kind"},
            },
            "tables": {
                "certificates": {"array": "details/classifications", "on": "vendor_no", "id": "cert_no"},
            },
            "references": [
                {"path": "bids/details/tenderers", "from": "offers.vendor_no", "role": "tenderer"},
                {
                    "path": "awards/suppliers",
                    "from": "winners.vendor_no",
                    "role": "supplier",
                    "name": "winners.vendor_name",
                },
                {
                    "path": "contracts/implementation/transactions/payee",
                    "from": "payments.vendor_no",
                    "role": "payee",
                },
            ],
        },
    },
}

SCHEMA: dict[str, dict[str, str]] = {
    "calls": {
        "call_no": "VARCHAR", "title": "VARCHAR", "state": "VARCHAR", "estimate": "DECIMAL(38,9)", "ways": "VARCHAR",
        "closes": "DATE", "office": "VARCHAR", "changed": "TIMESTAMP", "_row": "VARCHAR",
    },
    "lines": {
        "call_no": "VARCHAR", "line_no": "INTEGER", "what": "VARCHAR", "price": "DOUBLE", "parts": "STRUCT(a INTEGER)",
        "_row": "VARCHAR",
    },
    "offers": {"call_no": "VARCHAR", "offer_no": "VARCHAR", "vendor_no": "VARCHAR", "amount": "BIGINT"},
    "awards": {"call_no": "VARCHAR", "award_no": "VARCHAR", "title": "VARCHAR"},
    "winners": {"award_no": "VARCHAR", "vendor_no": "VARCHAR", "vendor_name": "VARCHAR"},
    "contracts": {"award_no": "VARCHAR", "contract_no": "VARCHAR"},
    "payments": {
        "contract_no": "VARCHAR", "payment_no": "VARCHAR", "vendor_no": "VARCHAR", "amount": "DECIMAL(38,9)",
        "paid": "TIMESTAMP WITH TIME ZONE",
    },
    "vendors": {"vendor_no": "VARCHAR", "name": "VARCHAR", "city": "VARCHAR", "is_person": "BOOLEAN"},
    "certificates": {"vendor_no": "VARCHAR", "cert_no": "VARCHAR", "kind": "VARCHAR"},
}  # fmt: skip

CODELISTS: dict[str, dict[str, str | None]] = {"tender_status": {"O": "active", "X": None}}


def text(changes: Mapping[str, Any] | None = None) -> str:
    """The mapping as YAML; `changes` are values by dotted path (with /, since paths have dots' place): None removes."""
    document = copy.deepcopy(MAPPING)
    for path, value in (changes or {}).items():
        *outer, last = path.split(".")
        holder: Any = document
        for part in outer:
            holder = holder[int(part)] if isinstance(holder, list) else holder.setdefault(part, {})
        if value is None:
            del holder[last]
        elif isinstance(holder, list):
            holder.append(value)
        else:
            holder[last] = value
    return str(yaml.safe_dump(document, sort_keys=False))


def compiled(
    changes: Mapping[str, Any] | None = None,
    *,
    schema: Mapping[str, Mapping[str, str]] | None = None,
    withhold_contact_points: bool = False,
    conditional_paths: frozenset[str] = frozenset(),
) -> Plan:
    """The plan of the mapping with changes. Raises InvalidMapping."""
    table = field_table(EXTENSIONS)
    return compile_mapping(
        read_mapping(text(changes), "mapping.yaml"),
        schema={**SCHEMA, **(schema or {})},
        codelists=CODELISTS,
        fields=PathFacts(table),
        party_fields=PathFacts(table, "parties"),
        as_of_year=2026,
        withhold_contact_points=withhold_contact_points,
        conditional_paths=conditional_paths,
    )


def table_of(plan: Plan, name: str) -> TablePlan:
    return next(table for table in plan.tables if table.name == name)


def row(
    plan: Plan,
    name: str,
    identifier: str,
    *,
    process: str = "C1",
    container: str = "",
    modified: str | None = None,
    findings: list[str] | None = None,
    **values: Any,
) -> tuple[Any, ...]:
    """A row as the assembly takes it; `values` are by path with __ for /, keys of references by the same path."""
    by_path = {path.replace("__", "/"): value for path, value in values.items()}
    columns = table_of(plan, name).columns
    unknown = by_path.keys() - {column.path for column in columns}
    assert not unknown, unknown
    cells = tuple(by_path.get(column.path) for column in columns)
    told = FINDING_END.join(findings) if findings else None
    return (process, 0, container, identifier, f"{name}:{identifier}", *cells, modified, told)
