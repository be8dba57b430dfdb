"""Arithmetic on CRC-32 checksums (RFC 1952, section 8): those of stretches that are joined, or come apart again."""

from functools import cache, lru_cache

_POLYNOMIAL = 0xEDB88320
_ORDER = 0xFFFFFFFF


def _multiply(a: int, b: int) -> int:
    """Multiply two polynomials modulo the CRC-32 polynomial (bits reflected, as in RFC 1952)."""
    product = 0
    bit = 1 << 31
    while bit:
        if a & bit:
            product ^= b
        bit >>= 1
        b = (b >> 1) ^ _POLYNOMIAL if b & 1 else b >> 1
    return product


@cache
def _power(exponent: int) -> int:
    """Return x to the power of 2**exponent, modulo the CRC-32 polynomial."""
    return 1 << 30 if exponent == 0 else _multiply(_power(exponent - 1), _power(exponent - 1))


@lru_cache(1 << 14)
def _shift(size: int) -> int:
    """Return x to the power of 8 * size: what `size` more bytes do to a checksum."""
    factor, exponent = 1 << 31, 3
    while size:
        if size & 1:
            factor = _multiply(factor, _power(exponent))
        size >>= 1
        exponent += 1
    return factor


def combine_crc(first: int, second: int, second_size: int) -> int:
    """Return the CRC-32 of two stretches joined, from their checksums and the size of the second."""
    return _multiply(_shift(second_size), first) ^ second


def split_crc(joined: int, first: int, second_size: int) -> int:
    """Return the CRC-32 of the second of two stretches, from that of both joined: what `combine_crc` undoes."""
    return _multiply(_shift(second_size), first) ^ joined


def cut_crc(joined: int, second: int, second_size: int) -> int:
    """Return the CRC-32 of the first of two stretches, from that of both joined."""
    # The powers of x repeat after 2**32 - 1, because the polynomial is primitive: to go on is to go back.
    return _multiply(_shift(-second_size % _ORDER), joined ^ second)
