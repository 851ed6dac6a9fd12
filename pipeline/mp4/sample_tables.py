"""The sample tables of a track, spread out: when each frame is shown, where it lies, how large it is."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from pipeline.mp4.atoms import Box

Ints = NDArray[np.int64]

TABLE = "mdia/minf/stbl/"
_SAMPLES_MAX = 5_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Frames:
    first: Fraction
    constant: bool
    sync: Ints
    longest: Fraction
    peak: int

    @classmethod
    def none(cls) -> Frames:
        zero = Fraction(0)
        return cls(first=zero, constant=True, sync=np.zeros(0, np.int64), longest=zero, peak=0)

    @classmethod
    def of(cls, trak: Box, counts: Ints, steps: Ints, sizes: Ints, scale: int) -> Frames:
        """The sample tables of a video track, spread out to one row a frame."""
        number = len(sizes)
        if number > _SAMPLES_MAX or int(counts.sum()) != number:
            raise ValueError("the sample tables disagree")
        if not number:
            return cls.none()
        durations = np.repeat(steps, counts)
        decoded = np.concatenate([[0], np.cumsum(durations)])
        offset_counts, offsets = columns(trak.one(TABLE + "ctts"), 8, 2, signed=True)
        shown = decoded[:-1].copy()
        if int(offset_counts.sum()) == number:
            shown += np.repeat(offsets, offset_counts)
        shown.sort()
        stss = trak.one(TABLE + "stss")
        sync = words(stss, 8, int.from_bytes(stss[4:8], "big")) - 1 if stss else np.arange(number)
        sync = np.unique(sync[(sync >= 0) & (sync < number)])
        edges = np.concatenate([[0], decoded[sync], decoded[-1:]])
        ahead = np.searchsorted(decoded[:-1], decoded[:-1] + scale)
        weight = np.concatenate([[0], np.cumsum(sizes)])
        return cls(
            first=Fraction(int(shown[0]), scale),
            constant=len(np.unique(np.diff(shown))) <= 1 and len(np.unique(durations)) == 1,
            sync=sync,
            longest=Fraction(int(np.diff(edges).max()), scale),
            peak=int((weight[ahead] - weight[:-1]).max()) * 8,
        )


def places(trak: Box, sizes: Ints) -> Ints:
    """Where each sample begins in the file: added up from the start of its chunk (stsc; stco or co64)."""
    wide = trak.one(TABLE + "co64")
    raw = wide or trak.one(TABLE + "stco")
    count = min(int.from_bytes(raw[4:8], "big"), (len(raw) - 8) // (8 if wide else 4))
    chunks = np.frombuffer(raw, dtype=">u8" if wide else ">u4", count=count, offset=8).astype(np.int64)
    stsc = trak.one(TABLE + "stsc")
    rows = min(int.from_bytes(stsc[4:8], "big"), (len(stsc) - 8) // 12)
    runs = np.frombuffer(stsc, dtype=">u4", count=rows * 3, offset=8).astype(np.int64).reshape(rows, 3)
    per_chunk = np.repeat(runs[:, 1], np.diff(np.concatenate([runs[:, 0] - 1, [count]])))
    if int(per_chunk.sum()) != len(sizes):
        raise ValueError("the chunk tables disagree")
    starts = np.concatenate([[0], np.cumsum(per_chunk)[:-1]])
    before = np.concatenate([[0], np.cumsum(sizes)])
    found: Ints = np.repeat(chunks, per_chunk) + before[:-1] - np.repeat(before[starts], per_chunk)
    return found


def words(raw: bytes, start: int, count: int) -> Ints:
    return (
        np.frombuffer(raw[start : start + 4 * count], dtype=">u4").astype(np.int64)
        if len(raw) >= start + 4 * count
        else np.zeros(0, np.int64)
    )


def columns(raw: bytes, start: int, width: int, *, signed: bool = False) -> tuple[Ints, Ints]:
    """The two columns of stts or ctts; the second may be signed (version 1, and in practice version 0)."""
    rows = min(int.from_bytes(raw[4:8], "big"), max(0, len(raw) - start) // (4 * width))
    flat = np.frombuffer(raw[start : start + rows * 4 * width], dtype=">u4").astype(np.int64).reshape(rows, width)
    second = flat[:, 1]
    return flat[:, 0], np.where(second >= 1 << 31, second - (1 << 32), second) if signed else second
