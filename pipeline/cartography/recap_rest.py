"""The whole night as a still: for each vehicle one spot of its line, away from the others', for its number and name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.cartography.recap_names import GAP, covered, meet, sides_of
from pipeline.cartography.recap_view import Night
from pipeline.geo import Floats
from pipeline.geometry import Box

Rest = tuple[int, Floats, Floats | None]  # vehicle, place of its sign, corner of its name plate if it has room

_SPOTS = 60  # of a vehicle's line that are looked at
_NAMED = 24  # vehicles that may be named: more names are no map


def resting(night: Night, sizes: Floats, area: Box, avoid: Sequence[Box], *, unit: float, reach: float) -> list[Rest]:
    """Signs do not touch where it can be helped; names touch neither each other nor a sign."""
    places: dict[int, Floats] = {}
    blocked = np.array([[box.x, box.y, box.right, box.bottom] for box in avoid], np.float64).reshape(-1, 4)
    for k in range(len(sizes)):
        spots = _spots(night, k, area, blocked, reach)
        if len(spots):
            others = np.array(list(places.values())).reshape(-1, 2)
            apart = np.hypot(*np.moveaxis(spots[:, None] - others[None], -1, 0))
            away = apart.min(axis=1) if len(others) else np.zeros(len(spots))
            best = int(np.argmax(np.minimum(away, 260 * unit) - 0.001 * np.arange(len(spots))))
            if not len(others) or away[best] > 1.2 * reach:
                places[k] = spots[best]
    signs = np.array(list(places.values())).reshape(-1, 1, 2)
    level = np.ones((len(signs), 1), np.float32)
    taken = [one[None] for one in blocked]
    out: list[Rest] = []
    for count, (k, place) in enumerate(places.items()):
        boxes = sides_of(place[None], sizes[k], area, reach)
        free = covered(boxes, signs, level, reach) == 0
        for other in taken:
            free &= ~meet(boxes, other, GAP * unit).any(axis=1)
        corner = None
        if free.any() and count < _NAMED:
            chosen = boxes[int(np.argmax(free))]
            taken.append(chosen)
            corner = chosen[0, :2]
        out.append((k, place, corner))
    return out


def _spots(night: Night, vehicle: int, area: Box, blocked: Floats, reach: float) -> Floats:
    """Places along the vehicle's line that lie on the map, the middle of its way first."""
    lines = [run.points for run in night.runs if run.vehicle == vehicle]
    if not lines:
        return np.zeros((0, 2))
    points = np.concatenate(lines)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = along[-1] * (0.5 + np.linspace(-0.48, 0.48, _SPOTS))
    # Fixes, not places between them: between two parts of a track there is no line.
    spots = points[np.searchsorted(along, at).clip(0, len(points) - 1)]
    spots = spots[np.argsort(np.abs(at - along[-1] / 2), kind="stable")]
    low, high = np.array([area.x, area.y]) + reach, np.array([area.right, area.bottom]) - reach
    keep = ((spots >= low) & (spots <= high)).all(axis=1)
    for box in blocked:
        keep &= ~((spots > box[:2] - 1.4 * reach) & (spots < box[2:] + 1.4 * reach)).all(axis=1)
    return np.asarray(spots[keep])
