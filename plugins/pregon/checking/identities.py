"""What may stand once in a file: releases, records, compiled releases, and one spelling of an ocid."""

from typing import Any

from pregon.checking.content import Add


class FileIdentities:
    """Ids that may stand once in a file. Hashes are kept, about 100 bytes for each, so that memory stays small."""

    def __init__(self) -> None:
        self._releases: set[int] = set()
        self._compiled: set[int] = set()
        self._records: set[int] = set()
        self._spellings: dict[int, int] = {}

    def release(self, release: dict[str, Any], add: Add, *, compiled: bool) -> None:
        """Take a release: (ocid, id) names one for ever (ocds.md I-4), and a process has one compiled release."""
        ocid, identifier = release.get("ocid"), release.get("id")
        if not isinstance(ocid, str):
            return
        self._spelling(ocid, add)
        if compiled:
            if _seen(self._compiled, ocid):
                add("duplicate_release", ("ocid",), f"{ocid} has a compiled release in this file already")
        elif isinstance(identifier, str | int) and _seen(self._releases, (ocid, str(identifier))):
            add("duplicate_release", ("id",), f"{identifier!r} is the id of an earlier release of {ocid} in this file")

    def record(self, record: dict[str, Any], add: Add) -> None:
        """Take a record: there is one for each process (ocds.md H-4)."""
        ocid = record.get("ocid")
        if isinstance(ocid, str):
            self._spelling(ocid, add)
            if _seen(self._records, ocid):
                add("duplicate_record", ("ocid",), f"{ocid} has a record in this file already")

    def _spelling(self, ocid: str, add: Add) -> None:
        known = self._spellings.setdefault(hash(ocid.casefold()), hash(ocid))
        if known != hash(ocid):
            add("ocid_case", ("ocid",), f"{ocid} stands elsewhere in this file in other letter case")


def _seen(values: set[int], value: object) -> bool:
    key = hash(value)
    if key in values:
        return True
    values.add(key)
    return False
