"""The one place that proposes OCDS paths for columns: by name (synonyms.csv), values, type, and what their table is of.

A proposal asks a person to decide. It names its reasons; nothing is proposed that the field table does not have.
Columns of synonyms.csv:

path        the OCDS path
stages      tables that it belongs to (see `_STAGES`), joined by "|"; empty: any
kinds       what the values have to look like; `date` stands for dates and times, empty: anything
en, es      phrases; each is looked for in the column's words, whatever stands between
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from transforms.ocds import field_table
from transforms.ocds.extensions import supported_extensions
from transforms.profile.model import Confidence, Kind, Proposal, Reason
from transforms.profile.vocabulary import meaning
from transforms.profile.words import singular, words

MOST_PROPOSALS = 3
_HIGH, _MEDIUM, _LOW = 0.8, 0.55, 0.35

_STAGES: Mapping[str, frozenset[str]] = {
    "planning": frozenset({"plan", "planning", "forecast", "pipeline", "budget", "planeacion", "planificacion", "paa"}),
    "document": frozenset({"document", "attachment", "file", "documento", "anexo", "adjunto"}),
    "item": frozenset({"item", "line", "commodity", "articulo", "partida", "bien"}),
    "enquiry": frozenset({"question", "enquiry", "inquiry", "pregunta", "consulta", "observacion"}),
    "bid": frozenset({"bid", "bidder", "proposal", "tabulation", "oferta", "oferente", "propuesta"}),
    "amendment": frozenset({"amendment", "change", "modification", "revision", "addendum", "modificacion", "otrosi",
                            "adicion"}),
    "invoice": frozenset({"invoice", "factura"}),
    "payment": frozenset({"payment", "paid", "check", "checkbook", "expenditure", "transaction", "pago"}),
    "award": frozenset({"award", "awarded", "winner", "adjudicacion", "adjudicado", "fallo"}),
    "contract": frozenset({"contract", "agreement", "order", "po", "noncompetitive", "competitive", "contrato",
                           "convenio"}),
    "party": frozenset({"vendor", "supplier", "contractor", "certification", "company", "department", "agency",
                        "proveedor", "contratista", "entidad", "organization"}),
    "tender": frozenset({"solicitation", "tender", "rfp", "rfx", "procurement", "opportunity", "purchase", "notice",
                         "licitacion", "proceso", "procedimiento", "convocatoria", "process", "purchasing"}),
}  # fmt: skip
"""What a table is of → words of its name; the first that matches the last such word counts."""
_NEAR: Mapping[str, frozenset[str]] = {
    "award": frozenset({"contract", "tender"}),
    "contract": frozenset({"award", "tender", "payment"}),
    "tender": frozenset({"planning", "award", "bid", "contract"}),
    "planning": frozenset({"tender"}),
    "bid": frozenset({"tender", "item"}),
    "amendment": frozenset({"contract"}),
    "invoice": frozenset({"payment"}),
    "payment": frozenset({"contract"}),
}
"""Stages of which a table may hold columns too: one file for everything is common."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of synonyms.csv; `phrases` gives language and words."""

    path: str
    stages: frozenset[str]
    kinds: frozenset[str]
    phrases: tuple[tuple[str, tuple[str, ...]], ...]


@cache
def rules() -> tuple[Rule, ...]:
    """Read synonyms.csv."""
    with Path(__file__).with_name("synonyms.csv").open(encoding="utf-8", newline="") as stream:
        return tuple(
            Rule(
                row["path"],
                frozenset(filter(None, row["stages"].split("|"))),
                frozenset(filter(None, row["kinds"].split("|"))),
                tuple(
                    (language, tuple(map(singular, words(phrase))))
                    for language in ("en", "es")
                    for phrase in row[language].split("|")
                    if phrase
                ),
            )
            for row in csv.DictReader(stream)
        )


def stage_of(table: str, columns: Iterable[str] = ()) -> str | None:
    """Tell what a table is of by its name, else by the names of its columns; None if neither says it."""
    named = [singular(word) for word in words(table)]
    for word in reversed(named):
        for stage, known in _STAGES.items():
            if word in known and not (stage == "document" and "contrato" in named):
                return stage
    votes: dict[str, int] = {}
    for column in columns:
        said = set(map(singular, words(column)))
        for stage in ("tender", "award", "contract", "payment"):
            votes[stage] = votes.get(stage, 0) + bool(said & _STAGES[stage])
    best = max(votes, key=lambda stage: votes[stage], default=None)
    return best if best and votes[best] >= 2 else None


def propose(
    name: str,
    *,
    kind: Kind | None,
    stage: str | None,
    values: Sequence[str] = (),
    extensions: Iterable[str] = (),
) -> tuple[Proposal, ...]:
    """Propose paths for a column, best first, at most `MOST_PROPOSALS`.

    Args:
        name: its name in the source.
        kind: what its values look like; None if they are unknown.
        stage: what its table is of.
        values: some of its different values.
        extensions: those that the city declares.
    """
    said = tuple(map(singular, words(name)))
    meant = meaning(values) if values and kind in ("code", "text", "identifier") else None
    scored = []
    for number, rule in enumerate(rules()):
        reasons: list[Reason] = []
        score = 0.0
        matched = _best_phrase(said, rule)
        if matched:
            share, phrase, language = matched
            score = share
            reasons.append(Reason(code="name", detail=f"{phrase} ({language})"))
        if meant and meant.path == rule.path and (not rule.stages or stage is None or _fits(stage, rule.stages) > 0.6):
            score = max(score + 0.25, 0.6)
            reasons.append(Reason(code="values", detail=", ".join(meant.examples)))
        if not reasons:
            continue
        fits = _type_fits(kind, rule)
        if fits is False:
            continue
        score *= 1.0 if fits else 0.9
        if fits and kind:
            reasons.append(Reason(code="type", detail=kind))
        if rule.stages and stage:
            score *= _fits(stage, rule.stages)
            if stage in rule.stages:
                reasons.append(Reason(code="table", detail=stage))
        elif rule.stages:
            score *= 0.85
        if score >= _LOW:
            scored.append((-round(score, 4), number, rule.path, tuple(reasons)))
    declared = frozenset(extensions)
    if scored and _confidence(-min(scored)[0]) == "high":
        # Beside a likely path a guess only confuses.
        scored = [entry for entry in scored if _confidence(-entry[0]) != "low"]
    return tuple(
        _proposal(path, _confidence(-score), reasons, declared)
        for score, _, path, reasons in sorted(scored)[:MOST_PROPOSALS]
    )


def _best_phrase(said: Sequence[str], rule: Rule) -> tuple[float, str, str] | None:
    """Give how much of the name the best phrase explains, the phrase and its language.

    A whole name counts 1; words of the name that the phrase lacks lower it, the less the longer the phrase is.
    """
    best: tuple[float, str, str] | None = None
    for language, phrase in rule.phrases:
        if not _within(phrase, said):
            continue
        rest = len(said) - len(phrase)
        share = len(phrase) / len(said)
        # A single word inside a longer name says little, unless it stands at the end, where English has the noun.
        score = 1.0 if rest == 0 else 0.35 + 0.6 * share if len(phrase) > 1 else 0.2 + 0.5 * share
        if rest and len(phrase) == 1 and (said[-1] if language == "en" else said[0]) == phrase[0]:
            score += 0.1
        if best is None or score > best[0]:
            best = (score, " ".join(phrase), language)
    return best


def _within(phrase: Sequence[str], said: Sequence[str]) -> bool:
    rest = iter(said)
    return all(word in rest for word in phrase)


def _fits(stage: str, stages: frozenset[str]) -> float:
    if stage in stages:
        return 1.0
    return 0.75 if stages & _NEAR.get(stage, frozenset()) else 0.45


def _type_fits(kind: Kind | None, rule: Rule) -> bool | None:
    """Tell whether the values can be what the path holds; None where that is unknown or does not matter."""
    if kind is None or kind == "empty" or not rule.kinds:
        return None
    if kind in ("timestamp", "timestamptz", "date"):
        return "date" in rule.kinds
    if kind in rule.kinds:
        return True
    if "date" in rule.kinds:
        return False
    if rule.kinds <= {"money", "decimal", "integer", "range", "percent"}:
        return False
    # A list of codes, an identifier and a text are told apart by how often values repeat: no ground to refuse.
    loose = {"code", "text", "identifier"}
    if kind in loose | {"integer", "boolean"} and rule.kinds & loose:
        return None
    return kind in ("integer", "decimal") and bool(rule.kinds & {"integer", "decimal", "identifier"})


def _confidence(score: float) -> Confidence:
    return "high" if score >= _HIGH else "medium" if score >= _MEDIUM else "low"


def _proposal(path: str, confidence: Confidence, reasons: tuple[Reason, ...], declared: frozenset[str]) -> Proposal:
    extension = field_table(supported_extensions())[path].extension
    return Proposal(
        path=path,
        confidence=confidence,
        reasons=reasons,
        extension=extension,
        declared=extension is None or extension in declared,
    )
