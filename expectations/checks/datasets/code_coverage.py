"""Codes are those of the codelists; how often each occurs tells what can be computed."""

from expectations.checks.counts import CODE_PATHS, code_examples, codes, is_listed
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

MOST_CODES = 300
"""Codes that are counted one by one in the figures."""


def _run(query: Query, _: Setting) -> DatasetOutcome:
    found = [(path, code, coded) for path, counts in codes(query).items() for code, coded in counts.items()]
    if not found:
        return DatasetOutcome(0, passed=True, reason=Texts("there are no codes", "no hay códigos"))
    unlisted = sorted(
        (one for one in found if is_listed(one[0], one[1]) is False), key=lambda one: (-one[2].times, one[0], one[1])
    )
    return DatasetOutcome(
        applied=sum(coded.times for _, _, coded in found),
        passed=not unlisted,
        figures={
            "codes": len(found),
            "unlisted": len(unlisted),
            "unlisted_values": sum(coded.times for _, _, coded in unlisted),
            **{f"count/{path}/{code}": coded.times for path, code, coded in found[:MOST_CODES]},
        },
        examples=code_examples(unlisted),
        remark=Texts(
            "an open codelist may be extended by codes of one's own if none of its codes fits: then explain them in the"
            " publication policy",
            "una lista abierta admite códigos propios si ninguno de los suyos sirve: explíquelos entonces"
            " en la política"
            " de publicación",
        )
        if unlisted
        else None,
    )


CHECK = DatasetCheck(
    id="x.code_coverage",
    version="1",
    severity="info",
    paths=CODE_PATHS,
    source="Pregón; OCDS 1.1, codelists",
    title=Texts("Codes are those of the codelists", "Los códigos son los de las listas"),
    message=Texts(
        "this code is not on its codelist; in brackets is how often it occurs, and where first",
        "este código no está en su lista; entre paréntesis, cuántas veces aparece y dónde primero",
    ),
    cost=Texts(
        "Tools that know the codelists pass over what they don't know: such processes drop out of their counts.",
        "Las herramientas que conocen las listas pasan por alto lo que no conocen: esos procesos no se cuentan.",
    ),
    run=_run,
)
