"""Rows after the tender: awards and their suppliers, contracts, amendments, orders, invoices, payments."""

import random
from typing import Final

from pregon.synth.facts import DIRECT_METHODS, Facts, Outcome, Stage
from pregon.synth.tender import Batch, Offer, draw_vendors, money_text
from pregon.synth.words import AMENDMENT_REASONS
from pregon.synth.world import World, person_name, phone, vendor_id

_WORKS: Final = frozenset(("CON", "BLD"))
_GOODS: Final = frozenset(("VEH", "ITG", "OFF", "WTR", "PSE", "FUE"))
_WITH_SUBCONTRACTORS: Final = frozenset(("CON", "BLD", "ENG", "ITS", "PRK", "HLT"))
_PENDING_DAYS: Final = 10
"""The council confirms an award within so many days."""


def award_rows(world: World, rng: random.Random, facts: Facts, today: int, offers: list[Offer], out: Batch) -> None:
    """Add everything that follows an award, if there is one by this day."""
    if facts.stage is not Stage.ENDED or facts.outcome is not Outcome.AWARDED:
        return
    if facts.method in DIRECT_METHODS:
        chosen = draw_vendors(world, rng, facts, 1, facts.publish_day)
        amount = round(facts.estimate * (0.9 + 0.2 * rng.random()), 2)
        offers = [Offer(amount, "", vendor) for vendor in chosen]
    if not offers:
        return
    chance = rng.random()
    winners = offers[:1]
    if len(offers) > 2 and chance < 0.12:
        winners = offers[: 2 + (chance < 0.05)]
    cancelled = chance > 0.975
    if cancelled and len(offers) > 1:
        winners = offers[:2]
    for number, offer in enumerate(winners):
        joint = [offers[1].vendor] if len(offers) > 1 and len(winners) == 1 and 0.12 <= chance < 0.16 else []
        void = cancelled and number == 0
        _award(world, rng, facts, today, offer, joint, number + 1, void=void, out=out)


def _award(
    world: World,
    rng: random.Random,
    facts: Facts,
    today: int,
    offer: Offer,
    joint: list[int],
    number: int,
    *,
    void: bool,
    out: Batch,
) -> None:
    days = world.days
    bits = rng.getrandbits(40)
    key = f"AW{facts.tail}-{number}"
    day = facts.award_day
    stamp = days.at(day, bits)
    subs = facts.category.code in _WITH_SUBCONTRACTORS and bits % 4 == 0 and not void
    pending = day > today - _PENDING_DAYS and facts.estimate > 50000.0
    out["awards"].append((
        key, facts.sol_no, offer.number, days.mixed(day, bits >> 2), money_text(offer.amount, bits >> 5),
        "CAN" if void else "PEND" if pending else ("FINAL", "FINAL", "Final")[bits % 3], facts.title,
        "Lowest responsive offer" if offer.number else "Single source, see memo",
        "Y" if subs else "N" if bits % 3 else "",
        person_name((bits >> 9) % 40), f"INTERNAL-ONLY-BOARD-{key}" if bits % 9 == 0 else None, stamp,
    ))  # fmt: skip
    out["award_suppliers"].append((key, vendor_id(offer.vendor), "PRIME", "", stamp))
    for partner in joint:
        if partner != offer.vendor:
            out["award_suppliers"].append((key, vendor_id(partner), "JOINT", "40", stamp))
    if void or pending or (bits >> 12) % 100 >= (62 if facts.method == "RFQ" else 88):
        return
    signed = day + 4 + (bits >> 19) % 34
    if signed < today:
        contract_rows(world, rng, facts, today, offer, key, signed, subs=subs, out=out)


def contract_rows(
    world: World,
    rng: random.Random,
    facts: Facts,
    today: int,
    offer: Offer,
    award_key: str,
    signed: int,
    *,
    subs: bool,
    out: Batch,
) -> None:
    """Add a contract with its amendments, orders, invoices and payments up to a day."""
    days = world.days
    bits = rng.getrandbits(48)
    suffix = award_key.rpartition("-")[2]
    key = f"C{facts.tail}-{suffix}"
    start = signed + bits % 20
    if facts.category.code in _WORKS:
        length = 120 + (bits >> 5) % 420
    elif facts.category.code in _GOODS:
        length = (30, 60, 90, 365)[(bits >> 5) % 4]
    else:
        length = 365 * (1 + (bits >> 5) % 3)
    end = start + length - 1
    closed = end + 20 < today
    broken = bits % 60 == 7 and end < today
    status = "CAN" if broken else "CLO" if closed else "SGN" if start >= today else ("ACT", "ACT", "Active")[bits % 3]
    renewals = (bits >> 9) % 4 if length >= 365 else 0
    changed, new_end = _amendment_rows(world, rng, key, start, end, today, offer.amount, out)
    spent, last = _payment_rows(world, rng, facts, key, start, end, today, offer, out)
    touched = max(signed, changed, last, end + 15 if closed else signed, start if start < today else signed)
    out["contracts"].append((
        key, facts.sol_no, award_key, facts.title, money_text(offer.amount, bits >> 12),
        days.mixed(signed, bits >> 16), days.us(start),
        "2200-12-31" if bits % 70 == 3 else "1900-01-01" if bits % 90 == 4 else days.us(max(end, new_end)),
        days.us(end + 365 * renewals) if renewals else "", renewals or None, status,
        days.iso(end + 15) if closed and not broken else "",
        f"{spent:.2f}" if closed and spent and not broken else "",
        person_name((bits >> 21) % 48), phone((bits >> 21) % 48 * 7919),
        f"IBAN-RB00-RET-{facts.tail}" if bits % 6 == 0 else "",
        days.at(touched, bits >> 7),
    ))  # fmt: skip
    if subs:
        _subcontractor_rows(world, rng, facts, key, award_key, start, today, offer, out)


def _amendment_rows(
    world: World,
    rng: random.Random,
    contract: str,
    start: int,
    end: int,
    today: int,
    amount: float,
    out: Batch,
) -> tuple[int, int]:
    """Add amendments; return the day of the last and the end date they lead to."""
    draw = rng.random
    count = int(draw() * draw() * 4)
    last, new_end = start - 400, end
    days = world.days
    for number in range(1, count + 1):
        pick = int(draw() * 1000003)
        day = start + (end - start) * number // (count + 1)
        if day >= today:
            break
        code, text = AMENDMENT_REASONS[pick % 6]
        change = 0.0 if code in {"TIME", "RENEW"} else round(amount * (0.02 + 0.14 * draw()), 2)
        if code == "CREDIT":
            change = -change
        if code in {"TIME", "RENEW"}:
            new_end += 90 if code == "TIME" else 365
        last = day
        spelled = f"-${-change:,.2f}" if change < 0 else money_text(change, pick) if change else "0"
        out["contract_amendments"].append((
            f"{contract}-M{number}", contract, number, days.mixed(day, pick >> 3), code, text, spelled,
            days.us(new_end) if code in {"TIME", "RENEW"} else "",
            f"INTERNAL-ONLY-CO-{contract}-{number}" if pick % 5 == 0 else None, days.at(day, pick),
        ))  # fmt: skip
    return last, new_end


def _payment_rows(
    world: World,
    rng: random.Random,
    facts: Facts,
    contract: str,
    start: int,
    end: int,
    today: int,
    offer: Offer,
    out: Batch,
) -> tuple[float, int]:
    """Add the orders, invoices and payments of a contract; return the sum paid and the day of the last payment."""
    draw = rng.random
    days = world.days
    tail = contract[1:]
    orders = 1 if draw() < 0.9 else 3
    for number in range(1, orders + 1):
        day = start + (end - start) * (number - 1) // orders
        if day >= today:
            break
        deliver = day + 20 + facts.number % 60
        late = deliver + facts.number % 9 - 3
        done = late < today
        out["purchase_orders"].append((
            f"PO{tail}-{number}", contract, days.mixed(day, facts.number + number), days.iso(deliver),
            days.iso(late) if done else "", f"{offer.amount / orders:.2f}", "RECEIVED" if done else "OPEN",
            person_name((facts.number + number) % 48), days.at(late if done else day, number + facts.number),
        ))  # fmt: skip
    u = draw()
    count = 36 if u > 0.996 else 1 + int(u * u * 6)
    amount = round(offer.amount * 0.97 / count, 2)
    vendor = vendor_id(offer.vendor)
    spent, last = 0.0, start - 400
    invoices, payments = out["invoices"], out["payments"]
    for number in range(1, count + 1):
        invoiced = start + 8 + (end - start) * number // count
        if invoiced >= today:
            break
        pick = int(draw() * 1000003)
        paid = invoiced + 9 + pick % 46
        void = pick % 67 == 0
        settled = paid < today and not void and pick % 37 != 0
        key = f"INV{tail}-{number}"
        invoices.append((
            key, contract, f"PO{tail}-1", vendor, f"{pick:06d}", days.mixed(invoiced, pick >> 2),
            days.iso(invoiced + 30), days.iso(paid) if settled else "", f"{amount:.2f}",
            "VOID" if void else "PAID" if settled else "OPEN", days.at(paid if settled else invoiced, pick),
        ))  # fmt: skip
        if settled:
            last = paid
            returned = pick % 101 == 0
            if not returned:
                spent += amount
            stamp = days.at(paid, pick >> 3)
            payments.append((
                f"P{tail}-{number}", key, contract, vendor, "FIN", stamp, f"{amount:.2f}",
                ("ACH", "CHK", "ach")[pick % 3], f"IBAN-RB{pick % 97:02d}-{offer.vendor:08d}",
                "Y" if returned else "", stamp,
            ))  # fmt: skip
    return spent, last


def _subcontractor_rows(
    world: World,
    rng: random.Random,
    facts: Facts,
    contract: str,
    award: str,
    start: int,
    today: int,
    offer: Offer,
    out: Batch,
) -> None:
    """Add payments of the main contractor to one or two others, as the contractor reports them."""
    partners = draw_vendors(world, rng, facts, 2, facts.publish_day)
    for number in range(1, 2 + int(rng.random() * 4)):
        day = start + 35 * number
        partner = partners[number % len(partners)] if partners else offer.vendor
        if day >= today or partner == offer.vendor:
            continue
        amount = round(offer.amount * 0.03 * (1 + rng.random()), 2)
        out["subcontractor_payments"].append((
            f"SP{facts.tail}-{contract.rpartition('-')[2]}{number}", contract, award, vendor_id(offer.vendor),
            vendor_id(partner), ("Hauling", "Electrical", "Traffic control", "Topografía")[partner % 4],
            world.days.mixed(day, number + facts.number), money_text(amount, number + facts.number),
        ))  # fmt: skip
