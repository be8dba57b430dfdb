"""Moves that correct, take back and remove: changed values, values changed back, cancellations, deletions."""

from sqlalchemy import delete, select

from pregon.synth.schema import (
    AWARDS,
    BIDS,
    CHANGES,
    CONTRACTS,
    METADATA,
    SOLICITATIONS,
    SUBCONTRACTOR_PAYMENTS,
    VENDOR_CERTIFICATIONS,
    VENDORS,
)
from pregon.synth.turn import AWARDED_CODES, OPEN_CODES, Turn, parsed
from pregon.synth.words import CANCEL_REASONS, CERTIFICATIONS, STREETS
from pregon.synth.world import vendor_id

_ANY_PUBLIC = (*OPEN_CODES, *AWARDED_CODES, "EVAL", "REJ", "NOB", "REB")


def change(turn: Turn) -> bool:
    """Change one value: a title, an estimate, a contract's end, a vendor's address."""
    kind = turn.next_change() % 4
    if kind == 3:
        return _change_vendor(turn)
    record = turn.some_solicitation(_ANY_PUBLIC)
    if record is None:
        return False
    key = ("sol_no", record.sol_no)
    if kind == 0:
        turn.change_value(SOLICITATIONS, key, "title", record.title, f"{record.title.strip()} (revised {turn.change})")
    elif kind == 1:
        turn.change_value(SOLICITATIONS, key, "estimate", record.estimate, f"${5000 + turn.change % 900 * 250:,.2f}")
    else:
        contract = turn.connection.execute(
            select(CONTRACTS.c.contract_no, CONTRACTS.c.end_on)
            .where(CONTRACTS.c.sol_no == record.sol_no)
            .order_by(CONTRACTS.c.contract_no)
            .limit(1)
        ).first()
        if contract is None:
            return False
        end = turn.world.days.us(turn.day + 30 + turn.change % 300)
        turn.change_value(CONTRACTS, ("contract_no", contract.contract_no), "end_on", contract.end_on, end)
    turn.count("changed")
    return True


def _change_vendor(turn: Turn) -> bool:
    # Not the winners of everything: one of those touches a large part of all processes.
    vendor = int(len(turn.world.registered) * (0.4 + 0.6 * turn.rng.random()))
    key = vendor_id(min(vendor, len(turn.world.registered) - 1))
    street = turn.connection.execute(select(VENDORS.c.street).where(VENDORS.c.vendor_id == key)).scalar()
    if street is None or "Apt" in street:
        return False
    new = f"{100 + turn.change % 8000} {STREETS[turn.change % 12]}"
    turn.change_value(VENDORS, ("vendor_id", key), "street", street, new)
    turn.count("changed")
    return True


def change_back(turn: Turn) -> bool:
    """Change back a value that an earlier call of `advance` had changed."""
    found = turn.connection.execute(
        select(CHANGES).where(CHANGES.c.round < turn.round).order_by(CHANGES.c.change_no).limit(1)
    ).first()
    if found is None:
        return False
    table = METADATA.tables[found.table_name]
    value = parsed(table.c[found.column_name], found.old_value)
    turn.set(table, {found.key_column: found.key_value}, {found.column_name: value})
    turn.connection.execute(delete(CHANGES).where(CHANGES.c.change_no == found.change_no))
    turn.count("changed_back")
    return True


def cancel(turn: Turn) -> bool:
    """Cancel an open solicitation; its bids go back unopened. Where none is open, cancel an award."""
    number = turn.next_change()
    found = turn.solicitations(OPEN_CODES, limit=400)
    if found and number % 4:
        record = found[int(turn.rng.random() * len(found))]
        reason = CANCEL_REASONS[number % 4]
        turn.set(SOLICITATIONS, {"sol_no": record.sol_no}, {"status_code": "CAN", "cancel_reason": reason})
        turn.flush()
        turn.set(BIDS, {"sol_no": record.sol_no}, {"status_code": "RET"})
    else:
        awarded = turn.some_solicitation(AWARDED_CODES)
        if awarded is None:
            return False
        key = turn.connection.execute(
            select(AWARDS.c.award_no).where(AWARDS.c.sol_no == awarded.sol_no).order_by(AWARDS.c.award_no).limit(1)
        ).scalar()
        if key is None:
            return False
        turn.set(AWARDS, {"award_no": key}, {"status_code": "CAN", "has_subs": ""})
    turn.count("cancelled")
    return True


def remove(turn: Turn) -> bool:
    """Delete a row from a table that has no cursor: a certification, or a subcontractor's payment."""
    number = int(turn.rng.random() * turn.processes) + 1
    if turn.next_change() % 2:
        done = turn.remove(SUBCONTRACTOR_PAYMENTS, "subpay_no", f"SP{number:07d}")
    else:
        code = CERTIFICATIONS[number % 5][0]
        done = turn.remove(VENDOR_CERTIFICATIONS, "cert_id", f"{code}-{number % len(turn.world.registered):05d}")
    if done:
        turn.count("deleted")
    return done
