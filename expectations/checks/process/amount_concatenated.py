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

from expectations.checks.compiled import CompiledRelease, number_of
from expectations.checks.model import Failure, Outcome, ProcessCheck, Steps, Texts, failure

_FAR = 1_000
_SIZE = 10
_LEAST = 1_000
_MOST_DIGITS = 30


_Amount = tuple[int | float, Steps]
_Parts = tuple[Decimal, Decimal]


def _run(compiled: CompiledRelease) -> Outcome | None:
    by_currency: dict[str, list[_Amount]] = {}
    for steps, amount, currency in compiled.amounts():
        number = number_of(amount)
        if number is not None and number > 0 and type(currency) is str:
            by_currency.setdefault(currency, []).append((number, steps))
    applied = 0
    failures: list[Failure] = []
    for currency, amounts in by_currency.items():
        if len(amounts) == 1:
            continue
        applied += len(amounts)
        for (number, steps), parts in _found(amounts):
            both = " + ".join(f"{part:f} {currency}" for part in parts)
            failures.append(failure((*steps, "amount"), f"{_decimal(number):f} {currency}", both))
    return Outcome(applied, failures) if applied else None


_SHORT = 3
"""Steps to the values of budget, tender, awards and contracts; those to payments are more."""


def _found(amounts: list[_Amount]) -> Iterator[tuple[_Amount, _Parts]]:
    numbers = [number for number, _ in amounts]
    largest = max(numbers)
    if largest >= _FAR * min(numbers):
        yield from _far_beyond(amounts, largest)
    behind = [amount for amount in amounts if _has_more_than_cents(amount[0])]
    if behind:
        compared = sorted({number for number, steps in amounts if _is_compared(steps)})
        for amount in behind:
            if parts := _behind_cents(amount[0], compared):
                yield amount, parts


def _far_beyond(amounts: list[_Amount], largest: int | float) -> Iterator[tuple[_Amount, _Parts]]:
    others = _others(sorted({number for number, steps in amounts if _is_compared(steps)}), largest)
    if not others:
        return
    suspects = [amount for amount in amounts if amount[0] >= _FAR * others[-1]]
    planned = any(number <= others[-1] for number, steps in amounts if _is_planned(steps))
    if planned or len(others) > max(1, len({number for number, _ in suspects})):
        for amount in suspects:
            if parts := _run_together(amount[0], others):
                yield amount, parts


def _is_compared(steps: Steps) -> bool:
    return len(steps) <= _SHORT and steps[-1] != "minValue"


def _is_planned(steps: Steps) -> bool:
    return steps[0] == "planning" or steps == ("tender", "value")


def _has_more_than_cents(number: int | float) -> bool:
    return type(number) is float and round(number, 2) != number


def _others(compared: list[int | float], largest: int | float) -> list[int | float]:
    """Give the amounts, by size, below the first gap under the largest; none if there is no gap."""
    above = largest
    for index in range(len(compared) - 1, -1, -1):
        if above >= _FAR * compared[index]:
            return compared[: index + 1]
        above = compared[index]
    return []


def _run_together(number: int | float, others: list[int | float]) -> _Parts | None:
    """Cut an amount into two of the size of others; the two most alike if there are several ways."""
    whole, _, cents = f"{_decimal(number):f}".partition(".")
    if len(whole) > _MOST_DIGITS:
        return None
    ways: list[_Parts] = []
    for cut in range(1, len(whole)):
        if whole[cut] == "0":
            continue
        first, second = Decimal(whole[:cut]), Decimal(f"{whole[cut:]}.{cents}")
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


def _behind_cents(number: float, compared: list[int | float]) -> _Parts | None:
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
