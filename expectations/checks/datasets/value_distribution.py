"""The total of all amounts does not hang on a few of them."""

from functools import partial

from expectations.checks.counts import FEW, MOST_EXAMPLES, amounts, money
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

MOST = 0.5
"""Share of the total that the highest 1 % may have (Pelican's)."""


def _run(path: str, query: Query, _: Setting) -> DatasetOutcome:
    by_currency = query(
        f"SELECT currency, count(*) AS times, sum(amount) FROM {amounts()} WHERE path = ? AND amount >= 0"
        " GROUP BY currency ORDER BY times DESC, currency",
        [path],
    )
    if not by_currency or by_currency[0][1] < FEW or not by_currency[0][2]:
        return DatasetOutcome(
            0, passed=True, reason=Texts(f"there are fewer than {FEW} amounts", f"hay menos de {FEW} montos")
        )
    # Without rates of exchange only amounts of one currency add up: the one with most of them.
    currency, number, total = by_currency[0]
    highest = query(
        f"SELECT ocid, amount FROM {amounts()} WHERE path = ? AND currency = ? AND amount >= 0"
        " ORDER BY amount DESC, ocid LIMIT ?",
        [path, currency, number // 100],
    )
    top = sum(amount for _, amount in highest)
    passed = top <= MOST * float(total) if total else True
    return DatasetOutcome(
        applied=number,
        passed=passed,
        figures={
            "values": number, "currency": currency or None, "total": money(total), "highest": money(highest[0][1]),
            "highest_values": len(highest), "highest_share": round(float(top / total), 6),
            "highest_alone_share": round(float(highest[0][1] / total), 6),
            "other_currencies": sum(times for _, times, _ in by_currency[1:]),
        },
        examples=[] if passed else [f"{ocid}: {money(amount, currency)}" for ocid, amount in highest[:MOST_EXAMPLES]],
        remark=None if passed else Texts(
            "a few large works can explain it; look at the highest amounts first: one with digits too"
            " many outweighs all",
            "unas pocas obras grandes pueden explicarlo; revise primero los montos más altos: uno con"
            " dígitos de más pesa"
            " más que todos los demás",
        ),
    )  # fmt: skip


def _check(name: str, path: str, english: str, spanish: str) -> DatasetCheck:
    return DatasetCheck(
        id=f"distribution.{name}_value",
        version="1",
        severity="info",
        paths=(f"{path}/amount",),
        source=f"Pelican, distribution.{name}_value",
        title=Texts(
            f"No few {english} make up half of the total", f"El total no depende de unos pocos montos de {spanish}"
        ),
        message=Texts(
            "this is one of the highest 1 % of the amounts, which make up more than half of the total",
            "este es uno de los montos del 1 % más alto, que suma más de la mitad del total",
        ),
        cost=Texts(
            "A single mistyped amount decides every total and every average that is computed from the publication.",
            "Un solo monto mal digitado decide todos los totales y promedios que se calculan con la publicación.",
        ),
        run=partial(_run, path),
    )


CHECKS = (
    _check("tender", "tender/value", "tender values", "licitación"),
    _check("awards", "awards/value", "award values", "adjudicación"),
    _check("contracts", "contracts/value", "contract values", "contrato"),
)
