"""Every release after the first changes what is known of its process, beyond its own id, date and tags."""

from collections.abc import Mapping
from typing import Any

from expectations.checks.earlier import Earlier
from expectations.checks.model import Outcome, ReleaseCheck, Texts, failure

_HEAD = ("id", "date", "tag")


def _run(release: Mapping[str, Any], earlier: Earlier) -> Outcome | None:
    before = earlier.compiled
    if not before or (after := earlier.merged(release)) is None:
        return None
    if len(after) == len(before) and all(
        before.get(key) == value for key, value in after.items() if key not in _HEAD and before.get(key) is not value
    ):
        return Outcome(1, [failure(("id",), release.get("id"))])
    return Outcome(1)


CHECK = ReleaseCheck(
    id="x.no_op",
    version="1",
    severity="warning",
    paths=("id",),
    source="OCDS 1.1, release packages: a release tells of a change",
    title=Texts("Every release tells something new", "Cada entrega informa algo nuevo"),
    message=Texts(
        "release {value} changes nothing of what earlier releases say",
        "la entrega {value} no cambia nada de lo que dicen las anteriores",
    ),
    cost=Texts(
        "Readers are told of a change that is none; counts of changes, and alerts, are worth less.",
        "Se anuncia un cambio que no existe; los conteos de cambios y las alertas pierden valor.",
    ),
    run=_run,
)
