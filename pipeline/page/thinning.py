"""Lines with only the points that the eye can tell apart, so that a page of many tracks stays light."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.geo import Floats, flat
from pipeline.route import Line

TOLERANCE_M = 0.5
_MOST_POINTS = 40_000  # of all tracks together; about 700 kB of script


def _kept(points: Floats, tolerance: float, ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the points (n, 2) matter to within `tolerance` (Douglas and Peucker). `ends`: first and last index of
    each line among them; all lines are split side by side, level by level."""
    keep = np.zeros(len(points), dtype=np.bool_)
    keep[ends] = True
    inner = np.flatnonzero(~keep)
    x, y = points[:, 0].copy(), points[:, 1].copy()
    while len(inner):
        marks = np.flatnonzero(keep)
        after = np.searchsorted(marks, inner)
        x0, y0 = x[marks[after - 1]], y[marks[after - 1]]
        base_x, base_y = x[marks[after]] - x0, y[marks[after]] - y0
        way_x, way_y = x[inner] - x0, y[inner] - y0
        square = base_x * base_x + base_y * base_y
        share = np.clip((way_x * base_x + way_y * base_y) / np.where(square > 0, square, 1.0), 0, 1)
        away = np.hypot(way_x - share * base_x, way_y - share * base_y)
        first = np.flatnonzero(np.diff(after, prepend=-1))
        worst = np.maximum.reduceat(away, first)
        span = np.repeat(np.arange(len(first)), np.diff(first, append=len(inner)))
        open_ = worst[span] > tolerance
        hits = np.flatnonzero(open_ & (away == worst[span]))
        _, pick = np.unique(span[hits], return_index=True)
        keep[inner[hits[pick]]] = True
        inner = inner[open_ & ~keep[inner]]
    return keep


def thinned(line: Line, tolerance_m: float = TOLERANCE_M) -> Line:
    """The line with only the points that matter to within `tolerance_m`, ends kept."""
    points = flat(line.lng, line.lat, (float(line.lng[0]), float(line.lat[0])))
    keep = _kept(points, tolerance_m, np.array([0, len(points) - 1]))
    columns = (line.lng, line.lat, line.ele_m, line.along_m, line.epoch_s)
    lng, lat, ele, along, epoch = (column[keep] for column in columns)
    return Line(lng=lng, lat=lat, ele_m=ele, along_m=along, epoch_s=epoch)


def all_thinned(lines: Sequence[tuple[Floats, Floats]], extent_m: float) -> list[tuple[Floats, Floats]]:
    """Many lines (lng, lat) as fine as a map of `extent_m` across can show zoomed in fourfold, and coarser until
    all of them together are light enough."""
    lng, lat = (np.concatenate([line[k] for line in lines]) for k in (0, 1))
    ends = np.cumsum([0, *(len(line[0]) for line in lines)])
    points = flat(lng, lat, (float(lng[0]), float(lat[0])))
    tolerance = max(2 * TOLERANCE_M, extent_m / 4000)
    while True:
        both = np.concatenate([ends[:-1], ends[1:] - 1])
        # A night's recording is mostly standing and shivering: what stays in one cell of a fine grid goes first.
        keep = np.ones(len(points), dtype=np.bool_)
        keep[1:] = (np.diff(np.round(points * (2 / tolerance)), axis=0) != 0).any(axis=1)
        keep[both] = True
        ends = np.concatenate([[0], np.cumsum(keep)])[ends]
        lng, lat, points = lng[keep], lat[keep], points[keep]
        keep = _kept(points, tolerance, np.concatenate([ends[:-1], ends[1:] - 1]))
        ends = np.concatenate([[0], np.cumsum(keep)])[ends]
        lng, lat, points = lng[keep], lat[keep], points[keep]
        if len(points) <= max(_MOST_POINTS, 2 * len(lines)):
            spans = zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
            return [(lng[a:b], lat[a:b]) for a, b in spans]
        tolerance *= 2
