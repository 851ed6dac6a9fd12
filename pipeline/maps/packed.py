"""Unpacking with a limit: a few bytes from a stranger may claim to be a gigabyte."""

from __future__ import annotations

import zlib

MOST_UNZIPPED = 20_000_000


class PackedError(ValueError):
    """Bytes that cannot be unpacked, or are more than allowed. Its words are part of a sentence: "… {error}"."""


def unzipped(data: bytes, most: int = MOST_UNZIPPED) -> bytes:
    """The plain bytes of gzip or zlib data; anything that is neither is returned as it is.

    Raises PackedError when the data is damaged or longer than `most` bytes, before it is in memory.
    """
    if data[:2] == b"\x1f\x8b" or (data[:1] == b"\x78" and len(data) > 1 and (data[0] << 8 | data[1]) % 31 == 0):
        data = _inflated(data, most)
    if len(data) > most:
        raise PackedError(f"is longer than {most // 1_000_000} MB")
    return data


def _inflated(data: bytes, most: int) -> bytes:
    unpacking = zlib.decompressobj(wbits=47)  # 47: gzip or zlib, whichever it is
    try:
        plain = unpacking.decompress(data, most + 1)
    except zlib.error:
        raise PackedError("is damaged") from None
    if len(plain) > most:
        raise PackedError(f"unpacks to more than {most // 1_000_000} MB")
    if not unpacking.eof:
        raise PackedError("is cut off")
    return plain
