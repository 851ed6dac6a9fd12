"""Cutting rings and lines at a rectangle of the world, all points of one at a time."""

from __future__ import annotations

from typing import cast

import numpy as np

from pipeline.geo import Floats
from pipeline.mercator import Bounds


def cut_ring(ring: Floats, box: Bounds) -> Floats:
    """The part of a ring (n, 2, no closing point needed) inside the box, by Sutherland and Hodgman: parts that fall
    apart stay joined by a thread along the box's edge, which filling by the even-odd rule does not show. Perhaps
    empty."""
    for axis, limit, side in ((0, box.west, 1.0), (0, box.east, -1.0), (1, box.north, 1.0), (1, box.south, -1.0)):
        beyond = (ring[:, axis] - limit) * side
        if not len(ring) or beyond.min() >= 0:
            continue
        following = np.roll(beyond, -1)
        inside = beyond >= 0
        crossing = inside != (following >= 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(crossing, beyond / (beyond - following), 0.0)
        cuts = ring + (np.roll(ring, -1, axis=0) - ring) * share[:, None]
        cuts[:, axis] = np.where(crossing, limit, cuts[:, axis])
        both = np.stack([ring, cuts], axis=1)
        ring = cast(Floats, both[np.stack([inside, crossing], axis=1)])
    return ring


def cut_line(points: Floats, box: Bounds) -> list[Floats]:
    """The pieces of a line (n, 2) inside the box, in its order, ends exactly on the edge where it was cut."""
    start, step = points[:-1], np.diff(points, axis=0)
    low, high = np.array([box.west, box.north]), np.array([box.east, box.south])
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = (low - start) / step, (high - start) / step
    still = step == 0
    within = (start >= low) & (start <= high)
    enter = np.where(still, np.where(within, -np.inf, np.inf), np.minimum(one, two)).max(axis=1).clip(0.0, None)
    leave = np.where(still, np.inf, np.maximum(one, two)).min(axis=1).clip(None, 1.0)
    seen = enter < leave
    if not seen.any():
        return []
    joined = seen[:-1] & seen[1:] & (leave[:-1] >= 1.0) & (enter[1:] <= 0.0)
    firsts = np.flatnonzero(seen & ~np.concatenate([[False], joined]))
    lasts = np.flatnonzero(seen & ~np.concatenate([joined, [False]]))
    pieces = []
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        piece = points[first : last + 2].copy()
        piece[0] = _on_edge(points[first] + step[first] * enter[first], box) if enter[first] > 0 else piece[0]
        piece[-1] = _on_edge(points[last] + step[last] * leave[last], box) if leave[last] < 1 else piece[-1]
        pieces.append(piece)
    return pieces


def _on_edge(point: Floats, box: Bounds) -> Floats:
    """A point that was cut at the edge, put exactly on it: rounding must not leave it a hair beside."""
    x, y = float(point[0]), float(point[1])
    edges = (box.west, box.east, box.north, box.south)
    gaps = [abs(edge - (x if index < 2 else y)) for index, edge in enumerate(edges)]
    nearest = gaps.index(min(gaps))
    x, y = (edges[nearest], y) if nearest < 2 else (x, edges[nearest])
    return np.array([min(max(x, box.west), box.east), min(max(y, box.north), box.south)])


def inside(points: Floats, rings: tuple[Floats, ...]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of the points (n, 2) lie in the rings, by the even-odd rule."""
    odd = np.zeros(len(points), bool)
    for ring in rings:
        if not len(ring):
            continue
        x, y = ring[:, 0], ring[:, 1]
        next_x, next_y = np.roll(x, -1), np.roll(y, -1)
        near = (points >= ring.min(axis=0)) & (points <= ring.max(axis=0))
        for index in np.flatnonzero(near[:, 0] & near[:, 1]).tolist():
            at_x, at_y = points[index]
            across = (y > at_y) != (next_y > at_y)
            where = x[across] + (at_y - y[across]) / (next_y - y)[across] * (next_x - x)[across]
            odd[index] ^= bool(np.count_nonzero(where > at_x) % 2)
    return odd
