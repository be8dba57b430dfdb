"""No amount looks as if two had been run together, as when a cell held one for each lot: 135000142000.

Such an amount is a thousand times all others of the process, or more, and its digits can be cut into two of their
size. Round amounts can't: what follows the cut would begin with a zero, which amounts don't; so amounts in the wrong
unit, thousands for millions, are left to other checks. To say so of nothing else:

- amounts are held against those of the same currency in budget, tender, awards and contracts, not against payments or
  minimum values, which may well be small;
- there must be a budget or a tender among the others, or two different ones at least, and more than there are suspects:
  one small lot beside a large one proves nothing;
- each part is 1,000 or more, and no more than ten times greater or smaller than one of the others. It may be written in
  cents, for the points get lost as well.

A second shape is one amount behind the cents of another: 950319.421379831. As divisions leave decimals behind too,
it counts only where the second amount, or the sum of both, is one of the others.
"""

from bisect import bisect_left
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from expectations.checks.compiled import CompiledRelease, number_of
from expectations.checks.model import Failure, Outcome, ProcessCheck, Steps, Texts, failure

_FAR = 1_000
_SIZE = 10
_LEAST = 1_000
_MOST_DIGITS = 30


class _Amount(NamedTuple):
    steps: Steps
    number: int | float
    plan: bool
    """Whether it is the budget or the value of the tender."""
    compares: bool
    """Whether others are held against it."""


Parts = tuple[Decimal, Decimal]


def _run(compiled: CompiledRelease) -> Outcome | None:
    by_currency: dict[str, list[_Amount]] = {}
    for steps, amount, currency in compiled.amounts():
        number = number_of(amount)
        if number is not None and number > 0 and isinstance(currency, str):
            plan = steps[0] == "planning" or steps[1] == "value"
            compares = steps[-1] != "minValue" and len(steps) <= _SHORT
            by_currency.setdefault(currency, []).append(_Amount(steps, number, plan, compares))
    applied = 0
    failures: list[Failure] = []
    for currency, amounts in by_currency.items():
        if len(amounts) == 1:
            continue
        applied += len(amounts)
        for amount, parts in _found(amounts):
            others = " + ".join(f"{part:f} {currency}" for part in parts)
            failures.append(failure((*amount.steps, "amount"), f"{_decimal(amount.number):f} {currency}", others))
    return Outcome(applied, failures) if applied else None


_SHORT = 3
"""Steps to the values of budget, tender, awards and contracts; those to payments are more."""


def _found(amounts: list[_Amount]) -> Iterator[tuple[_Amount, Parts]]:
    compared = sorted({amount.number for amount in amounts if amount.compares})
    largest = max(amount.number for amount in amounts)
    if not compared:
        return
    if largest >= _FAR * compared[0]:
        others = _others(compared, largest)
        planned = any(amount.plan and amount.number <= others[-1] for amount in amounts) if others else False
        suspects = [amount for amount in amounts if others and amount.number >= _FAR * others[-1]]
        if planned or len(others) > max(1, len({amount.number for amount in suspects})):
            for amount in suspects:
                if parts := _run_together(amount.number, others):
                    yield amount, parts
    for amount in amounts:
        if isinstance(amount.number, float) and (parts := _behind_cents(amount.number, compared)):
            yield amount, parts


def _others(compared: list[int | float], largest: int | float) -> list[int | float]:
    """Give the amounts, by size, below the first gap under the largest; none if there is no gap."""
    above = largest
    for index in range(len(compared) - 1, -1, -1):
        if above >= _FAR * compared[index]:
            return compared[: index + 1]
        above = compared[index]
    return []


def _run_together(number: int | float, others: list[int | float]) -> Parts | None:
    """Cut an amount into two of the size of others; the two most alike if there are several ways."""
    whole, _, cents = f"{_decimal(number):f}".partition(".")
    if len(whole) > _MOST_DIGITS:
        return None
    ways: list[Parts] = []
    for cut in range(1, len(whole)):
        if whole[cut] == "0":
            continue
        first, second = Decimal(whole[:cut]), Decimal(f"{whole[cut:]}.{cents or 0}")
        scales = (Decimal(1),) if cents else (Decimal(1), Decimal("0.01"))
        for scale in scales:
            parts = (first * scale, second * scale)
            if all(_is_plausible(part, others) for part in parts):
                ways.append(parts)
                break
    return min(ways, key=lambda parts: max(parts) / min(parts), default=None)


def _is_plausible(part: Decimal, others: list[int | float]) -> bool:
    if part < _LEAST:
        return False
    amount = float(part)
    at_least = bisect_left(others, amount / _SIZE)
    return at_least < len(others) and others[at_least] <= amount * _SIZE


def _behind_cents(number: float, compared: list[int | float]) -> Parts | None:
    """Take what stands behind the cents of an amount, if it is one of the others, or they are what both come to."""
    whole, _, decimals = f"{_decimal(number):f}".partition(".")
    behind = decimals[2:]
    if len(behind) < len(str(_LEAST)) or behind[0] == "0":
        return None
    first, second = Decimal(f"{whole}.{decimals[:2]}"), Decimal(behind)
    if first < _LEAST or not _is_plausible(second, [float(first)]):
        return None
    for sought in (float(second), float(first + second)):
        at = bisect_left(compared, sought)
        if at < len(compared) and compared[at] == sought:
            return first, second
    return None


def _decimal(number: int | float) -> Decimal:
    return Decimal(repr(number)).normalize()


CHECK = ProcessCheck(
    id="x.amount_concatenated",
    version="1",
    severity="warning",
    paths=(
        "planning/budget/amount", "tender/value", "awards/value", "contracts/value",
        "contracts/implementation/transactions/value",
    ),
    source="Amounts of several lots in one cell of a source, as open data of cities has them",
    title=Texts("No two amounts are run together", "No hay dos importes pegados"),
    message=Texts(
        "{value} looks like two amounts run together: {other}", "{value} parece dos importes pegados: {other}"
    ),
    cost=Texts(
        "One such amount outweighs all other purchases in every total; what was really awarded is lost in it.",
        "Un solo importe así pesa más que todas las demás compras en cada total, y oculta lo realmente adjudicado.",
    ),
    run=_run,
)  # fmt: skip
