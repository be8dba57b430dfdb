"""What is listed at a moment: the same facts give the same listing until a deadline passes or something changes."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import orjson

from transforms.opportunities.cuts import Cut, cuts_of
from transforms.opportunities.facts import Contract, Tender
from transforms.opportunities.options import OpportunityOptions
from transforms.opportunities.state import TenderState, changed_at, contract_listed, tender_state


@dataclass(frozen=True)
class Listed:
    """A tender or plan that is listed: its state, since when what is listed is so, and the parts it belongs to."""

    tender: Tender
    state: TenderState
    updated: datetime
    cuts: frozenset[Cut]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is said of it."""
        return hashlib.sha256(orjson.dumps([self.tender, self.state])).hexdigest()


@dataclass(frozen=True)
class Listing:
    """All that is listed at a moment. Tenders and plans: the newest change first; contracts: the first to end first.

    `cuts` are all parts that have feeds, whether or not anything in them is listed now.
    """

    tenders: Sequence[Listed]
    plans: Sequence[Listed]
    contracts: Sequence[Contract]
    cuts: Sequence[Cut]

    def of(self, cut: Cut) -> list[Listed]:
        """Give the tenders of a part."""
        return [one for one in self.tenders if cut in one.cuts]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is listed, to tell whether it is the same as before."""
        content = [
            [one.digest for one in (*self.tenders, *self.plans)],
            [one.digest for one in self.contracts],
            [[cut.kind, cut.file_name, cut.scheme, cut.key, cut.name] for cut in self.cuts],
        ]
        return hashlib.sha256(orjson.dumps(content)).hexdigest()


def listing(
    tenders: Iterable[Tender],
    contracts: Iterable[Contract],
    cuts: Sequence[Cut],
    moment: datetime,
    options: OpportunityOptions,
) -> Listing:
    """List what vendors may take part in at a moment."""
    known = frozenset(cuts)
    listed = []
    for tender in tenders:
        state = tender_state(tender, moment, options)
        if state:
            own = frozenset(cuts_of(tender, options)) & known
            listed.append(Listed(tender, state, changed_at(tender, moment), own))
    listed.sort(key=lambda one: one.tender.ocid)
    listed.sort(key=lambda one: one.updated, reverse=True)
    ending = [one for one in contracts if contract_listed(one, moment, options)]
    return Listing(
        tenders=[one for one in listed if one.state != "planned"],
        plans=[one for one in listed if one.state == "planned"],
        contracts=sorted(ending, key=lambda one: (datetime.fromisoformat(one.end), one.ocid, one.id)),
        cuts=cuts,
    )
