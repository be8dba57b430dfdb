"""A made-up quality report: as many checks as a city has, with findings of every kind."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from made_up_publication import PUBLICATION

from transforms.quality import (
    Finding,
    Place,
    QualityReport,
    ScorePart,
    SeverityCount,
    TrendEntry,
    YearCount,
)
from transforms.quality.inside import Example, Inside, SourceCount

PROCESSES = 1_985
YEARS: dict[int | None, int] = {2021: 298, 2022: 317, 2023: 330, 2024: 326, 2025: 321, 2026: 390, None: 3}

BROKEN: Sequence[Mapping[str, Any]] = (
    {
        "id": "reference.contract_in_awards", "severity": "critical", "failed_processes": 12, "processes": 1_255,
        "title": {"en": "Contracts belong to an award", "es": "Los contratos corresponden a una adjudicación"},
        "cost": {"en": "Nobody can tell which decision a contract carries out.",
                 "es": "No se puede saber qué decisión ejecuta un contrato."},
        "places": (Place("contracts/awardID", 12),),
    },
    {
        "id": "time.ocid", "severity": "critical", "level": "time", "figures": {"before": 1_990, "lost": 5},
        "title": {"en": "No process disappears", "es": "Ningún proceso desaparece"},
        "cost": {"en": "Whoever followed or cited the process finds nothing.",
                 "es": "Quien seguía o citaba el proceso no encuentra nada."},
    },
    {
        "id": "coherent.dates", "severity": "warning", "failed_processes": 431, "processes": 1_700,
        "title": {"en": "The steps come in their order", "es": "Los pasos siguen su orden"},
        "cost": {"en": "Time limits and delays can't be measured.", "es": "No se pueden medir plazos ni demoras."},
        "places": tuple(Place(f"awards/{name}", 40 - number) for number, name in enumerate("abcdefghijk")),
    },
    {
        "id": "distribution.buyer_repetition", "severity": "warning", "level": "dataset",
        "figures": {"buyers": 1, "top_share": 1.0, "unheard_of": 3.75},
        "title": {"en": "No buyer stands for nearly all", "es": "Ningún comprador concentra casi todo"},
        "cost": {"en": "Buyers can't be compared.", "es": "No se puede comparar a los compradores."},
        "remark": {"en": "A city that is its only buyer fails this by design.",
                   "es": "Una ciudad que es su único comprador no puede superarla."},
    },
    {
        "id": "field.placeholder", "severity": "info", "failed_processes": 1, "processes": 1_985,
        "title": {"en": "No words that stand for nothing", "es": "Ninguna palabra que no diga nada"},
        "cost": {"en": "Searches find what is not there.", "es": "Las búsquedas encuentran lo que no hay."},
        "places": (Place("tender/title", 1),),
    },
)  # fmt: skip


def finding(**given: Any) -> Finding:
    """Make a finding that fails, but for what is given."""
    whole = given.get("level") in {"dataset", "time"}
    processes, failed = given.get("processes", 0), given.get("failed_processes", 0)
    years = () if whole else tuple((year, count, min(failed, 3)) for year, count in YEARS.items())
    return Finding(**{
        "version": "1", "level": "process", "outcome": "failed", "source": "Made up", "paths": ("contracts/awardID",),
        "applied": 1_400, "failed": int(whole) or failed, "share": 1.0 if whole else failed / (processes or 1),
        "lost": 0.42, "years": years, **given,
    })  # fmt: skip


def trend(count: int) -> tuple[TrendEntry, ...]:
    """Make a trend of so many publications, a week apart; other checks were asked of the newer half."""
    first = datetime(2026, 1, 4, 5, tzinfo=UTC)
    return tuple(
        TrendEntry(
            snapshot=f"s{number}",
            as_of=(first + timedelta(weeks=number)).isoformat(),
            score=round(91 + 0.31 * number + (number % 4), 2),
            processes=1_900 + number,
            failing_checks={"critical": 2, "warning": 2, "info": 1},
            failing_processes={"critical": 120 - 2 * number, "warning": 640 - 9 * number, "info": 1},
            checks="older" if number < count // 2 else "newer",
        )
        for number in range(count)
    )


def report(entries: int = 20, **given: Any) -> QualityReport:
    """Make a report on about ninety checks."""
    passed = [
        finding(
            id=f"passed.number_{number}", severity=("critical", "warning", "info")[number % 3], outcome="passed",
            processes=1_985, failed_processes=0, lost=0.0, years=(),
            title={"en": f"Rule {number} holds", "es": f"La regla {number} se cumple"},
            cost={"en": "Something.", "es": "Algo."},
        )
        for number in range(70)
    ]  # fmt: skip
    absent = [
        finding(
            id=f"absent.number_{number}", severity="info", outcome="not_applicable", processes=0, failed_processes=0,
            applied=0, share=None, lost=0.0, years=(),
            title={"en": f"Rule {number} of what is not there", "es": f"Regla {number} de lo que no hay"},
            cost={"en": "Something.", "es": "Algo."},
            reason={"en": "fewer than 100 values", "es": "menos de 100 valores"} if number % 2 else None,
        )
        for number in range(15)
    ]  # fmt: skip
    designed = finding(
        id="designed", severity="warning", level="dataset", outcome="by_design", lost=0.0,
        title={"en": "No buyer stands alone", "es": "Ningún comprador está solo"},
        cost={"en": "Something.", "es": "Algo."},
        remark={"en": "The city is its only buyer.", "es": "La ciudad es su único comprador."},
    )  # fmt: skip
    values: dict[str, Any] = {
        "city": PUBLICATION.slug,
        "name": PUBLICATION.name,
        "synthetic": True,
        "snapshot": "20260601T120000Z-1",
        "as_of": "2026-06-01T12:00:00Z",
        "published": "2026-06-01T12:00:00Z",
        "processes": PROCESSES,
        "score": 96.78,
        "parts": (ScorePart("critical", 26, 5, 0.9996, 0.03), ScorePart("warning", 26, 2, 0.951, 3.19)),
        "severities": (
            SeverityCount("critical", 2, 24, 0, 12),
            SeverityCount("warning", 2, 23, 0, 431),
            SeverityCount("info", 1, 23, 15, 1),
        ),
        "years": tuple(
            YearCount(year, count, {"critical": min(count, 2), "warning": count // 4, "info": 0})
            for year, count in YEARS.items()
        ),
        "findings": (*(finding(**one) for one in BROKEN), *passed, designed, *absent),
        "trend": trend(entries),
    }
    return QualityReport(**{**values, **given})


def inside() -> Inside:
    """Make what the internal report shows beside it."""
    examples = [
        Example(
            ocid=f"ocds-213czf-S{number:05d}", pointer=f"/contracts/{number}/awardID", value=f"A-{number}",
            message={"en": f"awardID A-{number} is not the id of exactly one award of this process",
                     "es": f"el awardID A-{number} no es el id de exactamente una adjudicación de este proceso"},
            table="eproc.contracts", key=f"C-{number}", columns=("contracts.award_no", "agreements.award"),
        )
        for number in range(9)
    ]  # fmt: skip
    other = Example("ocds-213czf-S1", "/tender", "", {"en": "wrong", "es": "mal"}, "", "", constant="USD")
    return Inside(
        most=10,
        examples={"reference.contract_in_awards": [*examples, other]},
        sources={"reference.contract_in_awards": [SourceCount("eproc.contracts", "contracts", 11),
                                                  SourceCount("", "", 1)]},
        named={"time.ocid": ["ocds-213czf-S7", "ocds-213czf-S8"]},
    )  # fmt: skip
