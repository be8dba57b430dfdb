"""The facts of one process: what is bought, by whom, how, when, and how it ends. Rows are made from them."""

import random
from enum import IntEnum
from math import exp
from typing import Final

from pregon.synth.catalogue import CATEGORIES, Category
from pregon.synth.days import HISTORY, HORIZON, stream_seed
from pregon.synth.words import PLACES
from pregon.synth.world import World, stream

PROCESS_STREAM: Final = 2
_PAIR_STREAM: Final = 3
_PAIR_EVERY: Final = 45
"""One pair of neighbouring processes in 45 is a failed tender and its repetition."""
_GIANT_EVERY: Final = 2500
_GIANT_AT: Final = 137
_SPAN: Final = HISTORY + HORIZON


class Stage(IntEnum):
    """How far a process has come at a given day."""

    PLANNED = 0
    OPEN = 1
    EVALUATION = 2
    """Closed, offers opened by the committee and not yet public."""
    ENDED = 3
    """Awarded, cancelled or failed."""


class Outcome(IntEnum):
    """How a process ends."""

    AWARDED = 0
    CANCELLED = 1
    NO_BIDS = 2
    REJECTED = 3
    REPEATED = 4
    """No offer was acceptable, and the purchase is tendered again under a new number."""


_OUTCOMES: Final = (Outcome.AWARDED,) * 82 + (Outcome.CANCELLED,) * 8 + (Outcome.NO_BIDS,) * 5 + (Outcome.REJECTED,) * 5
_BIDDERS: Final = (
    (1,) * 23 + (2,) * 25 + (3,) * 20 + (4,) * 12 + (5,) * 7 + (6,) * 4 + (7,) * 3 + (8, 9, 10, 12, 14, 17)
)
_ITEM_COUNTS: Final = (1,) * 9 + (2,) * 6 + (3,) * 5 + (4,) * 4 + (5, 5, 6, 6, 7, 8, 10, 12, 18)
_CATEGORY_PICK: Final = tuple(number for number, category in enumerate(CATEGORIES) for _ in range(category.weight))
_SPANISH_SHARE: Final = 0.09
DIRECT_METHODS: Final = frozenset(("SS", "EM", "COOP"))
"""Methods without competition: no notice period, no bids."""


class Facts:
    """Facts of process `number`; days count from the base date, money is in US dollars."""

    __slots__ = (
        "award_day", "bidders", "category", "category_number", "close_day", "department", "estimate",
        "fiscal_year", "items", "method", "number", "outcome", "previous", "publish_day", "sol_no", "spanish", "stage",
        "tail", "title",
    )  # fmt: skip

    number: int
    category: Category
    category_number: int
    department: str
    method: str
    publish_day: int
    close_day: int
    award_day: int
    fiscal_year: int
    sol_no: str
    tail: str
    title: str
    spanish: bool
    estimate: float
    outcome: Outcome
    stage: Stage
    bidders: int
    items: int
    previous: str | None


def facts_of(
    world: World, rng: random.Random, number: int, today: int, *, publish: int | None = None, alone: bool = False
) -> Facts:
    """Draw the facts of process `number` as they stand on day `today`.

    `publish` forces the day of publication; `alone` keeps the process out of pairs of failed and repeated tenders.
    """
    made = _draw(world, rng, number, publish)
    if not alone and stream_seed(world.seed, _PAIR_STREAM, number // 2) % _PAIR_EVERY == 0:
        if number % 2 == 0:
            _settle(made, today, repeated=True)
            return made
        failed = _draw(world, stream(world.seed, PROCESS_STREAM, number - 1), number - 1, None)
        _settle(failed, today, repeated=True)
        if failed.stage is Stage.ENDED and failed.outcome is Outcome.REPEATED:
            _repeat(world, made, failed, rng)
    _settle(made, today, repeated=False)
    return made


def _draw(world: World, rng: random.Random, number: int, publish: int | None) -> Facts:
    draw = rng.random
    days = world.days
    made = Facts()
    made.number = number
    made.category_number = _CATEGORY_PICK[int(draw() * 100)]
    made.category = category = CATEGORIES[made.category_number]
    made.department = category.departments[int(draw() * len(category.departments))]
    made.method = category.methods[int(draw() * len(category.methods))]
    day = int(draw() * _SPAN) - HISTORY
    for _ in range(8):
        if draw() < days.weight(day):
            break
        day = int(draw() * _SPAN) - HISTORY
    made.publish_day = day if publish is None else publish
    made.spanish = draw() < _SPANISH_SHARE
    subjects = category.subjects_es if made.spanish else category.subjects
    made.title = f"{subjects[int(draw() * len(subjects))]} - {PLACES[int(draw() * 20)]}"
    made.estimate = round(exp(category.log_median + category.log_spread * rng.gauss(0.0, 1.0)), 2)
    made.outcome = _OUTCOMES[int(draw() * 100)]
    made.bidders = _BIDDERS[int(draw() * 100)]
    made.items = _ITEM_COUNTS[int(draw() * len(_ITEM_COUNTS))]
    if number % _GIANT_EVERY == _GIANT_AT:
        made.items = 1200 + int(draw() * 2000)
    made.previous = None
    _date(world, made, draw(), draw())
    return made


def _date(world: World, made: Facts, notice: float, decision: float) -> None:
    """Set the days that follow from the day of publication, and the number that carries the fiscal year."""
    if made.method in DIRECT_METHODS:
        made.close_day = made.publish_day
        made.award_day = made.publish_day + 1 + int(notice * 9)
        made.outcome = Outcome.AWARDED
        made.bidders = 0
    else:
        quick = made.method == "RFQ"
        made.close_day = made.publish_day + (5 + int(notice * 8) if quick else 14 + int(notice * 32))
        made.award_day = made.close_day + (4 + int(decision * 14) if quick else 14 + int(decision * 60))
    made.fiscal_year = world.days.fiscal_year(made.publish_day)
    made.tail = f"{made.number:07d}"
    made.sol_no = f"{made.method}-{made.fiscal_year}-{made.tail}"


def _repeat(world: World, made: Facts, failed: Facts, rng: random.Random) -> None:
    """Make a process the repetition of a failed one."""
    made.category, made.category_number = failed.category, failed.category_number
    made.department, made.method = failed.department, failed.method
    made.title, made.spanish = failed.title, failed.spanish
    made.estimate = failed.estimate
    made.items = min(failed.items, 40)
    made.bidders = made.bidders or 2
    made.publish_day = failed.award_day + 10 + int(rng.random() * 45)
    made.previous = failed.sol_no
    _date(world, made, rng.random(), rng.random())


def _settle(made: Facts, today: int, *, repeated: bool) -> None:
    """Set outcome and stage as of a day."""
    if repeated and made.method not in DIRECT_METHODS:
        made.outcome = Outcome.REPEATED
    if made.outcome is Outcome.NO_BIDS:
        made.bidders = 0
    if made.publish_day >= today:
        made.stage = Stage.PLANNED
    elif made.outcome is Outcome.CANCELLED and made.publish_day + 3 + made.number % 20 < today:
        made.stage = Stage.ENDED
    elif made.close_day >= today:
        made.stage = Stage.OPEN
    elif made.award_day >= today:
        made.stage = Stage.EVALUATION
    else:
        made.stage = Stage.ENDED


def cancel_day(made: Facts) -> int:
    """Day on which a cancelled process was cancelled; about half before the deadline."""
    return made.publish_day + 3 + made.number % 20
