"""No amount is beyond five billion US dollars.

There are no exchange rates offline, and none are needed: the bound is to find amounts that are off by factors of a
thousand. Currencies of which one dollar buys ten or more are scaled by the nearest power of ten, as of the 2020s;
all others count as if they were dollars.
"""

from expectations.checks.compiled import CompiledRelease, number_of
from expectations.checks.model import Failure, Outcome, ProcessCheck, Texts, failure

_MOST_DOLLARS = 5_000_000_000

_UNITS_PER_DOLLAR: dict[str, int] = {
    currency: units
    for units, currencies in {
        10: "BOB CZK DKK EGP GHS GTQ HKD HNL LSL MAD MDL MXN NAD NIO NOK SCR SEK STN SZL TRY TWD UYU ZAR ZMW",
        100: "AFN ALL BDT BTN CVE DJF DOP DZD ETB GMD GYD HTG INR ISK JMD JPY KES KGS LRD MKD MUR MZN NPR PHP PKR RSD"
        " RUB SRD SYP THB UAH VES VUV XPF YER",
        1_000: "AMD AOA ARS BIF CDF CLP CRC HUF IQD KMF KRW KZT LKR MMK MWK MNT NGN RWF SDG SOS SSP TZS XAF XOF ZWL",
        10_000: "COP GNF IDR KHR LAK MGA PYG SLL STD UGX UZS VND",
        100_000: "IRR LBP VEF",
    }.items()
    for currency in currencies.split()
}


def _run(compiled: CompiledRelease) -> Outcome | None:
    applied = 0
    failures: list[Failure] = []
    for steps, amount, currency in compiled.amounts():
        number = number_of(amount)
        if number is None or not isinstance(currency, str):
            continue
        applied += 1
        if abs(number) > _MOST_DOLLARS:
            most = _MOST_DOLLARS * _UNITS_PER_DOLLAR.get(currency, 1)
            if abs(number) > most:
                failures.append(failure((*steps, "amount"), f"{number} {currency}", f"{most} {currency}"))
    return Outcome(applied, failures) if applied else None


CHECK = ProcessCheck(
    id="coherent.value_realistic",
    version="1",
    severity="warning",
    paths=(
        "tender/value", "tender/minValue", "awards/value", "contracts/value", "planning/budget/amount",
        "contracts/implementation/transactions/value",
    ),
    source="Pelican, coherent.value_realistic",
    title=Texts("Amounts are of a size that a purchase can have", "Los importes son de un tamaño posible"),
    message=Texts("{value} is beyond {other}", "{value} supera {other}"),
    cost=Texts(
        "One such amount outweighs all other purchases in every total and chart.",
        "Un solo importe así pesa más que todas las demás compras en cada total y gráfico.",
    ),
    run=_run,
)  # fmt: skip
