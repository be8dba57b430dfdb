"""Moves that bring processes forward: opening, closing, decisions, contracts, amendments, invoices and payments."""

import datetime as dt

from sqlalchemy import exists, func, select

from pregon.synth.award import award_rows, contract_rows
from pregon.synth.days import stream_seed
from pregon.synth.facts import DIRECT_METHODS, PROCESS_STREAM, facts_of
from pregon.synth.planted import digits
from pregon.synth.schema import (
    AWARD_SUPPLIERS,
    AWARDS,
    BIDS,
    CONTRACT_AMENDMENTS,
    CONTRACTS,
    CURSORLESS,
    INVOICES,
    QUESTIONS,
    SOLICITATION_DOCUMENTS,
    SOLICITATIONS,
)
from pregon.synth.tender import Offer, draw_vendors, money_text, tender_rows
from pregon.synth.turn import AWARDED_CODES, OPEN_CODES, Turn
from pregon.synth.words import AMENDMENT_REASONS, DISQUALIFICATIONS
from pregon.synth.words import QUESTIONS as QUESTION_TEXTS
from pregon.synth.world import person_name, vendor_id, vendor_number

_DECISION_DAYS = 21


def add_processes(turn: Turn, count: int) -> None:
    """Add new processes: published today, or planned for the coming weeks; and the vendors that registered for them."""
    world = turn.world
    first = turn.processes + 1
    known = len(world.registered)
    for vendor, certifications in world.make_vendors(known, world.vendor_count(turn.processes + count), turn.tomorrow):
        turn.batch["vendors"].append(vendor)
        turn.batch["vendor_certifications"].extend(certifications)
    for number in range(first, first + count):
        turn.rng.seed(stream_seed(world.seed, PROCESS_STREAM, number, turn.day))
        publish = turn.day if number % 3 else turn.day + 1 + number % 40
        facts = facts_of(world, turn.rng, number, turn.tomorrow, publish=publish, alone=True)
        offers = tender_rows(world, turn.rng, facts, turn.tomorrow, turn.batch)
        award_rows(world, turn.rng, facts, turn.tomorrow, offers, turn.batch)
    _enter_today(turn)
    turn.processes += count
    turn.count("new", count)


def _enter_today(turn: Turn) -> None:
    """Give rows that would have been entered earlier today's time: otherwise no cursor would ever find them."""
    today = turn.stamp(0)[:10]
    for name, rows in turn.batch.items():
        if name in CURSORLESS:
            continue
        # `updated_at` is the last column of every table that has it.
        for number, row in enumerate(rows):
            if str(row[-1]) < today:
                rows[number] = (*row[:-1], turn.stamp(turn.change + number))


def open_planned(turn: Turn, limit: int) -> None:
    """Publish the planned solicitations whose day has come; direct purchases are awarded at once."""
    until = dt.datetime.fromisoformat(turn.stamp(63))
    for record in turn.solicitations(("PLN",), SOLICITATIONS.c.published_at <= until, limit=limit):
        key = {"sol_no": record.sol_no}
        if record.method_code in DIRECT_METHODS:
            turn.set(SOLICITATIONS, key, {"status_code": "AWD"})
            facts = turn.facts(record, 20000.0 + record.record_id % 977 * 31)
            award_rows(turn.world, turn.rng, facts, turn.tomorrow, [], turn.batch)
            turn.count("awarded")
        else:
            turn.set(SOLICITATIONS, key, {"status_code": "OPEN"})
            turn.count("opened")
        # Internal memos stay what they are.
        turn.connection.execute(
            SOLICITATION_DOCUMENTS.update()
            .where(SOLICITATION_DOCUMENTS.c.sol_no == record.sol_no, SOLICITATION_DOCUMENTS.c.visibility == "DRAFT")
            .values(visibility="PUBLIC", updated_at=dt.datetime.fromisoformat(turn.stamp(turn.next_change())))
        )


def close_due(turn: Turn, limit: int) -> None:
    """Close the solicitations whose deadline was today or before."""
    until = dt.datetime.fromisoformat(turn.stamp(0)[:10] + " 23:59:59")
    for record in turn.solicitations(OPEN_CODES, SOLICITATIONS.c.closes_at <= until, limit=limit):
        turn.set(SOLICITATIONS, {"sol_no": record.sol_no}, {"status_code": "EVAL"})
        turn.count("closed")


def decide_due(turn: Turn, limit: int) -> None:
    """Decide the solicitations evaluated long enough: award to the lowest valid bid, or fail."""
    until = dt.datetime.fromisoformat(turn.world.days.at(turn.day - _DECISION_DAYS, 63))
    for record in turn.solicitations(("EVAL",), SOLICITATIONS.c.closes_at <= until, limit=limit):
        offers, received = _judge_bids(turn, record.sol_no)
        status = "AWD" if offers else "REJ" if received else "NOB"
        moment = dt.datetime.fromisoformat(f"{record.closes_at.date()} 14:30:00")
        turn.set(
            SOLICITATIONS, {"sol_no": record.sol_no},
            {"status_code": status, "opened_at": moment, "bids_received": received, "bids_responsive": len(offers)},
        )  # fmt: skip
        if offers:
            facts = turn.facts(record, offers[0].amount)
            award_rows(turn.world, turn.rng, facts, turn.tomorrow, offers, turn.batch)
            turn.count("awarded")
        else:
            turn.count("failed")


def _judge_bids(turn: Turn, sol_no: str) -> tuple[list[Offer], int]:
    """Open the bids of a solicitation; give the valid ones, lowest first, and how many there were."""
    offers = []
    records = turn.rows(
        select(BIDS.c.bid_no, BIDS.c.vendor_id, BIDS.c.amount)
        .where(BIDS.c.sol_no == sol_no, BIDS.c.status_code == "SUB")
        .order_by(BIDS.c.bid_no)
    )
    for record in records:
        amount = digits(record.amount)
        pick = turn.rng.getrandbits(20)
        if pick % 9 == 0 or not amount:
            turn.set(
                BIDS,
                {"sol_no": sol_no, "bid_no": record.bid_no},
                {"status_code": "DQ", "reason": DISQUALIFICATIONS[pick % 7]},
            )
        else:
            turn.set(
                BIDS,
                {"sol_no": sol_no, "bid_no": record.bid_no},
                {"status_code": "VALID", "score": str(55 + pick % 45)},
            )
            offers.append(Offer(float(amount), record.bid_no, vendor_number(record.vendor_id)))
    offers.sort()
    return offers, len(records)


def sign_contracts(turn: Turn, limit: int) -> None:
    """Sign contracts for awards made between five and sixty days ago that have none; confirm those still pending."""
    since, until = (dt.datetime.fromisoformat(turn.world.days.at(turn.day - back, 0)) for back in (60, 5))
    has_contract = exists().where(CONTRACTS.c.sol_no == AWARDS.c.sol_no, CONTRACTS.c.award_no == AWARDS.c.award_no)
    columns = (
        AWARDS.c.award_no,
        AWARDS.c.sol_no,
        AWARDS.c.bid_no,
        AWARDS.c.amount,
        AWARDS.c.status_code,
        AWARDS.c.has_subs,
    )
    waiting = turn.rows(
        select(*columns, func.min(AWARD_SUPPLIERS.c.vendor_id).label("vendor_id"))
        .join(AWARD_SUPPLIERS, AWARD_SUPPLIERS.c.award_no == AWARDS.c.award_no)
        .where(AWARDS.c.updated_at.between(since, until), AWARDS.c.status_code != "CAN", ~has_contract)
        .group_by(*columns)
        .order_by(AWARDS.c.award_no)
        .limit(limit)
    )
    for award in waiting:
        records = turn.solicitations(AWARDED_CODES, SOLICITATIONS.c.sol_no == award.sol_no, limit=1)
        amount = digits(award.amount)
        if not records or not amount:
            continue
        if award.status_code == "PEND":
            turn.set(AWARDS, {"award_no": award.award_no}, {"status_code": "FINAL"})
        facts = turn.facts(records[0], float(amount))
        offer = Offer(float(amount), award.bid_no, vendor_number(award.vendor_id))
        contract_rows(
            turn.world, turn.rng, facts, turn.tomorrow, offer, award.award_no, turn.day,
            subs=award.has_subs == "Y", out=turn.batch,
        )  # fmt: skip
        turn.count("contracted")


def pay(turn: Turn, *, late: bool = False) -> bool:
    """Pay an open invoice of a random contract, or enter one; `late` rows carry a time up to five days back."""
    record = turn.some_solicitation(AWARDED_CODES)
    if record is None:
        return False
    number = turn.next_change()
    entered = turn.stamp(number, turn.day - 1 - number % 4) if late else turn.stamp(number)
    invoice = turn.connection.execute(
        select(INVOICES.c.invoice_no, INVOICES.c.contract_no, INVOICES.c.vendor_id, INVOICES.c.vendor_ref)
        .join(CONTRACTS, CONTRACTS.c.contract_no == INVOICES.c.contract_no)
        .where(CONTRACTS.c.sol_no == record.sol_no, CONTRACTS.c.status_code != "CAN")
        .order_by(INVOICES.c.status_code, INVOICES.c.invoice_no)
        .limit(1)
    ).first()
    if invoice is None:
        return False
    key = f"{invoice.invoice_no}-R{number}"
    amount = f"{150 + number * 37 % 9000}.{number % 100:02d}"
    days = turn.world.days
    turn.batch["invoices"].append((
        key, invoice.contract_no, f"PO{invoice.contract_no[1:]}-1", invoice.vendor_id, f"{number:06d}",
        days.iso(turn.day - 20), days.iso(turn.day + 10), entered[:10], amount, "PAID", entered,
    ))  # fmt: skip
    turn.batch["payments"].append((
        f"P{key[3:]}", key, invoice.contract_no, invoice.vendor_id, "FIN", entered, amount, "ACH",
        f"IBAN-RB{number % 97:02d}-{vendor_number(invoice.vendor_id):08d}", "", entered,
    ))  # fmt: skip
    turn.count("late" if late else "paid")
    return True


def amend(turn: Turn) -> bool:
    """Amend a random contract: more money, or more time."""
    record = turn.some_solicitation(AWARDED_CODES)
    if record is None:
        return False
    contract = turn.connection.execute(
        select(CONTRACTS.c.contract_no, CONTRACTS.c.amount)
        .where(CONTRACTS.c.sol_no == record.sol_no, CONTRACTS.c.status_code.in_(("ACT", "Active", "SGN")))
        .order_by(CONTRACTS.c.contract_no)
        .limit(1)
    ).first()
    amount = digits(contract.amount) if contract else ""
    if contract is None or not amount:
        return False
    turn.flush()
    known = turn.connection.execute(
        select(func.max(CONTRACT_AMENDMENTS.c.amendment_no)).where(
            CONTRACT_AMENDMENTS.c.contract_no == contract.contract_no
        )
    ).scalar()
    number = int(known or 0) + 1
    pick = turn.next_change()
    code, text = AMENDMENT_REASONS[pick % 6]
    longer = code in {"TIME", "RENEW"}
    turn.batch["contract_amendments"].append((
        f"{contract.contract_no}-M{number}", contract.contract_no, number, turn.world.days.iso(turn.day), code, text,
        "0" if longer else f"-${float(amount) * 0.03:,.2f}" if code == "CREDIT"
        else money_text(round(float(amount) * 0.05, 2), pick),
        turn.world.days.us(turn.day + 365) if longer else "", f"INTERNAL-ONLY-CO-{contract.contract_no}-{number}",
        turn.stamp(pick),
    ))  # fmt: skip
    if longer:
        turn.set(CONTRACTS, {"contract_no": contract.contract_no}, {"end_on": turn.world.days.us(turn.day + 365)})
    turn.count("amended")
    return True


def bid(turn: Turn) -> bool:
    """Hand in a bid for a random open solicitation."""
    found = turn.solicitations(OPEN_CODES, limit=400)
    if not found:
        return False
    record = found[int(turn.rng.random() * len(found))]
    facts = turn.facts(record, 1.0)
    number = turn.next_change()
    for vendor in draw_vendors(turn.world, turn.rng, facts, 1, turn.day):
        taken = turn.rows(
            select(BIDS.c.bid_no).where(BIDS.c.sol_no == record.sol_no, BIDS.c.vendor_id == vendor_id(vendor)).limit(1)
        )
        if taken:
            continue
        stamp = turn.stamp(number)
        amount = round(10000.0 + turn.rng.random() * 90000.0, 2) + 0.03
        turn.batch["plan_holders"].append((
            f"H{facts.tail}-R{number}", record.sol_no, vendor_id(vendor), stamp, f"198.51.100.{vendor % 250}", stamp,
        ))  # fmt: skip
        turn.batch["bids"].append((
            f"B{facts.tail}-R{number}", record.sol_no, vendor_id(vendor), money_text(amount, number), stamp, "SUB", "",
            None, f"INTERNAL-ONLY-EVAL-R{number}", stamp,
        ))  # fmt: skip
        turn.flush()
        turn.count("bid")
        return True
    return False


def ask(turn: Turn) -> bool:
    """Answer an unanswered question of a random open solicitation, or ask one."""
    found = turn.solicitations(OPEN_CODES, limit=400)
    if not found:
        return False
    record = found[int(turn.rng.random() * len(found))]
    number = turn.next_change()
    question, answer = QUESTION_TEXTS[number % 12]
    waiting = turn.rows(
        select(QUESTIONS.c.question_id, QUESTIONS.c.question)
        .where(QUESTIONS.c.sol_no == record.sol_no, QUESTIONS.c.answer == "", QUESTIONS.c.question_id.is_not(None))
        .order_by(QUESTIONS.c.question_id)
        .limit(1)
    )
    if waiting:
        answer = next((known for asked, known in QUESTION_TEXTS if asked == waiting[0].question), answer)
        moment = dt.datetime.fromisoformat(turn.stamp(number))
        turn.set(
            QUESTIONS,
            {"sol_no": record.sol_no, "question_id": waiting[0].question_id},
            {"answer": answer, "answered_at": moment},
        )
        turn.count("answered")
        return True
    facts = turn.facts(record, 1.0)
    for vendor in draw_vendors(turn.world, turn.rng, facts, 1, turn.day):
        stamp = turn.stamp(number)
        turn.batch["questions"].append((
            f"Q{facts.tail}-R{number}", record.sol_no, vendor_id(vendor), person_name(vendor * 31 + 7), question, "",
            stamp, None, "", stamp,
        ))  # fmt: skip
        turn.flush()
        turn.count("asked")
        return True
    return False
