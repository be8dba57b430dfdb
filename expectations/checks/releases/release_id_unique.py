"""The id of a release was not used before in its process."""

from collections.abc import Mapping
from typing import Any

from expectations.checks.earlier import Earlier
from expectations.checks.model import Outcome, ReleaseCheck, Texts, failure


def _run(release: Mapping[str, Any], earlier: Earlier) -> Outcome | None:
    identifier = release.get("id")
    if not earlier.known or not isinstance(identifier, str):
        return None
    return Outcome(1, [failure(("id",), identifier)] if identifier in earlier.ids else [])


CHECK = ReleaseCheck(
    id="x.release_id_unique",
    version="1",
    severity="critical",
    paths=("id",),
    source="OCDS 1.1, identifiers: ocid and id name one release for ever",
    title=Texts("No two releases have the same id", "No hay dos entregas con el mismo id"),
    message=Texts(
        "an earlier release of this process has the id {value} too",
        "una entrega anterior de este proceso ya tiene el id {value}",
    ),
    cost=Texts(
        "Readers keep the one they have, and never learn what the other says.",
        "Se conserva la entrega que ya se tiene y nunca se conoce lo que dice la otra.",
    ),
    run=_run,
)
