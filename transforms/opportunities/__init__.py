"""What vendors may take part in: open and upcoming tenders, plans, and contracts that are about to end."""

from transforms.opportunities.cuts import Cut, Cuts, code_class
from transforms.opportunities.facts import Contract, Meeting, Tender, contracts_of, tender_of
from transforms.opportunities.listing import Listed, Listing, listing
from transforms.opportunities.options import CODE_DIGITS, OpportunityOptions
from transforms.opportunities.state import TenderState, contract_listed, tender_state

__all__ = [
    "CODE_DIGITS",
    "Contract",
    "Cut",
    "Cuts",
    "Listed",
    "Listing",
    "Meeting",
    "OpportunityOptions",
    "Tender",
    "TenderState",
    "code_class",
    "contract_listed",
    "contracts_of",
    "listing",
    "tender_of",
    "tender_state",
]
