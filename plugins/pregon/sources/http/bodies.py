"""Bodies of answers, unpacked in small steps: a few bytes can stand for terabytes.

Only what was asked for is unpacked (gzip and deflate; RFC 9110, 8.4.1), and only one layer of it.
"""

import zlib
from collections.abc import Iterator

ACCEPTED = "gzip, deflate"
"""What `Accept-Encoding` asks for."""

_STEP = 1 << 18
_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class UnknownCoding(Exception):
    """A body is packed as nobody asked for."""


class BrokenCoding(Exception):
    """A packed body is damaged, or ends too early."""


def unpacked(blocks: Iterator[bytes], coding: str) -> Iterator[bytes]:
    """Unpack a body by its `Content-Encoding`; no block that is given is larger than it has to be.

    Raises:
        UnknownCoding: by the header it is packed as nobody asked for.
        BrokenCoding: it is not what the header says, or is cut off.
    """
    name = coding.strip().lower()
    if name in ("", "identity"):
        return blocks
    if name not in _WINDOWS:
        raise UnknownCoding(name)
    return _inflated(blocks, _WINDOWS[name])


def _inflated(blocks: Iterator[bytes], window: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(window)
    begun = False
    try:
        for block in blocks:
            rest = block
            if rest and not begun:
                # What calls itself deflate comes with the header of zlib or, against the standard, without it.
                if window == zlib.MAX_WBITS and rest[0] & 0x0F != zlib.DEFLATED:
                    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
                begun = True
            while rest:
                if unpacker.eof:  # a gzip file may have several members
                    unpacker = zlib.decompressobj(window)
                yield unpacker.decompress(rest, _STEP)
                rest = unpacker.unconsumed_tail or unpacker.unused_data
        while begun and not unpacker.eof:
            more = unpacker.decompress(b"", _STEP)
            if not more:
                raise BrokenCoding("ends too early")
            yield more
    except zlib.error as error:
        raise BrokenCoding(str(error)) from error
