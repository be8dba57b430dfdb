"""A tag is set only where the section it names is there."""

from collections.abc import Mapping
from typing import Any

from expectations.checks.compiled import entries_of, object_of
from expectations.checks.model import Earlier, Outcome, ReleaseCheck, Texts, failure

_SECTIONS = {
    "planning": ("planning", "tender"),
    "planningUpdate": ("planning", "tender"),
    "tender": ("tender",),
    "tenderUpdate": ("tender",),
    "tenderAmendment": ("tender",),
    "tenderCancellation": ("tender",),
    "award": ("awards",),
    "awardUpdate": ("awards",),
    "awardCancellation": ("awards",),
    "contract": ("contracts",),
    "contractUpdate": ("contracts",),
    "contractAmendment": ("contracts",),
    "contractTermination": ("contracts",),
}
"""Tag: the sections of which one has to be there (OCDS 1.1 releaseTag codelist; ocds.md 1.4)."""


def _run(release: Mapping[str, Any], earlier: Earlier) -> Outcome | None:  # noqa: ARG001 - the shape of all checks
    tags = release.get("tag")
    if not isinstance(tags, list) or not tags:
        return None
    failures = [failure(("tag", index), tag) for index, tag in enumerate(tags) if not _has_section(release, tag)]
    return Outcome(len(tags), failures)


def _has_section(release: Mapping[str, Any], tag: object) -> bool:
    if tag in ("implementation", "implementationUpdate"):
        return any(object_of(contract, "implementation") for _, contract in entries_of(release, "contracts"))
    sections = _SECTIONS.get(tag, ()) if isinstance(tag, str) else ()
    return not sections or any(release.get(section) for section in sections)


CHECK = ReleaseCheck(
    id="x.tag_section",
    version="1",
    severity="warning",
    paths=("tag",),
    source="OCDS 1.1, releaseTag codelist",
    title=Texts("Tags name a section that is there", "Las etiquetas nombran una sección presente"),
    message=Texts(
        "the release is tagged {value}, but has not the section that this tag is about",
        "la entrega lleva la etiqueta {value}, pero no la sección de la que esta trata",
    ),
    cost=Texts(
        "Readers who pick releases by their tag look for news that are not there.",
        "Quien elige entregas por su etiqueta busca novedades que no están.",
    ),
    run=_run,
)
