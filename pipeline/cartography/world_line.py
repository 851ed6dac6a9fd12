"""The route as a map draws it: in world units, with the distance along it, as fine as a scale can show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline import mercator
from pipeline.geo import Floats
from pipeline.overlays import route_shape
from pipeline.overlays.route_shape import RouteShape
from pipeline.route import Route

Stretch = tuple[Floats, Floats]  # points (n, 2) and the metres along at each


@dataclass(frozen=True, kw_only=True, eq=False)
class WorldLine:
    """`lines`: (n, 2) world units; a gap between two lines is never drawn. `shape` has the same lines in metres."""

    shape: RouteShape
    lines: tuple[Floats, ...]

    @classmethod
    def of(cls, route: Route) -> WorldLine:
        lines = tuple(mercator.world(line.lng, line.lat) for line in route.lines)
        return cls(shape=route_shape.of(route), lines=lines)

    @property
    def distance_m(self) -> float:
        return self.shape.distance_m

    @property
    def points(self) -> Floats:
        return np.concatenate(self.lines)

    def places(self, along_m: Floats) -> Floats:
        """World units at distances along the route: (k,) → (k, 2). Clamped to the ends."""
        along, points = np.concatenate(self.shape.along_m), self.points
        return np.stack([np.interp(along_m, along, points[:, axis]) for axis in (0, 1)], axis=-1)

    def at_scale(self, scale: float, tolerance: float = 0.5) -> tuple[Stretch, ...]:
        """The lines with no more points than a scale (pixels per world unit) shows: none is off by more than
        `tolerance` pixels. Scales are taken in steps, so that few are made and nothing trembles."""
        return _simplified(self, 2.0 ** np.ceil(np.log2(scale)), tolerance)


@lru_cache(maxsize=16)
def _simplified(line: WorldLine, scale: float, tolerance: float) -> tuple[Stretch, ...]:
    out = []
    for points, along in zip(line.lines, line.shape.along_m, strict=True):
        keep = _kept(points * scale, tolerance)
        out.append((points[keep], along[keep]))
    return tuple(out)


def _kept(points: Floats, tolerance: float) -> Floats:
    """Indices of the points that Douglas and Peucker keep; first those that share a pixel's part are dropped."""
    cells = np.floor(points / (tolerance / 2))
    moved = np.any(np.diff(cells, axis=0) != 0, axis=1)
    index = np.flatnonzero(np.concatenate([[True], moved[:-1], [True]])) if len(points) > 2 else np.arange(len(points))
    thin = points[index]
    keep = np.zeros(len(thin), np.bool_)
    keep[[0, -1]] = True
    spans = [(0, len(thin) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        inner = thin[first + 1 : last]
        step = thin[last] - thin[first]
        square = float(step @ step)
        share = np.clip((inner - thin[first]) @ step / square, 0, 1) if square else np.zeros(len(inner))
        off = np.hypot(*(inner - thin[first] - share[:, None] * step).T)
        worst = int(np.argmax(off))
        if off[worst] > tolerance:
            middle = first + 1 + worst
            keep[middle] = True
            spans += [(first, middle), (middle, last)]
    return np.asarray(index[keep])
