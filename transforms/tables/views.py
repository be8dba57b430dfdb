"""Views of the database for what people ask most, with plain column names.

A view is there if the publication has the columns without which it says nothing; a further column that the publication
does not have is left out. Amounts are added within one currency only.
"""

from collections.abc import Iterator, Mapping

from transforms.tables.plan import TablePlan

_Columns = Mapping[str, str]
"""OCDS path (with the alias of its table before it) → name in the view."""

_TENDER: _Columns = {
    "p.ocid": "ocid",
    "p.date": "changed",
    "p.buyer/name": "buyer",
    "p.tender/title": "title",
    "p.tender/status": "status",
    "p.tender/procurementMethod": "method",
    "p.tender/procurementMethodDetails": "method_details",
    "p.tender/mainProcurementCategory": "category",
    "p.tender/value/amount": "estimated_amount",
    "p.tender/value/currency": "currency",
    "p.tender/tenderPeriod/startDate": "opens",
    "p.tender/tenderPeriod/endDate": "closes",
    "p.tender/numberOfTenderers": "tenderers",
}

_AWARD: _Columns = {
    "a.ocid": "ocid",
    "a.awards/id": "award_id",
    "a.awards/title": "award_title",
    "a.awards/status": "award_status",
    "a.awards/date": "award_date",
    "a.awards/value/amount": "amount",
    "a.awards/value/currency": "currency",
    "s.awards/suppliers/id": "supplier_id",
    "s.awards/suppliers/name": "supplier",
}

_CONTRACT: _Columns = {
    "c.ocid": "ocid",
    "c.contracts/id": "contract_id",
    "c.contracts/awardID": "award_id",
    "c.contracts/title": "title",
    "c.contracts/status": "status",
    "c.contracts/dateSigned": "signed",
    "c.contracts/period/startDate": "starts",
    "c.contracts/period/endDate": "ends",
    "c.contracts/value/amount": "amount",
    "c.contracts/value/currency": "currency",
}

_PAYMENT: _Columns = {
    "t.ocid": "ocid",
    "t.contracts/id": "contract_id",
    "t.contracts/implementation/transactions/id": "payment_id",
    "t.contracts/implementation/transactions/date": "date",
    "t.contracts/implementation/transactions/payee/id": "payee_id",
    "t.contracts/implementation/transactions/payee/name": "payee",
    "t.contracts/implementation/transactions/value/amount": "amount",
    "t.contracts/implementation/transactions/value/currency": "currency",
}

_BID: _Columns = {
    "b.ocid": "ocid",
    "b.bids/details/id": "bid_id",
    "b.bids/details/date": "date",
    "b.bids/details/status": "status",
    "b.bids/details/value/amount": "amount",
    "b.bids/details/value/currency": "currency",
}


def views(plan: TablePlan) -> Iterator[tuple[str, str]]:
    """Give (name, statement) of each view that the publication has the columns for."""
    there = {table.name: set(table.header) for table in plan.tables}
    selects = {
        "view_tenders": _select(there, _TENDER, {"p": "processes"}, needed={"p.tender/title"}),
        "view_award_suppliers": _select(
            there, _AWARD, {"a": "awards", "s": "awards_suppliers"}, needed={"a.awards/id", "s.awards/suppliers/name"},
            joined="s.ocid = a.ocid AND s.parent = a.pointer",
            further=["(SELECT count(*) FROM awards_suppliers o WHERE o.ocid = a.ocid AND o.parent = a.pointer)"
                     " AS suppliers"],
        ),
        "view_contracts": _select(
            there, _CONTRACT, {"c": "contracts"}, needed={"c.contracts/id"}, further=list(_of_contracts(there)),
        ),
        "view_payments": _select(
            there, _PAYMENT, {"t": "contracts_implementation_transactions"},
            needed={"t.contracts/implementation/transactions/value/amount"},
        ),
        "view_bids": _select(there, _BID, {"b": "bids_details"}, needed={"b.bids/details/id"}),
    }  # fmt: skip
    for name, select in selects.items():
        if select:
            yield name, f"CREATE VIEW {name} AS\n{select}"
    needed = {"awards/value/amount", "awards/value/currency", "awards/status"}
    if selects["view_award_suppliers"] and needed <= there["awards"]:
        named = "awards/suppliers/id" in there["awards_suppliers"]
        yield "view_supplier_totals", _SUPPLIER_TOTALS.format(supplier_id="supplier_id" if named else "NULL")


_SUPPLIER_TOTALS = """CREATE VIEW view_supplier_totals AS
SELECT {supplier_id} AS supplier_id, min(supplier) AS supplier, currency,
  count(DISTINCT ocid || ' ' || award_id) AS awards,
  count(DISTINCT CASE WHEN suppliers > 1 THEN ocid || ' ' || award_id END) AS awards_shared,
  round(sum(CASE WHEN suppliers = 1 THEN amount END), 6) AS amount_of_awards_alone
FROM view_award_suppliers
WHERE award_status IS NULL OR award_status NOT IN ('cancelled', 'unsuccessful')
GROUP BY coalesce({supplier_id}, supplier), currency"""
"""What an award of several suppliers is worth to each of them is not known: it is counted, and not added."""


def _of_contracts(there: Mapping[str, set[str]]) -> Iterator[str]:
    """Give what is counted for each contract from the tables below."""
    if "contracts_amendments" in there:
        yield (
            "(SELECT count(*) FROM contracts_amendments m WHERE m.ocid = c.ocid AND m.parent = c.pointer) AS amendments"
        )
    payments = there.get("contracts_implementation_transactions", set())
    value = "contracts/implementation/transactions/value"
    if {f"{value}/amount", f"{value}/currency"} <= payments and "contracts/value/currency" in there["contracts"]:
        yield (
            f'(SELECT round(sum(t."{value}/amount"), 6) FROM contracts_implementation_transactions t'
            f" WHERE t.ocid = c.ocid AND t.parent = c.pointer"
            f' AND t."{value}/currency" = c."contracts/value/currency") AS paid'
        )


def _select(
    there: Mapping[str, set[str]],
    columns: _Columns,
    tables: Mapping[str, str],
    *,
    needed: set[str],
    joined: str = "",
    further: list[str] | None = None,
) -> str | None:
    """Write a query of those columns that the tables have; None where one is missing that is `needed`."""
    found = {}
    for qualified, name in columns.items():
        alias, _, path = qualified.partition(".")
        if path in there.get(tables[alias], ()):
            found[qualified] = f'{alias}."{path}" AS {name}'
    if not needed <= found.keys():
        return None
    sources = [f"{table} {alias}" for alias, table in tables.items()]
    source = " JOIN ".join(sources) + (f" ON {joined}" if joined else "")
    return f"SELECT {', '.join([*found.values(), *(further or [])])}\nFROM {source}"
