"""The floor: serialise the entries of a snapshot with orjson and compress them with gzip, once, and nothing else.

`floor.py SNAPSHOT` with the environment of Pregón. No publisher of these files can do less. Reading the entries back
from the snapshot is not counted. Prints for each of releases, records and compiled releases: entries, bytes before and
after compression, and CPU seconds. `files` is the same for every file of JSON Lines and every package, which hold each
entry several times (whole and by year, as lines and in packages): what a publisher pays who writes them one by one.
"""

import gzip
import json
import sys
import time
import zlib
from collections.abc import Iterable
from pathlib import Path

import orjson

from pregon.publication.deflate import LEVEL, PIECE

SERIES = ("releases", "records", "compiled")


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


def files(bulk: Path) -> Iterable[Path]:
    """Give the lines of every file, once for the file of lines itself and once for the package of the same entries."""
    for name in SERIES:
        for lines in sorted((bulk / name).glob("*.jsonl.gz")):
            yield lines
            if any((bulk / name).glob(f"{lines.name.removesuffix('.jsonl.gz')}*.json.zip")):
                yield lines


def main() -> None:
    """Measure a snapshot."""
    bulk = Path(sys.argv[1], "bulk")
    once = {name: floor(bulk / name / "full.jsonl.gz") for name in SERIES}
    each = [floor(file) for file in files(bulk)]
    whole = {figure: sum(one[figure] for one in each) for figure in ("entries", "bytes", "compressed", "cpu")}
    print(json.dumps({**once, "files": {**whole, "number": len(each)}}))


if __name__ == "__main__":
    main()
