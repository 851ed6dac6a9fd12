"""A calm line through restless measurements: the camera's own path, and a marker that trembles with nothing.

Three steps, each small. `camera_path` puts the fixes of a flight on an even time grid (spikes dropped, noise
averaged, holes known). `taut` pulls a string through a tube around a value: a hover becomes exactly still and
a steady flight exactly even, because the shortest path inside the tube has no bend that it does not need.
`limited` bounds the change per step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pipeline.flight import Flight
from pipeline.geo import Floats, flat, unwrapped

STEP_S = 0.5  # of the time grid; the marker is drawn straight in between
MOST_STEPS = 1500  # longer clips get longer steps
HOLE_S = 3.0  # fixes further apart than this leave the camera's way in between unknown
SPIKE_M, SPIKE_SPEED = 50.0, 40.0  # a fix this far (plus this many m/s) from its neighbours is a spike
TOP_SPEED = 60.0  # m/s; nothing that films flies faster for long


@dataclass(frozen=True, kw_only=True, eq=False)
class CameraPath:
    """Where the camera was, on an even grid from 0 to the end of the clip."""

    time_s: Floats  # (n,), n >= 2, even steps
    metres: Floats  # (n, 2) east and north of `origin`; where `seen` is False a straight guess
    seen: NDArray[np.bool_]  # (n,)
    origin: tuple[float, float]  # lng, lat
    noise_m: float  # spread of the fixes about this path
    fixes: int  # how many fixes it rests on

    @property
    def step_s(self) -> float:
        return float(self.time_s[1] - self.time_s[0])

    @property
    def speed(self) -> Floats:
        """Ground speed in m/s over each step (n - 1 values); in a hole at least the usual speed."""
        raw = np.hypot(*np.diff(self.metres, axis=0).T) / self.step_s
        known = self.seen[1:] & self.seen[:-1]
        usual = float(np.median(raw[known])) if known.any() else 0.0
        return np.asarray(np.minimum(np.where(known, raw, np.maximum(raw, usual)), TOP_SPEED), np.float64)


def camera_path(flight: Flight, duration_s: float) -> CameraPath | None:
    """The smoothed path of the camera, or None when no fix falls into the clip."""
    good = np.isfinite(flight.time_s) & np.isfinite(flight.lng) & np.isfinite(flight.lat)
    good &= (np.abs(flight.lat) <= 90) & (np.abs(flight.lng) <= 540)
    good &= (flight.time_s >= -1.0) & (flight.time_s <= duration_s + 1.0)
    good &= (flight.lng != 0) | (flight.lat != 0)  # how recorders write "no fix"
    if not good.any():
        return None
    order = np.argsort(flight.time_s[good], kind="stable")
    time, lng, lat = (column[good][order] for column in (flight.time_s, flight.lng, flight.lat))
    lng = unwrapped(lng)
    origin = (float(np.median(lng)), float(np.median(lat)))
    time, metres = _without_spikes(time, flat(lng, lat, origin))
    fixes = len(time)
    every = _refresh_s(time, metres)
    time, metres = _without_spikes(*_binned(time, metres))

    count = min(max(2, int(np.ceil(duration_s / STEP_S)) + 1), MOST_STEPS)
    grid = np.linspace(0.0, max(duration_s, 1e-3), count)
    guess = np.stack([np.interp(grid, time, metres[:, axis]) for axis in (0, 1)], axis=-1)
    seen = _seen(grid, time, max(HOLE_S, 3.0 * every))
    reach = float(np.clip(1.5 * every, 0.8, 3.0)) / (grid[1] - grid[0])
    smooth = np.where(seen[:, None], _local_lines(guess, seen, reach), guess)
    # Unseen stretches go straight between the smoothed ends, else their rims would jerk.
    smooth = np.stack([np.interp(grid, grid[seen], smooth[seen, axis]) for axis in (0, 1)], axis=-1)
    rest = metres - np.stack([np.interp(time, grid, smooth[:, axis]) for axis in (0, 1)], axis=-1)
    noise = float(1.4826 * np.median(np.abs(rest)))
    return CameraPath(time_s=grid, metres=smooth, seen=seen, origin=origin, noise_m=noise, fixes=fixes)


def taut(time: Floats, value: Floats, slack: float) -> Floats:
    """The shortest line through the tube `value ± slack` with free ends; never further than `slack` away."""
    low, high = value - slack, value + slack
    first = _free_end(low, high)
    if first is None:  # one value fits everywhere
        return np.full(len(value), np.clip(value.mean(), low.max(), high.min()))
    backwards = _free_end(low[::-1], high[::-1])
    assert backwards is not None  # the same pair of disjoint windows is found from both ends
    last = (len(value) - 1 - backwards[0], backwards[1])
    knots = _string(time, low, high, first, last)
    return np.asarray(np.interp(time, [time[at] for at, _ in knots], [y for _, y in knots]), np.float64)


def limited(value: Floats, most: Floats) -> Floats:
    """`value` changed as little as needed so that step i changes it by at most `most[i]`."""
    way = np.concatenate([[0.0], np.cumsum(most)])

    def below(v: Floats) -> Floats:
        ahead = np.minimum.accumulate(v - way) + way
        behind = np.minimum.accumulate((v + way)[::-1])[::-1] - way
        return np.asarray(np.minimum(ahead, behind), np.float64)

    return np.asarray((below(value) - below(-value)) / 2, np.float64)


def _free_end(low: Floats, high: Floats) -> tuple[int, float] | None:
    """Where the string must first bend, or None when a level line fits the whole tube."""
    floor, roof = np.maximum.accumulate(low), np.minimum.accumulate(high)
    clashes = np.flatnonzero(floor > roof)
    if len(clashes) == 0:
        return None
    clash = int(clashes[0])
    if low[clash] > roof[clash - 1]:
        at = int(np.argmin(high[:clash]))
        return at, float(high[at])
    at = int(np.argmax(low[:clash]))
    return at, float(low[at])


def _string(
    time: Floats, low: Floats, high: Floats, first: tuple[int, float], last: tuple[int, float]
) -> list[tuple[int, float]]:
    """The funnel: look ahead from the last bend until the tube closes, bend at the corner that closed it."""
    low, high = low.copy(), high.copy()
    end = last[0]
    low[end] = high[end] = last[1]
    times, lows, highs = time.tolist(), low.tolist(), high.tolist()
    knots = [first]
    while knots[-1][0] < end:
        apex, base = knots[-1]
        least, most, low_at, high_at = -np.inf, np.inf, apex, apex
        for at in range(apex + 1, end + 1):
            span = times[at] - times[apex]
            up, down = (highs[at] - base) / span, (lows[at] - base) / span
            if down > most:
                knots.append((high_at, highs[high_at]))
                break
            if up < least:
                knots.append((low_at, lows[low_at]))
                break
            if up <= most:
                most, high_at = up, at
            if down >= least:
                least, low_at = down, at
        else:
            knots.append(last)
    return knots


def _without_spikes(time: Floats, metres: Floats) -> tuple[Floats, Floats]:
    """Without the fixes that lie absurdly far from the middle of their neighbours."""
    if len(time) < 5:
        return time, metres
    wide = 7 if len(time) >= 7 else 5
    around = np.pad(metres, ((wide // 2, wide // 2), (0, 0)), mode="edge")
    middle = np.median(sliding_window_view(around, wide, axis=0), axis=-1)
    spans = sliding_window_view(np.pad(time, wide // 2, mode="edge"), wide)
    allowed = SPIKE_M + SPIKE_SPEED * (spans[:, -1] - spans[:, 0])
    keep = np.hypot(*(metres - middle).T) <= allowed
    return (time[keep], metres[keep]) if keep.any() else (time, metres)


def _refresh_s(time: Floats, metres: Floats) -> float:
    """Seconds from one *new* position to the next: many recorders write each one many times over."""
    fresh = np.flatnonzero(np.any(np.diff(metres, axis=0) != 0, axis=1)) + 1
    if len(fresh) < 3:
        return 1.0
    return float(np.clip(np.median(np.diff(time[fresh])), 0.0, 2.0))


def _binned(time: Floats, metres: Floats) -> tuple[Floats, Floats]:
    """One mean fix for each grid step that has any."""
    _, where = np.unique(np.floor(time / STEP_S), return_inverse=True)
    count = np.bincount(where)
    mean = [np.bincount(where, weights=column) / count for column in (time, metres[:, 0], metres[:, 1])]
    return np.asarray(mean[0], np.float64), np.stack(mean[1:], axis=-1)


def _seen(grid: Floats, time: Floats, hole_s: float) -> NDArray[np.bool_]:
    """Which grid times have a fix close by, or lie between two fixes that are close together."""
    after = np.searchsorted(time, grid)
    before = np.clip(after - 1, 0, len(time) - 1)
    after = np.clip(after, 0, len(time) - 1)
    near = np.minimum(np.abs(grid - time[before]), np.abs(grid - time[after])) <= 0.75
    between = (time[before] <= grid) & (grid <= time[after]) & (time[after] - time[before] <= hole_s)
    seen = near | between
    if not seen.any():
        seen[int(np.argmin(np.abs(grid - time[0])))] = True
    return np.asarray(seen, np.bool_)


def _local_lines(value: Floats, seen: NDArray[np.bool_], reach: float) -> Floats:
    """A straight line fitted around every grid point (Gaussian, `reach` in steps): no lag, no end bias."""
    half = int(np.ceil(3 * reach))
    offset = np.arange(-half, half + 1, dtype=np.float64)
    bell = np.exp(-0.5 * (offset / reach) ** 2)

    def total(weight: Floats, kernel: Floats) -> Floats:
        # convolve mirrors the kernel; the odd moment changes sign with it, hence [::-1]
        return np.convolve(weight, kernel[::-1], mode="full")[half : half + len(weight)]

    there = seen.astype(np.float64)
    s0, s1, s2 = (total(there, bell * offset**power) for power in (0, 1, 2))
    spread = s0 * s2 - s1**2
    out = np.empty_like(value)
    for axis in range(value.shape[1]):
        column = there * value[:, axis]
        t0, t1 = total(column, bell), total(column, bell * offset)
        with np.errstate(divide="ignore", invalid="ignore"):
            line = (s2 * t0 - s1 * t1) / spread
            mean = t0 / s0
        out[:, axis] = np.where(spread > 1e-9 * s0**2, line, mean)
    return np.where(np.isfinite(out), out, value)
