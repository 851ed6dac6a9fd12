"""Protobuf on the wire: tagged fields one after another, and long runs of packed numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MOST_NUMBERS = 1_500_000  # in one run; a dense map tile has 0.2 million
BROKEN = "is not a vector tile, or is damaged"


class TileError(ValueError):
    """A tile that cannot be read; its words are part of a sentence: "the tile … {error}"."""


def fields(data: bytes, at: int, end: int, most: int) -> Iterator[tuple[int, int, int, int]]:
    """(field, wire type, low, high): a number stands in `low`, anything longer in data[low:high]. Raises TileError
    for more than `most` fields."""
    for _ in range(most):
        if at >= end:
            return
        key, at = varint(data, at)
        wire = key & 7
        if wire == 0:
            low, at = varint(data, at)
            high = at
        elif wire == 2:
            length, low = varint(data, at)
            at = high = low + length
        elif wire in (1, 5):
            low, high = at, at + (8 if wire == 1 else 4)
            at = high
        else:
            raise TileError(BROKEN)
        if at > end:
            raise TileError("is cut off")
        yield key >> 3, wire, low, high
    if at < end:
        raise TileError("has too many parts")


def varint(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    number, shift = byte & 0x7F, 7
    for place in range(at + 1, at + 10):
        byte = data[place]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place + 1
        shift += 7
    raise TileError(BROKEN)


def packed(pieces: list[bytes], longest: int = 5) -> tuple[Ints, list[int]]:
    """Packed varints of at most `longest` (9 or less) bytes, all pieces at once → the numbers, and where in them each
    piece ends. Raises TileError."""
    if any(piece and piece[-1] >= 0x80 for piece in pieces):
        raise TileError(BROKEN)
    raw = np.frombuffer(b"".join(pieces), np.uint8)
    lasts = np.flatnonzero(raw < 0x80)
    if len(lasts) > MOST_NUMBERS:
        raise TileError("has too many points")
    starts = np.concatenate([[0], lasts[:-1] + 1]) if len(lasts) else lasts
    lengths = lasts - starts + 1
    width = int(lengths.max(initial=1))
    if width > longest:
        raise TileError(BROKEN)
    numbers = (raw[starts] & 0x7F).astype(np.int64)
    for nth in range(1, width):
        more = lengths > nth
        numbers[more] |= (raw[starts[more] + nth] & 0x7F).astype(np.int64) << (7 * nth)
    ends = np.searchsorted(lasts, np.cumsum([len(piece) for piece in pieces], dtype=np.int64))
    return numbers, ends.tolist()
