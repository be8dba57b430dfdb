"""Codes are spread as in real procurement: those that must occur do, and none of them is all there is."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from expectations.checks.counts import FEW, added, codes, percent, share
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

LEAST, MOST = 0.001, 0.99
"""Shares between which each of the tested codes has to be (Pelican's)."""

MOST_CODES = 15
"""Codes whose shares are given; what is left over is one figure."""


class _Coded(NamedTuple):
    """A check: what is looked at, which codes are tested, and what it means if they fail."""

    id: str
    chosen: Callable[[str], bool]
    paths: tuple[str, ...]
    title: Texts
    tested: tuple[str, ...] = ()
    remark: Texts | None = None


def _run(
    chosen: Callable[[str], bool], tested: tuple[str, ...], remark: Texts | None, query: Query, _: Setting
) -> DatasetOutcome:
    counts = added(found for path, found in codes(query).items() if chosen(path))
    total = sum(counts.values())
    if not total:
        return DatasetOutcome(
            0, passed=True, reason=Texts("no process has such a code", "ningún proceso tiene un código así")
        )
    failing = [code for code in tested if not LEAST <= counts.get(code, 0) / total <= MOST]
    top, most = next(iter(counts.items()))
    by_design = bool(failing) and total < FEW
    return DatasetOutcome(
        applied=total,
        passed=not failing,
        figures={
            "values": total,
            "codes": len(counts),
            "top": top,
            "top_share": share(most, total),
            **shares_of(counts),
        },
        examples=[f"{code}: {percent(counts.get(code, 0) / total)}" for code in failing],
        remark=few(total) if by_design else remark if failing else None,
        by_design=by_design,
    )


def shares_of(counts: Mapping[str, int]) -> dict[str, float | None]:
    """Give the shares of the most frequent codes as figures, and that of all others together."""
    total = sum(counts.values())
    shown = list(counts.items())[:MOST_CODES]
    found = {f"share/{code}": share(count, total) for code, count in shown}
    if len(counts) > len(shown):
        found["share_of_others"] = share(total - sum(count for _, count in shown), total)
    return found


def few(values: int) -> Texts:
    """Say that a set is too small to judge."""
    return Texts(
        f"there are only {values:,} values: in so small a set chance decides, and the verdict means little",
        f"solo hay {values:,} valores: en un conjunto tan pequeño decide el azar, y el resultado dice poco",
    )


def _at(*paths: str) -> Callable[[str], bool]:
    return lambda path: path in paths


def _ending(name: str) -> Callable[[str], bool]:
    return lambda path: path.endswith(f"/{name}")


_SECTIONS = ("planning", "tender", "contracts", "contracts/implementation")
_DOCUMENTS = ("planning", "tender", "awards", "contracts", "contracts/implementation")

_CODED = (
    _Coded(
        "tender_procurement_method", _at("tender/procurementMethod"), ("tender/procurementMethod",),
        Texts("Open and other procedures both occur", "Hay procedimientos abiertos y de otros tipos"), ("open",),
        Texts(
            "if the source holds only open tenders, or only other purchases, this fails: say so in the publication"
            " policy, or publish the others too, since readers take what is published for everything the city buys",
            "si la fuente contiene solo licitaciones abiertas, o solo otras compras, esto falla: dígalo"
            " en la política de"
            " publicación o publique también las demás, pues el público toma lo publicado por todo lo que se compra",
        ),
    ),
    _Coded(
        "tender_status", _at("tender/status"), ("tender/status",),
        Texts("Open and closed tenders both occur", "Hay licitaciones en curso y concluidas"), ("active", "complete"),
        Texts(
            "a code at 0 % is not used where it should be, or the source holds one kind of tender only: those still"
            " open, or those decided. Without active tenders nobody finds what to bid on",
            "un código con 0 % no se usa donde debería, o la fuente contiene un solo tipo de"
            " licitaciones: las abiertas o"
            " las concluidas. Sin licitaciones activas nadie encuentra en qué participar",
        ),
    ),
    _Coded(
        "awards_status", _at("awards/status"), ("awards/status",),
        Texts("Active and other awards both occur", "Hay adjudicaciones activas y de otros estados"), ("active",),
        Texts(
            "many systems record only awards that were made: then all are active, and nothing is wrong; publish those"
            " cancelled or unsuccessful too if they are known",
            "muchos sistemas registran solo las adjudicaciones efectuadas: entonces todas están activas y no hay error;"
            " si se conocen las canceladas o desiertas, publíquelas también",
        ),
    ),
    _Coded(
        "contracts_status", _at("contracts/status"), ("contracts/status",),
        Texts("Running and finished contracts both occur", "Hay contratos vigentes y terminados"),
        ("active", "terminated"),
        Texts(
            "if no contract is ever terminated, the status is probably not kept up to date after the signature",
            "si ningún contrato aparece como terminado, es probable que el estado no se actualice tras la firma",
        ),
    ),
    _Coded(
        "milestone_status", _ending("milestones/status"), tuple(f"{path}/milestones/status" for path in _SECTIONS),
        Texts("Some milestones are met, and some are not", "Hay hitos cumplidos y no cumplidos"), ("met",),
        Texts(
            "if no milestone is ever met, the status is probably not kept up to date; if all are, only past events are"
            " recorded",
            "si ningún hito aparece como cumplido, es probable que el estado no se actualice; si lo están"
            " todos, solo se"
            " registran hechos pasados",
        ),
    ),
    _Coded(
        "tender_award_criteria", _at("tender/awardCriteria"), ("tender/awardCriteria",),
        Texts("Which award criteria are used", "Qué criterios de adjudicación se usan"),
    ),
    _Coded(
        "tender_submission_method", _at("tender/submissionMethod"), ("tender/submissionMethod",),
        Texts("How bids are submitted", "Cómo se presentan las ofertas"),
    ),
    _Coded(
        "milestone_type", _ending("milestones/type"), tuple(f"{path}/milestones/type" for path in _SECTIONS),
        Texts("Which types of milestones are used", "Qué tipos de hitos se usan"),
    ),
    _Coded(
        "document_document_type", _ending("documentType"),
        tuple(f"{path}/documents/documentType" for path in _DOCUMENTS),
        Texts("Which types of documents are used", "Qué tipos de documentos se usan"),
    ),
    _Coded(
        "value_currency", _ending("currency"),
        (
            "planning/budget/amount/currency", "tender/value/currency", "tender/minValue/currency",
            "awards/value/currency", "contracts/value/currency", "contracts/implementation/transactions/value/currency",
        ),
        Texts("Which currencies are used", "Qué monedas se usan"),
    ),
    _Coded(
        "related_process_relation", _ending("relationship"),
        ("relatedProcesses/relationship", "contracts/relatedProcesses/relationship"),
        Texts("How processes are related", "Cómo se relacionan los procesos"),
    ),
)  # fmt: skip


def _check(coded: _Coded) -> DatasetCheck:
    return DatasetCheck(
        id=f"distribution.{coded.id}",
        version="1",
        severity="info",
        paths=coded.paths,
        source=f"Pelican, distribution.{coded.id}",
        title=coded.title,
        message=Texts(
            "this code has less than 0.1 %, or more than 99 %, of the values",
            "este código tiene menos del 0,1 % o más del 99 % de los valores",
        ),
        cost=Texts(
            "Counts by this code mislead: part of the purchases is missing, or the code is filled in by habit.",
            "Los recuentos por este código engañan: faltan compras, o el código se rellena por costumbre.",
        )
        if coded.tested
        else Texts(
            "Nothing is tested: the shares show at a glance whether a code is used that nobody expects.",
            "No se comprueba nada: los porcentajes muestran de un vistazo si se usa un código inesperado.",
        ),
        run=partial(_run, coded.chosen, coded.tested, coded.remark),
    )


CHECKS: tuple[DatasetCheck, ...] = tuple(map(_check, _CODED))
