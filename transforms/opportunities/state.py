"""Whether somebody may take part in a tender at a moment. Every function here is pure: the moment is given."""

from datetime import datetime, timedelta
from typing import Literal

from transforms.opportunities.facts import Contract, Tender
from transforms.opportunities.options import OpportunityOptions

TenderState = Literal["planned", "upcoming", "open", "closed", "cancelled"]

SILENT = timedelta(days=365)
"""A plan or an open tender without a date in the future, of which nothing was heard for so long, is not listed."""

_PLANNED = frozenset({"planning", "planned"})
_ENDED = frozenset({"complete", "unsuccessful"})
_CANCELLED = frozenset({"cancelled", "withdrawn"})


def tender_state(tender: Tender, moment: datetime, options: OpportunityOptions) -> TenderState | None:
    """Tell the state in which a tender is listed at a moment; None: it is not, and won't be at any later one.

    - `planned`: it is considered or planned (`tender.status`), or there is no more than planning, with a date.
    - `upcoming`: the time to hand in bids begins later.
    - `open`: bids may be handed in: its status is `active`, or not told and nothing was awarded, and its time is not
      over.
    - `closed`, `cancelled`: it was one of these, for `closed_days` from its end.

    A process without status, dates or planned date is none of these: nobody knows whether there was a tender.
    Purchases by direct award are no opportunities, at whatever stage.
    """
    if tender.method == "direct" or not (tender.status or tender.start or tender.deadline or tender.expected):
        return None
    if tender.status is None and tender.awarded and not (tender.start or tender.deadline):
        return None
    since, ended = ended_at(tender, moment)
    if ended:
        return ended if moment - since < timedelta(days=options.closed_days) else None
    start, deadline, expected = _at(tender.start), _at(tender.deadline), _at(tender.expected)
    if start and start > moment:
        return "upcoming"
    state: TenderState = "open"
    if tender.status in _PLANNED or (tender.status is None and not (start or deadline)):
        state = "planned"
    hopes = [one for one in (deadline, expected if state == "planned" else None) if one]
    if not any(one > moment for one in hopes) and moment - _known(tender.updated) > SILENT:
        return None
    return state


def ended_at(tender: Tender, moment: datetime) -> tuple[datetime, Literal["closed", "cancelled"] | None]:
    """Tell since when a tender has been over and how, at a moment; None: it isn't."""
    updated, deadline = _known(tender.updated), _at(tender.deadline)
    if tender.status in _CANCELLED:
        return updated, "cancelled"
    over = deadline is not None and deadline <= moment and tender.status not in _PLANNED
    if tender.status in _ENDED or (tender.status is None and tender.awarded):
        return (min(deadline, updated) if over and deadline else updated), "closed"
    if over and deadline:
        return deadline, "closed"
    return updated, None


def changed_at(tender: Tender, moment: datetime) -> datetime:
    """Tell when what is listed of a tender became as it is at a moment: by a release, or by its deadline's passing."""
    since, ended = ended_at(tender, moment)
    return max(since, _known(tender.updated)) if ended else _known(tender.updated)


def contract_listed(contract: Contract, moment: datetime, options: OpportunityOptions) -> bool:
    """Tell whether a contract ends soon after a moment."""
    left = _known(contract.end) - moment
    return timedelta(0) < left <= timedelta(days=options.expiring_days)


def may_be_listed(tender: Tender | None, contracts: list[Contract], moment: datetime, days: OpportunityOptions) -> bool:
    """Tell whether a process has anything that is listed at a moment or may be later."""
    if tender is not None and tender_state(tender, moment, days) is not None:
        return True
    return any(_known(one.end) > moment for one in contracts)


def _at(date: str | None) -> datetime | None:
    return datetime.fromisoformat(date) if date else None


def _known(date: str) -> datetime:
    return datetime.fromisoformat(date)
