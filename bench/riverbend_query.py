"""The one SQL query that gives Nightingale Riverbend's records: a row per thing, a column per OCDS path.

Nightingale reads rows, not tables. One join of everything would multiply bids by payments, so this is the kindest query
for it: a SELECT per table, one below the other, sorted so that an entry is followed by what stands inside it. Cleaning
(amounts as text, two spellings of dates, local times) and disclosure (sealed bids, natural persons) are done here as
far as SQLite can, with the same meaning as in `cities/riverbend`. What it can't say is left out: booleans (SQLite has
none, and the standard refuses 0 and 1), findings, quarantine, pseudonyms.
"""

from collections.abc import Mapping
from pathlib import Path

from riverbend_sql import Select, amount, blank, code, coded, day, end, moment, money, start, text

SEALED = "('PLN', 'OPEN', 'EVAL', 'CAN')"
"""Codes of solicitations whose bids are not public (`disclosure` in city.yaml)."""


FIRM_NAME = (
    "(SELECT trim(v.legal_name) FROM vendors v WHERE v.vendor_id = c.vendor_id AND upper(trim(v.is_individual)) = 'N')"
)
"""Name of the vendor of a row, unless it is, or may be, a natural person."""


def selects(city: Path) -> list[Select]:
    """Give the parts of the query, for the city's folder (its codelists)."""
    lists = city / "codelists"
    parts = [*_tender(lists), *_bids(), *_awards(), *_contracts(lists), *_parties(lists)]
    live = f"{code('s.status_code')} <> 'DRAFT' AND s.title NOT LIKE 'test -%'"
    return [
        Select(part.section, part.source, f"{live} AND ({part.where})", part.values, part.container, part.place)
        for part in parts
    ]


def _tender(lists: Path) -> list[Select]:
    competitive = f"{code('s.method_code')} NOT IN ('SS', 'EM', 'COOP')"
    cancelled = f"{code('s.status_code')} = 'CAN'"
    lower = "substr(s.estimate, 1, instr(s.estimate, ' - '))"
    solicitation = {
        "planning/budget/id": blank("s.budget_line"),
        **amount("planning/budget/amount", "s.budget_amount"),
        "tender/id": "s.sol_no",
        "tender/title": blank("s.title"),
        "tender/description": blank("s.description"),
        "tender/status": code("s.status_code"),
        "tender/procurementMethod": code("s.method_code"),
        "tender/procurementMethodDetails": coded("s.method_code", lists / "method_details.csv"),
        "tender/procurementMethodRationale": coded("s.method_code", lists / "method_rationale.csv"),
        "tender/mainProcurementCategory": code("s.category_code"),
        "tender/additionalProcurementCategories": coded("s.category_code", lists / "category_additional.csv"),
        **amount("tender/value", money("s.estimate")),
        **amount("tender/minValue", f"CASE WHEN instr(s.estimate, ' - ') > 0 THEN {money(lower)} END"),
        "tender/awardCriteria": code("s.award_basis"),
        "tender/submissionMethod": code("s.submission_code"),
        "tender/submissionMethodDetails": coded("s.submission_code", lists / "submission_details.csv"),
        "tender/otherRequirements/reservedParticipation": coded("s.set_aside_code", lists / "set_aside.csv"),
        "tender/subcontractingTerms/description": "CASE WHEN CAST(s.goal_pct AS INTEGER) > 0 THEN"
        " 'Participation goal for certified firms: ' || trim(s.goal_pct) || ' % of the contract value' END",
        "tender/tenderPeriod/startDate": f"CASE WHEN {competitive} THEN {moment('s.published_at')} END",
        "tender/tenderPeriod/endDate": f"CASE WHEN {competitive} THEN {moment('s.closes_at')} END",
        "tender/enquiryPeriod/startDate": f"CASE WHEN {day('s.question_deadline')} <> '' AND {competitive}"
        f" THEN {moment('s.published_at')} END",
        "tender/enquiryPeriod/endDate": end("s.question_deadline"),
        "tender/bidOpening/date": moment("s.opened_at"),
        "tender/contractPeriod/startDate": start("s.term_start"),
        "tender/contractPeriod/endDate": end("s.term_end"),
        "tender/numberOfTenderers": f"CASE WHEN {code('s.status_code')} NOT IN {SEALED} THEN s.bids_received END",
        "tender/milestones/id": "CASE WHEN s.prebid_at IS NOT NULL THEN 'prebid' END",
        "tender/milestones/title": "CASE WHEN s.prebid_at IS NOT NULL THEN 'Pre-bid meeting' END",
        "tender/milestones/type": "CASE WHEN s.prebid_at IS NOT NULL THEN 'engagement' END",
        "tender/milestones/code": "CASE WHEN s.prebid_at IS NOT NULL THEN"
        f" CASE WHEN {code('s.prebid_mandatory')} IN ('Y', 'YES') THEN 'mandatory' ELSE 'optional' END END",
        "tender/milestones/description": f"CASE WHEN s.prebid_at IS NOT NULL THEN {blank('s.prebid_place')} END",
        "tender/milestones/dueDate": moment("s.prebid_at"),
        "buyer/id": f"'US-RB-DEPT-' || {code('s.dept_code')}",
        "buyer/name": f"(SELECT trim(d.name) FROM departments d WHERE d.dept_code = {code('s.dept_code')})",
        "tender/procuringEntity/id": "'US-RB-DEPT-PROC'",
        "tender/procuringEntity/name": "(SELECT trim(d.name) FROM departments d WHERE d.dept_code = 'PROC')",
        "relatedProcesses/id": f"CASE WHEN {blank('s.previous_sol_no')} IS NOT NULL THEN 'repeats' END",
        "relatedProcesses/relationship": f"CASE WHEN {blank('s.previous_sol_no')} IS NOT NULL"
        " THEN 'unsuccessfulProcess' END",
        "relatedProcesses/scheme": f"CASE WHEN {blank('s.previous_sol_no')} IS NOT NULL THEN 'ocid' END",
        "relatedProcesses/identifier": f"'ocds-213czf-' || {blank('s.previous_sol_no')}",
        "withheldInformation/id": f"CASE WHEN {cancelled} THEN 'bids' END",
        "withheldInformation/field": f"CASE WHEN {cancelled} THEN 'bids' END",
        "withheldInformation/name": f"CASE WHEN {cancelled} THEN 'Bids' END",
        "withheldInformation/rationale": f"CASE WHEN {cancelled} THEN"
        " 'The solicitation was cancelled; bids were returned unopened.' END",
    }
    items = {
        "tender/items/id": "c.line_no",
        "tender/items/description": blank("c.description"),
        "tender/items/classification/id": blank("c.unspsc"),
        "tender/items/classification/scheme": f"CASE WHEN {blank('c.unspsc')} IS NOT NULL THEN 'UNSPSC' END",
        "tender/items/additionalClassifications/id": blank("c.nigp_code"),
        "tender/items/additionalClassifications/scheme": f"CASE WHEN {blank('c.nigp_code')} <> '' THEN 'NIGP' END",
        "tender/items/quantity": "c.quantity",
        "tender/items/unit/name": blank("c.unit"),
        **amount("tender/items/unit/value", "c.unit_price"),
    }
    documents = {
        "tender/documents/id": "c.doc_id",
        "tender/documents/documentType": code("c.doc_type"),
        "tender/documents/title": blank("c.title"),
        "tender/documents/url": "c.url",
        "tender/documents/format": "c.format",
        "tender/documents/language": "lower(trim(c.lang))",
        "tender/documents/datePublished": moment("c.posted_at"),
    }
    plan = {
        "planning/budget/budgetBreakdown/id": "c.plan_id",
        "planning/budget/budgetBreakdown/description": blank("c.description"),
        **amount("planning/budget/budgetBreakdown/amount", money("c.estimated_amount")),
        "planning/milestones/id": "c.plan_id",
        "planning/milestones/title": "'Expected advertisement: ' || trim(c.quarter)",
        "planning/milestones/description": blank("c.description"),
        "planning/milestones/type": "'preProcurement'",
        "planning/milestones/code": "'advertisement'",
        "planning/milestones/dueDate": end("c.expected_ad_on"),
    }
    asker = f"CASE WHEN {code('s.status_code')} NOT IN ('PLN', 'OPEN', 'EVAL') THEN {FIRM_NAME} END"
    questions = {
        "tender/enquiries/id": "c.question_id",
        "tender/enquiries/description": blank("c.question"),
        "tender/enquiries/answer": blank("c.answer"),
        "tender/enquiries/date": moment("c.asked_at"),
        "tender/enquiries/dateAnswered": moment("c.answered_at"),
        "tender/enquiries/author/id": f"CASE WHEN {asker} <> '' THEN 'US-RB-VENDOR-' || c.vendor_id END",
        "tender/enquiries/author/name": asker,
    }
    found = [
        Select(0, "solicitations s", "true", {"ocid": "s.sol_no", **solicitation}),
        _children(1, "procurement_plan", f"{code('c.approved')} = 'Y'", plan, "c.plan_id"),
        _children(2, "line_items", "true", items, "c.line_no"),
        _children(3, "solicitation_documents", f"{code('c.visibility')} = 'PUBLIC'", documents, "c.doc_id"),
        _children(4, "questions", f"coalesce({code('c.removed')}, '') <> 'Y'", questions, "c.question_id"),
    ]
    fees = (
        ("bid-bond", "deposit", "bid_bond", "Bid bond, returned to those who do not win"),
        ("documents", "document", "doc_fee", "Printed set of the bidding documents"),
    )
    for number, (identifier, kind, column, description) in enumerate(fees):
        value = money(f"s.{column}")
        found.append(
            Select(
                5,
                "solicitations s",
                value,
                {
                    "tender/participationFees/id": text(identifier),
                    "tender/participationFees/type": text(kind),
                    "tender/participationFees/description": text(description),
                    **amount("tender/participationFees/value", value),
                },
                place=text(str(number)),
            )
        )
    return found


def _bids() -> list[Select]:
    decided = f"{code('s.status_code')} NOT IN {SEALED}"
    status = f"CASE {code('c.status_code')} WHEN 'SUB' THEN 'pending' WHEN 'VALID' THEN 'valid' WHEN 'V' THEN 'valid'"
    status += " WHEN 'DQ' THEN 'disqualified' WHEN 'W' THEN 'withdrawn' END"
    details = {
        "bids/details/id": "c.bid_no",
        "bids/details/date": moment("c.submitted_at"),
        "bids/details/status": status,
        **amount("bids/details/value", money("c.amount")),
        "bids/details/tenderers/id": f"CASE WHEN {FIRM_NAME} <> '' THEN 'US-RB-VENDOR-' || c.vendor_id END",
        "bids/details/tenderers/name": FIRM_NAME,
    }
    statistics = [
        Select(
            6,
            "solicitations s",
            f"{decided} AND s.{column} > 0",
            {
                "bids/statistics/id": text(measure),
                "bids/statistics/measure": text(measure),
                "bids/statistics/value": f"s.{column}",
            },
            place=text(measure),
        )
        for measure, column in (("bids", "bids_received"), ("validBids", "bids_responsive"))
    ]
    return [*statistics, _children(7, "bids", decided, details, "c.bid_no")]


def _awards() -> list[Select]:
    details = {
        "awards/id": "c.award_no",
        "awards/title": blank("c.title"),
        "awards/description": blank("c.rationale"),
        "awards/status": code("c.status_code"),
        "awards/date": start("c.awarded_on"),
        **amount("awards/value", money("c.amount")),
        "awards/relatedBid": blank("c.bid_no"),
    }
    suppliers = {
        "awards/id": "c.award_no",
        "awards/suppliers/id": "'US-RB-VENDOR-' || g.vendor_id",
        "awards/suppliers/name": "(SELECT trim(v.legal_name) FROM vendors v WHERE v.vendor_id = g.vendor_id)",
    }
    subcontracts = {
        "awards/id": "c.award_no",
        "awards/subcontracting/subcontracts/id": "c.award_no || '-' || g.sub_vendor_id",
        "awards/subcontracting/subcontracts/subcontractor/id": "'US-RB-VENDOR-' || g.sub_vendor_id",
        "awards/subcontracting/subcontracts/subcontractor/name": "trim(v.legal_name)",
    }
    firms = "(SELECT DISTINCT award_no, sub_vendor_id FROM subcontractor_payments)"
    return [
        _children(8, "awards", "true", details, "'0'", "c.award_no"),
        _grandchildren(8, "awards", "award_suppliers", "award_no", suppliers, "'1' || g.vendor_id"),
        Select(
            8,
            f"solicitations s JOIN awards c ON c.sol_no = s.sol_no JOIN {firms} g ON g.award_no = c.award_no"
            " JOIN vendors v ON v.vendor_id = g.sub_vendor_id AND upper(trim(v.is_individual)) = 'N'",
            "true",
            subcontracts,
            "c.award_no",
            "'2' || g.sub_vendor_id",
        ),
    ]


def _contracts(lists: Path) -> list[Select]:
    changes = f"SELECT sum({money('m.amount_change')}) FROM contract_amendments m WHERE m.contract_no = c.contract_no"
    details = {
        "contracts/id": "c.contract_no",
        "contracts/awardID": blank("c.award_no"),
        "contracts/title": blank("c.title"),
        "contracts/status": code("c.status_code"),
        **amount("contracts/value", f"{money('c.amount')} + coalesce(({changes}), 0)", given=money("c.amount")),
        "contracts/dateSigned": start("c.signed_on"),
        "contracts/period/startDate": start("c.start_on"),
        "contracts/period/endDate": end("c.end_on"),
        "contracts/period/maxExtentDate": end("c.max_end_on"),
        "contracts/renewal/maximumRenewals": "c.renewals",
        "contracts/implementation/endDate": end("c.closed_on"),
        **amount("contracts/implementation/finalValue", money("c.final_amount")),
    }
    amendments = {
        "contracts/id": "c.contract_no",
        "contracts/amendments/id": "g.amendment_id",
        "contracts/amendments/date": start("g.signed_on"),
        "contracts/amendments/rationale": coded("g.reason_code", lists / "amendment_reason.csv"),
        "contracts/amendments/description": blank("g.description"),
    }
    orders = {
        "contracts/id": "c.contract_no",
        "contracts/milestones/id": "g.po_no",
        "contracts/milestones/title": "'Delivery of order ' || trim(g.po_no)",
        "contracts/milestones/description": f"'Ordered ' || {day('g.ordered_on')}",
        "contracts/milestones/type": "'delivery'",
        "contracts/milestones/dueDate": end("g.deliver_by"),
        "contracts/milestones/dateMet": start("g.received_on"),
        "contracts/milestones/status": code("g.status_code"),
    }
    invoices = {
        "contracts/id": "c.contract_no",
        "contracts/implementation/milestones/id": "g.invoice_no",
        "contracts/implementation/milestones/title": "'Invoice ' || trim(g.invoice_no)",
        "contracts/implementation/milestones/description": f"'Invoiced ' || {day('g.invoiced_on')}",
        "contracts/implementation/milestones/type": "'payment'",
        "contracts/implementation/milestones/code": "'invoice'",
        "contracts/implementation/milestones/dueDate": end("g.due_on"),
        "contracts/implementation/milestones/dateMet": start("g.paid_on"),
        "contracts/implementation/milestones/status": code("g.status_code"),
    }
    transactions = {
        "contracts/id": "c.contract_no",
        "contracts/implementation/transactions/id": "g.payment_no",
        "contracts/implementation/transactions/date": moment("g.paid_at"),
        **amount("contracts/implementation/transactions/value", "g.amount"),
        "contracts/implementation/transactions/payer/id": f"'US-RB-DEPT-' || {code('g.paid_by')}",
        "contracts/implementation/transactions/payer/name": "(SELECT trim(d.name) FROM departments d"
        f" WHERE d.dept_code = {code('g.paid_by')})",
        "contracts/implementation/transactions/payee/id": "'US-RB-VENDOR-' || g.vendor_id",
        "contracts/implementation/transactions/payee/name": "(SELECT trim(v.legal_name) FROM vendors v"
        " WHERE v.vendor_id = g.vendor_id)",
    }
    key = "contract_no"
    return [
        _children(9, "contracts", "true", details, "'0'", "c.contract_no"),
        _grandchildren(9, "contracts", "contract_amendments", key, amendments, "'1' || g.amendment_id"),
        _grandchildren(9, "contracts", "purchase_orders", key, orders, "'2' || g.po_no"),
        _grandchildren(9, "contracts", "invoices", key, invoices, "'3' || g.invoice_no"),
        _grandchildren(
            9,
            "contracts",
            "payments",
            key,
            transactions,
            "'4' || g.payment_no",
            f"coalesce({code('g.voided')}, '') <> 'Y'",
        ),
    ]


def _parties(lists: Path) -> list[Select]:
    """Organizations with their roles: what a publisher who maps by rows has to gather by hand."""
    decided = f"{code('s.status_code')} NOT IN {SEALED}"
    answered = f"{code('s.status_code')} NOT IN ('PLN', 'OPEN', 'EVAL')"
    firm = "upper(trim(v.is_individual)) = 'N'"
    suppliers = "awards c JOIN award_suppliers g ON g.award_no = c.award_no"
    subcontractors = "awards c JOIN subcontractor_payments g ON g.award_no = c.award_no"
    payments = "contracts c JOIN payments g ON g.contract_no = c.contract_no"
    vendor = {
        "parties/id": "'US-RB-VENDOR-' || v.vendor_id",
        "parties/name": blank("v.legal_name"),
        "parties/identifier/scheme": "'US-RB-VENDOR'",
        "parties/identifier/id": "v.vendor_id",
        "parties/identifier/legalName": blank("v.legal_name"),
        "parties/address/streetAddress": f"CASE WHEN {firm} THEN {blank('v.street')} END",
        "parties/address/locality": blank("v.city"),
        "parties/address/region": blank("v.state"),
        "parties/address/postalCode": f"CASE WHEN {firm} THEN {blank('v.zip')} END",
        "parties/details/scale": coded("v.size_code", lists / "scale.csv"),
    }
    certification = {
        "parties/id": "'US-RB-VENDOR-' || v.vendor_id",
        "parties/details/classifications/id": code("k.cert_type"),
        "parties/details/classifications/scheme": "'US-RB-CERT'",
        "parties/details/classifications/description": blank("k.cert_name"),
    }
    department = {
        "parties/id": "'US-RB-DEPT-' || d.dept_code",
        "parties/name": blank("d.name"),
        "parties/identifier/scheme": "'US-RB-DEPT'",
        "parties/identifier/id": "d.dept_code",
        "parties/address/streetAddress": blank("d.street"),
        "parties/address/locality": blank("d.city"),
        "parties/address/region": blank("d.state"),
        "parties/address/postalCode": blank("d.zip"),
    }
    found = []
    for role, tables, key, where in (
        ("tenderer", "bids c", "c.vendor_id", f"{decided} AND {firm}"),
        ("supplier", suppliers, "g.vendor_id", "true"),
        ("subcontractor", subcontractors, "g.sub_vendor_id", firm),
        ("payee", payments, "g.vendor_id", "true"),
        ("enquirer", "questions c", "c.vendor_id", f"{answered} AND {firm}"),
    ):
        source = _referred(tables, key) + " JOIN vendors v ON v.vendor_id = r.party"
        values = {**vendor, "parties/roles": text(role)}
        found.append(Select(10, source, where, values, "'V' || v.vendor_id", text(role)))
        source += " JOIN vendor_certifications k ON k.vendor_id = v.vendor_id"
        valid = f"{where} AND {code('k.status')} <> 'R'"
        found.append(Select(10, source, valid, certification, "'V' || v.vendor_id", "'~' || k.cert_type"))
    for role, tables, key in (
        ("buyer", "solicitations c", code("c.dept_code")),
        ("procuringEntity", "solicitations c", "'PROC'"),
        ("payer", payments, code("g.paid_by")),
    ):
        source = _referred(tables, key) + " JOIN departments d ON d.dept_code = r.party"
        values = {**department, "parties/roles": text(role)}
        found.append(Select(10, source, "true", values, "'D' || d.dept_code", text(role)))
    return found


def _referred(tables: str, key: str) -> str:
    """Give the distinct organizations that a process refers to."""
    return f"solicitations s JOIN (SELECT DISTINCT c.sol_no, {key} AS party FROM {tables}) r ON r.sol_no = s.sol_no"


def _children(
    section: int, table: str, where: str, values: Mapping[str, str], place: str, container: str = "''"
) -> Select:
    return Select(section, f"solicitations s JOIN {table} c ON c.sol_no = s.sol_no", where, values, container, place)


def _grandchildren(
    section: int, parent: str, table: str, key: str, values: Mapping[str, str], place: str, where: str = "true"
) -> Select:
    source = f"solicitations s JOIN {parent} c ON c.sol_no = s.sol_no JOIN {table} g ON g.{key} = c.{key}"
    return Select(section, source, where, values, f"c.{key}", place)


def query(city: Path, labels: Mapping[str, str]) -> str:
    """Give the whole query; `labels` are the column names by OCDS path, which every path of the parts must have."""
    parts = []
    for part in selects(city):
        columns = ", ".join(f'{part.values.get(path, "NULL")} AS "{label}"' for path, label in labels.items())
        order = (
            f"s.sol_no AS _process, {part.section} AS _section, {part.container} AS _container, {part.place} AS _place"
        )
        # Every row names its process, whatever else it says: a release ends where this column changes.
        columns = columns.replace(f'NULL AS "{labels["ocid"]}"', f's.sol_no AS "{labels["ocid"]}"')
        parts.append(f"SELECT {columns}, {order} FROM {part.source} WHERE {part.where}")
    return "\nUNION ALL\n".join(parts) + "\nORDER BY _process, _section, _container, _place"
