"""Which way is up: along the route, as far as nobody gets dizzy. The bearing begins and ends with north up and never
turns faster than 25° a second, whatever the route does.

Both bounds are kept by construction: functions of bounded slope stay so when the least or the greatest of them is
taken, when they are averaged, and when they are smoothed.
"""

from __future__ import annotations

import math

import numpy as np

from pipeline.geo import Floats

MOST_PER_S = math.radians(25)
_PLANNED = math.radians(23)  # per second; the rest is left for rounding
_SMOOTH_S = 1.2


def hann(values: Floats, window: int) -> Floats:
    """Smoothed along the first axis by a Hann window of that many samples; the ends go on as they are."""
    half = max(0, window // 2)
    if half == 0 or values.size == 0:
        return values
    weights = np.hanning(2 * half + 3)[1:-1]
    weights /= weights.sum()
    padded = np.concatenate([np.repeat(values[:1], half, axis=0), values, np.repeat(values[-1:], half, axis=0)])
    if values.ndim == 1:
        return np.asarray(np.convolve(padded, weights, "valid"))
    return np.stack([np.convolve(column, weights, "valid") for column in padded.T], axis=-1)


def headings(places: Floats) -> Floats:
    """The way ahead at each of (n, 2) places (world units), clockwise from north, without jumps at a full turn;
    where nothing moves it stays."""
    step = np.diff(places, axis=0, append=places[-1:])
    moving = np.hypot(*step.T) > 1e-15
    if not moving.any():
        return np.zeros(len(places))
    known = np.flatnonzero(moving)
    found = np.unwrap(np.arctan2(step[known, 0], -step[known, 1]))
    return np.asarray(found[np.clip(np.searchsorted(known, np.arange(len(places)), "right") - 1, 0, None)])


def bearings(wanted: Floats, fps: float, first: int, last: int) -> Floats:
    """One bearing (radians) for each frame: as `wanted` where that can be, north up until frame `first` and from
    frame `last` on (a full turn counts as north up)."""
    frames = len(wanted)
    slope = _PLANNED / fps
    half = min(round(_SMOOTH_S * fps / 2), max(0, (last - first) // 6))
    begin, end = first + half, last - half
    if end - begin < 2:
        return np.zeros(frames)
    at = np.arange(frames)
    whole = 2 * math.pi
    offset = whole * round(float(wanted[begin]) / whole)
    goal = whole * round(float(wanted[end] - offset) / whole)
    while abs(goal) > slope * (end - begin) * 0.8:
        goal -= math.copysign(whole, goal)
    calm = _bounded(wanted - offset, slope)
    up, down = slope * np.clip(at - begin, 0, None), slope * np.clip(end - at, 0, None)
    turned = np.clip(calm, np.maximum(-up, goal - down), np.minimum(up, goal + down))
    return hann(np.asarray(turned), 2 * half)


def _bounded(values: Floats, slope: float) -> Floats:
    """The mean of the greatest function below and the least above that nowhere climbs or falls faster."""
    ramp = slope * np.arange(len(values))

    def below(some: Floats) -> Floats:
        onward = ramp + np.minimum.accumulate(some - ramp)
        back = (ramp + np.minimum.accumulate(some[::-1] - ramp))[::-1]
        return np.asarray(np.minimum(onward, back))

    return np.asarray((below(values) - below(-values)) / 2)
