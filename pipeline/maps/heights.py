"""Grids of heights as values: thinned, mended, joined and asked for the height of a place.

A radar or a tile leaves holes. A narrow one is mended from around it; a wide one stays unknown, because a guess over
a kilometre is an invention.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.map_model import Heights
from pipeline.mercator import Bounds

Metres = NDArray[np.float32]
Flags = NDArray[np.bool_]

WIDEST_VOID = 12  # samples across; about 1 km of SRTM
MOST_SAMPLES = 30_000_000  # of a joined grid: 120 MB
MOST_MENDED = 300_000  # samples; a grid with more holes than that is left as it is
_ROUNDS = 40
_AROUND = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if row or column]


def thinned(heights: Heights, step: float) -> Heights:
    """Means of whole blocks of samples where the grid is at least twice as fine as `step` (world units)."""
    rows, columns = heights.ele_m.shape
    down = _factor(heights.y, step)
    across = _factor(heights.x, step)
    if down == across == 1:
        return heights
    rows, columns = rows // down * down, columns // across * across
    blocks = heights.ele_m[:rows, :columns].reshape(rows // down, down, columns // across, across)
    known = np.isfinite(blocks)
    count = known.sum(axis=(1, 3))
    total = np.where(known, blocks, np.float32(0)).sum(axis=(1, 3), dtype=np.float32)
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)
    return Heights(
        x=heights.x[:columns].reshape(-1, across).mean(axis=1),
        y=heights.y[:rows].reshape(-1, down).mean(axis=1),
        ele_m=means,
    )


def cut(heights: Heights, bounds: Bounds) -> Heights | None:
    """The samples inside the bounds and two around them; None without at least 2 × 2 of them."""
    columns, rows = _span(heights.x, bounds.west, bounds.east), _span(heights.y, bounds.north, bounds.south)
    if columns.stop - columns.start < 2 or rows.stop - rows.start < 2:
        return None
    return Heights(x=heights.x[columns], y=heights.y[rows], ele_m=heights.ele_m[rows, columns])


def mended(ele_m: Metres, widest: int = WIDEST_VOID) -> Metres:
    """The grid with voids of at most `widest` samples across filled smoothly from around them; others stay NaN."""
    void = np.isnan(ele_m)
    if not void.any() or void.all():
        return ele_m
    narrow = void & ~_opened(void, widest + 1)
    if not 0 < np.count_nonzero(narrow) <= MOST_MENDED:
        return ele_m
    rows, columns = np.nonzero(narrow)
    padded = np.pad(ele_m, 1, constant_values=np.nan)
    near = [(rows + 1 + down, columns + 1 + across) for down, across in _AROUND]
    for _ in range(_ROUNDS):  # at first from the rim inwards, then each spot the mean of those around it
        around = np.stack([padded[place] for place in near])
        count = np.isfinite(around).sum(axis=0)
        means = np.nansum(around, axis=0) / np.maximum(count, 1)
        padded[rows + 1, columns + 1] = np.where(count > 0, means, np.nan)
    return np.ascontiguousarray(padded[1:-1, 1:-1], dtype=np.float32)


def sampled(heights: Heights, points: Floats) -> Floats:
    """Metres at points (n, 2 world units), bilinear; next to a narrow void from what is known around it. NaN in wide
    voids and outside. Points may lie whole turns round the world away from the grid."""
    points = np.asarray(points, np.float64)
    x = points[:, 0] + np.round(heights.bounds.middle[0] - points[:, 0])
    out = np.full(len(points), np.nan)
    inside = (
        (x >= heights.x[0]) & (x <= heights.x[-1]) & (points[:, 1] >= heights.y[0]) & (points[:, 1] <= heights.y[-1])
    )
    if not inside.any():
        return out
    places = np.column_stack([x, points[:, 1]])[inside]
    part = _around(heights, Bounds.of(places))
    ele = mended(part.ele_m)
    column = np.interp(places[:, 0], part.x, np.arange(len(part.x)))
    row = np.interp(places[:, 1], part.y, np.arange(len(part.y)))
    left = np.clip(column.astype(int), 0, len(part.x) - 2)
    top = np.clip(row.astype(int), 0, len(part.y) - 2)
    across, down = column - left, row - top
    total, weight = np.zeros(len(places)), np.zeros(len(places))
    for drop, share_down in ((0, 1 - down), (1, down)):
        for right, share_across in ((0, 1 - across), (1, across)):
            corner = ele[top + drop, left + right].astype(np.float64)
            share = np.where(np.isfinite(corner), share_down * share_across, 0.0)
            total += np.where(share > 0, corner, 0.0) * share
            weight += share
    out[inside] = np.where(weight > 0.25, total / np.maximum(weight, 1e-12), np.nan)
    return out


def merged(grids: Sequence[Heights]) -> Heights:
    """Neighbouring or overlapping grids as one, at the finest spacing among them, NaN where none reaches; of two that
    know a place the finer counts. At least one grid; a joined one too large to hold is made coarser."""
    if len(grids) == 1:
        return grids[0]
    finest = sorted(grids, key=lambda grid: (_step(grid.x), grid.y[0], grid.x[0]))
    x, y = _axis([grid.x for grid in finest]), _axis([grid.y for grid in finest])
    thin = int(np.ceil(np.sqrt(len(x) * len(y) / MOST_SAMPLES)))
    x, y = x[::thin], y[::thin]
    whole = np.full((len(y), len(x)), np.nan, np.float32)
    for grid in finest:
        columns, rows = _inside(x, grid.x), _inside(y, grid.y)
        if columns.stop > columns.start and rows.stop > rows.start:
            room = whole[rows, columns]
            found = _at(grid, x[columns], y[rows])
            np.copyto(room, found, where=np.isnan(room))
    return Heights(x=x, y=y, ele_m=whole)


def _at(grid: Heights, x: Floats, y: Floats) -> Metres:
    """The grid at the crossings of two axes inside it: straight copies where the samples agree, else bilinear."""
    column = np.interp(x, grid.x, np.arange(len(grid.x)))
    row = np.interp(y, grid.y, np.arange(len(grid.y)))
    return np.asarray(_between(_between(grid.ele_m, row).T, column).T, np.float32)


def _between(ele_m: Metres, row: Floats) -> Metres:
    """Rows at fractional places; a NaN counts only where it has a share."""
    first = np.clip(np.floor(row + 1e-6).astype(int), 0, len(ele_m) - 1)
    second = np.minimum(first + 1, len(ele_m) - 1)
    share = np.clip(row - first, 0.0, 1.0).astype(np.float32)
    share[share < 1e-5] = 0.0
    out: Metres = ele_m[first]
    between = share > 0
    if between.any():
        weight = share[between, None]
        out[between] += (ele_m[second[between]] - out[between]) * weight
    return out


def _axis(axes: Sequence[Floats]) -> Floats:
    """One rising axis through all of them: the first ones count, others are added where those do not reach, and what
    lies between is filled with steps as fine as the finest."""
    step = min(_step(axis) for axis in axes)
    joined = axes[0]
    for axis in axes[1:]:
        spot = np.searchsorted(joined, axis)
        after = np.abs(joined[np.minimum(spot, len(joined) - 1)] - axis)
        before = np.abs(joined[np.maximum(spot - 1, 0)] - axis)
        joined = np.sort(np.concatenate([joined, axis[np.minimum(after, before) > step * 0.6]]))
    gaps = np.diff(joined)
    wide = np.nonzero(gaps > step * 1.6)[0]
    most = int(np.sqrt(MOST_SAMPLES)) * 4
    filling = [np.linspace(joined[i], joined[i + 1], min(most, round(gaps[i] / step) + 1))[1:-1] for i in wide]
    return np.sort(np.concatenate([joined, *filling]))


def _inside(axis: Floats, limits: Floats) -> slice:
    slack = _step(limits) * 1e-3
    return slice(
        int(np.searchsorted(axis, limits[0] - slack)), int(np.searchsorted(axis, limits[-1] + slack, side="right"))
    )


def _around(heights: Heights, bounds: Bounds) -> Heights:
    """The part of the grid about the bounds, with room for the widest void that is mended."""
    columns, rows = (
        _span(heights.x, bounds.west, bounds.east, WIDEST_VOID + 2),
        _span(heights.y, bounds.north, bounds.south, WIDEST_VOID + 2),
    )
    return Heights(x=heights.x[columns], y=heights.y[rows], ele_m=heights.ele_m[rows, columns])


def _span(axis: Floats, low: float, high: float, margin: int = 2) -> slice:
    """The indices from low to high and `margin` more at both ends; empty where the axis does not reach."""
    if high < axis[0] or low > axis[-1]:
        return slice(0, 0)
    first, last = int(np.searchsorted(axis, low)) - margin, int(np.searchsorted(axis, high)) + margin
    return slice(max(0, first), min(len(axis), last))


def _step(axis: Floats) -> float:
    return float(np.median(np.diff(axis)))


def _factor(axis: Floats, step: float) -> int:
    return max(1, min(int(step / _step(axis)), len(axis) // 2))


def _opened(flags: Flags, size: int) -> Flags:
    """What of the flags a square of `size` samples fits into: the wide voids, without their narrow arms."""
    before, after = size // 2, size - 1 - size // 2
    return _spread(~_spread(~flags, before, after), after, before)


def _spread(flags: Flags, before: int, after: int) -> Flags:
    """Flags that any sample up to `before` rows and columns earlier or `after` later has."""
    width = before + after + 1
    for axis in (0, 1):
        padding = [(before, after) if one == axis else (0, 0) for one in (0, 1)]
        padded = np.moveaxis(np.pad(flags, padding), axis, 0)
        reach = 1
        while reach < width:  # each round looks twice as far, the last one as far as is left
            step = min(reach, width - reach)
            padded = padded[:-step] | padded[step:]
            reach += step
        flags = np.moveaxis(padded, 0, axis)
    return flags
