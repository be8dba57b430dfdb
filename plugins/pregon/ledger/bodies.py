"""Bodies as the ledger keeps them: JSON texts compressed with zstd, each for itself."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import zstandard

# Level 3 halves the time of higher levels and loses a tenth of their size on releases of a few KB.
_LEVEL = 3


def compress_all(texts: Sequence[bytes]) -> list[bytes]:
    """Compress many texts in one call, during which other threads can work; what is empty stays so."""
    full: list[Any] = [text for text in texts if text]
    if not full:
        return list(texts)
    packed = iter(zstandard.ZstdCompressor(level=_LEVEL).multi_compress_to_buffer(full))
    return [next(packed).tobytes() if text else text for text in texts]


def compressor() -> Callable[[bytes], bytes]:
    """Return a function that compresses one text; one per thread, because a context is not shared."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress


def decompressor() -> Callable[[bytes], bytes]:
    """Return a function that decompresses what `compress_all` made; one per thread, because a context is not shared."""
    return zstandard.ZstdDecompressor().decompress


def to_json(value: Any) -> bytes:
    """Serialize on one line, keys in the order they have."""
    return orjson.dumps(value)


def bucket_of(ocid: str) -> int:
    """Bucket of a process, 0 to 255, by which work on the ledger can be shared out."""
    return hashlib.sha256(ocid.encode()).digest()[0]
