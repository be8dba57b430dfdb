"""The history of one process out of the ledger, with what is told of it nowhere else."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from difflib import SequenceMatcher
from heapq import nlargest
from itertools import islice
from zoneinfo import ZoneInfo

import orjson

from pregon.errors import PregonError
from pregon.ledger import Ledger
from pregon.stages.context import CityContext
from transforms.packages import rfc3339
from transforms.releases.dates import rule_of
from transforms.releases.process_history import ProcessHistory, Recorded, steps

_NEAREST = 3
_ALIKE = 0.6
_COMPARED = 300_000
"""Ocids that are compared with one that is not known: some seconds' work."""


class UnknownOcid(PregonError):
    """No process of this ocid was ever released; `nearest` are ocids that look like it."""

    def __init__(self, city: str, ocid: str, nearest: Iterable[str]) -> None:
        self.nearest = tuple(nearest)
        super().__init__(
            f"{city} has released nothing of {ocid}",
            hint=f"did you mean {', '.join(self.nearest)}?" if self.nearest else "the ledger has no ocid like it",
        )
        self.ocid = ocid


def read_history(context: CityContext, ocid: str, *, at: datetime | None = None) -> ProcessHistory:
    """Read the history of a process; `ocid` may lack the city's prefix.

    With `at`, it ends with what was known then: the last release dated not later. Raises UnknownOcid.
    """
    city, ledger = context.city, context.ledger
    for name in (ocid, f"{city.ocid_prefix}-{ocid}"):
        found = ledger.recorded(name)
        if found is not None:
            break
    else:
        raise UnknownOcid(city.slug, ocid, nearest_ocids(ledger, city.ocid_prefix, ocid))
    recorded = []
    previous: str | None = None
    for one in found.releases:
        recorded.append(
            Recorded(
                release=orjson.loads(one.json),
                previous_id=one.previous_id,
                date_rule=rule_of(one.date, one.as_of, previous),
                sequence=one.sequence,
                run=one.run_id,
                as_of=one.as_of,
                manifest=one.manifest,
                publication=one.publication,
            )
        )
        previous = one.date
    history = ProcessHistory(
        city=city.slug,
        name={"en": city.name.en, "es": city.name.es},
        ocid=name,
        steps=tuple(steps(recorded, context.merge_rules)),
        provenance=found.provenance,
        held=[
            {"reason": row.row.reason, "message": row.row.message, "path": row.row.path,
             "row": f"{row.row.table}:{row.row.row}" if row.row.table else None, "run": row.run_id}
            for row in ledger.quarantined(ocid=name)
        ],
        redactions=found.redactions,
    )  # fmt: skip
    return history if at is None else cut(history, at)


def cut(history: ProcessHistory, at: datetime) -> ProcessHistory:
    """Return the history up to a moment: the releases dated not later."""
    kept = tuple(step for step in history.steps if step.recorded.release["date"] <= rfc3339(at))
    return replace(history, steps=kept, later=len(history.steps) - len(kept))


def moment(text: str, time_zone: str) -> datetime:
    """Read a time with its zone, or a day, which stands for its end in the city's zone. Raises ValueError."""
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time(23, 59, 59), ZoneInfo(time_zone)).astimezone(UTC)
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return found.astimezone(UTC)


def nearest_ocids(ledger: Ledger, prefix: str, ocid: str) -> list[str]:
    """Return the known ocids that look most like one, letter case and prefix aside; of very many not all are tried."""
    wanted = ocid.casefold().removeprefix(f"{prefix}-")
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)

    def likeness(known: str) -> float:
        matcher.set_seq1(known.casefold().removeprefix(f"{prefix}-"))
        # The bounds cost little, and nearly all ocids are below them.
        if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
            return 0.0
        return matcher.ratio()

    likely = ((likeness(known), known) for known in islice(ledger.ocids(), _COMPARED))
    best = nlargest(_NEAREST, (one for one in likely if one[0] >= _ALIKE), key=lambda one: one[0])
    return [known for _, known in best]
