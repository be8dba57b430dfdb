"""The tables of Riverbend's e-procurement system, as SQLAlchemy metadata.

Real systems declare few constraints, and the generator plants duplicates, empty keys and orphans: so no table has a
primary or foreign key; `KEYS` says what each is meant to have. `CURSORLESS` tables have no `updated_at`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Numeric, Table, Text
from sqlalchemy.types import TypeEngine

METADATA: Final = MetaData()


def _table(name: str, columns: str, indexes: Iterable[str] = ()) -> Table:
    """Declare a table from column names; `:stamp` is a naive local timestamp; without a kind, text."""
    made: list[Column[Any]] = []
    for word in columns.split():
        column, _, kind = word.partition(":")
        made.append(Column(column, _TYPES[kind]))
    table = Table(name, METADATA, *made)
    for column in indexes:
        Index(f"ix_{name}_{column}", table.c[column])
    return table


_TYPES: Final[Mapping[str, TypeEngine[Any]]] = {
    "": Text(),
    "stamp": DateTime(),
    "money": Numeric(14, 2),
    "number": Numeric(14, 4),
    "int": Integer(),
}

DEPARTMENTS = _table(
    "departments",
    "dept_code name name_es street city state zip office_email cost_center director_name director_phone active",
)
VENDORS = _table(
    "vendors",
    """vendor_id legal_name dba_name tax_id is_individual street city state zip contact_name email phone bank_account
    size_code registered_on status internal_notes updated_at:stamp""",
    ("vendor_id", "updated_at"),
)
VENDOR_CERTIFICATIONS = _table(
    "vendor_certifications",
    "cert_id vendor_id cert_type cert_name issued_on expires_on status reviewer_notes",
    ("cert_id", "vendor_id"),
)
PROCUREMENT_PLAN = _table(
    "procurement_plan",
    """plan_id sol_no fiscal_year quarter dept_code category_code description estimated_amount expected_ad_on
    approved internal_budget_note updated_at:stamp""",
    ("sol_no", "updated_at"),
)
SOLICITATIONS = _table(
    "solicitations",
    """sol_no record_id:int title description lang method_code category_code dept_code status_code
    published_at:stamp closes_at:stamp opened_at:stamp question_deadline prebid_at:stamp prebid_place prebid_mandatory
    estimate budget_line budget_amount:money set_aside_code goal_pct bid_bond doc_fee award_basis submission_code
    term_start term_end bids_received:int bids_responsive:int previous_sol_no cancel_reason
    buyer_name buyer_email buyer_phone evaluator_comments internal_notes created_by updated_at:stamp""",
    ("record_id", "sol_no", "status_code", "updated_at"),
)
SOLICITATION_DOCUMENTS = _table(
    "solicitation_documents",
    "doc_id sol_no doc_type title file_name url format lang posted_at:stamp visibility updated_at:stamp",
    ("sol_no", "updated_at"),
)
LINE_ITEMS = _table(
    "line_items",
    "sol_no line_no description nigp_code unspsc quantity:number unit unit_price:number updated_at:stamp",
    ("sol_no", "updated_at"),
)
PLAN_HOLDERS = _table(
    "plan_holders",
    "holder_id sol_no vendor_id downloaded_at:stamp download_ip updated_at:stamp",
    ("sol_no", "updated_at"),
)
QUESTIONS = _table(
    "questions",
    "question_id sol_no vendor_id asked_by question answer asked_at:stamp answered_at:stamp removed updated_at:stamp",
    ("sol_no", "updated_at"),
)
BIDS = _table(
    "bids",
    """bid_no sol_no vendor_id amount submitted_at:stamp status_code reason score evaluator_comments
    updated_at:stamp""",
    ("sol_no", "updated_at"),
)
AWARDS = _table(
    "awards",
    """award_no sol_no bid_no awarded_on amount status_code title rationale has_subs approved_by board_notes
    updated_at:stamp""",
    ("sol_no", "award_no", "updated_at"),
)
AWARD_SUPPLIERS = _table(
    "award_suppliers",
    "award_no vendor_id role share_pct updated_at:stamp",
    ("award_no", "updated_at"),
)
CONTRACTS = _table(
    "contracts",
    """contract_no sol_no award_no title amount signed_on start_on end_on max_end_on renewals:int status_code
    closed_on final_amount manager_name manager_phone retention_account updated_at:stamp""",
    ("sol_no", "contract_no", "updated_at"),
)
CONTRACT_AMENDMENTS = _table(
    "contract_amendments",
    "amendment_id contract_no amendment_no:int signed_on reason_code description amount_change new_end_on "
    "internal_notes updated_at:stamp",
    ("contract_no", "updated_at"),
)
PURCHASE_ORDERS = _table(
    "purchase_orders",
    "po_no contract_no ordered_on deliver_by received_on amount:money status_code requisitioner updated_at:stamp",
    ("contract_no", "updated_at"),
)
INVOICES = _table(
    "invoices",
    """invoice_no contract_no po_no vendor_id vendor_ref invoiced_on due_on paid_on amount:money status_code
    updated_at:stamp""",
    ("contract_no", "invoice_no", "updated_at"),
)
PAYMENTS = _table(
    "payments",
    """payment_no invoice_no contract_no vendor_id paid_by paid_at:stamp amount:money method bank_account voided
    updated_at:stamp""",
    ("contract_no", "updated_at"),
)
SUBCONTRACTOR_PAYMENTS = _table(
    "subcontractor_payments",
    "subpay_no contract_no award_no prime_vendor_id sub_vendor_id work paid_on amount",
    ("subpay_no",),
)
STATE = _table("synth_state", "name value")
CHANGES = _table("synth_changes", "change_no:int round:int table_name key_column key_value column_name old_value")

OWN_TABLES: Final = ("synth_state", "synth_changes")
"""Tables of the generator's memory: no part of the e-procurement system."""
TABLES: Final[Mapping[str, Table]] = {name: table for name, table in METADATA.tables.items() if name not in OWN_TABLES}
CURSORLESS: Final = ("departments", "vendor_certifications", "subcontractor_payments")
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "departments": ("dept_code",),
    "vendors": ("vendor_id",),
    "vendor_certifications": ("cert_id",),
    "procurement_plan": ("plan_id",),
    "solicitations": ("sol_no",),
    "solicitation_documents": ("doc_id",),
    "line_items": ("sol_no", "line_no"),
    "plan_holders": ("holder_id",),
    "questions": ("question_id",),
    "bids": ("bid_no",),
    "awards": ("award_no",),
    "award_suppliers": ("award_no", "vendor_id"),
    "contracts": ("contract_no",),
    "contract_amendments": ("amendment_id",),
    "purchase_orders": ("po_no",),
    "invoices": ("invoice_no",),
    "payments": ("payment_no",),
    "subcontractor_payments": ("subpay_no",),
}
INTERNAL_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "departments": ("cost_center", "director_name", "director_phone"),
    "vendors": ("tax_id", "contact_name", "email", "phone", "bank_account", "status", "internal_notes"),
    "vendor_certifications": ("reviewer_notes",),
    "procurement_plan": ("internal_budget_note",),
    "solicitations": (
        "buyer_name", "buyer_email", "buyer_phone", "evaluator_comments", "internal_notes", "created_by",
    ),
    "solicitation_documents": ("file_name",),
    "plan_holders": ("vendor_id", "download_ip"),
    "questions": ("asked_by",),
    "bids": ("score", "evaluator_comments"),
    "awards": ("approved_by", "board_notes"),
    "contracts": ("manager_name", "manager_phone", "retention_account"),
    "contract_amendments": ("internal_notes",),
    "purchase_orders": ("requisitioner",),
    "payments": ("bank_account",),
}  # fmt: skip
"""Columns whose content the city never publishes."""
