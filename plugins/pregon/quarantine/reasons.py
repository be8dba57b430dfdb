"""Why rows and processes are held back, in words, and what to do about it."""

from typing import NamedTuple


class Reason(NamedTuple):
    """What a reason code means, and what lets the row or process pass."""

    meaning: str
    remedy: str


_MAPPING = "prepare.sql, a code list or mapping.yaml"

REASONS: dict[str, Reason] = {
    "rejected": Reason(
        "the city's preparation rejected this row; the message is its own",
        "correct the row at the source, or the `_reject` of prepare.sql",
    ),
    "no_process_key": Reason(
        "the column that names the process is empty, so the row belongs to none",
        "fill it in at the source, or let prepare.sql find it",
    ),
    "no_ocid": Reason(
        "a column that the ocid is made of is empty", "fill it in at the source, or let prepare.sql find it"
    ),
    "duplicate_process": Reason(
        "another row has the same ocid, letter case aside; that one is published",
        "tell them apart at the source, or merge them in prepare.sql",
    ),
    "orphan": Reason(
        "the row that it hangs on is not there",
        "add the parent at the source, or correct `on:` of the table in mapping.yaml",
    ),
    "no_id": Reason(
        "the id of its entry is empty", "fill it in at the source, or give the table another `id:` in mapping.yaml"
    ),
    "duplicate_entry": Reason(
        "another row has the same id in the same place; that one is published",
        "correct the id at the source, or give the table an `id:` of more columns in mapping.yaml",
    ),
    "unused": Reason("no prepared table takes the row", "let prepare.sql take it, or leave the table out of city.yaml"),
    "unreferenced": Reason(
        "a row of a lookup table to which no process refers",
        "nothing: it is published as soon as a process refers to it",
    ),
    "structure": Reason(
        "a value of the release breaks the schema of OCDS, so the process stays as it was last published",
        f"correct the value at the source, or {_MAPPING}",
    ),
    "NoStage": Reason(
        "nothing says what stage the process is in: there is no planning, tender, award or contract",
        f"fill in one of them, in {_MAPPING}",
    ),
    "UnmergeableState": Reason(
        "OCDS's rules can't merge the process's entries, such as two with one id",
        "give the entries ids of their own: `id:` of the table in mapping.yaml",
    ),
    "NotJson": Reason("a value is none that JSON can hold", f"correct it at the source, or in {_MAPPING}"),
    "redacted": Reason(
        "the process was taken back as a whole, and is not released again", "nothing: `pregon redactions` says why"
    ),
}
"""By the code in the ledger; every other code is one of a row that could not be read."""

UNREADABLE = Reason(
    "the source's row could not be read as a row of its table",
    "correct it at the source, or its columns in city.yaml; a retry does not help, because it reads no source",
)


def reason_of(code: str) -> Reason:
    """Give meaning and remedy of a reason code."""
    return REASONS.get(code, UNREADABLE)


def is_unreadable(code: str) -> bool:
    """Tell whether rows with this reason are in no image, so that nothing but reading the source can help."""
    return code not in REASONS
