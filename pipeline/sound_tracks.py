"""Tracks of sound as files of plain samples (32-bit float, 48 kHz, stereo): decoded, repeated, joined in pieces.

Memory stays small however long a clip is: samples lie on the disk and are worked on ten seconds at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline import ffmpeg
from pipeline.sound_levels import RATE, Samples

_CHUNK = 10 * RATE
_SEAM_S = 0.5  # music that begins anew is blended with its own end
_DIRECT_CURRENT_HZ, _RUMBLE_HZ = 20, 60
_TAIL_DB = 14.0  # where a piece has faded below its usual level by this, it is not repeated from there
_SILENT = 1e-3


def decoded(
    path: Path,
    target: Path,
    runner: ffmpeg.Runner,
    *,
    start: Fraction = Fraction(0),
    length: Fraction,
    voice: bool = False,
) -> Samples:
    """The sound of a file from `start`, at most `length`, without direct current (and, of a voice, without rumble)."""
    low = _RUMBLE_HZ if voice else _DIRECT_CURRENT_HZ
    shape = f"aresample={RATE},aformat=sample_fmts=flt:channel_layouts=stereo,highpass=f={low}"
    seek = ("-ss", f"{float(start):.6f}") if start else ()
    runner.run(
        [
            *ffmpeg.source(path, *seek, "-t", f"{float(length):.6f}"), "-map", "0:a:0", "-af", shape,
            "-f", "f32le", f"file:{target}",
        ]
    )  # fmt: skip
    return opened(target)


def opened(path: Path) -> Samples:
    """The samples of a file; nothing is read before it is looked at."""
    count = path.stat().st_size // 8
    if count == 0:
        return np.zeros((0, 2), np.float32)
    return np.memmap(path, np.float32, "r", shape=(count, 2))


def created(path: Path, count: int) -> Samples:
    """A silent track of `count` samples, to be filled."""
    with path.open("wb") as file:
        file.truncate(count * 8)
    return np.memmap(path, np.float32, "r+", shape=(count, 2))


def chunks(count: int) -> Iterator[tuple[int, int]]:
    """(first sample, how many) of stretches that fit into memory."""
    for first in range(0, count, _CHUNK):
        yield first, min(_CHUNK, count - first)


def repeated(found: Samples, target: Samples) -> int:
    """Fill `target` with a piece of music: as it is where it is long enough, else again and again, each time blended
    with what went before. Returns how often it begins anew."""
    first = _begin(found)
    if len(found) - first >= len(target):
        target[:] = found[first : first + len(target)]
        return 0
    piece = found[first : _end(found)]
    if not len(piece):
        return 0
    if len(piece) < RATE // 4:
        piece = np.tile(piece - piece.mean(axis=0), (RATE // len(piece) + 1, 1))
    seam = min(int(_SEAM_S * RATE), len(piece) // 4)
    rise = np.sin(np.linspace(0, np.pi / 2, seam, dtype=np.float32))[:, None]
    position, count = 0, 0
    while position < len(target):
        room = min(len(piece), len(target) - position)
        part = piece[:room].copy()
        if count:
            blend = min(seam, room)
            part[:blend] *= rise[:blend]
        if len(piece) - seam < room:
            part[len(piece) - seam :] *= rise[::-1][: room - (len(piece) - seam)]
        target[position : position + room] += part
        position += len(piece) - seam
        count += 1
    return count - 1


def _begin(found: Samples) -> int:
    """The first sample that can be heard."""
    for first, count in chunks(len(found)):
        loud = np.flatnonzero(np.abs(found[first : first + count]).max(axis=1) > _SILENT)
        if len(loud):
            return int(first + loud[0])
    return 0


def _end(found: Samples) -> int:
    """The sample after the last at which the piece is about as loud as it usually is."""
    step = RATE // 20
    if len(found) < 4 * step:
        return len(found)
    power = np.array(
        [np.mean(np.square(found[k : k + step], dtype=np.float64)) for k in range(0, len(found) - step + 1, step)]
    )
    usual = np.mean(power[power >= np.percentile(power, 50)])
    loud = np.flatnonzero(power >= usual * 10 ** (-_TAIL_DB / 10))
    return min(len(found), int(loud[-1] + 1) * step) if len(loud) and usual > 0 else len(found)
