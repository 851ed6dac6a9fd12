"""When the pictures of a file are shown, from its index (a door: it reads PyAV objects for `media`).

An MP4 lists every picture with its place in the file, so that length, rate, keyframes and what a broken copy
has lost are known without reading the pictures. Other files (MKV, fragmented MP4) are read through when they
are small, and believed otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import MaterialError
from pipeline.media.container import Container
from pipeline.timing import timecode

MAX_SECONDS = 12 * 3600
SCAN_BYTES = 256 << 20  # files without a full index are read through up to this size

_COPY_AGAIN = "copy it from the card again"
_DUE, _LAST_BYTE, _KEY, _HIDDEN = range(4)


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Times in seconds from the start of the file."""

    first: Fraction  # where the picture begins
    end: Fraction
    fps: Fraction
    variable: bool
    keyframes: tuple[float, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Table:
    """A row for each picture: due for decoding (ticks), last byte, keyframe, hidden by an edit list."""

    rows: NDArray[np.int64]
    delay: int  # ticks from when a picture is due to when it is shown
    complete: bool  # every picture, or keyframes only
    read: bool  # every packet was there

    @property
    def shown(self) -> NDArray[np.int64]:
        return np.asarray(self.rows[self.rows[:, _HIDDEN] == 0])


def timeline(file: Any, stream: Any, kind: Container, *, size: int, name: str) -> Timeline:
    """Raises MaterialError when there is no picture, or more hours than anybody films."""
    tick, origin = Fraction(stream.time_base), Fraction(file.start_time or 0, 1_000_000)
    table = _table(file, stream, kind, size)
    shown = table.shown
    kept = shown[: _whole(shown, size)]
    first = (stream.start_time or 0) * tick - origin
    if abs(first) < Fraction(1, 10_000):
        first = Fraction(0)
    claimed = _claimed_end(file, stream, table, tick) - origin
    end, notes = claimed, []
    if len(kept) < len(shown):
        # All pictures shown before the first lost one is due to be decoded are there.
        end = int(shown[len(kept), _DUE]) * tick - origin
        notes.append(f"the file is cut off: {timecode(end)} of {timecode(claimed)} are there and used")
    if end <= first:
        why = ": it was cut off" if notes else ""
        raise MaterialError.at(name, f"there is not one whole picture in this video{why}", _COPY_AGAIN)
    if claimed - first > MAX_SECONDS:
        raise MaterialError.at(name, "this video is longer than twelve hours", "cut out the part you need")
    fps, variable = _rate(stream, table, tick)
    keys = (kept[kept[:, _KEY] == 1, _DUE] + table.delay).astype(np.float64) * float(tick) - float(origin)
    inside = keys[(keys > -1e-4) & (keys < float(end))].clip(0)
    return Timeline(
        first=first,
        end=end,
        fps=fps,
        variable=variable,
        keyframes=tuple(round(float(key), 6) for key in inside),
        notes=tuple(notes),
    )


def _table(file: Any, stream: Any, kind: Container, size: int) -> _Table:
    """MKV indexes keyframes only, a fragmented MP4 its first fragments only: those are read through."""
    entries = stream.index_entries
    sparse = kind.demuxer != "mov" or kind.fragmented or len(entries) == 0
    if sparse and size <= SCAN_BYTES:
        return _Table(rows=_scanned(file, stream), delay=0, complete=True, read=True)
    rows = [(e.timestamp, e.pos + e.size, e.is_keyframe, e.is_discard) for e in entries]
    delay = 0 if sparse else _delay(file, stream)
    return _Table(rows=np.array(rows, np.int64).reshape(-1, 4), delay=delay, complete=not sparse, read=False)


def _delay(file: Any, stream: Any) -> int:
    packet = next(file.demux(stream), None)
    return 0 if packet is None or packet.pts is None or packet.dts is None else int(packet.pts - packet.dts)


def _scanned(file: Any, stream: Any) -> NDArray[np.int64]:
    import av

    rows = []
    try:
        for packet in file.demux(stream):
            if packet.pts is not None:
                rows.append((packet.pts, 0, packet.is_keyframe, packet.is_discard))
    except av.error.FFmpegError:
        pass  # a torn end: what was read is what there is
    return np.array(sorted(rows), np.int64).reshape(-1, 4)


def _whole(rows: NDArray[np.int64], size: int) -> int:
    """How many leading rows lie wholly inside the file."""
    beyond = np.flatnonzero(rows[:, _LAST_BYTE] > size)
    return int(beyond[0]) if len(beyond) else len(rows)


def _claimed_end(file: Any, stream: Any, table: _Table, tick: Fraction) -> Fraction:
    """The end of the last picture: as the header says when the index bears it out, else as the index says."""
    due = table.shown[:, _DUE]
    indexed = None
    if table.complete and len(due):
        gap = (due[-1] - due[0]) / (len(due) - 1) if len(due) > 1 else float(1 / tick / 30)
        indexed = round(float(due[-1] + table.delay + gap)) * tick
    if indexed is not None and table.read:
        return indexed
    if stream.duration:
        said: Fraction = tick * ((stream.start_time or 0) + int(stream.duration))
        if indexed is None or said <= indexed + max(Fraction(2), indexed / 50):
            return said
    if indexed is not None:
        return indexed
    return Fraction((file.start_time or 0) + (file.duration or 0), 1_000_000)


def _rate(stream: Any, table: _Table, tick: Fraction) -> tuple[Fraction, bool]:
    """The mean frame rate, and whether the pictures (hidden ones too) come at uneven times."""
    said = Fraction(stream.average_rate or stream.guessed_rate or 30)
    due = table.rows[:, _DUE]
    if not table.complete or len(due) < 3 or due[-1] <= due[0]:
        return said, False
    steps = np.diff(due)
    rate = len(steps) / (int(due[-1] - due[0]) * tick)
    typical = float(np.median(steps))
    # Ticks are often milliseconds, so that even a steady rate steps 33, 33, 34.
    uneven = np.abs(steps - typical) > max(0.1 * typical, 1.0)
    variable = float(uneven.mean()) > 0.01
    if not variable and abs(said / rate - 1) < Fraction(1, 500):
        rate = said
    return rate.limit_denominator(100_000), variable
