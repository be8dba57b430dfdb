"""A release that is tagged as an amendment tells what was amended: when, why, and between which releases.

One new entry of `amendments` is enough for the tag; every new entry has an id, a date and a reason, and the releases it
names belong to the process. `amendsReleaseID` may be missing, where the history begins with the amendment.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from expectations.checks.compiled import Entry, entries_of, object_of, text_of
from expectations.checks.earlier import Earlier
from expectations.checks.model import Failure, Outcome, ReleaseCheck, Steps, Texts, failure

_REQUIRED = ("id", "date", "rationale")
_LINKS = ("releaseID", "amendsReleaseID")


def _run(release: Mapping[str, Any], earlier: Earlier) -> Outcome | None:
    tags = release.get("tag")
    if not isinstance(tags, list) or not earlier.known or not isinstance(earlier.compiled, dict):
        return None
    applied = 0
    failures: list[Failure] = []
    for index, tag in enumerate(tags):
        if tag not in ("tenderAmendment", "contractAmendment"):
            continue
        applied += 1
        section = "tender" if tag == "tenderAmendment" else "contracts"
        new = list(_new(release, earlier.compiled, section))
        if not new:
            failures.append(failure(("tag", index), tag, f"{section}.amendments"))
        for steps, amendment in new:
            if (missing := _missing(amendment, release, earlier)) is not None:
                failures.append(failure(steps, tag, missing))
    return Outcome(applied, failures) if applied else None


def _new(release: Mapping[str, Any], compiled: Mapping[str, Any], section: str) -> Iterator[Entry]:
    """Give the amendments of a section that nobody knew before."""
    for steps, holder, before in _holders(release, compiled, section):
        known = {text_of(amendment.get("id")) for _, amendment in entries_of(before, "amendments")} - {None}
        for entry in entries_of(holder, "amendments", steps):
            if text_of(entry[1].get("id")) not in known:
                yield entry


def _holders(
    release: Mapping[str, Any], compiled: Mapping[str, Any], section: str
) -> Iterator[tuple[Steps, Mapping[str, Any], Mapping[str, Any]]]:
    if section == "tender":
        yield ("tender",), object_of(release, "tender"), object_of(compiled, "tender")
        return
    before = {text_of(entry.get("id")): entry for _, entry in entries_of(compiled, section)}
    for steps, entry in entries_of(release, section):
        yield steps, entry, before.get(text_of(entry.get("id")), {})


def _missing(amendment: Mapping[str, Any], release: Mapping[str, Any], earlier: Earlier) -> str | None:
    for name in _REQUIRED:
        if amendment.get(name) in (None, ""):
            return name
    for name in _LINKS:
        link = amendment.get(name)
        if link is not None and link != release.get("id") and (not isinstance(link, str) or link not in earlier.ids):
            return name
    return None


CHECK = ReleaseCheck(
    id="x.amendment_entry",
    version="1",
    severity="warning",
    paths=("tag", "tender/amendments", "contracts/amendments"),
    source="OCDS 1.1, amendments",
    title=Texts("Amendments are explained", "Las modificaciones se explican"),
    message=Texts(
        "the release is tagged {value}, but its amendment lacks, or names wrongly: {other}",
        "la entrega lleva la etiqueta {value}, pero a su modificación le falta, o indica mal: {other}",
    ),
    cost=Texts(
        "A contract grew or a deadline moved, and nobody can read why.",
        "Un contrato creció o un plazo se movió, y no se puede leer por qué.",
    ),
    run=_run,
)
