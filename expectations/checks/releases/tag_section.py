"""A tag is set only where the release holds what the tag tells of.

A release may repeat other sections, so sections without their tag say nothing. `compiled` is for compiled releases.
"""

from collections.abc import Callable, Mapping
from typing import Any

from expectations.checks.compiled import entries_of, object_of
from expectations.checks.earlier import Earlier
from expectations.checks.model import Outcome, ReleaseCheck, Texts, failure

Release = Mapping[str, Any]


def _has(*sections: str) -> Callable[[Release], bool]:
    def has(release: Release) -> bool:
        return any(bool(release.get(section)) for section in sections)

    return has


def _entry_is(section: str, *statuses: str) -> Callable[[Release], bool]:
    def has(release: Release) -> bool:
        return any(entry.get("status") in statuses for _, entry in entries_of(release, section))

    return has


def _is_cancelled(release: Release) -> bool:
    return object_of(release, "tender").get("status") == "cancelled"


def _has_implementation(release: Release) -> bool:
    return any(object_of(contract, "implementation") for _, contract in entries_of(release, "contracts"))


def _never(_: Release) -> bool:
    return False


_PLANNING = ("planning", _has("planning", "tender"))
_TENDER = ("tender", _has("tender"))
_AWARD = ("awards", _has("awards"))
_CONTRACT = ("contracts", _has("contracts"))
_IMPLEMENTATION = ("contracts.implementation", _has_implementation)

_HELD: dict[str, tuple[str, Callable[[Release], bool]]] = {
    "planning": _PLANNING,
    "planningUpdate": _PLANNING,
    "tender": _TENDER,
    "tenderUpdate": _TENDER,
    "tenderAmendment": _TENDER,
    "tenderCancellation": ("tender.status = cancelled", _is_cancelled),
    "award": _AWARD,
    "awardUpdate": _AWARD,
    "awardCancellation": ("awards.status = cancelled | unsuccessful", _entry_is("awards", "cancelled", "unsuccessful")),
    "contract": _CONTRACT,
    "contractUpdate": _CONTRACT,
    "contractAmendment": _CONTRACT,
    "contractTermination": ("contracts.status = terminated", _entry_is("contracts", "terminated")),
    "implementation": _IMPLEMENTATION,
    "implementationUpdate": _IMPLEMENTATION,
    "compiled": ("compiledRelease", _never),
}
"""Tag: what has to be there (OCDS 1.1 releaseTag codelist; ocds.md 1.4), and whether it is."""


def _run(release: Release, earlier: Earlier) -> Outcome | None:  # noqa: ARG001 - the shape of all checks
    tags = release.get("tag")
    if not isinstance(tags, list) or not tags:
        return None
    held = [(index, tag, _HELD[tag]) for index, tag in enumerate(tags) if isinstance(tag, str) and tag in _HELD]
    return Outcome(
        len(tags), [failure(("tag", index), tag, what) for index, tag, (what, has) in held if not has(release)]
    )


CHECK = ReleaseCheck(
    id="x.tag_section",
    version="2",
    severity="warning",
    paths=("tag",),
    source="OCDS 1.1, releaseTag codelist",
    title=Texts("Tags name something that is there", "Las etiquetas nombran algo presente"),
    message=Texts(
        "the release is tagged {value}, but does not hold what this tag tells of: {other}",
        "la entrega lleva la etiqueta {value}, pero no contiene lo que esta anuncia: {other}",
    ),
    cost=Texts(
        "Readers who pick releases by their tag look for news that are not there.",
        "Quien elige entregas por su etiqueta busca novedades que no están.",
    ),
    run=_run,
)
