"""How good each second of a clip is to look at: one curve from telemetry and a look at the pictures.

Each measured value has a table of what it is worth, and the marks are their product: one bad thing (a whip
pan, a picture out of focus) is enough to spoil a place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.flight import Flight
from pipeline.footage import Clip, Look
from pipeline.geo import Floats, distances_m
from pipeline.timing import Span

PLACES = 1200  # at which a clip is marked, at most
FINEST_S = 0.25  # between them, at least
_UNKNOWN = 0.8  # the mark of a place where the value is not known

# What is worth how much: (values, marks), straight lines between, flat outside.
_HEIGHT_M = ((0, 3, 8, 15, 80, 120, 300), (0.1, 0.2, 0.6, 1, 1, 0.85, 0.6))
_SPEED_MPS = ((0, 0.5, 2, 12, 20, 35), (0.65, 0.75, 1, 1, 0.8, 0.5))
_ASIDE_M = ((0, 60, 200, 600, 2000), (1, 1, 0.75, 0.45, 0.3))
_MOTION = ((0, 0.01, 0.03, 0.15, 0.35, 0.7), (0.65, 0.75, 1, 1, 0.4, 0.02))  # picture widths per second
_SHARPNESS = ((0.15, 0.4, 0.8), (0.1, 0.6, 1))  # of what the sharpest quarter of the clip has
_BRIGHTNESS = ((0, 0.08, 0.2, 0.7, 0.85, 1), (0.05, 0.5, 1, 1, 0.6, 0.1))
_CLIPPED = ((0, 0.1, 0.3, _UNKNOWN), (1, 1, 0.7, 0.1))  # share of black and burnt-out picture

Curve = tuple[tuple[float, ...], tuple[float, ...]]
Along = Callable[[float], float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Marks:
    """Columns over `time_s`; each mark 0–1, and the measured values that the reasons name (NaN: unknown)."""

    time_s: Floats
    mark: Floats
    values: dict[str, Floats]


def marked(clip: Clip, look: Look | None, aside: Along | None, bounds: Span) -> Marks:
    step = max(FINEST_S, float(bounds.duration) / PLACES)
    number = max(2, round(float(bounds.duration) / step) + 1)
    time = np.linspace(float(bounds.start), float(bounds.end), number)
    # The middle is a little better than the ends, which decides when nothing else does.
    mark = 1 - 0.1 * (2 * np.arange(number) / (number - 1) - 1) ** 2
    values: dict[str, Floats] = {}
    if clip.flight is not None:
        values["height"] = _on(time, clip.flight.time_s, clip.flight.height_m)
        values["speed"] = _on(time, *_speed(clip.flight))
    if aside is not None:
        values["aside"] = np.array([aside(float(second)) for second in time], np.float64)
    if look is not None and len(look.time_s):
        values["motion"] = _on(time, look.time_s, look.motion)
        best = max(float(np.percentile(look.sharpness, 75)), 1e-9)
        values["sharpness"] = _on(time, look.time_s, look.sharpness / best)
        values["brightness"] = _on(time, look.time_s, look.brightness)
        values["clipped"] = _on(time, look.time_s, look.dark + look.bright)
    curves: dict[str, Curve] = {
        "height": _HEIGHT_M,
        "speed": _SPEED_MPS,
        "aside": _ASIDE_M,
        "motion": _MOTION,
        "sharpness": _SHARPNESS,
        "brightness": _BRIGHTNESS,
        "clipped": _CLIPPED,
    }
    for name, column in values.items():
        mark = mark * np.where(np.isfinite(column), np.interp(column, *curves[name]), _UNKNOWN)
    return Marks(time_s=time, mark=mark, values=values)


def _on(time: Floats, at: Floats, column: Floats) -> Floats:
    """The column at other times; the nearest value outside, NaN when nothing is known."""
    known = np.isfinite(column) & np.isfinite(at)
    if not known.any():
        return np.full(len(time), np.nan)
    return np.asarray(np.interp(time, at[known], column[known]), np.float64)


def _speed(flight: Flight) -> tuple[Floats, Floats]:
    """Ground speed in m/s over a second or so: single fixes are too rough."""
    known = np.isfinite(flight.lng) & np.isfinite(flight.lat)
    time, lng, lat = flight.time_s[known], flight.lng[known], flight.lat[known]
    if len(time) < 2 or time[-1] - time[0] < 0.5:
        return np.zeros(0), np.zeros(0)
    even = np.arange(time[0], time[-1] + 1e-9, max(1.0, (time[-1] - time[0]) / PLACES))
    if len(even) < 2:
        even = np.array([time[0], time[-1]])
    metres = distances_m(np.interp(even, time, lng), np.interp(even, time, lat))
    return (even[:-1] + even[1:]) / 2, metres / np.diff(even)


def score_of(span: Span, marks: Marks) -> float:
    """The mean mark, pulled to the worst one: a single whip pan spoils a shot."""
    inside = (marks.time_s >= float(span.start) - 1e-9) & (marks.time_s <= float(span.end) + 1e-9)
    here = marks.mark[inside]
    if not len(here):
        here = np.interp([float(span.start + span.end) / 2], marks.time_s, marks.mark)
    return float(0.5 * here.mean() + 0.5 * here.min())


def reasons(span: Span, marks: Marks) -> list[str]:
    """What was measured there, in words."""
    inside = (marks.time_s >= float(span.start)) & (marks.time_s <= float(span.end))
    means = {
        name: float(np.nanmean(column[inside]))
        for name, column in marks.values.items()
        if np.isfinite(column[inside]).any()
    }
    words = []
    if (motion := means.get("motion")) is not None:
        words.append("steady move" if 0.01 <= motion <= 0.2 else "still" if motion < 0.01 else "fast move")
    if (sharpness := means.get("sharpness")) is not None and sharpness >= 0.9:
        words.append("sharp")
    if "brightness" in means and 0.2 <= means["brightness"] <= 0.7 and means["clipped"] < 0.1:
        words.append("well exposed")
    if (height := means.get("height")) is not None:
        words.append(f"{height:.0f} m up")
    if (speed := means.get("speed")) is not None:
        words.append(f"{speed:.0f} m/s")
    if (aside := means.get("aside")) is not None:
        words.append(f"{aside:.0f} m from the route")
    return words
