"""The id of a release says more than which process it belongs to, so that the next one can have another."""

from collections.abc import Mapping
from typing import Any

from expectations.checks.earlier import Earlier
from expectations.checks.model import Outcome, ReleaseCheck, Texts, failure


def _run(release: Mapping[str, Any], earlier: Earlier) -> Outcome | None:  # noqa: ARG001 - the shape of all checks
    identifier, ocid = release.get("id"), release.get("ocid")
    if not isinstance(identifier, str) or not isinstance(ocid, str):
        return None
    # Equality is included, and so is an empty id.
    return Outcome(1, [failure(("id",), identifier, ocid)] if identifier in ocid else [])


CHECK = ReleaseCheck(
    id="x.release_id_independent",
    version="1",
    severity="warning",
    paths=("id", "ocid"),
    source="OCDS 1.1, identifiers: a release has an id of its own",
    title=Texts("Releases have ids of their own", "Las entregas tienen un id propio"),
    message=Texts("the id {value} says no more than the ocid {other}", "el id {value} no dice más que el ocid {other}"),
    cost=Texts(
        "The next release of the process gets the same id, and readers take it for the one they have.",
        "La próxima entrega del proceso tendrá el mismo id y se tomará por la que ya se tiene.",
    ),
    run=_run,
)
