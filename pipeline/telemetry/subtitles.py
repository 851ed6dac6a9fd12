"""Cues of any origin → raw columns with a time for every row."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from pipeline.geo import Floats
from pipeline.telemetry import dialects
from pipeline.telemetry.cues import Cues
from pipeline.telemetry.repair import Raw, Stamps, counted


def raw(cues: Cues, source: str, duration: Fraction | None) -> Raw | None:
    """None when the text holds no telemetry."""
    found = dialects.columns(cues, source)
    if found is None or len(cues.starts) == 0:
        return None
    if np.isfinite(cues.time_s).any():
        return found
    # Without time codes, text before the first row or a torn row is not a moment of the flight.
    rows = np.isfinite(found.lng) | np.isfinite(found.height_m)
    rows[[row for row, _ in found.stamps]] = True
    if not rows.any():
        rows[:] = True
    steps = dialects.frame_times(cues)
    found = found.kept(rows)
    times, how = _placed(len(found.time_s), steps[rows] if steps is not None else None, found.stamps, duration)
    return replace(found, time_s=times).noted(f"no time codes: {counted(len(times), 'row')} placed {how}")


def _placed(rows: int, steps: Floats | None, stamps: Stamps, duration: Fraction | None) -> tuple[Floats, str]:
    """A time for each of `rows`, and in words whence. What contradicts the clip's length is not used."""
    length = float(duration) if duration else None

    def fits(times: Floats) -> bool:
        span = float(times[-1]) * rows / max(rows - 1, 1)  # the last row lasts as long as the others
        return length is None or abs(span - length) <= 0.1 * length + 1

    if steps is not None and fits(steps):
        return steps, "by their DiffTime"
    if len(stamps) == rows:
        first = stamps[0][1]
        clock = np.array([(stamp - first).total_seconds() for _, stamp in stamps])
        if rows > 1 and clock[-1] > 0 and bool((np.diff(clock) >= 0).all()) and fits(clock):
            return clock, "by their clock"
    if length is not None:
        return np.asarray(np.arange(rows) * (length / rows), np.float64), "evenly over the clip"
    return np.arange(rows, dtype=np.float64), "one a second, for want of anything better"
