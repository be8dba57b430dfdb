"""Rows of the tender stage: plan line, solicitation, documents, items, plan holders, questions and bids."""

import random
from typing import Final, NamedTuple

from pregon.synth.catalogue import CATEGORY_COUNT
from pregon.synth.days import vendor_ranks
from pregon.synth.facts import DIRECT_METHODS, Facts, Outcome, Stage, cancel_day
from pregon.synth.words import (
    CANCEL_REASONS,
    DISQUALIFICATIONS,
    MEETING_PLACES,
    QUESTIONS,
    SCOPE_SENTENCES,
    SCOPE_SENTENCES_ES,
)
from pregon.synth.world import Row, World, person_name, phone, staff_email, vendor_id

Batch = dict[str, list[Row]]
"""Rows waiting to be written, by table, in the order of the table's columns."""

_OPEN_CODES: Final = ("OPEN", "OPEN", "OPEN", "Open", "open ")
_AWARDED_CODES: Final = ("AWD", "AWD", "AWD", "AWD", "Awarded", "awd")
_VALID_CODES: Final = ("VALID", "VALID", "VALID", "V", "valid")
_END_CODES: Final = {
    Outcome.CANCELLED: "CAN",
    Outcome.NO_BIDS: "NOB",
    Outcome.REJECTED: "REJ",
    Outcome.REPEATED: "REB",
}
_SET_ASIDES: Final = ("", "", "", "", "", "SBE", "", "LOCAL", "", "", "WBE", "", "VBE", "", "MBE", " ")
_ATTACHMENTS: Final = (
    ("SPEC", "Scope of work", "scope.pdf", "application/pdf"),
    ("FORM", "Bid forms", "forms.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("CONTRACT", "Draft agreement", "draft-agreement.docx", "application/msword"),
    ("QTY", "Schedule of quantities", "quantities.csv", "text/csv"),
)
PORTAL: Final = "https://procurement.riverbend.example/files"


class Offer(NamedTuple):
    """A bid that may win: its number, the vendor's number and the amount."""

    amount: float
    number: str
    vendor: int


def money_text(amount: float, pick: int) -> str:
    """Spell an amount as one of several clerks would."""
    style = pick & 15
    if style < 10:
        return f"${amount:,.2f}"
    if style < 12:
        return f"USD {amount:,.2f}"
    if style < 14:
        return f"{amount:.2f}"
    return f" $ {amount:,.2f}" if style == 14 else f"{amount:,.2f} USD"


def estimate_text(estimate: float, pick: int) -> str:
    """Spell an estimate: rounded, often blank, sometimes a word, a range or something nobody can read."""
    style = pick & 15
    if style < 3:
        return ("", " ", "TBD")[style]
    rounded = round(estimate, -3) or 500.0
    if style == 15:
        low = round(estimate * 0.6, -3)
        return f"${low:,.0f} - ${low + rounded:,.0f}" if pick >> 4 & 7 else f"approx. {rounded / 1000:.0f}k"
    return f"USD {rounded:,.0f}" if style < 6 else f"${rounded:,.2f}" if style < 14 else f"{rounded:.0f}"


def draw_vendors(world: World, rng: random.Random, facts: Facts, count: int, day: int) -> list[int]:
    """Choose distinct vendors of the category that were registered on a day; low ranks far more often (Zipf)."""
    ranks = vendor_ranks(facts.number) + 1
    registered = world.registered
    chosen: list[int] = []
    draw = rng.random
    for _ in range(count * 4 + 6):
        if len(chosen) >= count:
            break
        # P(rank) falls as 1 / (rank + 1): the exponential of a uniform draw over the logarithm of the pool.
        vendor = (int(ranks ** draw()) - 1) * CATEGORY_COUNT + facts.category_number
        if registered[vendor] < day and vendor not in chosen:
            chosen.append(vendor)
    return chosen


def tender_rows(world: World, rng: random.Random, facts: Facts, today: int, out: Batch) -> list[Offer]:
    """Add the rows of the tender stage; return the valid offers, lowest first."""
    competitive = facts.method not in DIRECT_METHODS
    bits = rng.getrandbits(60)
    plan = _plan_rows(world, facts, bits, today, out)
    item_rows(world, rng, facts, today, out)
    _document_rows(world, facts, bits, today, out)
    offers: list[Offer] = []
    received = 0
    if competitive and facts.stage is not Stage.PLANNED:
        bidders = _vendors_interested(world, rng, facts, today, out)
        offers, received = _bid_rows(world, rng, facts, bidders, today, out)
        _question_rows(world, rng, facts, today, out)
    _solicitation_row(world, facts, bits, today, received, len(offers), plan, out)
    return offers


def _plan_rows(world: World, facts: Facts, bits: int, today: int, out: Batch) -> str:
    """Add the forecast line that six of ten processes have; return its budget line."""
    days = world.days
    budget = f"{facts.fiscal_year % 100}-{facts.department}-{bits % 900 + 100}"
    if bits % 10 < 6:
        expected = facts.publish_day - 10 + (bits >> 4) % 40
        # A planned solicitation reserves its number when the forecast is approved; some are not approved yet.
        unapproved = facts.stage is Stage.PLANNED and bits % 32 == 0
        out["procurement_plan"].append((
            f"PLAN-{facts.tail}", "" if unapproved else facts.sol_no, f"FY{facts.fiscal_year}", days.quarter(expected),
            facts.department, facts.category.code, facts.title, estimate_text(facts.estimate, (bits >> 10) | 3),
            days.us(expected), "N" if unapproved else "Y",
            f"INTERNAL-ONLY-BUDGET-{facts.tail}" if bits % 3 == 0 else None,
            days.at(min(facts.publish_day - 60 - (bits >> 6) % 60, today - 2 - bits % 20), bits),
        ))  # fmt: skip
    return budget


def item_rows(world: World, rng: random.Random, facts: Facts, today: int, out: Batch) -> None:
    """Add the lines of the schedule of items."""
    updated = world.days.at(min(facts.publish_day, today - 1) - 3, facts.number)
    share = facts.estimate / facts.items
    commodities = facts.category.commodities
    kinds = len(commodities)
    start = int(rng.random() * kinds)
    rows = out["line_items"]
    for line in range(1, facts.items + 1):
        item = commodities[(start + line) % kinds]
        price = round(item.price * (0.85 + 0.3 * rng.random()), 2) or 0.01
        quantity = int(share / price) or 1
        name = item.description
        if facts.items > 40:
            name = f"{name}, type {line}"
        rows.append((
            facts.sol_no, str(line), name, item.nigp if line % 9 else item.nigp.replace("-", ""),
            item.unspsc if line % 13 else "", quantity, item.unit, price, updated,
        ))  # fmt: skip


def _document_rows(world: World, facts: Facts, bits: int, today: int, out: Batch) -> None:
    days = world.days
    rows = out["solicitation_documents"]
    lang = "es" if facts.spanish else "en"
    published = min(facts.publish_day, today - 1)
    stamp = days.at(published, bits)
    folder = f"{PORTAL}/{facts.sol_no}"
    notice = "Convocatoria" if facts.spanish else "Notice"
    rows.append((
        f"D{facts.tail}-0", facts.sol_no, "NOTICE", f"{notice} {facts.sol_no}", "notice.pdf", f"{folder}/notice.pdf",
        "application/pdf", lang, stamp, "PUBLIC" if facts.stage > Stage.PLANNED else "DRAFT", stamp,
    ))  # fmt: skip
    for number in range((bits >> 20) % 3):
        kind, title, name, media = _ATTACHMENTS[(number + (bits >> 23)) % 4]
        rows.append((
            f"D{facts.tail}-{number + 1}", facts.sol_no, kind, title, name, f"{folder}/{name}", media, "en", stamp,
            "PUBLIC" if facts.stage > Stage.PLANNED else "DRAFT", stamp,
        ))  # fmt: skip
    if bits % 8 == 1:
        rows.append((
            f"D{facts.tail}-9", facts.sol_no, "MEMO", f"INTERNAL-ONLY-MEMO-{facts.tail}", "memo.docx",
            f"{folder}/INTERNAL-ONLY-{facts.tail}.docx", "application/msword", "en", stamp, "INTERNAL", stamp,
        ))  # fmt: skip
    if bits % 5 == 0 and facts.stage > Stage.OPEN and facts.publish_day < facts.close_day - 4 < today:
        posted = days.at(facts.close_day - 4, bits >> 3)
        rows.append((
            f"D{facts.tail}-A", facts.sol_no, "ADD", "Addendum 1" if bits & 1 else "Adenda 1", "addendum-1.pdf",
            f"{folder}/addendum-1.pdf", "application/pdf", lang, posted, "PUBLIC", posted,
        ))  # fmt: skip


def _vendors_interested(world: World, rng: random.Random, facts: Facts, today: int, out: Batch) -> list[int]:
    """Add plan holders; return the vendors that took the documents, those that bid first."""
    extra = int(rng.random() * 4)
    vendors = draw_vendors(world, rng, facts, facts.bidders + extra, facts.publish_day)
    days = world.days
    rows = out["plan_holders"]
    length = facts.close_day - facts.publish_day
    for number, vendor in enumerate(vendors):
        taken = facts.publish_day + 1 + (vendor + facts.number) % length
        if taken < today:
            stamp = days.at(taken, vendor)
            rows.append((
                f"H{facts.tail}-{number}", facts.sol_no, vendor_id(vendor), stamp, f"198.51.100.{vendor % 250}", stamp,
            ))  # fmt: skip
    return vendors[: facts.bidders]


def _bid_rows(
    world: World, rng: random.Random, facts: Facts, bidders: list[int], today: int, out: Batch
) -> tuple[list[Offer], int]:
    """Add bids; return the valid ones, lowest first, and how many were handed in."""
    days = world.days
    draw = rng.random
    rows = out["bids"]
    ended = facts.stage is Stage.ENDED
    offers: list[Offer] = []
    received = 0
    last_day = cancel_day(facts) if facts.outcome is Outcome.CANCELLED else facts.close_day
    for number, vendor in enumerate(bidders):
        submitted = facts.close_day - int(draw() * draw() * 12)
        amount = round(facts.estimate * (0.78 + 0.36 * draw() + 0.2 * draw() * draw()), 2) + 0.01 * (vendor % 7 + 1)
        chance = draw()
        pick = int(chance * 1000003)
        if submitted >= today or submitted > last_day:
            continue
        submitted = max(submitted, facts.publish_day)
        received += 1
        key = f"B{facts.tail}-{number + 1}"
        reason = ""
        if not ended:
            status = "SUB"
        elif facts.outcome is Outcome.CANCELLED:
            status = "RET"
        elif chance < 0.04:
            status = "W"
        elif chance < 0.11 or facts.outcome > Outcome.NO_BIDS:
            status, reason = "DQ", DISQUALIFICATIONS[pick % 7]
        else:
            status = _VALID_CODES[pick % 5]
            offers.append(Offer(amount, key, vendor))
        rows.append((
            key, facts.sol_no, vendor_id(vendor), money_text(amount, pick), days.at(submitted, pick), status, reason,
            str(55 + pick % 45) if ended else None,
            f"INTERNAL-ONLY-EVAL-{key}" if pick % 7 == 0 else None,
            days.at(facts.award_day if ended and facts.outcome is not Outcome.CANCELLED else submitted, pick >> 4),
        ))  # fmt: skip
    offers.sort()
    return offers, received


def _question_rows(world: World, rng: random.Random, facts: Facts, today: int, out: Batch) -> None:
    if facts.method == "RFQ":
        return
    count = int(rng.random() * rng.random() * 4.4)
    if not count:
        return
    days = world.days
    length = max(facts.close_day - facts.publish_day - 6, 1)
    for number, vendor in enumerate(draw_vendors(world, rng, facts, count, facts.publish_day)):
        asked = facts.publish_day + 1 + (vendor * 3 + facts.number) % length
        if asked >= today:
            continue
        question, answer = QUESTIONS[(facts.number + number * 5 + vendor) % 12]
        answered = asked + 1 + vendor % 4
        known = answered < today and (facts.number + vendor) % 25 != 0
        out["questions"].append((
            f"Q{facts.tail}-{number + 1}", facts.sol_no, vendor_id(vendor), person_name(vendor * 31 + 7), question,
            answer if known else "", days.at(asked, vendor), days.at(answered, vendor >> 2) if known else None,
            "Y" if (facts.number + vendor) % 61 == 0 else "", days.at(answered if known else asked, vendor >> 1),
        ))  # fmt: skip


def _solicitation_row(
    world: World, facts: Facts, bits: int, today: int, received: int, valid: int, budget: str, out: Batch
) -> None:
    days = world.days
    number = facts.number
    stage = facts.stage
    competitive = facts.method not in DIRECT_METHODS
    title = facts.title if bits % 40 else facts.title.upper() + " "
    updated = facts.publish_day
    cancelled = ""
    if stage is Stage.PLANNED:
        # Drafts are the buyer's own business: they carry a marker and must never be seen outside.
        draft = bits % 7 == 3
        status = "DRAFT" if draft else "PLN"
        if draft:
            title = f"INTERNAL-ONLY-DRAFT-{facts.tail} {title}"
        updated = today - 2 - bits % 30
    elif stage is Stage.OPEN:
        status = _OPEN_CODES[bits % 5]
    elif stage is Stage.EVALUATION:
        status, updated = "EVAL", facts.close_day
    elif facts.outcome is Outcome.AWARDED and (valid or not competitive):
        status, updated = _AWARDED_CODES[bits % 6], facts.award_day
    elif facts.outcome is Outcome.AWARDED:
        status, updated = "REJ" if received else "NOB", facts.award_day
    else:
        status, updated = _END_CODES[facts.outcome], facts.award_day
        if facts.outcome is Outcome.CANCELLED:
            updated, cancelled = cancel_day(facts), CANCEL_REASONS[bits % 4]
    if number % 997 == 500:
        title = "TEST - do not use"
    texts = SCOPE_SENTENCES_ES if facts.spanish else SCOPE_SENTENCES
    kinds = len(texts)
    buyer = person_name((bits >> 5) % 48)
    prebid = competitive and facts.method != "RFQ" and (bits >> 12) % 3 == 0
    known = stage is Stage.ENDED and competitive and facts.outcome is not Outcome.CANCELLED
    start = facts.award_day + 30
    out["solicitations"].append((
        facts.sol_no, number, title,
        f"{texts[0]} {texts[1 + bits % (kinds - 1)]} {texts[1 + (bits >> 7) % (kinds - 1)]}",
        "ES" if facts.spanish else "EN" if bits % 3 else "", facts.method, facts.category.code, facts.department,
        status,
        days.at(facts.publish_day, bits), days.iso(facts.close_day) + " 14:00:00.000000",
        days.iso(facts.close_day) + " 14:30:00.000000" if known else None,
        days.mixed(facts.close_day - 7, bits >> 9) if competitive and facts.close_day - 7 > facts.publish_day else "",
        days.iso(facts.publish_day + 5) + " 10:00:00.000000" if prebid else None,
        MEETING_PLACES[(bits >> 15) % 6] if prebid else "", ("Y", "N", "", "yes")[(bits >> 17) % 4] if prebid else "",
        estimate_text(facts.estimate, bits >> 30), budget, round(facts.estimate * 1.1, -2) or 1000,
        _SET_ASIDES[(bits >> 34) % 16], str(5 * ((bits >> 40) % 6)) if (bits >> 43) % 4 == 0 else "",
        f"${max(round(facts.estimate * 0.05, -2), 500):,.2f}" if facts.method == "IFB" and (bits >> 45) % 2 else "",
        "$25.00" if (bits >> 46) % 12 == 0 else "N/A" if (bits >> 46) % 12 == 1 else "",
        "LOW" if facts.method in {"IFB", "RFQ", "JOC"} else "BEST" if competitive else "",
        ("EPORTAL", "EPORTAL", "EPORTAL", "SEALED")[(bits >> 48) % 4] if competitive else "",
        days.us(start), "1900-01-01" if bits % 50 == 1 else days.us(start + 180 + (bits >> 50) % 5 * 180),
        received if known else None, valid if known else None, facts.previous, cancelled,
        buyer, staff_email(buyer), phone((bits >> 5) % 48 * 7919),
        f"INTERNAL-ONLY-PANEL-{facts.tail}" if bits % 6 == 0 else "",
        f"INTERNAL-ONLY-NOTE-{facts.tail}" if bits % 5 == 0 else None, f"sys\\{buyer.split()[0].lower()}",
        days.at(min(updated, today - 1), bits >> 3),
    ))  # fmt: skip
