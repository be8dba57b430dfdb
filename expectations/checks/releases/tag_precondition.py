"""An update, an amendment or an end follows a release that told of the thing itself.

For a cancelled tender that may be any release that described the tender, a plan for instance.
"""

from collections.abc import Mapping
from typing import Any

from expectations.checks.earlier import Earlier
from expectations.checks.model import Outcome, ReleaseCheck, Texts, failure
from transforms.ocds import codelist
from transforms.releases.tags import base_of

_BASES = {tag: base for tag in codelist("releaseTag").codes if (base := base_of(tag)) != tag}
"""Tag: the tag that an earlier release has to have (OCDS 1.1 releaseTag codelist; ocds.md 1.4)."""


def _run(release: Mapping[str, Any], earlier: Earlier) -> Outcome | None:
    tags = release.get("tag")
    if not earlier.known or not isinstance(tags, list):
        return None
    based = [(index, tag, _BASES[tag]) for index, tag in enumerate(tags) if isinstance(tag, str) and tag in _BASES]
    if not based:
        return None
    failures = [failure(("tag", index), tag, base) for index, tag, base in based if not _has_base(tag, base, earlier)]
    return Outcome(len(based), failures)


def _has_base(tag: str, base: str, earlier: Earlier) -> bool:
    described = tag == "tenderCancellation" and isinstance(earlier.compiled, dict) and earlier.compiled.get("tender")
    return base in earlier.tags or bool(described)


CHECK = ReleaseCheck(
    id="x.tag_precondition",
    version="1",
    severity="warning",
    paths=("tag", "date"),
    source="OCDS 1.1, releaseTag codelist",
    title=Texts("Updates follow what they update", "Las actualizaciones siguen a lo que actualizan"),
    message=Texts(
        "the release is tagged {value}, but no earlier release of this process is tagged {other}",
        "la entrega lleva la etiqueta {value}, pero ninguna anterior de este proceso lleva la etiqueta {other}",
    ),
    cost=Texts(
        "The beginning of the story is missing: nobody can say what was changed, or when it was first told.",
        "Falta el comienzo de la historia: no se puede saber qué cambió ni cuándo se informó por primera vez.",
    ),
    run=_run,
)
