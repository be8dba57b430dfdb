"""Entries of a run as they are written: serialized, hashed, in batches, compressed."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pregon.ledger.bodies import compress_all, to_json
from pregon.ledger.entries import Entry
from transforms.releases import content_hash

#: most entries in a batch: enough for bulk statements
BATCH = 1000
# What is held in memory at once, before it is compressed; two batches are at work at a time.
_BATCH_BYTES = 16 << 20


@dataclass(slots=True)
class Packed:
    """An entry as it is written; `body`, `compiled` and `provenance` are JSON texts until they are compressed."""

    ocid: str
    state_hash: str
    release_id: str | None
    previous_id: str | None
    date: str
    tags: tuple[str, ...]
    content_hash: str
    body: bytes
    compiled: bytes
    provenance: bytes
    rows: dict[str, int]

    @property
    def size(self) -> int:
        """Bytes of its texts."""
        return len(self.body) + len(self.compiled) + len(self.provenance)


class Packing:
    """Serializes entries, and hashes what they say, whatever their order."""

    def __init__(self) -> None:
        self._sum = 0

    @property
    def content(self) -> str:
        """Hash of all entries packed so far."""
        return f"{self._sum % 2**256:064x}"

    def all(self, entries: Iterable[Entry]) -> Iterator[Packed]:
        """Serialize and hash each entry."""
        for entry in entries:
            packed = self._pack(entry)
            said = "\0".join((packed.ocid, packed.release_id or "", packed.content_hash, packed.state_hash))
            self._sum += int.from_bytes(hashlib.sha256(said.encode()).digest())
            yield packed

    def _pack(self, entry: Entry) -> Packed:
        release, compiled = entry.release, entry.compiled
        if (release is None) is not (compiled is None):
            raise ValueError(f"{entry.ocid}: a release comes with the compiled release after it")
        return Packed(
            ocid=entry.ocid,
            state_hash=entry.state_hash,
            release_id=None if release is None else release["id"],
            previous_id=entry.previous_id,
            date="" if release is None else release["date"],
            tags=() if release is None else tuple(release["tag"]),
            content_hash="" if release is None else content_hash(release),
            body=b"" if release is None else to_json(release),
            compiled=b"" if compiled is None else to_json(compiled),
            provenance=to_json(entry.provenance),
            rows=dict(entry.rows),
        )


def batches(packed: Iterable[Packed]) -> Iterator[list[Packed]]:
    """Put entries together for bulk statements, as many as memory should hold."""
    batch: list[Packed] = []
    size = 0
    for entry in packed:
        batch.append(entry)
        size += entry.size
        if len(batch) == BATCH or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def compress(batch: list[Packed]) -> None:
    """Compress the texts of a batch in one call, during which other threads can work."""
    texts = compress_all([text for entry in batch for text in (entry.body, entry.compiled, entry.provenance)])
    for number, entry in enumerate(batch):
        entry.body, entry.compiled, entry.provenance = texts[3 * number : 3 * number + 3]
