"""A walk in figures: from noisy points to length, climb and time, and the words in which people read them.

Receivers jump, wander while their owner stands still, and guess heights to a few metres. Each function here
takes one of these faults out of plain columns, and says by what rule.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats, distances_m, flat
from pipeline.phrases import counted, phrases

Units = Literal["miles", "km"]
Mask = NDArray[np.bool_]

MILE_M = 1609.344
FOOT_M = 0.3048
YARD_M = 0.9144

_FASTEST_M_S = 150.0  # no train, and hardly a small aeroplane
_STAND_S, _STAND_M_S, _STAND_SPREAD_M, _STAND_AT_LEAST_S = 20.0, 0.2, 10.0, 10.0
_UNCLEAR = 100  # points beside a stop that may belong to it
_STEP_M = 3.0  # what a receiver can tell from standing still
_SMOOTH_M = 25.0  # half width of the height window, applied twice
_TURN_M = 5.0  # a climb ends when the path has fallen this far


def plausible(lng: Floats, lat: Floats, epoch_s: Floats) -> Mask:
    """Which points can belong to one walk; the others were jumps of the receiver ("teleports").

    With times, a stretch that could only be reached at more than 150 m/s is out. Without, only a few points
    that leap away and come straight back are: a long leg alone may well be meant. When a third of the points
    would go, the rule does not fit the file and all stay.
    """
    keep = np.ones(len(lng), dtype=np.bool_)
    if len(lng) < 3:
        return keep
    step, lapse = distances_m(lng, lat), np.diff(epoch_s)
    timed = np.isfinite(lapse)
    usual = float(np.median(step[step > 0])) if (step > 0).any() else 0.0
    far = np.where(timed, np.maximum(200.0, _FASTEST_M_S * lapse), max(2000.0, 50 * usual))
    jumps = np.flatnonzero(step > far) + 1
    if len(jumps) == 0 or len(jumps) > max(10, len(lng) // 3):
        return keep
    runs = list(zip([0, *jumps], [*jumps, len(lng)], strict=True))
    home = max(range(len(runs)), key=lambda k: runs[k][1] - runs[k][0])

    def gap_m(i: int, j: int) -> float:
        return float(distances_m(lng[[i, j]], lat[[i, j]])[0])

    def reached(i: int, j: int, after: int | None) -> bool:
        lapse_s = abs(float(epoch_s[j] - epoch_s[i]))
        if np.isfinite(lapse_s):
            return gap_m(i, j) <= max(200.0, _FASTEST_M_S * lapse_s)
        return after is None or gap_m(i, after) > 0.1 * gap_m(i, j)

    last = runs[home][1] - 1
    for k in range(home + 1, len(runs)):
        a, b = runs[k]
        if reached(last, a, runs[k + 1][0] if k + 1 < len(runs) and b - a <= 3 else None):
            last = b - 1
        else:
            keep[a:b] = False
    first = runs[home][0]
    for k in range(home - 1, -1, -1):
        a, b = runs[k]
        if reached(first, b - 1, runs[k - 1][1] - 1 if k > 0 and b - a <= 3 else None):
            first = a
        else:
            keep[a:b] = False
    return keep if keep.sum() * 3 >= len(keep) * 2 else np.ones_like(keep)


def forward(epoch_s: Floats) -> Floats:
    """Times that never fall: the longest run of them in file order stays, the others become NaN."""
    known = np.flatnonzero(np.isfinite(epoch_s))
    values = epoch_s[known]
    if (np.diff(values) >= 0).all():
        return epoch_s
    tops: list[float] = []  # the least last time of a run of each length, and where it is
    ends: list[int] = []
    before = [-1] * len(values)
    for i, value in enumerate(values.tolist()):
        k = bisect_right(tops, value)
        tops[k : k + 1], ends[k : k + 1] = [value], [i]
        before[i] = ends[k - 1] if k else -1
    kept, i = np.full_like(epoch_s, np.nan), ends[-1]
    while i >= 0:
        kept[known[i]] = values[i]
        i = before[i]
    return kept


def _standing(xy: Floats, time_s: Floats) -> list[tuple[int, int]]:
    """Stretches [a, b) of at least 10 s in which the walker stood: over 20 s before and 20 s after, the mean
    place moves at less than 0.2 m/s and the points stay together."""
    n = len(time_s)
    begin = np.searchsorted(time_s, time_s - _STAND_S, "left")
    end = np.searchsorted(time_s, time_s + _STAND_S, "right")
    here = np.arange(n)
    columns = np.column_stack([xy, time_s - time_s[0], (xy**2).sum(axis=1)])
    total = np.vstack([np.zeros(4), np.cumsum(columns, axis=0)])

    def mean(a: NDArray[np.int64], b: NDArray[np.int64]) -> Floats:
        return np.asarray((total[b] - total[a]) / (b - a)[:, None], np.float64)

    before, after, around = mean(begin, here + 1), mean(here, end), mean(begin, end)
    lapse = np.maximum(after[:, 2] - before[:, 2], 1e-9)
    drift = np.hypot(*(after - before)[:, :2].T) / lapse
    spread = np.sqrt(np.maximum(around[:, 3] - (around[:, :2] ** 2).sum(axis=1), 0.0))
    still = (drift < _STAND_M_S) & (spread < _STAND_SPREAD_M) & (end - begin >= 5)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], still.view(np.int8), [0]])))
    runs: list[tuple[int, int]] = []
    for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if time_s[b - 1] - time_s[a] < _STAND_AT_LEAST_S:
            continue
        # The ends of a stop are unclear: it takes in what lies within reach of its middle.
        middle, reach = xy[a:b].mean(axis=0), 2.5 * spread[a:b].max() + _STEP_M
        first, last = max(0, a - _UNCLEAR), min(n, b + _UNCLEAR)
        left = np.flatnonzero(np.hypot(*(xy[first:a] - middle).T) > reach)
        right = np.flatnonzero(np.hypot(*(xy[b:last] - middle).T) > reach)
        a, b = first + int(left[-1]) + 1 if len(left) else first, b + int(right[0]) if len(right) else last
        if runs and a < runs[-1][1]:
            a, b = runs[-1][0], max(b, runs.pop()[1])
        runs.append((a, b))
    return runs


def steadied(lng: Floats, lat: Floats, epoch_s: Floats) -> tuple[Floats, Floats, Mask]:
    """A recording without its wobble: moved columns and which points to keep.

    Where the walker stood, the points gather at their mean (the first and last stay, for their times).
    Elsewhere a point counts when it is 3 m from the last one that counted, so a dense straight line keeps its
    length and shivering adds none. `lng` must be unwrapped.
    """
    n = len(lng)
    lng, lat, keep = lng.copy(), lat.copy(), np.zeros(n, dtype=np.bool_)
    xy = flat(lng, lat, (float(lng[n // 2]), float(lat[n // 2])))
    fixed, inside = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    known = np.flatnonzero(np.isfinite(epoch_s))
    if len(known) * 2 >= n and n >= 5:
        time_s = np.interp(np.arange(n), known, epoch_s[known])
        for a, b in _standing(xy, time_s):
            for column in (lng, lat):
                column[a:b] = column[a:b].mean()
            xy[a:b] = xy[a:b].mean(axis=0)
            inside[a:b] = True
            fixed[[a, b - 1]] = True
    east, north = xy[0].tolist()
    for i, (x, y, skip, must) in enumerate(
        zip(xy[:, 0].tolist(), xy[:, 1].tolist(), inside.tolist(), fixed.tolist(), strict=True)
    ):
        if must or (not skip and (x - east) ** 2 + (y - north) ** 2 >= _STEP_M**2):
            keep[i] = True
            east, north = x, y
    keep[[0, -1]] = True
    return lng, lat, keep


def despiked(along_m: Floats, ele_m: Floats) -> Floats:
    """Heights with NaN where they cannot be: a point above or below both its neighbours by more than 10 m and
    a 45° slope, or out of all proportion to the four around it, steeply both ways; zeros ("no reading") in a
    place that is not at sea level."""
    ele_m = ele_m.copy()
    known = np.flatnonzero(np.isfinite(ele_m))
    zero = ele_m[known] == 0
    if zero.any() and not zero.all():
        edges = np.flatnonzero(np.diff(zero.view(np.int8)))
        beside = np.abs(ele_m[known[edges]] + ele_m[known[edges + 1]])  # one of the two is zero
        if beside.min() > 30:
            ele_m[known[zero]] = np.nan
            known = known[~zero]
    if len(known) >= 3:
        rise, run = np.diff(ele_m[known]), np.diff(along_m[known])
        steep = np.where(np.abs(rise) > 10 + run, np.sign(rise), 0)
        spikes = steep[:-1] * steep[1:] < 0
        if len(known) >= 5:
            around = np.lib.stride_tricks.sliding_window_view(ele_m[known], 5)[:, [0, 1, 3, 4]]
            apart = np.abs(around.mean(axis=1) - ele_m[known[2:-2]])
            lone = apart > np.maximum(10, 4 * np.ptp(around, axis=1))
            leg = np.minimum(np.abs(rise) / np.maximum(run, 1e-9), 1e9)
            spikes[1:-1] |= lone & (leg[1:-2] > 0.15) & (leg[2:-1] > 0.15) & (rise[1:-2] * rise[2:-1] < 0)
        ele_m[known[1:-1][spikes]] = np.nan
    return ele_m


def _box_mean(along_m: Floats, ele_m: Floats, at_m: Floats, half_m: float) -> Floats:
    """Exact mean of the piecewise linear profile over `at ± half`, narrower towards the ends so that a
    constant slope stays what it is."""
    run = np.diff(along_m)
    area = np.concatenate([[0.0], np.cumsum((ele_m[1:] + ele_m[:-1]) / 2 * run)])
    slope = np.divide(np.diff(ele_m), run, out=np.zeros_like(run), where=run > 0)

    def integral(x: Floats) -> Floats:
        k = np.clip(np.searchsorted(along_m, x, "right") - 1, 0, len(run) - 1)
        d = x - along_m[k]
        return np.asarray(area[k] + ele_m[k] * d + slope[k] * d * d / 2, np.float64)

    at_m = np.clip(at_m, along_m[0], along_m[-1])
    half = np.minimum(half_m, np.minimum(at_m - along_m[0], along_m[-1] - at_m))
    wide = half > 1e-6
    means = (integral(at_m + half) - integral(at_m - half)) / np.where(wide, 2 * half, 1.0)
    return np.where(wide, means, np.interp(at_m, along_m, ele_m))


def smoothed(along_m: Floats, ele_m: Floats, at_m: Floats) -> Floats:
    """Heights at the places `at_m` of one line, a weighted mean over ±50 m; gaps are bridged. All NaN when
    fewer than two heights are known."""
    known = np.isfinite(ele_m)
    if known.sum() < 2:
        return np.full(len(at_m), np.nan)
    along, ele = along_m[known], ele_m[known]
    fine = np.union1d(along, np.arange(along[0], along[-1], 10.0)) if along[-1] - along[0] < 1e6 else along
    once = _box_mean(along, ele, fine, _SMOOTH_M)
    return _box_mean(fine, once, at_m, _SMOOTH_M)


def climb(along_m: Floats, ele_m: Floats) -> tuple[float, float]:
    """Ascent and descent in metres of one line: smoothed over ±50 m, and a slope counts up to the point from
    which the path turns back by 5 m, so that noise of ±2 m adds nothing and a steady slope counts whole."""
    known = np.isfinite(ele_m)
    if known.sum() < 2:
        return 0.0, 0.0
    heights = smoothed(along_m, ele_m, along_m[known]).tolist()
    turns: list[float] = []
    low = high = heights[0]
    going = 0  # 1 up, -1 down, 0 not yet known
    for height in heights:
        low, high = min(low, height), max(high, height)
        if going >= 0 and height <= high - _TURN_M:
            turns.append(high)
            going, low = -1, height
        elif going <= 0 and height >= low + _TURN_M:
            turns.append(low)
            going, high = 1, height
    turns = [*turns, high if going > 0 else low] if going else [heights[0], heights[-1]]
    steps = np.diff(turns)
    return float(steps[steps > 0].sum()), float(-steps[steps < 0].sum())


def minutes(distance_m: float, ascent_m: float | None) -> tuple[int, int]:
    """Walking time as a range, to 5 min. The lower end is Naismith's rule (12 min/km and 10 min per 100 m of
    climb), a minimum for fit adults; the upper end takes 15 min/km. An unknown climb counts as none."""
    climbing = (ascent_m or 0.0) / 10
    low, high = (5 * round((pace * distance_m / 1000 + climbing) / 5) for pace in (12, 15))
    low = max(5, low)
    return low, max(high, low + 5)


def distance_text(distance_m: float, units: Units, lang: str = "en") -> str:
    """`3.1 miles (5 km)`, or `5 km (3.1 miles)`; below a tenth of a mile in yards and metres."""
    if distance_m < MILE_M / 10:
        metric = counted(distance_m, "m", lang, 0)
        imperial = counted(distance_m / YARD_M, "yard", lang, 0)
    else:
        metric = counted(distance_m / 1000, "km", lang)
        imperial = counted(distance_m / MILE_M, "mile", lang)
    return f"{imperial} ({metric})" if units == "miles" else f"{metric} ({imperial})"


def along_text(along_m: float, units: Units, lang: str = "en") -> str:
    """`1.2 miles`: a place on the way, in one unit."""
    return counted(along_m / 1000, "km", lang) if units == "km" else counted(along_m / MILE_M, "mile", lang)


def ascent_text(ascent_m: float, units: Units, lang: str = "en") -> str:
    """`390 ft (120 m)`, or `120 m (390 ft)`; to 5 m and 10 ft, which is more than a receiver knows."""
    metric = counted(5 * round(ascent_m / 5), "m", lang, 0)
    imperial = counted(10 * round(ascent_m / FOOT_M / 10), "ft", lang, 0)
    return f"{imperial} ({metric})" if units == "miles" else f"{metric} ({imperial})"


def time_text(span: tuple[int, int], lang: str = "en") -> str:
    """`1 h 30 min to 2 h`; the unit is said once when both ends have the same: `30 to 45 min`, `2 to 3 h`."""
    low, high = span
    say = phrases(lang).say
    if high < 60:
        return counted(high, "min", lang, 0, say.range.format(low, high))
    if low >= 60 and low % 60 == 0 == high % 60:
        return counted(high // 60, "h", lang, 0, say.range.format(low // 60, high // 60))

    def words(value: int) -> str:
        hours, rest = divmod(value, 60)
        if not hours:
            return counted(rest, "min", lang, 0)
        whole = counted(hours, "h", lang, 0)
        return say.hours.format(whole, counted(rest, "min", lang, 0)) if rest else whole

    return say.range.format(words(low), words(high))
