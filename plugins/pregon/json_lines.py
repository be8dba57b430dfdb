"""Work files between stages: JSON Lines compressed with zstd."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
import zstandard

LEVEL = -3
"""Work files live as long as a run: speed counts for more than size (negative levels are zstd's fast ones)."""

FLUSH_BYTES = 1 << 20


class JsonLinesWriter:
    """Writes one JSON document a line; use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._stream = zstandard.ZstdCompressor(level=LEVEL).stream_writer(self._file)
        self._pending: list[bytes] = []
        self._size = 0

    def write(self, document: Any) -> None:
        """Append a document."""
        line = orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
        self._pending.append(line)
        self._size += len(line)
        if self._size >= FLUSH_BYTES:
            self._flush()

    def _flush(self) -> None:
        self._stream.write(b"".join(self._pending))
        self._pending, self._size = [], 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._stream.close()  # type: ignore[no-untyped-call]
            self._file.close()


def read_json_lines(path: Path) -> Iterator[Any]:
    """Give the documents of a file, in order."""
    return map(orjson.loads, read_lines(path))


def read_lines(path: Path) -> Iterator[bytes]:
    """Give the lines of a file as they are."""
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        rest = b""
        while chunk := stream.read(FLUSH_BYTES):
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()
            yield from lines
        if rest:
            yield rest
