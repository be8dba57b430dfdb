"""What the stages do with what was taken back: it leaves every state, and whole processes are held back as such."""

from collections.abc import Container, Iterable
from dataclasses import replace

from pregon.errors import PregonError
from pregon.ledger import Ledger
from pregon.run import Run
from transforms.mapping.assemble import State
from transforms.mapping.redaction import Redactions, parts_of

REDACTED = "redacted"
"""Reason, in quarantine and accounting, of processes that were taken back as a whole."""

WITHDRAWN = "this process was taken back as a whole and is not released again"


class RedactionUnderWay(PregonError):
    """Nothing is published while a redaction is not completed: the ledger may still hold what it takes back."""

    def __init__(self, slug: str, number: int) -> None:
        super().__init__(
            f"{slug}: redaction {number} was begun and has not been completed; nothing is published before it is",
            hint=f"give its `pregon redact` command again (`pregon redactions {slug}` shows what it takes back)",
        )
        self.slug = slug
        self.number = number


def refuse_while_redacting(ledger: Ledger, slug: str) -> None:
    """Raise RedactionUnderWay where a redaction is open."""
    for one in ledger.redacting.all():
        if one.open:
            raise RedactionUnderWay(slug, one.number)


def redacted_state(redactions: Redactions, ocid: str, state: State) -> State:
    """Give a state without what was taken back, nor findings that could quote it; of a whole process its name alone."""
    if ocid in redactions.withdrawn:
        return replace(state, document={}, modified=None, findings=[])
    if not redactions.paths(ocid):
        return state
    findings = [
        replace(found, value=found.value.partition(":")[0] if found.code == "note" else "")
        if redactions.concerns(ocid, found.path)
        else found
        for found in state.findings
    ]
    return replace(state, document=redactions.applied(ocid, state.document), findings=findings)


def redactions_key(work: str, bucket: int) -> str:
    """Key of the number of the newest redaction that the states of a bucket obey."""
    return f"{work}/redactions/{bucket:03d}.json"


def redactions_obeyed(run: Run, buckets: Iterable[int], known: int) -> int:
    """Give the newest redaction that all states of a run obey: those of its buckets, else (none) what is `known`."""
    return min((run.lake.read_json(redactions_key(run.work, bucket)) for bucket in buckets), default=known)


def public_path(path: str | None, fields: Container[str]) -> str | None:
    """Give a path without the ids of entries, which may be what was taken back."""
    if path is None:
        return None
    kept: list[str] = []
    for part in parts_of(path):
        if "/".join((*kept, part)) in fields:
            kept.append(part)
    return "/".join(kept) or parts_of(path)[0]
