"""Heights at the size of a picture, without blocks.

A grid of heights is nearly always coarser than the picture, so it is drawn through a cubic B-spline: smooth in its
slopes as well, because light shows slopes. Voids get heights from around them, and a mask that fades what is drawn
there: a hole is neither a cliff nor an invented hill.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats
from pipeline.map_model import Heights
from pipeline.mercator import MapView, metres_per_unit

Grid = NDArray[np.float32]

_EDGE = 60.0  # design pixels over which what is drawn fades towards the edge of the grid
_MARGIN = 6  # samples about the view
_MOST = 4_000_000  # samples of a cut grid that are worth their time
_MOST_SOFT = 5  # rounds of smoothing, each over about one sample
_FLAT = 5  # samples across that are all one height: water
_GENTLE = (0.02, 0.18)  # slopes between which the noise of flat land fades in


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """Heights at the size of the picture: cell [row, column] has its middle at pixel `x[column]`, `y[row]`.

    `known`, `inside` (of the grid, soft towards its edge) and `sea` go from 0 to 1; `metres` is the ground length of a
    cell, by row.
    """

    x: Floats
    y: Floats
    step: float
    ele_m: Grid
    known: Grid
    inside: Grid
    sea: Grid
    metres: Grid


def sample_px(heights: Heights, view: MapView) -> float:
    """How many pixels lie between two samples, in the coarser direction; infinitely many with fewer than two."""
    if min(len(heights.x), len(heights.y)) < 2:
        return float("inf")
    return max(float(np.median(np.diff(heights.x))), float(np.median(np.diff(heights.y)))) * view.scale


def field(heights: Heights, view: MapView, step: float, *, soft_px: float = 0.0) -> Field | None:
    """The view in cells of `step` pixels, one more on every side; None where the grid does not reach. Shapes smaller
    than about `soft_px` pixels are smoothed away."""
    columns, rows = _middles(view.width / step), _middles(view.height / step)
    turns = heights.bounds.near(view.bounds.middle[0])
    x = view.x + turns + columns * step / view.scale
    y = view.y + rows * step / view.scale
    grid = _cut(heights, x, y, step / view.scale)
    if grid is None:
        return None
    known = np.isfinite(grid.ele_m)
    if not known.any():
        return None
    filled = _filled(grid.ele_m, known)
    sea = _sea(filled)
    filled = _calmed(filled, grid)
    for _ in range(min(_MOST_SOFT, round((soft_px / view.scale / float(np.median(np.diff(grid.x)))) ** 2))):
        filled = _blurred(_blurred(filled).T).T
    across, down = _Spline(grid.x, x), _Spline(grid.y, y)
    fade = _EDGE * view.unit / view.scale
    inside: Grid = np.outer(_inside(heights.y, y, fade), _inside(heights.x, x, fade))
    return Field(
        x=columns * step,
        y=rows * step,
        step=step,
        ele_m=_resampled(filled, down, across),
        known=_sure(known, down, across) * inside,
        inside=inside,
        sea=_resampled(sea, down, across) if sea.any() else np.zeros((len(y), len(x)), np.float32),
        metres=np.array([metres_per_unit(float(at)) * step / view.scale for at in y], np.float32)[:, None],
    )


def _middles(cells: float) -> Floats:
    return np.arange(-1, int(np.ceil(cells)) + 1, dtype=np.float64) + 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cut:
    x: Floats
    y: Floats
    ele_m: Grid


def _cut(heights: Heights, x: Floats, y: Floats, step: float) -> _Cut | None:
    """The samples about the axes, in block means where they are much finer than a step."""
    columns, rows = _span(heights.x, x), _span(heights.y, y)
    ele = heights.ele_m[rows, columns]
    if min(ele.shape) < 4:
        return None
    spacing = float(np.median(np.diff(heights.x)))
    by = max(int(step / spacing), int(np.ceil(np.sqrt(ele.size / _MOST))), 1)
    by = min(by, min(ele.shape) // 4)
    if by == 1:
        return _Cut(x=heights.x[columns], y=heights.y[rows], ele_m=np.asarray(ele, np.float32))
    high, wide = ele.shape[0] // by, ele.shape[1] // by
    blocks = ele[: high * by, : wide * by].reshape(high, by, wide, by)
    known = np.isfinite(blocks)
    count = known.sum(axis=(1, 3))
    total = np.where(known, blocks, np.float32(0)).sum(axis=(1, 3), dtype=np.float32)
    return _Cut(
        x=heights.x[columns][: wide * by].reshape(wide, by).mean(axis=1),
        y=heights.y[rows][: high * by].reshape(high, by).mean(axis=1),
        ele_m=np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32),
    )


def _span(axis: Floats, wanted: Floats) -> slice:
    if wanted[-1] < axis[0] or wanted[0] > axis[-1]:
        return slice(0, 0)
    first, last = int(np.searchsorted(axis, wanted[0])), int(np.searchsorted(axis, wanted[-1]))
    return slice(max(0, first - _MARGIN), last + _MARGIN)


class _Spline:
    """Weights of a cubic B-spline from one axis to places on it; beyond its ends the last sample goes on."""

    def __init__(self, axis: Floats, places: Floats) -> None:
        at = np.interp(places, axis, np.arange(len(axis)))
        first = np.floor(at).astype(int)
        t = (at - first).astype(np.float32)
        self.indices = [np.clip(first + offset, 0, len(axis) - 1) for offset in (-1, 0, 1, 2)]
        self.weights = [
            (1 - t) ** 3 / 6,
            (3 * t**3 - 6 * t**2 + 4) / 6,
            (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6,
            t**3 / 6,
        ]

    def along_rows(self, grid: Grid) -> Grid:
        """Rows of the grid at the places: (rows, columns) → (places, columns)."""
        out: Grid = grid[self.indices[0]] * self.weights[0][:, None]
        for index, weight in zip(self.indices[1:], self.weights[1:], strict=True):
            out += grid[index] * weight[:, None]
        return out


def _resampled(grid: Grid, down: _Spline, across: _Spline) -> Grid:
    narrow = across.along_rows(np.ascontiguousarray(grid.T))
    return np.ascontiguousarray(down.along_rows(np.ascontiguousarray(narrow.T)), dtype=np.float32)


def _inside(axis: Floats, places: Floats, soft: float) -> Grid:
    """0 beyond the ends of the axis, 1 further than `soft` inside."""
    share = np.clip(np.minimum(places - axis[0], axis[-1] - places) / soft, 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _sure(known: NDArray[np.bool_], down: _Spline, across: _Spline) -> Grid:
    """1 where heights were measured, fading to 0 before the edge of a void."""
    if known.all():
        return np.ones((1, 1), np.float32)
    return np.clip(_resampled(known.astype(np.float32), down, across) * 2 - 1, 0, 1)


def _filled(ele: Grid, known: NDArray[np.bool_]) -> Grid:
    """Voids filled from ever wider surroundings: means of 2 × 2 where any is known, down to one cell and back."""
    if known.all():
        return ele
    high, wide = ele.shape
    if max(high, wide) == 1:
        return np.where(known, ele, np.float32(0))
    padded = np.full((high + high % 2, wide + wide % 2), np.nan, np.float32)
    padded[:high, :wide] = ele
    blocks = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)
    count = np.isfinite(blocks).sum(axis=(1, 3))
    means = np.where(count > 0, np.nansum(blocks, axis=(1, 3)) / np.maximum(count, 1), np.nan).astype(np.float32)
    coarse = _filled(means, np.isfinite(means))
    rows, columns = _halves(high, coarse.shape[0]), _halves(wide, coarse.shape[1])
    finer = _blended(_blended(coarse, rows).T, columns).T
    return np.where(known, ele, finer)


def _halves(fine: int, coarse: int) -> Floats:
    """Where the middles of fine cells lie among those of cells twice as large."""
    return np.clip((np.arange(fine) - 0.5) / 2, 0, coarse - 1)


def _blended(grid: Grid, at: Floats) -> Grid:
    first = at.astype(int)
    share = (at - first).astype(np.float32)[:, None]
    out: Grid = grid[first] * (1 - share) + grid[np.minimum(first + 1, len(grid) - 1)] * share
    return out


def _calmed(ele: Grid, grid: _Cut) -> Grid:
    """Flat land without the noise of the radar, steep land as it is."""
    soft = _blurred(_blurred(ele).T).T
    metres = float(np.median(np.diff(grid.x))) * metres_per_unit(float(grid.y.mean()))
    down, across = np.gradient(soft)
    low, high = _GENTLE
    steep = np.clip((np.hypot(down, across) / metres - low) / (high - low), 0, 1)
    return np.asarray(soft + (ele - soft) * steep, np.float32)


def _blurred(grid: Grid) -> Grid:
    """Each row the mean of five, weighted 1 4 6 4 1."""
    padded = np.pad(grid, ((2, 2), (0, 0)), mode="edge")
    count = len(grid)
    parts = [padded[start : start + count] * np.float32(w) for start, w in enumerate((1, 4, 6, 4, 1))]
    return np.asarray(sum(parts[1:], parts[0]) / 16, np.float32)


def _sea(ele: Grid) -> Grid:
    """1 where the heights are at most 0 and level over some way, softly to 0 where such water reaches its shore."""
    if float(ele.min()) > 0.5:
        return np.zeros((1, 1), np.float32)
    low = ele <= 0.5
    sea = low & (_reach(ele, np.maximum) - _reach(ele, np.minimum) < 0.01)
    for _ in range(_FLAT // 2):
        sea = low & _near(sea)
    # A shore without the corners of samples; but islets of a few samples, which that would drown, stay.
    soft = _blurred(_blurred(sea.astype(np.float32)).T).T
    return np.where(~sea & (soft > 0.58), np.float32(0.1), soft)


def _reach(ele: Grid, pick: np.ufunc) -> Grid:
    """The highest or lowest of the samples within a square of `_FLAT`."""
    for axis in (0, 1):
        half = _FLAT // 2
        padded = np.pad(ele, [(half, half) if one == axis else (0, 0) for one in (0, 1)], mode="edge")
        count = ele.shape[axis]
        parts = [padded.take(range(start, start + count), axis=axis) for start in range(_FLAT)]
        ele = parts[0]
        for part in parts[1:]:
            ele = pick(ele, part)
    return ele


def _near(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    padded = np.pad(flags, 1)
    out = flags.copy()
    for down in (0, 1, 2):
        for across in (0, 1, 2):
            out |= padded[down : down + flags.shape[0], across : across + flags.shape[1]]
    return out
