"""The floor: serialise the entries of a snapshot with orjson and compress them with gzip, once, and nothing else.

`floor.py SNAPSHOT` with the environment of Pregón. No publisher of these files can do less. Reading the entries back
from the snapshot is not counted. Prints for each of releases, records and compiled releases: entries, bytes before and
after compression, and CPU seconds.
"""

import gzip
import json
import sys
import time
import zlib
from pathlib import Path

import orjson

from pregon.publication.deflate import LEVEL, PIECE


def floor(file: Path) -> dict[str, float]:
    """Measure one file of JSON Lines: as Pregón compresses them, at its level, but as a single stream."""
    compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, 31, 9)
    entries = size = stored = 0
    seconds = 0.0
    documents: list[object] = []
    with gzip.open(file) as lines:
        pending = 0
        for line in lines:
            documents.append(orjson.loads(line))
            pending += len(line)
            if pending < PIECE:
                continue
            seconds, size, stored = _write(documents, compressor, seconds, size, stored)
            entries += len(documents)
            documents, pending = [], 0
    entries += len(documents)
    seconds, size, stored = _write(documents, compressor, seconds, size, stored)
    before = time.process_time()
    stored += len(compressor.flush())
    return {
        "entries": entries,
        "bytes": size,
        "compressed": stored,
        "cpu": seconds + time.process_time() - before,
    }


def _write(
    documents: list[object], compressor: "zlib._Compress", seconds: float, size: int, stored: int
) -> tuple[float, int, int]:
    before = time.process_time()
    text = b"".join([orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE) for document in documents])
    compressed = compressor.compress(text)
    return seconds + time.process_time() - before, size + len(text), stored + len(compressed)


if __name__ == "__main__":
    bulk = Path(sys.argv[1], "bulk")
    print(json.dumps({name: floor(bulk / name / "full.jsonl.gz") for name in ("releases", "records", "compiled")}))
