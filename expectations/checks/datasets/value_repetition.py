"""No few amounts are repeated again and again."""

from functools import partial

from expectations.checks.counts import amounts, money, share
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

MOST = 0.1
"""Share that the three most frequent amounts may have together, itself not allowed (Pelican's)."""

TOP = 3


def _run(path: str, query: Query, _: Setting) -> DatasetOutcome:
    ((number, different),) = query(
        f"SELECT count(*), count(DISTINCT (amount, currency)) FROM {amounts()} WHERE path = ?", [path]
    )
    if not number:
        return DatasetOutcome(0, passed=True, reason=Texts("there are no amounts", "no hay montos"))
    frequent = query(
        f"SELECT amount, currency, count(*) AS times FROM {amounts()} WHERE path = ?"
        " GROUP BY amount, currency ORDER BY times DESC, amount, currency LIMIT ?",
        [path, TOP],
    )
    together = sum(times for _, _, times in frequent)
    passed = together / number < MOST
    # Even if all were different, three of so few would be a tenth of them.
    by_design = not passed and TOP / number >= MOST
    return DatasetOutcome(
        applied=number,
        passed=passed,
        figures={
            "values": number, "different": different, "top": money(frequent[0][0], frequent[0][1]),
            "top_share": share(frequent[0][2], number), "top_three_share": share(together, number),
        },
        examples=[] if passed else [f"{money(amount, currency)}: {times:,}" for amount, currency, times in frequent],
        remark=None if passed else _by_arithmetic(number) if by_design else _REMARK,
        by_design=by_design,
    )  # fmt: skip


_REMARK = Texts(
    "round estimates, fixed fees and equal shares repeat rightly; what stands for an unknown amount, such"
    " as 0, should be"
    " left out",
    "las estimaciones redondas, las tarifas fijas y las partes iguales se repiten con razón; lo que"
    " sustituye a un monto"
    " desconocido, como 0, debe omitirse",
)


def _by_arithmetic(number: int) -> Texts:
    return Texts(
        f"of only {number:,} amounts any three are a tenth: this fails by arithmetic, whatever they are",
        f"de solo {number:,} montos, tres cualesquiera son la décima parte: falla por aritmética, sean los que sean",
    )


def _check(name: str, path: str, english: str, spanish: str) -> DatasetCheck:
    return DatasetCheck(
        id=f"distribution.{name}_value_repetition",
        version="1",
        severity="info",
        paths=(f"{path}/amount",),
        source=f"Pelican, distribution.{name}_value_repetition",
        title=Texts(f"Few {english} are repeated", f"Pocos montos de {spanish} se repiten"),
        message=Texts(
            "this is one of the three most frequent amounts, which are a tenth of all or more",
            "este es uno de los tres montos más frecuentes, que son una décima parte o más del total",
        ),
        cost=Texts(
            "They may be placeholders, such as 0 or 1, or a limit: no price can be compared where they stand.",
            "Pueden ser valores de relleno, como 0 o 1, o un límite: donde están no se puede comparar ningún precio.",
        ),
        run=partial(_run, path),
    )


CHECKS = (
    _check("tender", "tender/value", "tender values", "licitación"),
    _check("awards", "awards/value", "award values", "adjudicación"),
    _check("contracts", "contracts/value", "contract values", "contrato"),
)
