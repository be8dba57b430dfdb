import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregon.sources.http.bodies import BrokenCoding, UnknownCoding, unpacked


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def two_members(data: bytes) -> bytes:
    return gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :])


PACKED = st.sampled_from(
    [
        ("gzip", gzip.compress),
        ("GZip", two_members),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
        ("", bytes),
    ]
)


def blocks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(st.binary(max_size=2000), PACKED, st.integers(1, 500))
def test_whatever_was_packed_comes_out_again(data: bytes, way: tuple[str, Callable[[bytes], bytes]], size: int) -> None:
    coding, pack = way
    assert b"".join(unpacked(iter(blocks(pack(data), size)), coding)) == data


@given(st.binary(min_size=1, max_size=2000), st.sampled_from([gzip.compress, zlib.compress]), st.data())
def test_what_is_cut_off_is_never_taken_for_whole(
    data: bytes, pack: Callable[[bytes], bytes], draw: st.DataObject
) -> None:
    packed = pack(data)
    cut = packed[: draw.draw(st.integers(1, len(packed) - 1))]
    with pytest.raises(BrokenCoding):
        list(unpacked(iter(blocks(cut, 100)), "gzip" if pack is gzip.compress else "deflate"))


def test_a_few_bytes_that_stand_for_many_are_unpacked_in_small_steps() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    assert max(map(len, unpacked(iter([bomb]), "gzip"))) <= 1 << 18


def test_nothing_at_all_is_nothing() -> None:
    assert list(unpacked(iter([]), "gzip")) == []


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress"])
def test_what_nobody_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(UnknownCoding):
        unpacked(iter([b"x"]), coding)
