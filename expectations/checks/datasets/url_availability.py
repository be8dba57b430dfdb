"""Documents are where the publication says they are.

Asking is not the business of a check: what was found by who asked stands in the setting (`Links`).
"""

from expectations.checks.counts import share
from expectations.checks.model import DatasetCheck, DatasetOutcome, Query, Setting, Texts

ENOUGH = 100
"""Documents below which the check does not apply, and how many of them are asked for (Pelican's)."""

_NOBODY = Texts(
    "nobody has asked for the documents: `pregon links CITY` does", "nadie ha pedido los documentos: lo hace"
    " `pregon links CIUDAD`"
)  # fmt: skip


def _run(_: Query, setting: Setting) -> DatasetOutcome:
    links = setting.links
    if links is None:
        return DatasetOutcome(0, passed=True, reason=_NOBODY)
    if links.documents < ENOUGH:
        reason = Texts(
            f"there are fewer than {ENOUGH} documents with an address",
            f"hay menos de {ENOUGH} documentos con dirección",
        )
        return DatasetOutcome(0, passed=True, reason=reason)
    return DatasetOutcome(
        applied=links.looked_at,
        passed=not links.failed,
        figures={
            "documents": links.documents,
            "looked_at": links.looked_at,
            "no_answer": links.failed,
            "no_answer_share": share(links.failed, links.looked_at),
            "asked": links.asked,
        },
        examples=links.examples,
        remark=Texts(
            "some of them were drawn by chance and asked for once: a server may have been down just then",
            "se eligió al azar una parte y se pidió una sola vez: un servidor pudo estar caído en ese momento",
        )
        if links.failed
        else None,
    )


CHECK = DatasetCheck(
    id="misc.url_availability",
    version="1",
    severity="warning",
    paths=(
        "planning/documents/url", "tender/documents/url", "awards/documents/url", "contracts/documents/url",
        "contracts/implementation/documents/url",
    ),
    source="Pelican, misc.url_availability",
    title=Texts("Documents are where the publication says", "Los documentos están donde dice la publicación"),
    message=Texts(
        "there is no document at this address; in brackets is the answer",
        "no hay ningún documento en esta dirección; entre paréntesis, la respuesta",
    ),
    cost=Texts(
        "Vendors can't read the specifications, and nobody can check an award or a contract against its papers.",
        "Los proveedores no pueden leer las bases, y nadie puede cotejar una adjudicación o un contrato con sus"
        " documentos.",
    ),
    run=_run,
)  # fmt: skip
