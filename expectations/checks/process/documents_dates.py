"""A document is published before it is modified, and both before the release that tells it."""

from expectations.checks.compiled import CompiledRelease
from expectations.checks.model import Outcome, ProcessCheck, Texts
from expectations.checks.order import Order

_DOCUMENTS = (
    "planning/documents", "tender/documents", "awards/documents", "contracts/documents",
    "contracts/implementation/documents",
)  # fmt: skip


def _run(compiled: CompiledRelease) -> Outcome | None:
    if not compiled.documents:
        return None
    order = Order()
    for steps, document in compiled.documents:
        if modified := document.get("dateModified"):
            order.add(document.get("datePublished"), modified, steps, "dateModified")
    order.add_told(compiled, ("documents",))
    return order.outcome()


CHECK = ProcessCheck(
    id="coherent.documents_dates",
    version="1",
    severity="info",
    paths=(*(f"{path}/{key}" for path in _DOCUMENTS for key in ("datePublished", "dateModified")), "date"),
    source="Pelican, coherent.documents_dates",
    title=Texts("Documents are published, then modified", "Los documentos se publican, y luego se modifican"),
    message=Texts(
        "{value} and {other} are in the wrong order: a document is published, then modified, then told in a release",
        "{value} y {other} están en orden inverso: un documento se publica, se modifica, y luego figura en una entrega",
    ),
    cost=Texts(
        "Nobody can tell when the public could read a document.",
        "No se puede saber desde cuándo el público podía leer un documento.",
    ),
    run=_run,
)
